"""Targets of a classifier from the labels in y, and class weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from eegzoo.data.reading.label_files.stages import aasm_stage
from eegzoo.training.inputs.fit_data import FitData
from eegzoo.training.targets.targets import Classes, LabelSets, Targets, check_finite
from eegzoo.training.targets.window_weights import class_weights

Array = npt.NDArray[Any]


def read_labels(
    data: FitData, class_weight: Any, known: Targets | None = None, classes: Any = None
) -> tuple[Targets, FitData]:
    """Return the targets of a classifier, and the data with class weights applied.

    Parameters
    ----------
    data : FitData
        Windows with one label each, or with an indicator of several labels.
    class_weight : "balanced" | mapping | None
        As in `EEGClassifier`.
    known : Targets | None
        Targets of earlier calls of `partial_fit`.
    classes : array | None
        All labels, including those of later calls. None: the labels in y.

    Returns
    -------
    targets : Classes | LabelSets
        Targets.
    data : FitData
        Data with valid labels for all windows.

    Raises
    ------
    ValueError
        If the labels cannot be learnt, or are not among the known ones.
    """
    if data.y.shape == (*data.weight.shape, 1):
        data = dataclasses.replace(data, y=column_or_1d(data.y, warn=True))
    if data.y.dtype.kind == "O":  # such as columns of tables: of numbers alone, it is numbers
        inferred = np.array(data.y.tolist())
        if inferred.dtype.kind in "biuf" and inferred.shape == data.y.shape:
            data = dataclasses.replace(data, y=inferred)
    y = data.y[data.weight > 0]
    check_finite(y)
    if data.y.ndim > data.weight.ndim:
        return _label_sets(y, class_weight, known), data.with_placeholder(0)
    check_classification_targets(y)
    targets = known or _classes(y if classes is None else np.asarray(classes))
    if not isinstance(targets, Classes):
        raise ValueError(f"expected y with {targets.n_outputs} columns, got labels")
    unknown = np.setdiff1d(y, targets.classes)
    if unknown.size:
        raise ValueError(
            f"expected labels of classes {targets.classes.tolist()}, got {unknown.tolist()}"
        )
    data = data.with_placeholder(targets.classes[0])
    if class_weight is None:
        return targets, data
    by_class = class_weights(class_weight, targets.classes, y)
    weight = data.weight * by_class[np.searchsorted(targets.classes, data.y)]
    if not weight.any():
        raise ValueError("expected a class_weight above zero for a label in y, got only 0")
    return targets, dataclasses.replace(data, weight=weight)


def stage_weights(data: FitData, by_stage: Mapping[str, float]) -> dict[Any, float] | None:
    """Return the weight of each label that is a sleep stage with a weight; None without any."""
    if not by_stage or data.y.ndim > data.weight.ndim:
        return None
    found = {
        label: by_stage[stage]
        for label in np.unique(data.y[data.weight > 0]).tolist()
        if (stage := aasm_stage(str(label))) in by_stage and stage is not None
    }
    return found or None


def _classes(labels: Array) -> Classes:
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(
            f"expected at least two classes, got {classes.tolist()}: a classifier cannot be "
            "trained on one class"
        )
    return Classes(classes)


def _label_sets(y: Array, class_weight: Any, known: Targets | None) -> Targets:
    kind = type_of_target(y)
    if kind != "multilabel-indicator" or not np.isin(y, (0, 1)).all():
        raise ValueError(
            "expected y with one label for each window, or an indicator of zeros and ones, got "
            f"{kind} of shape {y.shape}"
        )
    if class_weight is not None:
        raise ValueError("expected class_weight with one label for each window, got an indicator")
    targets = known or LabelSets(y.shape[1])
    if not isinstance(targets, LabelSets) or targets.n_outputs != y.shape[1]:
        raise ValueError(
            f"expected y with {targets.n_outputs} labels, as in the first call, got {y.shape}"
        )
    return targets
