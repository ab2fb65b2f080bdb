"""Calibration of a classifier on held-out people: fitted, saved and loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from eegzoo.arguments import one_of
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.training.calibration.folds import held_out_folds
from eegzoo.training.calibration.held_out import Calibration
from eegzoo.training.inputs.class_labels import read_labels
from eegzoo.training.inputs.fit_data import FitData, targets_of
from eegzoo.training.inputs.people import people_of
from eegzoo.training.inputs.rows import as_rows, select_rows, selected
from eegzoo.training.recipe import Recipe
from eegzoo.training.targets.targets import Targets
from eegzoo.training.targets.window_weights import as_mask, window_weights

Array = npt.NDArray[Any]
CALIBRATIONS = ("temperature", "adapted")
# For whom a calibration is: people as they come, or people whom the classifier was adapted to.
AS_IS, ADAPTED = "as_is", "adapted"
# A classifier that learnt labels of the person, for whom no held-out people stand.
LABELLED = "labelled"


class FitsCalibration:
    """Mixin of `EEGClassifier`: outputs for held-out people, in training and afterwards.

    Attributes
    ----------
    calibrations_ : dict of str to Calibration
        "as_is" for people as they come, "adapted" for those whom the classifier is adapted to.
    """

    calibration: str | None
    calibrations_: Mapping[str, Calibration] = MappingProxyType({})
    check_signal: str
    targets_: Targets
    signal_info_: SignalInfo | None
    _outputs: Callable[..., Tensor]

    def check_parameters(self) -> Recipe:
        """Check the parameters, and return `settings`.

        Raises
        ------
        ValueError, TypeError
            If a parameter is invalid. The message names the first one.
        """
        recipe: Recipe = super().check_parameters()  # type: ignore[misc]
        if self.calibration is not None:
            one_of("calibration", self.calibration, CALIBRATIONS)
        return recipe

    @property
    def calibration_(self) -> Calibration | None:
        """Calibration for the people that the classifier is for; None if there is none."""
        return self.calibrations_.get(self._regime)

    @property
    def _regime(self) -> str:
        """For whom the classifier is, by which its calibration is chosen."""
        return AS_IS

    def fit_calibration(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        groups: Any = None,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        *,
        adapted: bool = False,
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
        adapted : bool
            Whether to calibrate for adapted people as well: a copy, calibrated on the others, is
            adapted to each person on their windows (`adapt`), and its outputs count for the
            classifiers that `adapt` returns.

        Returns
        -------
        self
            The classifier, with other ``calibrations_``.

        Raises
        ------
        ValueError
            If nobody says whose the windows are, or all are of one person; if the classifier is
            adapted to a person already.
        """
        check_is_fitted(self, "model_")
        if self._regime != AS_IS:
            raise ValueError(
                "expected a classifier for anyone, which is calibrated on several people, got one "
                "that is adapted to a person"
            )
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
        person = _numbers(person, len(data.y))
        found = {AS_IS: _calibration(data, outputs, person, self.targets_, is_split=True)}
        if adapted:
            outputs = self._adapted_outputs(X, person, found[AS_IS])
            found[ADAPTED] = _calibration(data, outputs, person, self.targets_, is_split=True)
        self.calibrations_ = found
        return self

    def _adapted_outputs(self, X: Any, person: Array, known: Calibration) -> Tensor:
        """Return outputs for rows, each of a copy that is adapted to the person of the row.

        As those who adapt later have a calibration that their labels do not enter, the copy has the
        known one of the other people: the confidence of its own labels depends on it.
        """
        raise NotImplementedError

    def _raw_outputs(
        self, X: Any, mask: Any = None, groups: Any = None, batch_size: int = 64
    ) -> Tensor:
        """Return outputs that are not divided by the temperature."""
        return self._outputs(X, mask, batch_size, groups, scaled=False)

    def _held_out(
        self,
        X: Any,
        y: Any,
        groups: Any,
        sample_weight: Any,
        mask: Any,
        targets: Targets,
        seed: int,
    ) -> Mapping[str, Calibration]:
        """Return the calibrations on folds of the people, whose models are trained here."""
        if self.calibration is None:
            return {}
        X = as_rows(X)
        data = _labelled(X, y, sample_weight, mask, self.check_signal, targets)
        person = people_of(data.inputs, groups)
        folds, of_people = held_out_folds(data, person, seed)
        # A column of the metadata would be read again from the parts.
        groups = person if groups is not None else None
        labels = targets_of(data.inputs, y)
        outputs = torch.empty(*data.weight.shape, targets.n_outputs)
        fitted = []
        for train, test in folds:
            fold = clone(self).set_params(calibration=None, random_state=seed)
            fold.fit(
                select_rows(X, train), labels[train], selected(groups, train),
                selected(sample_weight, train), selected(data.mask, train),
            )  # fmt: skip
            outputs[test] = fold._raw_outputs(
                select_rows(X, test), selected(data.mask, test), selected(groups, test)
            )
            if self.calibration == ADAPTED:
                fitted.append((fold, test))
        each = _numbers(person, len(data.y))
        found = {AS_IS: _calibration(data, outputs, each, targets, of_people=of_people)}
        if self.calibration == ADAPTED:
            outputs = torch.empty_like(outputs)
            for fold, test in fitted:
                tested = select_rows(X, test)
                outputs[test] = fold._adapted_outputs(tested, each[test], found[AS_IS])
            found[ADAPTED] = _calibration(data, outputs, each, targets, of_people=of_people)
        return found

    def _described_people(self, extra: dict[str, Any]) -> dict[str, Tensor]:
        tensors: dict[str, Tensor] = super()._described_people(extra)  # type: ignore[misc]
        if not self.calibrations_:
            return tensors
        extra["calibration"] = {name: one.to_dict() for name, one in self.calibrations_.items()}
        for name, one in self.calibrations_.items():
            tensors = {**tensors, **one.tensors(name)}
        return tensors

    def _set_people(self, extra: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        super()._set_people(extra, tensors)  # type: ignore[misc]
        self.calibrations_ = {
            name: Calibration.from_saved(known, tensors, name)
            for name, known in extra.get("calibration", {}).items()
        }


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


def _numbers(person: Array | None, n_rows: int) -> Array:
    """Return the number of each row's person; all are of one if nobody says whose they are."""
    if person is None:
        return np.zeros(n_rows, np.int64)
    return np.unique(person, return_inverse=True)[1].astype(np.int64)


def _calibration(
    data: FitData, outputs: Tensor, person: Array, targets: Targets, **kind: bool
) -> Calibration:
    """Return the outputs and labels of the windows that count, each of a person by number."""
    counts = data.weight > 0
    each = np.broadcast_to(person.reshape(-1, *[1] * (counts.ndim - 1)), counts.shape)
    y = targets.encode(data.y).numpy()
    return Calibration(outputs.numpy()[counts], y[counts], each[counts].copy(), **kind)
