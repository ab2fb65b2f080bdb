"""Optimizer, criterion and schedule that a user puts in place of the recipe's."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch
from skorch.callbacks import LRScheduler
from torch import nn

from eegzoo.training.targets.targets import Classes, Targets


@dataclasses.dataclass(frozen=True)
class Replacements:
    """Parts of the recipe that a user replaces, as skorch takes them: arguments of the estimators.

    Parameters
    ----------
    optimizer : type | None
        Optimizer class.
    criterion : type | callable | None
        Loss class, module or function.
    lr_scheduler : type | str | LRScheduler | None
        Scheduler class, or skorch's callback.
    options : mapping
        Their arguments, ``optimizer__momentum`` and the like.
    """

    optimizer: Any = None
    criterion: Any = None
    lr_scheduler: Any = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def options_of(self, part: str) -> dict[str, Any]:
        """Return the arguments of a part, without its prefix."""
        start = f"{part}__"
        return {
            name.removeprefix(start): value
            for name, value in self.options.items()
            if name.startswith(start)
        }

    def smoothed(self, share: float, targets: Targets) -> Replacements:
        """Return a copy with label smoothing, unless the user chose the loss or targets are none.

        Parameters
        ----------
        share : float
            Share of the targets that is spread over all classes.
        targets : Targets
            What the outputs stand for.
        """
        chosen = self.criterion is not None or bool(self.options_of("criterion"))
        if not share or chosen or not isinstance(targets, Classes):
            return self
        options = {**self.options, "criterion__label_smoothing": share}
        return dataclasses.replace(self, options=options)

    def describe(self) -> list[str]:
        """Return what distinguishes these parts from others, also in another process."""
        parts = (self.optimizer, self.criterion, self.lr_scheduler)
        options = sorted(self.options.items())
        return [
            *map(_described, parts),
            *(f"{name}={_described(value)}" for name, value in options),
        ]


def _described(value: Any) -> str:
    if isinstance(value, nn.Module):
        state = {name: part.tolist() for name, part in value.state_dict().items()}
        return f"{value!r} {state}"
    if isinstance(value, torch.Tensor):
        return str(value.tolist())
    if isinstance(value, LRScheduler):
        return f"LRScheduler({ {name: _described(part) for name, part in vars(value).items()} })"
    name = getattr(value, "__qualname__", None)  # the repr of a function holds its address
    return repr(value) if name is None else f"{value.__module__}.{name}"
