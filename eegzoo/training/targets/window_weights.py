"""Weights of windows in the loss: masks, sample weights and class weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import compute_class_weight

from eegzoo.arguments import number_between

Array = npt.NDArray[Any]


def as_mask(mask: Any, shape: tuple[int, ...]) -> npt.NDArray[np.bool_] | None:
    """Check a mask of the windows that count, and return it as an array.

    Parameters
    ----------
    mask : array of bool, shape (n_sequences, n_windows) | None
        True for the windows of sequences that count. None: all windows count.
    shape : tuple of int
        (n_sequences, n_windows), or (n_windows,) for single windows.

    Raises
    ------
    ValueError
        If the mask has another shape or dtype, or a sequence has no window that counts.
    """
    if mask is None:
        return None
    if len(shape) == 1:
        raise ValueError("expected mask with sequences of windows, got one with single windows")
    given = np.asarray(mask)
    if given.shape != shape or given.dtype != bool:
        raise ValueError(
            f"expected mask of bool and shape {shape}, got {given.dtype} of shape {given.shape}"
        )
    empty = np.flatnonzero(~given.any(axis=1))
    if empty.size:
        raise ValueError(
            f"expected a window that counts in each sequence, got none in {empty[:5].tolist()}"
        )
    return given


def window_weights(
    sample_weight: Any, mask: npt.NDArray[np.bool_] | None, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    """Return the weight of each window.

    Parameters
    ----------
    sample_weight : array, shape (n,) or (n_sequences, n_windows) | None
        Weights of windows or of whole sequences, or of each window of the sequences. None: 1.
    mask : array of bool, shape (n_sequences, n_windows) | None
        True for the windows of sequences that count; the others get weight 0.
    shape : tuple of int
        As in `as_mask`.

    Raises
    ------
    ValueError
        If the weights do not fit, are negative or not finite, or are all zero.

    Examples
    --------
    >>> window_weights([1.0, 2.0], np.array([[True, True], [True, False]]), (2, 2))
    array([[1., 1.],
           [2., 0.]], dtype=float32)
    """
    weights = np.ones(shape, np.float32)
    if sample_weight is not None:
        given = np.asarray(sample_weight)
        if given.shape not in (shape, shape[:1]) or given.dtype.kind not in "fiub":
            raise ValueError(
                f"expected sample_weight to be numbers of shape {shape}, "
                f"got {given.dtype} of shape {given.shape}"
            )
        if not (np.isfinite(given).all() and (given >= 0).all()):
            raise ValueError("expected finite sample_weight of at least zero")
        weights *= given.reshape(*given.shape, *[1] * (len(shape) - given.ndim))
    if mask is not None:
        weights *= mask
    if len(weights) and not weights.any():
        raise ValueError("expected a sample_weight above zero, got only zeros")
    return weights


def class_weights(class_weight: Any, classes: Array, y: Array) -> npt.NDArray[np.float32]:
    """Return the weight of each class.

    Parameters
    ----------
    class_weight : "balanced" | mapping
        Weights by label, or "balanced" for classes of the same total weight, as in scikit-learn.
    classes : array, shape (n_classes,)
        Labels of the classes.
    y : array, shape (n_windows,)
        Label of each window.

    Raises
    ------
    ValueError
        If `class_weight` is neither, or has an unknown label; or if it is "balanced" and `y` lacks
        a label.

    Examples
    --------
    >>> class_weights("balanced", np.array(["a", "b"]), np.array(["a", "a", "a", "b"]))
    array([0.6666667, 2.       ], dtype=float32)
    """
    if isinstance(class_weight, Mapping):
        return _from_mapping(class_weight, classes)
    if not isinstance(class_weight, str) or class_weight != "balanced":
        raise ValueError(
            f"expected class_weight to be 'balanced' or a mapping, got {class_weight!r}"
        )
    missing = np.setdiff1d(classes, y)
    if missing.size:
        raise ValueError(
            "expected every label in y with class_weight 'balanced', which counts windows, got no "
            f"window of {missing.tolist()}: give the weights as a mapping, such as "
            f"{dict.fromkeys(classes.tolist(), 1.0)}"
        )
    weights: npt.NDArray[Any] = compute_class_weight(class_weight, classes=classes, y=y)
    return weights.astype(np.float32)


def _from_mapping(class_weight: Mapping[Any, Any], classes: Array) -> npt.NDArray[np.float32]:
    """Return the weights of a mapping in the order of the classes; 1 for missing labels."""
    unknown = [label for label in class_weight if label not in classes.tolist()]
    if unknown:
        raise ValueError(
            f"expected class_weight for the labels in y, {classes.tolist()}, got it also for "
            f"{unknown}: remove these, or write them as they are in y"
        )
    for label, weight in class_weight.items():
        number_between(f"class_weight of {label}", weight, 0.0)
    weights = [class_weight.get(label, 1.0) for label in classes.tolist()]
    return np.asarray(weights, np.float32)
