"""Calibrated probabilities, conformal sets and abstention of a classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.training.calibration.abstention import Abstention
from eegzoo.training.calibration.conformal import set_scores
from eegzoo.training.calibration.folds import held_out_folds
from eegzoo.training.calibration.held_out import Calibration
from eegzoo.training.class_predictions import ClassPredictions
from eegzoo.training.inputs.class_labels import read_labels
from eegzoo.training.inputs.fit_data import FitData, targets_of
from eegzoo.training.inputs.people import people_of
from eegzoo.training.inputs.rows import as_rows, select_rows, selected
from eegzoo.training.targets.targets import LabelSets, Targets
from eegzoo.training.targets.window_weights import as_mask, window_weights

Array = npt.NDArray[Any]
CALIBRATIONS = ("temperature",)


class HonestPredictions(ClassPredictions):
    """Mixin of `EEGClassifier`: what is known of its predictions from held-out people."""

    calibration: str | None
    calibration_: Calibration | None
    check_signal: str
    signal_info_: SignalInfo | None

    def fit_calibration(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        groups: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Self:
        """Calibrate a fitted classifier on people that it was not trained on.

        The calibration replaces that of the training. The guarantee of `predict_set` is exact
        then, since all outputs are those of this classifier.

        Parameters
        ----------
        X, y, sample_weight, mask
            As in `fit`. Windows of weight 0 are not used; other weights have no influence.
        groups : array, shape (n_windows,) | str | None
            Person of each window, or a column of the data set's metadata. None: its subjects.

        Returns
        -------
        self
            The classifier, with another ``calibration_``.

        Raises
        ------
        ValueError
            If nobody says whose the windows are, or all are of one person.
        """
        check_is_fitted(self, "model_")
        X = as_rows(X)
        data = _labelled(
            X, y, sample_weight, mask, self.check_signal, self.targets_, self.signal_info_
        )
        person = people_of(data.inputs, groups)
        if person is None or len(np.unique(person)) < 2:
            raise ValueError(
                "expected groups with the person of each window, of two people at least, got "
                f"{'none' if person is None else np.unique(person).tolist()}"
            )
        outputs = self._raw_outputs(X, data.mask, person)
        self.calibration_ = _calibration(data, outputs, person, self.targets_, is_split=True)
        return self

    def predict_set(
        self,
        X: Any,
        alpha: float = 0.1,
        *,
        method: str = "hierarchical",
        mask: npt.ArrayLike | None = None,
        batch_size: int = 64,
        groups: Any = None,
    ) -> npt.NDArray[np.bool_]:
        """Return the set of labels for each window that contains the true one, nearly always.

        For a random window of a random new person, the set lacks the true label with a probability
        of at most `alpha`. This holds over people; for one person the share may be much larger or
        smaller. Sets are the same in every call, and never empty: the most probable label is in
        all of them. Where more than ``1 - alpha`` of the labels are right, sets have one label, and
        contain the true one more often than asked.

        The guarantee assumes that the people of the calibration and the new person are drawn
        alike. It is exact after `fit_calibration`. After ``fit`` with `calibration`, the outputs
        for held-out people are of models that were trained on fewer people, which makes sets a
        little larger, if anything.

        Parameters
        ----------
        X, mask, batch_size, groups
            As in `predict_proba`.
        alpha : float
            Share of windows of new people whose set may lack the true label.
        method : {"hierarchical", "pooled"}
            "hierarchical" has the guarantee, and needs ``1 / alpha - 1`` people. "pooled" comes
            closer to `alpha`, without a guarantee, as `score_limit` describes.

        Returns
        -------
        array of bool, shape (n_windows, n_classes) or (n_sequences, n_windows, n_classes)
            Whether each label, in the order of ``classes_``, is in the set.

        Raises
        ------
        ValueError
            If there is no calibration, or one on too few people for `alpha`; the message has the
            number that is needed.
        """
        limit = self._known_calibration().limit(alpha, method)
        outputs = self._raw_outputs(X, mask, groups, batch_size)
        return set_scores(outputs.double().softmax(dim=-1).numpy()) <= limit

    def abstention(
        self, *, accuracy: float | None = None, coverage: float | None = None
    ) -> Abstention:
        """Return the confidence below which to give no label, chosen on held-out people.

        Parameters
        ----------
        accuracy : float | None
            Accuracy wanted of the labels that are given.
        coverage : float | None
            Share of the windows wanted with a label.

        Returns
        -------
        Abstention
            Threshold, and the accuracy and the coverage that it has on held-out people.

        Raises
        ------
        ValueError
            If there is no calibration, or no threshold reaches the accuracy; the message has the
            largest that can be reached.
        """
        return self._known_calibration().abstention(accuracy, coverage)

    def predict_or_abstain(
        self,
        X: Any,
        threshold: float | Abstention,
        *,
        mask: npt.ArrayLike | None = None,
        batch_size: int = 64,
        groups: Any = None,
    ) -> np.ma.MaskedArray[Any, Any]:
        """Return the label of each window whose most probable label is probable enough.

        Parameters
        ----------
        X, mask, batch_size, groups
            As in `predict_proba`.
        threshold : float | Abstention
            Smallest probability, such as `abstention` returns it.

        Returns
        -------
        masked array, shape (n_windows,)
            Labels; those of windows below the threshold are masked.

        Raises
        ------
        ValueError
            If a window can have several labels.
        """
        self._check_one_label()
        smallest = threshold.threshold if isinstance(threshold, Abstention) else threshold
        # Float64, in which the threshold was chosen.
        outputs = self._raw_outputs(X, mask, groups, batch_size).double()
        probabilities = (outputs / self._temperature).softmax(dim=-1).numpy()
        labels = self.classes_[probabilities.argmax(axis=-1)]
        unsure = probabilities.max(axis=-1) < smallest - 1e-12
        masked: np.ma.MaskedArray[Any, Any] = np.ma.masked_array(labels, unsure)
        return masked

    def _described_people(self, extra: dict[str, Any]) -> dict[str, Tensor]:
        tensors: dict[str, Tensor] = super()._described_people(extra)  # type: ignore[misc]
        calibration = getattr(self, "calibration_", None)
        if calibration is None:
            return tensors
        extra["calibration"] = calibration.to_dict()
        return {**tensors, **calibration.tensors()}

    def _set_people(self, extra: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        super()._set_people(extra, tensors)  # type: ignore[misc]
        known = extra.get("calibration")
        self.calibration_ = None if known is None else Calibration.from_saved(known, tensors)

    @property
    def _temperature(self) -> float:
        calibration = getattr(self, "calibration_", None)
        return 1.0 if calibration is None else calibration.temperature

    def _scaled(self, outputs: Tensor) -> Tensor:
        """Return outputs divided by the temperature."""
        return outputs if self._temperature == 1.0 else outputs / self._temperature

    def _raw_outputs(
        self, X: Any, mask: Any = None, groups: Any = None, batch_size: int = 64
    ) -> Tensor:
        """Return outputs that are not divided by the temperature."""
        return self._outputs(X, mask, batch_size, groups, scaled=False)

    def _known_calibration(self) -> Calibration:
        check_is_fitted(self, "model_")
        self._check_one_label()
        calibration: Calibration | None = getattr(self, "calibration_", None)
        if calibration is None:
            raise ValueError(
                "expected a calibrated classifier, got one without: fit it with "
                "calibration='temperature', or call fit_calibration with windows of people that it "
                "was not trained on"
            )
        return calibration

    def _check_one_label(self) -> None:
        if isinstance(self.targets_, LabelSets):
            raise ValueError(
                "expected a classifier with one label for each window, got one with several labels"
            )

    def _held_out(
        self,
        X: Any,
        y: Any,
        groups: Any,
        sample_weight: Any,
        mask: Any,
        targets: Targets,
        seed: int,
    ) -> Calibration | None:
        """Return the calibration on folds of the people, whose models are trained here."""
        if self.calibration is None:
            return None
        X = as_rows(X)
        data = _labelled(X, y, sample_weight, mask, self.check_signal, targets)
        person = people_of(data.inputs, groups)
        folds, of_people = held_out_folds(data, person, seed)
        # A column of the metadata would be read again from the parts.
        groups = person if groups is not None else None
        labels = targets_of(data.inputs, y)
        outputs = torch.empty(*data.weight.shape, targets.n_outputs)
        for train, test in folds:
            fold = clone(self).set_params(calibration=None, random_state=seed)
            fold.fit(
                select_rows(X, train), labels[train], selected(groups, train),
                selected(sample_weight, train), selected(data.mask, train),
            )  # fmt: skip
            outputs[test] = fold._raw_outputs(
                select_rows(X, test), selected(data.mask, test), selected(groups, test)
            )
        return _calibration(data, outputs, person, targets, of_people=of_people)


def _labelled(
    X: Any,
    y: Any,
    sample_weight: Any,
    mask: Any,
    check_signal: str,
    targets: Targets,
    signal: SignalInfo | None = None,
) -> FitData:
    """Return windows with valid labels for all of them; those that do not count have weight 0."""
    inputs = as_inputs(X, signal, check_signal)
    shape = inputs.X.shape[:-2]
    mask = as_mask(mask, shape)
    data = FitData(inputs, targets_of(inputs, y), window_weights(sample_weight, mask, shape), mask)
    return read_labels(data, None, targets)[1]


def _calibration(
    data: FitData, outputs: Tensor, person: Array | None, targets: Targets, **kind: bool
) -> Calibration:
    """Return the outputs and labels of the windows that count."""
    counts = data.weight > 0
    codes = np.zeros(len(data.y), np.int64)
    if person is not None:
        codes = np.unique(person, return_inverse=True)[1].astype(np.int64)
    each = np.broadcast_to(codes.reshape(-1, *[1] * (counts.ndim - 1)), counts.shape)
    y = targets.encode(data.y).numpy()
    return Calibration(outputs.numpy()[counts], y[counts], each[counts].copy(), **kind)
