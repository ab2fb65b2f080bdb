"""Which weights of a training are kept: the best, the averaged or the last finite ones."""

from __future__ import annotations

import math
from typing import Any

from skorch.callbacks import Callback, EarlyStopping
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint

Kept = dict[str, Any]


class KeepWeights(Callback):
    """Callback that restores the weights to keep at the end of a training.

    These are the weights of the epoch with the smallest validation loss. If the user stops early by
    another value, through skorch's `EarlyStopping`, they are those of the epoch in which it was
    best. Without either, they are those of the last epoch after which all weights were finite. With
    `MovingAverage` they are averages.

    Attributes
    ----------
    best_, finite_ : dict | None
        Epoch and state dict of the best and of the last finite weights.
    """

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Forget the weights of an earlier training."""
        self.best_: Kept | None = None
        self.finite_: Kept | None = None

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Remember the weights after an epoch."""
        candidate = net.candidate
        # A finite loss says nothing about the step that follows it.
        if not all(bool(weight.isfinite().all()) for weight in candidate.parameters()):
            return
        row = net.history[-1]
        self.finite_ = {"epoch": row["epoch"], "module": _copied(candidate)}
        monitor, sign = _monitored(net)
        value = row.get(monitor)
        if value is None or not math.isfinite(value):
            return
        if self.best_ is None or sign * value < self.best_["loss"]:
            self.best_ = {**self.finite_, "loss": sign * float(value)}

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Restore the weights to keep."""
        if net.stopped_ and "train_loss" in net.history[-1]:
            self.on_epoch_end(net)  # a callback before this one stopped the training in its own
        kept = self.best_ or self.finite_
        if kept is not None:
            net.trained.load_state_dict(kept["module"])

    @property
    def epoch(self) -> int | None:
        """Epoch that the kept weights are from."""
        kept = self.best_ or self.finite_
        return None if kept is None else int(kept["epoch"])


class ProjectWeights(Callback):
    """Callback that applies norm constraints once more: no forward follows the last step."""

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Project the weights that were trained."""
        for layer in net.trained.modules():
            if isinstance(layer, NormConstraint) and layer.weight.requires_grad:
                layer.scale_norm()


def _monitored(net: Any) -> tuple[str, int]:
    """Return the value that decides which epoch is the best, and 1 if the smallest is, else -1."""
    for _, callback in net.callbacks_:
        if isinstance(callback, EarlyStopping):
            return callback.monitor, 1 if callback.lower_is_better else -1
    return "valid_loss", 1


def _copied(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}
