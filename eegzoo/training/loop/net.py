"""A training step, and skorch's net that makes one for each batch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from skorch import NeuralNet
from torch import Tensor, nn

from eegzoo.training.augmentation.base import Augmentation
from eegzoo.training.augmentation.mixup import Mixup, mixed_loss
from eegzoo.training.inputs.training_set import Batch
from eegzoo.training.loop.kept_weights import Course
from eegzoo.training.parallel.data_parallel import mean_over_processes, share_of_mean
from eegzoo.training.parallel.processes import ProcessInfo
from eegzoo.training.targets.targets import Targets

PRECISIONS = ("float32", "bfloat16", "float16")


class LossNotFiniteError(ArithmeticError):
    """A loss became NaN or infinite."""


class WeightedLoss(nn.Module):
    """Mean of the losses of windows, each counted by its weight.

    Parameters
    ----------
    targets : Targets
        What the loss of a window is.
    process : ProcessInfo
        The processes that share batches.
    """

    def __init__(self, targets: Targets, process: ProcessInfo) -> None:
        super().__init__()
        self.targets, self.process = targets, process

    def forward(self, outputs: Tensor, batch: Batch, mixed: Mixed | None = None) -> Tensor:
        """Return the share that a batch has in the mean over all processes' batches."""

        def weighted(y: Tensor, weight: Tensor) -> Tensor:
            return self.targets.loss(outputs, y) * weight

        if mixed is None:
            losses = weighted(batch.y, batch.weight)
        else:
            losses = mixed_loss(weighted, *mixed, batch.y, batch.weight)
        return share_of_mean(self.process, losses, total=batch.total)


Mixed = tuple[Tensor, Tensor]


@dataclasses.dataclass(frozen=True)
class Step:
    """How a step computes.

    Parameters
    ----------
    forward : callable
        The module, as it is called in training: compiled, or one of several.
    augmentations : sequence of Augmentation | Mixup
        How windows are varied.
    sfreq : float
        Sampling rate in Hz.
    precision : {"float32", "bfloat16", "float16"}
        Of the forward pass; weights stay in float32.
    clip_norm : float
        Largest norm of a gradient; 0: any.
    process : ProcessInfo
        The processes that share batches.
    """

    forward: Callable[..., Tensor]
    augmentations: Iterable[Augmentation | Mixup]
    sfreq: float
    precision: str
    clip_norm: float
    process: ProcessInfo


class Net(NeuralNet):
    """skorch's net, with the steps of this package and a course that keeps the weights.

    Parameters
    ----------
    *args, **kwargs
        Of `skorch.NeuralNet`.
    step : Step
        How a step computes.
    course : Course
        What keeps the weights.
    lr_factor : callable
        From the number of a step to what its learning rate is of the first one.
    save : callable
        Called after each epoch.
    begin : callable
        Called with the number of each epoch, from 0 on, before it.
    """

    interrupted = False

    def __init__(
        self,
        *args: Any,
        step: Step,
        course: Course,
        lr_factor: Callable[[int], float],
        begin: Callable[[int], None],
        save: Callable[[Net], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.step, self.course, self.lr_factor = step, course, lr_factor
        self.begin, self.save = begin, save

    def initialize(self) -> Net:
        """Make the optimizer, and take note of its learning rates."""
        super().initialize()
        self.rates_ = [group["lr"] for group in self.optimizer_.param_groups]
        self.n_steps_ = 0
        self.scaler_ = torch.amp.GradScaler(
            torch.device(self.device).type, enabled=self.step.precision == "float16"
        )
        return self

    def run(self, batches: Any) -> None:
        """Train; Ctrl-C goes on to the caller, a callback's wish to stop ends the training."""
        self.notify("on_train_begin", X=batches, y=None)
        try:
            self.fit_loop(batches)
        except KeyboardInterrupt:
            if self.interrupted:
                raise
        finally:
            self.notify("on_train_end", X=batches, y=None)

    def state(self) -> dict[str, Any]:
        """Return what `load_state` goes on from."""
        return {
            **self.course.state(),
            "optimizer": self.optimizer_.state_dict(),
            "scaler": self.scaler_.state_dict(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.course.load_state(state)
        self.optimizer_.load_state_dict(state["optimizer"])
        self.scaler_.load_state_dict(state["scaler"])
        for row in self.course.rows:
            self.history.new_epoch()
            for name, value in row.items():
                self.history.record(name, value)

    def fit_loop(self, X: Any, y: Any = None, epochs: int | None = None, **_: Any) -> Net:
        """Make the epochs that are not done yet over batches `X`."""
        self.n_steps_ = self.course.n_done * len(X)
        for epoch in range(self.course.n_done, self.max_epochs):
            if self.course.is_over:
                break
            self.begin(epoch)
            self.notify("on_epoch_begin", dataset_train=X, dataset_valid=None)
            try:
                mean = self._run_epoch(X)
            except KeyboardInterrupt:
                self.interrupted = True  # while a callback may wish to stop after an epoch
                raise
            row = self.course.end_epoch(
                lr=self.rates_[0] * self.lr_factor(self.n_steps_ - 1), train_loss=mean
            )
            for name, value in row.items():
                self.history.record(name, value)
            self.save(self)
            self.notify("on_epoch_end", dataset_train=X, dataset_valid=None)
        return self

    def _run_epoch(self, batches: Iterable[Batch]) -> float:
        """Make a step for each batch, and return the mean loss."""
        losses, weights = 0.0, 0.0
        for batch in batches:
            self.notify("on_batch_begin", batch=batch, training=True)
            made = self.train_step(batch)
            self.history.record_batch("train_loss", float(made["loss"]))
            self.notify("on_batch_end", batch=batch, training=True, **made)
            losses += float(made["loss"]) * batch.total
            weights += batch.total
        return losses / weights

    def train_step(self, batch: Batch, **_: Any) -> dict[str, Any]:
        """Make one step of the optimizer."""
        for group, rate in zip(self.optimizer_.param_groups, self.rates_, strict=True):
            group["lr"] = rate * self.lr_factor(self.n_steps_)
        self._set_training(True)
        self.optimizer_.zero_grad(set_to_none=True)
        batch = _moved(batch, self.device)
        outputs, loss = self._loss(batch)
        total = mean_over_processes(self.step.process, loss)
        if not math.isfinite(total):
            raise LossNotFiniteError(f"{total} in step {self.n_steps_ + 1}")
        self.scaler_.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler_.unscale_(self.optimizer_)
        if self.step.clip_norm:
            learnt = [
                weight for group in self.optimizer_.param_groups for weight in group["params"]
            ]
            nn.utils.clip_grad_norm_(learnt, self.step.clip_norm)
        self.scaler_.step(self.optimizer_)
        self.scaler_.update()
        self.course.after_step()
        self.n_steps_ += 1
        return {"loss": total, "y_pred": outputs}

    def _loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        x, lengths, mixed = batch.x, batch.lengths, None
        for augmentation in self.step.augmentations:
            if isinstance(augmentation, Mixup):
                x, *mixed = augmentation.mix(x)
                if lengths is not None:  # the partner's windows have losses too
                    lengths = torch.maximum(lengths, lengths[mixed[0]])
            else:
                windows = x.reshape(-1, *x.shape[-2:])
                x = augmentation(windows, self.step.sfreq).reshape(x.shape)
        dtype = getattr(torch, self.step.precision)
        with torch.autocast(x.device.type, dtype, enabled=dtype != torch.float32):
            known = {} if lengths is None else {"lengths": lengths}
            outputs = self.step.forward(x, **known)
        if dtype != torch.float32:
            outputs = outputs.float()
        return outputs, self.criterion_(outputs, batch, mixed)


def _moved(batch: Batch, device: str) -> Batch:
    moved: dict[str, Any] = {
        field.name: value.to(device, non_blocking=True)
        for field in dataclasses.fields(batch)
        if isinstance(value := getattr(batch, field.name), Tensor)
    }
    return dataclasses.replace(batch, **moved)
