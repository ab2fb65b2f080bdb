"""What is learnt: classes, sets of labels, or numbers; each with its loss and its predictions."""

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
    """Raise if targets that are numbers are NaN or infinite."""
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("expected finite numbers in y, got NaN or infinity")


class Targets(abc.ABC):
    """What the outputs of a model stand for.

    Outputs are (..., n_outputs), with one or more axes of windows before.
    """

    n_outputs: int

    @abc.abstractmethod
    def encode(self, y: Array) -> Tensor:
        """Return targets as the loss takes them."""

    @abc.abstractmethod
    def loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the loss of each window."""

    @abc.abstractmethod
    def average(self, outputs: Tensor) -> Tensor:
        """Return the outputs of windows from those of their crops (n_windows, n_crops, ...)."""

    @abc.abstractmethod
    def predictions(self, outputs: Tensor) -> Array:
        """Return probabilities, or numbers in their unit."""

    @abc.abstractmethod
    def score(self, outputs: Tensor, y: Tensor, weight: Tensor) -> float:
        """Return how good outputs are, as the estimator's `score` does."""

    @abc.abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, which `targets_from_dict` takes."""


def targets_from_dict(values: Mapping[str, Any]) -> Targets | None:
    """Return what `Targets.to_dict` wrote among other values, or None if there is nothing."""
    if "classes" in values:
        return Classes(np.asarray(values["classes"]))
    if "n_labels" in values:
        return LabelSets(values["n_labels"])
    if "target_mean" in values:
        return Numbers(values["target_mean"], values["target_std"], values["target_is_flat"])
    return None


class Classes(Targets):
    """One of several classes.

    Parameters
    ----------
    classes : array, shape (n_classes,)
        Their labels, sorted.

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
        """Return each label's place."""
        return torch.from_numpy(np.searchsorted(self.classes, y))

    def loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the cross-entropy of each window."""
        return F.cross_entropy(outputs.movedim(-1, 1), y, reduction="none")

    def average(self, outputs: Tensor) -> Tensor:
        """Average the log-probabilities of crops."""
        return outputs.log_softmax(dim=-1).mean(dim=1)

    def predictions(self, outputs: Tensor) -> Array:
        """Return the probability of each class."""
        return outputs.softmax(dim=-1).numpy()

    def score(self, outputs: Tensor, y: Tensor, weight: Tensor) -> float:
        """Return the accuracy."""
        right = (outputs.argmax(dim=-1) == y) * weight
        return float(right.sum() / weight.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"classes": self.classes.tolist()}


class LabelSets(Targets):
    """Any of several labels at once.

    Parameters
    ----------
    n_labels : int
        Columns of the indicator.
    """

    def __init__(self, n_labels: int) -> None:
        self.n_outputs = n_labels

    def encode(self, y: Array) -> Tensor:
        """Return the indicator as numbers."""
        return torch.from_numpy(np.asarray(y, np.float32))

    def loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the binary cross-entropy of each window, averaged over labels."""
        return F.binary_cross_entropy_with_logits(outputs, y, reduction="none").mean(dim=-1)

    def average(self, outputs: Tensor) -> Tensor:
        """Average the logits of crops."""
        return outputs.mean(dim=1)

    def predictions(self, outputs: Tensor) -> Array:
        """Return the probability of each label."""
        return outputs.sigmoid().numpy()

    def score(self, outputs: Tensor, y: Tensor, weight: Tensor) -> float:
        """Return the share of windows with no label wrong."""
        right = ((outputs > 0) == (y > 0.5)).all(dim=-1) * weight
        return float(right.sum() / weight.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"n_labels": self.n_outputs}


class Numbers(Targets):
    """One or more numbers, which the model sees standardised.

    Parameters
    ----------
    mean, std : array, shape (n_targets,)
        Of the training targets.
    is_flat : bool
        Whether targets are one number a window, without an axis of their own.

    Examples
    --------
    >>> targets = Numbers.of(np.array([10.0, 20.0, 30.0]))
    >>> targets.encode(np.array([20.0])), targets.predictions(torch.tensor([[0.0], [1.0]]))
    (tensor([[0.]]), array([20.        , 28.16...]))
    """

    def __init__(self, mean: Array, std: Array, is_flat: bool) -> None:
        self.mean, self.std, self.is_flat = np.asarray(mean), np.asarray(std), is_flat
        self.n_outputs = len(self.mean)

    @classmethod
    def of(cls, y: Array) -> Numbers:
        """Return those of training targets (n_windows,) or (n_windows, n_targets)."""
        columns = np.asarray(y, np.float64).reshape(len(y), -1)
        mean, std = columns.mean(axis=0), columns.std(axis=0)
        varies = std > 1e-14 * abs(mean)  # less is rounding
        return cls(mean, np.where(varies, std, 1.0), np.ndim(y) == 1)

    def encode(self, y: Array) -> Tensor:
        """Return standardised targets, with an axis of their own."""
        columns = np.asarray(y, np.float64)[..., None] if self.is_flat else y
        return torch.from_numpy(((columns - self.mean) / self.std).astype(np.float32))

    def loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the squared error of each window, averaged over targets."""
        return F.mse_loss(outputs, y, reduction="none").mean(dim=-1)

    def average(self, outputs: Tensor) -> Tensor:
        """Average the numbers of crops."""
        return outputs.mean(dim=1)

    def predictions(self, outputs: Tensor) -> Array:
        """Return numbers in their own unit."""
        numbers = outputs.double().numpy() * self.std + self.mean
        shaped: Array = numbers[..., 0] if self.is_flat else numbers
        return shaped

    def score(self, outputs: Tensor, y: Tensor, weight: Tensor) -> float:
        """Return the coefficient of determination, averaged over targets.

        Of a target that does not vary it is 1 if the outputs are right and else 0, as
        scikit-learn has it.
        """
        axes, weight, y = tuple(range(y.ndim - 1)), weight.double().unsqueeze(-1), y.double()
        mean = (weight * y).sum(axes) / weight.sum(axes)
        residual = (weight * (y - outputs) ** 2).sum(axes)
        total = (weight * (y - mean) ** 2).sum(axes)
        explained = torch.where(total > 0, 1 - residual / total, (residual == 0).double())
        return float(explained.mean())

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "target_mean": self.mean.tolist(),
            "target_std": self.std.tolist(),
            "target_is_flat": self.is_flat,
        }
