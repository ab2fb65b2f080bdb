"""Progress bar of the training."""

from __future__ import annotations

from typing import Any

from skorch.callbacks import Callback
from tqdm.auto import tqdm


class Progress(Callback):
    """Progress bar that advances after each epoch and shows the training loss.

    Parameters
    ----------
    label : str
        Text in front of the bar.
    """

    def __init__(self, label: str = "training") -> None:
        self.label = label

    def on_train_begin(self, net: Any, **_: Any) -> None:
        """Show the bar."""
        self.bar_ = tqdm(total=net.max_epochs, desc=self.label, unit="epoch", leave=False)

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Advance the bar, and show the loss."""
        self.bar_.set_postfix(loss=f"{net.history[-1, 'train_loss']:.3f}", refresh=False)
        self.bar_.update()

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Remove the bar."""
        self.bar_.close()
