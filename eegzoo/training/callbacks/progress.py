"""A progress bar for a training."""

from __future__ import annotations

from typing import Any

from skorch.callbacks import Callback
from tqdm.auto import tqdm


class Progress(Callback):
    """Show one bar for a training: a step for each epoch, the loss behind it.

    Parameters
    ----------
    label : str
        What stands before the bar.
    """

    def __init__(self, label: str = "training") -> None:
        self.label = label

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Open the bar."""
        self.bar_ = tqdm(total=net.max_epochs, desc=self.label, unit="epoch", leave=False)

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Move it on."""
        self.bar_.set_postfix(loss=f"{net.history[-1, 'train_loss']:.3f}", refresh=False)
        self.bar_.update()

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Close it."""
        self.bar_.close()
