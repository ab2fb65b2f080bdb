"""Exponential moving average of the weights."""

from __future__ import annotations

from typing import Any

from skorch.callbacks import Callback
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class MovingAverage(Callback):
    """Callback that averages the weights of all steps.

    Parameters
    ----------
    decay : float
        Decay of the average.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Start from the initial weights."""
        mean = get_ema_multi_avg_fn(self.decay)  # type: ignore[no-untyped-call]
        self.average_ = AveragedModel(net.trained, multi_avg_fn=mean)
        net.models["average"] = self.average_.module

    def on_batch_end(self, net: Any, training: bool = True, **_: Any) -> None:
        """Add the weights of a step to the average."""
        if training:
            self.average_.update_parameters(net.trained)
