"""Loss of a batch: the mean over its windows, each counted by its weight."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from eegzoo.training.augmentation.mixup import mixed_loss
from eegzoo.training.inputs.training_set import Batch
from eegzoo.training.parallel.data_parallel import share_of_mean
from eegzoo.training.parallel.processes import ProcessInfo

Mixed = tuple[Tensor, Tensor]


class LossNotFiniteError(ArithmeticError):
    """A loss became NaN or infinite."""


class WeightedLoss:
    """Mean of the losses of windows, each counted by its weight.

    Parameters
    ----------
    loss_of : callable
        Maps outputs and targets to the loss of each window.
    process : ProcessInfo
        Processes that share batches.
    """

    def __init__(self, loss_of: Callable[[Tensor, Tensor], Tensor], process: ProcessInfo) -> None:
        self.loss_of, self.process = loss_of, process

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state of the loss: none, but skorch's `MlflowLogger` saves it."""
        return {}

    def __call__(self, outputs: Tensor, batch: Batch, mixed: Mixed | None = None) -> Tensor:
        """Return this process's part of the mean over the batch."""

        def weighted(y: Tensor, weight: Tensor) -> Tensor:
            if y.is_floating_point():
                y = y.to(outputs.dtype)
            losses = self.loss_of(outputs, y)
            if losses.ndim == 0 and (mixed is not None or bool((weight != weight.max()).any())):
                raise ValueError(
                    "expected criterion to return a loss for each window (reduction='none') with "
                    "weights, masks or mixup, got one number"
                )
            return losses * weight

        if mixed is None:
            losses = weighted(batch.y, batch.weight)
        else:
            losses = mixed_loss(weighted, *mixed, batch.y, batch.weight)
        return share_of_mean(self.process, losses, total=batch.total)
