"""Which weights of a training are kept: the best, the averaged or the last finite ones."""

from __future__ import annotations

import math
from typing import Any

from skorch.callbacks import Callback
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint

Kept = dict[str, Any]


class KeepWeights(Callback):
    """Callback that restores the weights to keep at the end of a training.

    These are the weights of the epoch with the smallest validation loss; without validation, those
    of the last epoch after which all weights were finite. With `MovingAverage` they are averages.

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
        loss = row.get("valid_loss")
        if loss is None or not math.isfinite(loss):
            return
        if self.best_ is None or loss < self.best_["loss"]:
            self.best_ = {**self.finite_, "loss": loss}

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Restore the weights to keep."""
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


def _copied(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}
