"""skorch's net, put together for a training."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import nn

from eegzoo.models.base import EEGModel
from eegzoo.models.finetuning import parameter_groups
from eegzoo.training.augmentation.augmentations import as_augmentations
from eegzoo.training.callbacks.progress import Progress
from eegzoo.training.loop.kept_weights import Course
from eegzoo.training.loop.net import Net, Step, WeightedLoss
from eegzoo.training.parallel.processes import ProcessInfo
from eegzoo.training.recipe import Recipe
from eegzoo.training.targets.targets import Targets


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """How and where a training computes, and what is shown of it: arguments of the estimators."""

    device: str
    precision: str
    compile: bool
    verbose: int
    callbacks: Sequence[Any]
    checkpoint: str | os.PathLike[str] | None = None


def compiled(module: nn.Module, options: RunOptions) -> nn.Module:
    """Return a module as it is called in training.

    skorch's own `compile` also compiles the loss, which gains nothing and warns.
    """
    made: Any = torch.compile(module) if options.compile else module
    return cast(nn.Module, made)


def make_net(
    module: EEGModel,
    forward: nn.Module,
    process: ProcessInfo,
    targets: Targets,
    recipe: Recipe,
    options: RunOptions,
    layer_decay: float,
    course: Course,
    **when: Any,
) -> Net:
    """Return the net that trains a module, initialised.

    Parameters
    ----------
    module : EEGModel
        What learns.
    forward : nn.Module
        What is called in its place in training.
    process : ProcessInfo
        The processes that share batches.
    targets, recipe, options, layer_decay
        As in `train`.
    course : Course
        What keeps the weights.
    **when
        Of `Net`: max_epochs, lr_factor, begin, save.
    """
    step = Step(
        forward=forward,
        augmentations=as_augmentations(recipe.augment),
        sfreq=module.sfreq,
        precision=options.precision,
        clip_norm=recipe.clip_norm,
        process=process,
    )
    shown = [Progress()] if options.verbose and process.is_main else []
    net = Net(
        module,
        criterion=partial(WeightedLoss, targets, process),
        optimizer=partial(_adam, module, layer_decay),
        optimizer__weight_decay=recipe.weight_decay,
        lr=recipe.lr,
        train_split=None,
        callbacks=[*shown, *options.callbacks],
        callbacks__print_log=None,
        callbacks__train_loss=None,
        callbacks__valid_loss=None,
        device=options.device,
        verbose=0,
        step=step,
        course=course,
        **when,
    )
    return net.initialize()


def _adam(
    module: nn.Module, layer_decay: float, params: Any, lr: float, **options: Any
) -> torch.optim.Optimizer:
    """Return an optimizer of what learns, in place of all `params`."""
    groups = parameter_groups(module, lr, layer_decay)
    return torch.optim.AdamW(groups, lr=lr, **options)
