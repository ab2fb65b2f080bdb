"""Focal loss, for classes of very different frequency."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import number_between, one_of


class FocalLoss(nn.Module):
    """Cross-entropy in which windows that are classified with confidence count less.

    The loss of a window is ``-(1 - p) ** gamma * log(p)``, where p is the probability of its class.

    Parameters
    ----------
    gamma : float
        Exponent. 0 is the cross-entropy.
    weight : Tensor, shape (n_classes,) | None
        Weight of each class.
    reduction : {"none", "mean", "sum"}
        What becomes of the losses of a batch. The estimators set "none".

    References
    ----------
    Lin, Goyal, Girshick, He and Dollár (2017). Focal loss for dense object detection. ICCV.
    https://doi.org/10.1109/ICCV.2017.324

    Examples
    --------
    >>> logits, y = torch.tensor([[0.0, 0.0], [4.0, 0.0]]), torch.tensor([0, 0])
    >>> FocalLoss(gamma=2.0, reduction="none")(logits, y).round(decimals=4)
    tensor([0.1733, 0.0000])
    """

    weight: Tensor | None

    def __init__(
        self, gamma: float = 2.0, weight: Tensor | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.gamma = number_between("gamma", gamma, 0.0)
        self.reduction = one_of("reduction", reduction, ("none", "mean", "sum"))
        self.register_buffer("weight", weight)

    def forward(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the loss of logits (n, n_classes) and classes (n,)."""
        entropy = F.cross_entropy(outputs, y, reduction="none")
        losses = (-torch.expm1(-entropy)).clamp_min(0.0) ** self.gamma * entropy
        if self.weight is not None:
            losses = losses * self.weight[y]
        if self.reduction == "none":
            return losses
        return losses.mean() if self.reduction == "mean" else losses.sum()

    def extra_repr(self) -> str:
        """Show the exponent."""
        return f"gamma={self.gamma:g}"
