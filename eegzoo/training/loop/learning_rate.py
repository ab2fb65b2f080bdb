"""How the learning rate goes along a training."""

from __future__ import annotations

import math


def lr_factor(step: int, n_steps: int, warmup: float) -> float:
    """Return what the learning rate of a step is of the highest one.

    It rises linearly over the first share of the steps, then falls along a half cosine.

    Parameters
    ----------
    step : int
        From 0 on.
    n_steps : int
        Of the whole training.
    warmup : float
        Share of the steps in which it rises.

    Examples
    --------
    >>> [round(lr_factor(step, 8, warmup=0.25), 2) for step in range(8)]
    [0.5, 1.0, 1.0, 0.93, 0.75, 0.5, 0.25, 0.07]
    """
    rising = round(warmup * n_steps)
    if step < rising:
        return (step + 1) / rising
    return 0.5 + 0.5 * math.cos(math.pi * (step - rising) / (n_steps - rising))
