"""What a classifier learns from labels: their classes, or sets of them, and their weights."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from eegzoo.training.inputs.fit_data import Given
from eegzoo.training.targets.targets import Classes, LabelSets, Targets, check_finite
from eegzoo.training.targets.window_weights import class_weights

Array = npt.NDArray[Any]


def read_labels(
    given: Given, class_weight: Any, known: Targets | None = None, classes: Any = None
) -> tuple[Targets, Given]:
    """Return what is learnt, and what was given with the weights of the classes.

    Parameters
    ----------
    given : Given
        With one label for each window, or an indicator of several.
    class_weight : "balanced" | mapping | None
        As in `EEGClassifier`.
    known : Targets | None
        What was learnt before, which the labels must be of.
    classes : array | None
        All labels that there will be. None: those that there are.

    Raises
    ------
    ValueError
        If they cannot be learnt, or are others than those known.
    """
    if given.y.shape == (*given.weight.shape, 1):
        given = dataclasses.replace(given, y=column_or_1d(given.y, warn=True))
    y = given.y[given.weight > 0]
    if given.y.ndim > given.weight.ndim:
        sets = _label_sets(y, class_weight, known)
        return sets, given.with_y_elsewhere(0)
    check_finite(y)
    check_classification_targets(y)
    targets = known or _classes(y if classes is None else np.asarray(classes))
    if not isinstance(targets, Classes):
        raise ValueError(f"expected y with {targets.n_outputs} columns, got labels")
    unknown = np.setdiff1d(y, targets.classes)
    if unknown.size:
        raise ValueError(
            f"expected labels of classes {targets.classes.tolist()}, got {unknown.tolist()}"
        )
    given = given.with_y_elsewhere(targets.classes[0])
    if class_weight is None:
        return targets, given
    own = class_weights(class_weight, targets.classes, y)
    weight = given.weight * own[np.searchsorted(targets.classes, given.y)]
    if not weight.any():
        raise ValueError("expected a class_weight above zero for a label in y, got only 0")
    return targets, dataclasses.replace(given, weight=weight)


def _classes(labels: Array) -> Classes:
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(
            f"expected at least two classes, got {classes.tolist()}: there is nothing to learn "
            "about one class"
        )
    return Classes(classes)


def _label_sets(y: Array, class_weight: Any, known: Targets | None) -> Targets:
    check_finite(y)
    kind = type_of_target(y)
    if kind != "multilabel-indicator" or not np.isin(y, (0, 1)).all():
        raise ValueError(
            "expected y of one label a window or an indicator of zeros and ones, got "
            f"{kind} of shape {y.shape}"
        )
    if class_weight is not None:
        raise ValueError("expected class_weight with one label a window, not with several")
    targets = known or LabelSets(y.shape[1])
    if not isinstance(targets, LabelSets) or targets.n_outputs != y.shape[1]:
        raise ValueError(
            f"expected y as in the first call, of {targets.n_outputs} labels, got {y.shape}"
        )
    return targets
