"""A scikit-learn regressor around a model of the zoo."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from eegzoo.training.estimator import EEGEstimator
from eegzoo.training.inputs.fit_data import Given
from eegzoo.training.targets.targets import Numbers, Targets, check_finite

Array = npt.NDArray[Any]


class EEGRegressor(RegressorMixin, EEGEstimator):
    """A regressor of EEG windows, as scikit-learn has regressors: reaction times, ages, doses.

    It takes the parameters of `EEGClassifier`, but for `class_weight`. The model learns targets
    with mean zero and variance one over the training, by the squared error; predictions are in the
    targets' unit. Several targets are learnt where y is (n_windows, n_targets).

    Attributes
    ----------
    targets_ : Numbers
        Mean and standard deviation of the training targets.
    model_, normalizer_, signal_info_, amplitude_, n_chans_, n_times_, history_
        As of `EEGClassifier`.

    See Also
    --------
    EEGClassifier : The same for labels.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.uniform(5, 50, 60)                                   # amplitudes in microvolts
    >>> X = y[:, None, None] * rng.normal(size=(60, 2, 128))
    >>> regressor = EEGRegressor("shallow_convnet", sfreq=128, random_state=0).fit(X[:40], y[:40])
    >>> regressor.score(X[40:], y[40:]) > 0.5
    True
    """

    _kinds = (Numbers,)

    def partial_fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Self:
        """Train on windows once, on from where the regressor stands.

        As `EEGClassifier.partial_fit`; mean and scale of the targets are those of the first call.

        Parameters
        ----------
        X, y, sample_weight, mask
            As in `fit`.
        """
        return self._partial_fit(X, y, sample_weight, mask, None)

    def predict(self, X: Any, mask: npt.ArrayLike | None = None) -> Array:
        """Return the numbers of each window.

        Parameters
        ----------
        X : mne.Epochs | EpochsDataset | array, shape (n_windows, n_chans, n_times)
            As in `EEGClassifier.predict_proba`.
        mask : array of bool, shape (n_sequences, n_windows) | None
            Which windows of sequences are no padding.

        Returns
        -------
        array, shape (n_windows,) or (n_windows, n_targets)
            As y was; of sequences with an axis more in front.
        """
        outputs = self._outputs(X, mask)
        return self.targets_.predictions(outputs)

    def score(
        self,
        X: Any,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> float:
        """Return the coefficient of determination.

        Parameters
        ----------
        X, mask
            As in `predict`.
        y, sample_weight
            As in `fit`.
        """
        true, predicted, weight = self._scored(X, y, sample_weight, mask)
        return float(r2_score(true, predicted, sample_weight=weight))

    def _targets_of(
        self, given: Given, known: Targets | None = None, classes: Any = None
    ) -> tuple[Targets, Given]:
        if given.y.dtype.kind == "O":  # as columns of tables are
            given = dataclasses.replace(given, y=_as_numbers(given.y))
        y = given.y[given.weight > 0]
        if y.dtype.kind not in "fiub":
            raise ValueError(f"expected y of numbers, got {y.dtype}")
        check_finite(y)
        if len(y) < 1:
            raise ValueError("expected at least one window, got none")
        targets: Any = known or Numbers.of(y)
        if targets.n_outputs != (y.shape[1] if y.ndim > 1 else 1):
            raise ValueError(f"expected y of {targets.n_outputs} targets, got shape {y.shape}")
        axes = () if targets.is_flat else (targets.n_outputs,)
        given = dataclasses.replace(given, y=given.y.reshape(*given.weight.shape, *axes))
        return targets, given.with_y_elsewhere(targets.mean)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _as_numbers(y: Array) -> npt.NDArray[np.float64]:
    try:
        return y.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected y of numbers, got others among {y.dtype}: {error}") from error
