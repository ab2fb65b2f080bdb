"""Kinds of targets: classes, label sets and numbers, each with its loss and predictions."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

Array = npt.NDArray[Any]


def check_finite(y: Array) -> None:
    """Raise an error if numeric targets contain NaN or infinity."""
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("expected finite numbers in y, got NaN or infinity")


class Targets(abc.ABC):
    """Base class for the kinds of targets that a model can learn.

    Outputs of a model have shape (..., n_outputs), where ... are one or more axes of windows.

    Attributes
    ----------
    n_outputs : int
        Number of outputs of the model.
    """

    n_outputs: int

    @abc.abstractmethod
    def encode(self, y: Array) -> Tensor:
        """Return targets as a tensor for the loss."""

    @abc.abstractmethod
    def loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the loss of each window."""

    @abc.abstractmethod
    def average_crops(self, outputs: Tensor) -> Tensor:
        """Average outputs of shape (n_windows, n_crops, ...) over the crops of each window."""

    @abc.abstractmethod
    def predictions(self, outputs: Tensor) -> Array:
        """Return probabilities, or numbers in the unit of y."""

    @abc.abstractmethod
    def score(self, outputs: Tensor, y: Tensor, weight: Tensor) -> float:
        """Return the score of outputs, as the estimator's `score` defines it."""

    @abc.abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict, which `targets_from_dict` reads."""


def targets_from_dict(values: Mapping[str, Any]) -> Targets | None:
    """Return the targets that `Targets.to_dict` wrote to a dict, or None if there are none."""
    if "classes" in values:
        return Classes(np.asarray(values["classes"]))
    if "n_labels" in values:
        return LabelSets(values["n_labels"])
    if "target_mean" in values:
        return Numbers(values["target_mean"], values["target_std"], values["target_is_flat"])
    return None


class Classes(Targets):
    """Targets of classification: one label for each window.

    Parameters
    ----------
    classes : array, shape (n_classes,)
        Labels of the classes, sorted.

    Examples
    --------
    >>> targets = Classes(np.array(["left", "right"]))
    >>> targets.encode(np.array(["right", "left"]))
    tensor([1, 0])
    >>> targets.predictions(torch.tensor([[0.0, 0.0], [0.0, 200.0]]))
    array([[0.5, 0.5],
           [0. , 1. ]], dtype=float32)
    """

    def __init__(self, classes: Array) -> None:
        self.classes = classes
        self.n_outputs = len(classes)

    def encode(self, y: Array) -> Tensor:
        """Return the index of each label in `classes`."""
        return torch.from_numpy(np.searchsorted(self.classes, y))

    def loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the cross-entropy of each window."""
        return F.cross_entropy(outputs.movedim(-1, 1), y, reduction="none")

    def average_crops(self, outputs: Tensor) -> Tensor:
        """Return the average log-probabilities of crops."""
        return outputs.log_softmax(dim=-1).mean(dim=1)

    def predictions(self, outputs: Tensor) -> Array:
        """Return the probability of each class."""
        return outputs.softmax(dim=-1).numpy()

    def score(self, outputs: Tensor, y: Tensor, weight: Tensor) -> float:
        """Return the weighted accuracy."""
        right = (outputs.argmax(dim=-1) == y) * weight
        return float(right.sum() / weight.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {"classes": self.classes.tolist()}


class LabelSets(Targets):
    """Targets of multilabel classification: any number of labels for each window.

    Parameters
    ----------
    n_labels : int
        Number of labels, the columns of the indicator y.
    """

    def __init__(self, n_labels: int) -> None:
        self.n_outputs = n_labels

    def encode(self, y: Array) -> Tensor:
        """Return the indicator as zeros and ones."""
        return torch.from_numpy(np.asarray(y, np.float32))

    def loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the binary cross-entropy of each window, averaged over the labels."""
        return F.binary_cross_entropy_with_logits(outputs, y, reduction="none").mean(dim=-1)

    def average_crops(self, outputs: Tensor) -> Tensor:
        """Return the average logits of crops."""
        return outputs.mean(dim=1)

    def predictions(self, outputs: Tensor) -> Array:
        """Return the probability of each label."""
        return outputs.sigmoid().numpy()

    def score(self, outputs: Tensor, y: Tensor, weight: Tensor) -> float:
        """Return the weighted share of windows with all labels right."""
        right = ((outputs > 0) == (y > 0.5)).all(dim=-1) * weight
        return float(right.sum() / weight.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {"n_labels": self.n_outputs}


class Numbers(Targets):
    """Targets of regression: one or more numbers for each window.

    The model learns standardised numbers.

    Parameters
    ----------
    mean, std : array, shape (n_targets,)
        Mean and standard deviation of the training targets.
    is_flat : bool
        Whether y holds one number for each window, without an axis of targets.

    Examples
    --------
    >>> targets = Numbers.fit(np.array([10.0, 20.0, 30.0]))
    >>> targets.encode(np.array([20.0])), targets.predictions(torch.tensor([[0.0], [1.0]]))
    (tensor([[0.]]), array([20.        , 28.16...]))
    """

    def __init__(self, mean: Array, std: Array, is_flat: bool) -> None:
        self.mean, self.std, self.is_flat = np.asarray(mean), np.asarray(std), is_flat
        self.n_outputs = len(self.mean)

    @classmethod
    def fit(cls, y: Array) -> Numbers:
        """Fit mean and standard deviation to y of shape (n_windows,) or (n_windows, n_targets)."""
        columns = np.asarray(y, np.float64).reshape(len(y), -1)
        mean, std = columns.mean(axis=0), columns.std(axis=0)
        varies = std > 1e-14 * abs(mean)  # a smaller one is due to rounding
        return cls(mean, np.where(varies, std, 1.0), np.ndim(y) == 1)

    def encode(self, y: Array) -> Tensor:
        """Return standardised numbers of shape (..., n_targets)."""
        columns = np.asarray(y, np.float64)[..., None] if self.is_flat else y
        return torch.from_numpy(((columns - self.mean) / self.std).astype(np.float32))

    def loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the squared error of each window, averaged over the targets."""
        return F.mse_loss(outputs, y, reduction="none").mean(dim=-1)

    def average_crops(self, outputs: Tensor) -> Tensor:
        """Return the average numbers of crops."""
        return outputs.mean(dim=1)

    def predictions(self, outputs: Tensor) -> Array:
        """Return numbers in the unit of y."""
        numbers = outputs.double().numpy() * self.std + self.mean
        shaped: Array = numbers[..., 0] if self.is_flat else numbers
        return shaped

    def score(self, outputs: Tensor, y: Tensor, weight: Tensor) -> float:
        """Return the coefficient of determination, averaged over the targets.

        For a constant target it is 1 if all outputs are exact and 0 otherwise, as in scikit-learn.
        """
        axes, weight, y = tuple(range(y.ndim - 1)), weight.double().unsqueeze(-1), y.double()
        mean = (weight * y).sum(axes) / weight.sum(axes)
        residual = (weight * (y - outputs) ** 2).sum(axes)
        total = (weight * (y - mean) ** 2).sum(axes)
        explained = torch.where(total > 0, 1 - residual / total, (residual == 0).double())
        return float(explained.mean())

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {
            "target_mean": self.mean.tolist(),
            "target_std": self.std.tolist(),
            "target_is_flat": self.is_flat,
        }
