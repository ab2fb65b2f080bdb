"""Loss of a batch: of each window, by the recipe or the user's criterion, and their mean."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.training.augmentation.mixup import mixed_loss
from eegzoo.training.inputs.training_set import Batch
from eegzoo.training.loop.replacements import Replacements
from eegzoo.training.parallel.data_parallel import share_of_mean
from eegzoo.training.parallel.processes import ProcessInfo
from eegzoo.training.targets.targets import Classes, LabelSets, Targets

Loss = Callable[[Tensor, Tensor], Tensor]
Mixed = tuple[Tensor, Tensor]


class LossNotFiniteError(ArithmeticError):
    """A loss became NaN or infinite."""


class WeightedLoss:
    """Mean of the losses of windows, each counted by its weight.

    Parameters
    ----------
    loss_of : callable
        Returned by `make_loss`.
    process : ProcessInfo
        Processes that share batches.
    """

    def __init__(self, loss_of: Loss, process: ProcessInfo) -> None:
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


def make_loss(targets: Targets, replaced: Replacements) -> Loss:
    """Return the function from outputs and targets to the loss of each window.

    A criterion gets logits, one row for each window, as `torch.nn.CrossEntropyLoss` does;
    `torch.nn.NLLLoss` gets log-probabilities. Its ``reduction`` is set to "none", so that windows
    can be weighted. One that returns a single number is taken for the mean over the windows, which
    is right where all windows count alike.

    Parameters
    ----------
    targets : Targets
        What the outputs stand for.
    replaced : Replacements
        With the user's criterion, if any, and its arguments.

    Returns
    -------
    callable
        Maps outputs (..., n_outputs) and encoded targets to losses, one for each window.

    Raises
    ------
    TypeError
        If the criterion is not callable, or does not take an argument.
    """
    given, options = replaced.criterion, replaced.options_of("criterion")
    if given is None and not options:
        return targets.loss
    criterion = _built(_default(targets) if given is None else given, options)
    takes_classes = isinstance(targets, Classes)

    def loss_of(outputs: Tensor, y: Tensor) -> Tensor:
        rows = outputs.reshape(-1, outputs.shape[-1])
        if isinstance(criterion, nn.Module):
            criterion.to(outputs.device)  # its weights
        if isinstance(criterion, nn.NLLLoss):
            rows = F.log_softmax(rows, dim=-1)
        losses: Tensor = criterion(rows, y.reshape(-1) if takes_classes else y.reshape(rows.shape))
        shape = y.shape if takes_classes else y.shape[:-1]
        if losses.ndim == 0:
            return losses
        if losses.ndim > 1:
            losses = losses.flatten(1).mean(dim=1)
        return losses.reshape(shape)

    return loss_of


def _default(targets: Targets) -> type[nn.Module]:
    if isinstance(targets, Classes):
        return nn.CrossEntropyLoss
    return nn.BCEWithLogitsLoss if isinstance(targets, LabelSets) else nn.MSELoss


def _built(given: Any, options: dict[str, Any]) -> Callable[[Tensor, Tensor], Tensor]:
    if isinstance(given, type):
        if "reduction" in inspect.signature(given).parameters:
            options = {"reduction": "none", **options}
        given = given(**options)
    elif options:
        raise TypeError(f"expected a class as criterion with arguments, got {given!r}")
    else:
        given = copy.deepcopy(given)
        if hasattr(given, "reduction"):
            given.reduction = "none"
    if not callable(given):
        raise TypeError(f"expected criterion to be callable, got {given!r}")
    checked: Callable[[Tensor, Tensor], Tensor] = given
    return checked
