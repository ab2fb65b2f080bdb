"""Losses and scores of each epoch, over windows counted by their weights."""

from __future__ import annotations

from typing import Any

import torch
from skorch.callbacks import Callback

from eegzoo.training.parallel.data_parallel import broadcast_from_main
from eegzoo.training.parallel.processes import ProcessInfo
from eegzoo.training.targets.targets import Targets


class RecordLoss(Callback):
    """Callback that records the mean loss of an epoch over its windows, and whether it is the best.

    As skorch does, it records for its other callbacks whether the loss is the smallest so far.

    Parameters
    ----------
    side : {"train", "valid"}
        Which of skorch's losses is averaged.
    process : ProcessInfo
        Processes that train together; they all record what the main one has.
    """

    def __init__(self, side: str, process: ProcessInfo) -> None:
        self.side, self.process = side, process

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Record the mean, each batch counted by the weights of its windows."""
        batches = [row for row in net.history[-1, "batches"] if f"{self.side}_loss" in row]
        name = f"{self.side}_loss"
        if not batches:
            # Without a validation the last weights are kept; `WandbLogger` then saves each epoch's.
            net.history.record(f"{name}_best", True)
            return
        total = sum(row[f"{self.side}_weight"] for row in batches)
        mean = sum(row[f"{self.side}_loss"] * row[f"{self.side}_weight"] for row in batches) / total
        net.history.record(name, broadcast_from_main(self.process, mean))
        past = [row[name] for row in net.history[:-1] if name in row]
        net.history.record(f"{name}_best", all(net.history[-1, name] < loss for loss in past))


class RecordScore(Callback):
    """Callback that records the validation's score as "valid_score".

    Parameters
    ----------
    targets : Targets
        What the outputs stand for.
    process : ProcessInfo
        Processes that train together.
    """

    def __init__(self, targets: Targets, process: ProcessInfo) -> None:
        self.targets, self.process = targets, process

    def on_epoch_begin(self, net: Any, **_: Any) -> None:
        """Forget the outputs of the last epoch."""
        self.batches_: list[Any] = []

    def on_batch_end(
        self, net: Any, batch: Any = None, training: bool = True, y_pred: Any = None, **_: Any
    ) -> None:
        """Remember the outputs of a batch of the validation."""
        if not training:
            self.batches_.append((y_pred, batch.y, batch.weight))

    def on_epoch_end(self, net: Any, **_: Any) -> None:
        """Record the score of all of them."""
        if self.batches_:
            outputs, y, weight = map(torch.cat, zip(*self.batches_, strict=True))
            score = self.targets.score(outputs, y, weight)
            net.history.record("valid_score", broadcast_from_main(self.process, score))
            self.batches_ = []
