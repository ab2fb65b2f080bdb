"""Schedule of the learning rate: a linear warm-up, then half a cosine or a constant."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from skorch.callbacks import Callback, LRScheduler
from torch.optim.lr_scheduler import LambdaLR

SCHEDULES = ("cosine", "constant")


def lr_factor(step: int, n_steps: int, warmup: float, schedule: str = "cosine") -> float:
    """Return the learning rate of a step as a fraction of the highest one.

    It rises linearly over the first steps and then falls along half a cosine, or stays.

    Parameters
    ----------
    step : int
        Number of the step, from 0.
    n_steps : int
        Number of steps of the whole training.
    warmup : float
        Fraction of the steps in which it rises.
    schedule : {"cosine", "constant"}
        What follows.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> [round(lr_factor(step, 8, warmup=0.25), 2) for step in range(8)]
    [0.5, 1.0, 1.0, 0.93, 0.75, 0.5, 0.25, 0.07]
    """
    rising = round(warmup * n_steps)
    if step < rising:
        return (step + 1) / rising
    if schedule == "constant":
        return 1.0
    falling = max(1, n_steps - rising)
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, (step - rising) / falling))


def warmup_then(schedule: str, n_steps: int, warmup: float) -> LRScheduler:
    """Return the callback that sets the learning rate of every step by `lr_factor`."""
    factor = partial(lr_factor, n_steps=n_steps, warmup=warmup, schedule=schedule)
    return LRScheduler(LambdaLR, lr_lambda=factor, step_every="batch", event_name=None)


class RecordLearningRate(Callback):
    """Callback that records the learning rate of each epoch's last step as "lr"."""

    def on_batch_end(self, net: Any, training: bool = True, **_: Any) -> None:
        """Remember the learning rate of a step, before a scheduler changes it."""
        if training:
            self.rate_ = float(net.optimizer_.param_groups[0]["lr"])

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Record the last one."""
        net.history.record("lr", self.rate_)
