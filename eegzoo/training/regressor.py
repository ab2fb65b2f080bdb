"""Regressor of EEG windows."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from eegzoo.training.estimator import EEGEstimator
from eegzoo.training.inputs.fit_data import FitData
from eegzoo.training.targets.targets import Numbers, Targets, check_finite

Array = npt.NDArray[Any]


class EEGRegressor(RegressorMixin, EEGEstimator):
    """Regressor of EEG windows with the interface of scikit-learn.

    Use it for numeric targets such as reaction times, ages or doses. It has the parameters of
    `EEGClassifier`, except `class_weight`. The model minimises the squared error of standardised
    targets; predictions are in the unit of y. If y has shape (n_windows, n_targets), the model
    learns several targets.

    Attributes
    ----------
    targets_ : Numbers
        Mean and standard deviation of the training targets.
    model_, normalizer_, align_, alignment_, signal_info_, amplitude_, n_chans_, n_times_, history_,
    best_epoch_
        As in `EEGClassifier`.

    See Also
    --------
    EEGClassifier : Classifier with the same parameters.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.uniform(5, 50, 60)                                   # amplitudes in microvolts
    >>> X = y[:, None, None] * rng.normal(size=(60, 2, 128))
    >>> regressor = EEGRegressor("shallow_convnet", sfreq=128, random_state=0).fit(X[:40], y[:40])
    >>> regressor.score(X[40:], y[40:]) > 0.5
    True
    """

    _target_types = (Numbers,)

    def partial_fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        groups: Any = None,
    ) -> Self:
        """Train for one pass over the windows, starting from the current weights.

        It behaves like `EEGClassifier.partial_fit`. The mean and standard deviation of the targets
        are those of the first call.

        Parameters
        ----------
        X, y, sample_weight, mask
            As in `fit`.
        groups
            As in `EEGClassifier.partial_fit`.

        Returns
        -------
        self
            The fitted regressor. If an error is raised, it is not changed.
        """
        return self._partial_fit(X, y, sample_weight, mask, None, groups)

    def predict(
        self,
        X: Any,
        mask: npt.ArrayLike | None = None,
        *,
        batch_size: int = 64,
        groups: Any = None,
    ) -> Array:
        """Return the predicted numbers for each window.

        Parameters
        ----------
        X : mne.Epochs | Dataset | DataLoader | array, shape (n_windows, n_chans, n_times)
            Windows, as in `EEGClassifier.predict_proba`.
        mask : array of bool, shape (n_sequences, n_windows) | None
            False for the windows of sequences that are padding.
        batch_size : int
            Number of windows that are computed at once.
        groups : array, shape (n_windows,) | str | None
            Person of each window, as in `EEGClassifier.predict_proba`.

        Returns
        -------
        array, shape (n_windows,) or (n_windows, n_targets)
            Predictions in the shape of y; for sequences of windows, with an additional first axis.
        """
        outputs = self._outputs(X, mask, batch_size, groups)
        return self.targets_.predictions(outputs)

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        groups: Any = None,
    ) -> float:
        """Return the coefficient of determination of `predict`. Parameters are those of `fit`."""
        true, predicted, weight = self._score_arrays(X, y, sample_weight, mask, groups)
        return float(r2_score(true, predicted, sample_weight=weight))

    def _read_targets(
        self, data: FitData, known: Targets | None = None, classes: Any = None
    ) -> tuple[Targets, FitData]:
        if data.y.dtype.kind == "O":  # such as columns of tables
            data = dataclasses.replace(data, y=_as_numbers(data.y))
        y = data.y[data.weight > 0]
        if y.dtype.kind not in "fiub":
            raise ValueError(f"expected y of numbers, got {y.dtype}")
        check_finite(y)
        if len(y) < 1:
            raise ValueError("expected at least one window, got none")
        targets: Any = known or Numbers.fit(y)
        if targets.n_outputs != (y.shape[1] if y.ndim > 1 else 1):
            raise ValueError(f"expected y of {targets.n_outputs} targets, got shape {y.shape}")
        axes = () if targets.is_flat else (targets.n_outputs,)
        data = dataclasses.replace(data, y=data.y.reshape(*data.weight.shape, *axes))
        return targets, data.with_placeholder(targets.mean)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _as_numbers(y: Array) -> npt.NDArray[np.float64]:
    try:
        return y.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected y of numbers, got others of {y.dtype}: {error}") from error
