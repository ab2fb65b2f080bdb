"""skorch's net with the steps that EEG needs: crops, augmentations, weights, precision."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EpochTimer
from skorch.hf import AccelerateMixin
from torch import Tensor

from eegzoo.layers.person.person_statistics import person_layers
from eegzoo.models.base import EEGModel
from eegzoo.training.augmentation.base import Augmentation
from eegzoo.training.augmentation.mixup import Mixup
from eegzoo.training.callbacks.batch_statistics import model_inputs, renew_statistics
from eegzoo.training.callbacks.losses import RecordLoss
from eegzoo.training.callbacks.seeding import seed_epoch
from eegzoo.training.inputs.crops import RandomCrops, WholeWindows
from eegzoo.training.inputs.nights import NightBatches, WholeNights
from eegzoo.training.inputs.person_batches import PersonBatches, WholePeople
from eegzoo.training.inputs.training_set import Batch
from eegzoo.training.loop.interrupts import noticed_interrupts
from eegzoo.training.loop.loss import LossNotFiniteError
from eegzoo.training.loop.memory import chosen_state
from eegzoo.training.loop.regularization import half_squared_norm
from eegzoo.training.parallel.data_parallel import mean_over_processes
from eegzoo.training.parallel.processes import ProcessInfo

PRECISIONS = ("float32", "bfloat16", "float16")
_ONE_VALUE = "Expected more than 1 value per channel"  # torch's error for a variance of one number
# Batches that statistics are taken over to compare epochs; fewer than at the end are enough.
_VALIDATION_BATCHES = 50


class Steps:
    """Mixin of skorch's nets: how a batch is drawn, computed and learnt from.

    Parameters
    ----------
    *args, **kwargs
        Arguments of `skorch.NeuralNet`.
    trained : EEGModel
        The model whose weights are trained; ``module`` is it, or what is called in its place.
    batches : RandomCrops | NightBatches
        Training batches of this process.
    whole_batches : RandomCrops | NightBatches
        The same batches for statistics, undivided.
    make_groups : callable
        Returns the optimizer's parameter groups of the trained model.
    predict : callable
        Maps a model and a batch of the validation to outputs.
    augmentations : sequence of Augmentation | Mixup
        Random changes of training windows.
    conv_l2 : float
        Weight in the loss of half the squared norm of the convolutions' kernels.
    precision : {"float32", "bfloat16", "float16"}
        Precision of the forward pass. Weights stay in float32.
    process : ProcessInfo
        Processes that share batches.
    seed : int
        Seed of the training.
    """

    interrupted_ = False  # by Ctrl-C
    stopped_ = False  # by a callback

    def __init__(
        self,
        *args: Any,
        trained: EEGModel,
        batches: RandomCrops | NightBatches,
        whole_batches: RandomCrops | NightBatches,
        make_groups: Callable[[EEGModel], list[dict[str, Any]]],
        predict: Callable[[EEGModel, Batch], Tensor],
        augmentations: Sequence[Augmentation | Mixup],
        conv_l2: float,
        precision: str,
        process: ProcessInfo,
        seed: int,
        **kwargs: Any,
    ) -> None:
        # Models are kept in a dict: skorch takes attributes that are modules for parts to train.
        self.models = {"trained": trained}
        super().__init__(*args, **kwargs)
        self.batches, self.whole_batches = batches, whole_batches
        self.make_groups, self.predict_batch = make_groups, predict
        self.augmentations, self.precision = augmentations, precision
        self.conv_l2, self.night_state = conv_l2, None
        self.process, self.seed = process, seed

    @property
    def trained(self) -> EEGModel:
        """Model whose weights are trained."""
        return self.models["trained"]

    @property
    def trained_device(self) -> str:
        """Device that the model is on."""
        return str(next(self.trained.parameters()).device)

    @property
    def candidate(self) -> EEGModel:
        """Model that would be kept if the training ended now."""
        return self.models.get("validated") or self.models.get("average") or self.trained

    def initialize(self) -> Self:
        """Initialize skorch's parts and the scaler of gradients in float16."""
        super().initialize()  # type: ignore[misc]
        device = torch.device(self.trained_device).type
        self.scaler_ = torch.amp.GradScaler(device, enabled=self.precision == "float16")
        return self

    def get_default_callbacks(self) -> list[tuple[str, Callback]]:
        """Return the callbacks that record time and losses; they come before all others."""
        return [
            ("epoch_timer", EpochTimer()),
            ("train_loss", RecordLoss("train", self.process)),
            ("valid_loss", RecordLoss("valid", self.process)),
        ]

    def get_params_for_optimizer(
        self, prefix: str, named_parameters: Any
    ) -> tuple[tuple[Any], dict[str, Any]]:
        """Return the parameter groups of what learns, in place of all parameters."""
        options: dict[str, Any] = self.get_params_for(prefix)  # type: ignore[attr-defined]
        options.setdefault("lr", self.lr)  # type: ignore[attr-defined]
        return (self.make_groups(self.trained),), options

    def get_iterator(self, dataset: Any, training: bool = False) -> Iterable[Batch]:
        """Return the batches of the training, or of the validation."""
        if training:
            return self.batches
        if dataset.runs is not None:
            return WholeNights(dataset)
        by_person = isinstance(self.batches, PersonBatches) and person_layers(self.trained)
        return WholePeople(dataset) if by_person else WholeWindows(dataset)

    def fit_loop(self, *args: Any, **kwargs: Any) -> Self:
        """Run the epochs; note whether Ctrl-C or a callback ended them, alike for skorch."""
        with noticed_interrupts() as received:
            try:
                super().fit_loop(*args, **kwargs)  # type: ignore[misc]
            except KeyboardInterrupt:
                self.interrupted_ = self.interrupted_ or bool(received)
                self.stopped_ = not self.interrupted_
                raise
        return self

    def run_single_epoch(
        self, iterator: Any, training: bool, prefix: str, step_fn: Any, **fit_params: Any
    ) -> None:
        """Run an epoch; Ctrl-C within one is not a callback's wish to stop."""
        if iterator is None:
            return
        self.models.pop("validated", None)
        if not training:
            self.models["validated"] = self._with_fresh_statistics(self.candidate)
        n_before = self.batches.n_done if training else 0
        try:
            super().run_single_epoch(  # type: ignore[misc]
                iterator, training, prefix, step_fn, **fit_params
            )
        except KeyboardInterrupt:
            self.interrupted_ = True
            raise
        if n_before:
            n_batches = self.history[-1, "train_batch_count"] + n_before  # type: ignore[attr-defined]
            self.history.record("train_batch_count", n_batches)  # type: ignore[attr-defined]

    def train_step_single(self, batch: Batch, **_: Any) -> dict[str, Tensor]:
        """Compute outputs, loss and gradients of a batch."""
        self._set_training(True)  # type: ignore[attr-defined]
        batch = batch.to(self.trained_device, next(self.trained.parameters()).dtype)
        x, lengths, mixed = self._augmented(batch)
        dtype = getattr(torch, self.precision)
        with torch.autocast(x.device.type, dtype, enabled=dtype != torch.float32):
            known: dict[str, Any] = {} if lengths is None else {"lengths": lengths}
            try:
                outputs = self._outputs(x, batch.carried, known)
            except ValueError as error:
                if _ONE_VALUE not in str(error):
                    raise
                raise ValueError(
                    "expected at least two windows in each batch, because batch normalisation "
                    "takes a variance over them, got one window: use a larger batch_size than "
                    f"{self.batches.batch_size}, or more windows than {len(self.batches.data)}"
                ) from error
        outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
        loss = self.criterion_(outputs, batch, mixed)  # type: ignore[attr-defined]
        if self.conv_l2:
            loss = loss + self.conv_l2 * half_squared_norm(self.trained)
        mean = mean_over_processes(self.process, loss)
        if not math.isfinite(float(mean)):
            raise LossNotFiniteError(f"{float(mean)} in step {self._n_steps + 1}")
        self.scaler_.scale(loss).backward()
        self.scaler_.unscale_(self.optimizer_)  # type: ignore[attr-defined]
        self.history.record_batch("train_weight", batch.total)  # type: ignore[attr-defined]
        return {"loss": mean, "y_pred": outputs}

    def _outputs(self, x: Tensor, carried: Tensor | None, known: dict[str, Any]) -> Tensor:
        """Return the outputs; of nights, from the state after the batch before."""
        if self.batches.data.runs is None:
            outputs: Tensor = self.infer(x, **known)  # type: ignore[attr-defined]
            return outputs
        state = None if carried is None else chosen_state(self.night_state, carried)
        outputs, state = self.infer(  # type: ignore[attr-defined]
            x, state=state, return_state=True, **known
        )
        self.night_state = chosen_state(state, None)
        return outputs

    def validation_step(self, batch: Batch, **_: Any) -> dict[str, Tensor]:
        """Compute outputs and loss of a batch in evaluation mode."""
        outputs = self.predict_batch(self.candidate, batch)
        loss = self.criterion_(outputs, batch)  # type: ignore[attr-defined]
        self.history.record_batch("valid_weight", batch.total)  # type: ignore[attr-defined]
        return {"loss": loss / self.process.n_processes, "y_pred": outputs}

    def _with_fresh_statistics(self, model: EEGModel) -> EEGModel:
        model = copy.deepcopy(model)
        seed_epoch(self.whole_batches, 0, self.seed)
        inputs = model_inputs(self.whole_batches, model)
        renew_statistics(model, itertools.islice(inputs, _VALIDATION_BATCHES))
        return model.eval()

    def _step_optimizer(self, step_fn: Any) -> None:
        if not self.scaler_.is_enabled():
            super()._step_optimizer(step_fn)  # type: ignore[misc]
            return
        step_fn()  # a scaler takes no closure
        self.scaler_.step(self.optimizer_)  # type: ignore[attr-defined]
        self.scaler_.update()

    @property
    def _n_steps(self) -> int:
        past = sum(row["train_batch_count"] for row in self.history[:-1])  # type: ignore[attr-defined]
        now = [row for row in self.history[-1, "batches"] if "train_loss" in row]  # type: ignore[attr-defined]
        return int(past) + len(now)

    def _augmented(
        self, batch: Batch
    ) -> tuple[Tensor, Tensor | None, tuple[Tensor, Tensor] | None]:
        x, lengths, mixed = batch.x, batch.lengths, None
        for augmentation in self.augmentations:
            if isinstance(augmentation, Mixup):
                x, partners, share = augmentation.mix(x)
                mixed = partners, share
                if lengths is not None:  # the partner's windows have losses too
                    lengths = torch.maximum(lengths, lengths[partners])
            else:
                windows = x.reshape(-1, *x.shape[-2:])
                x = augmentation(windows, self.trained.sfreq).reshape(x.shape)
        return x, lengths, mixed


class Net(Steps, NeuralNet):
    """Net that trains in this process alone."""


class AcceleratedNet(Steps, AccelerateMixin, NeuralNet):
    """Net that trains together with those of other processes, through accelerate."""
