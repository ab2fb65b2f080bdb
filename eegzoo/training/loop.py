"""The training loop, on skorch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import LRScheduler
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import Dataset

from eegzoo.data.windows import Windows
from eegzoo.layers import NormConstraint
from eegzoo.models.finetuning import parameter_groups
from eegzoo.training.crops import RandomCrops
from eegzoo.training.progress import Progress

# Passes over the windows that batch normalisation's statistics are averaged over at the end.
_STATISTICS_EPOCHS = 5


class _Data(Dataset[tuple[Tensor, Tensor]]):
    """What `RandomCrops` takes batches from."""

    def __init__(self, X: Tensor | Windows, y: Tensor) -> None:
        self.X, self.y = X, y

    def __len__(self) -> int:
        return len(self.y)


class _Net(NeuralNet):
    """skorch's net, which tells Ctrl-C from a callback's wish to stop after an epoch."""

    interrupted = False

    def run_single_epoch(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().run_single_epoch(*args, **kwargs)
        except KeyboardInterrupt:
            self.interrupted = True
            raise  # skorch takes it for the end of the training


def train(
    module: nn.Module,
    X: Tensor | Windows,
    y: Tensor,
    *,
    crop_length: int,
    max_epochs: int,
    lr: float,
    weight_decay: float,
    layer_decay: float,
    batch_size: int,
    device: str,
    compile: bool,
    verbose: int,
    callbacks: Sequence[Any],
) -> list[dict[str, float]]:
    """Train a module in place with cross-entropy on random crops.

    Randomness is torch's own generator, which the caller seeds.

    Parameters
    ----------
    module : nn.Module
        It returns logits.
    X : Tensor | Windows, shape (n_windows, n_chans, n_times)
        Normalised windows, in memory or read when they are needed.
    y : Tensor of int, shape (n_windows,)
        Labels from 0 on.
    crop_length, max_epochs, lr, weight_decay, layer_decay
        As in `EEGClassifier`.
    batch_size, device, compile, verbose, callbacks
        As in `EEGClassifier`.

    Returns
    -------
    list of dict
        Epoch and training loss of each epoch.
    """
    data = _Data(X, y)
    crops = RandomCrops(data, batch_size, crop_length)
    schedule = LRScheduler(CosineAnnealingLR, T_max=max_epochs * len(crops), step_every="batch")
    shown = [Progress()] if verbose else []
    net = _Net(
        # skorch's own `compile` also compiles the loss, which gains nothing and warns.
        torch.compile(module) if compile else module,
        criterion=nn.CrossEntropyLoss,
        optimizer=partial(_adam, module, layer_decay),
        optimizer__weight_decay=weight_decay,
        lr=lr,
        max_epochs=max_epochs,
        batch_size=batch_size,
        iterator_train=RandomCrops,
        iterator_train__crop_length=crop_length,
        train_split=None,
        callbacks=[schedule, *shown, *callbacks],
        callbacks__print_log=None,
        device=device,
        verbose=0,
    )
    net.fit(data, y=None)
    if net.interrupted:
        raise KeyboardInterrupt
    # The running statistics of a short training lag behind the weights; these are the weights' own.
    passes = (batch for _ in range(_STATISTICS_EPOCHS) for batch in crops)
    renew_statistics(module, (x.to(device) for x, _ in passes))
    for layer in module.modules():
        if isinstance(layer, NormConstraint) and layer.weight.requires_grad:
            layer.scale_norm()  # the last step was not followed by a forward
    return [
        {"epoch": row["epoch"], "train_loss": row["train_loss"]} for row in net.history.to_list()
    ]


def _adam(
    module: nn.Module, layer_decay: float, params: Any, lr: float, **options: Any
) -> torch.optim.Optimizer:
    """Return an optimizer of what learns, in place of all `params`."""
    groups = parameter_groups(module, lr, layer_decay)
    return torch.optim.AdamW(groups, lr=lr, **options)


@torch.no_grad()
def renew_statistics(module: nn.Module, batches: Iterable[Tensor]) -> None:
    """Take the statistics of batch normalisation anew, as averages over batches.

    As `torch.optim.swa_utils.update_bn`, but those of frozen parts stay as they are.

    Parameters
    ----------
    module : nn.Module
        It is changed in place, and its mode comes back.
    batches : iterable of Tensor
        What it takes.
    """
    was_training = module.training
    module.train()
    momenta = {
        layer: layer.momentum
        for layer in module.modules()
        if isinstance(layer, _BatchNorm) and layer.training
    }
    if momenta:
        for layer in momenta:
            layer.reset_running_stats()
            layer.momentum = None  # the average of all
        for batch in batches:
            module(batch)
        for layer, momentum in momenta.items():
            layer.momentum = momentum
    module.train(was_training)
