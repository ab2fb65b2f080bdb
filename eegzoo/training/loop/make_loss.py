"""Loss of each window, of the recipe or by a criterion of the user's."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.training.loop.replacements import Replacements
from eegzoo.training.targets.targets import Classes, LabelSets, Targets

Loss = Callable[[Tensor, Tensor], Tensor]


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
