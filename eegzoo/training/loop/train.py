"""The training loop: all that a fit does once there are a model, windows and targets."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.models.base import EEGModel
from eegzoo.training.inputs.crops import RandomCrops
from eegzoo.training.inputs.training_set import TrainingSet
from eegzoo.training.loop.batch_norm_statistics import renew_statistics
from eegzoo.training.loop.checkpoints import Checkpoint
from eegzoo.training.loop.history import History
from eegzoo.training.loop.kept_weights import Course
from eegzoo.training.loop.learning_rate import lr_factor
from eegzoo.training.loop.net import LossNotFiniteError, Net
from eegzoo.training.loop.net_building import RunOptions, compiled, make_net
from eegzoo.training.parallel.data_parallel import broadcast_from_main, data_parallel
from eegzoo.training.parallel.processes import ProcessInfo, current_process
from eegzoo.training.prediction import compute_outputs
from eegzoo.training.recipe import Recipe
from eegzoo.training.targets.targets import Targets

# Passes, and batches at most, that batch normalisation's statistics are averaged over.
_STATISTICS_EPOCHS, _STATISTICS_BATCHES = 5, 500
_AT_THE_END = 2**32 - 1  # in place of an epoch's number, for the seed
_NOT_FINITE = (
    "expected finite losses, got {} of the first epoch: are the windows in microvolts, "
    "and is lr small enough?"
)
# Fewer are enough to compare epochs by.
_VALIDATION_BATCHES = 50


def train(
    module: EEGModel,
    data: TrainingSet,
    targets: Targets,
    recipe: Recipe,
    options: RunOptions,
    *,
    crop_length: int,
    layer_decay: float,
    seed: int,
    validation: TrainingSet | None = None,
) -> History:
    """Train a module in place.

    Each epoch seeds torch's generators anew from `seed`, so that it can be made again by itself;
    the caller keeps them.

    Parameters
    ----------
    module : EEGModel
        Its outputs are what `targets` takes.
    data, validation : TrainingSet
        Normalised windows. Without validation the last weights are kept, or their average.
    targets : Targets
        What is learnt.
    recipe : Recipe
        The settings, but for normalisation.
    options : RunOptions
        Where it computes.
    crop_length : int
        Samples of a crop.
    layer_decay : float
        As in `EEGClassifier`.
    seed : int
        Of order, crops, augmentation and dropout.

    Returns
    -------
    History
        Epoch, learning rate and losses of each epoch.

    Raises
    ------
    ValueError
        If a loss is not finite in the first epoch.

    Warns
    -----
    ConvergenceWarning
        If a loss is not finite later on: the training stops with the weights of the epoch before.
    """
    process = current_process()
    module.to(options.device)
    crops = RandomCrops(data, recipe.batch_size, crop_length, process)
    batches = RandomCrops(data, recipe.batch_size, crop_length)  # whole, for statistics
    n_epochs = recipe.epochs(len(crops))
    # A splitter is known by what it chose, not by its repr.
    settings = {name: value for name, value in vars(recipe).items() if name != "validation"}
    checkpoint = None
    if options.checkpoint is not None:
        checkpoint = Checkpoint(
            options.checkpoint, module, [data] if validation is None else [data, validation],
            {
                **settings, "crop_length": crop_length, "layer_decay": layer_decay, "seed": seed,
                "precision": options.precision, "processes": process.n_processes,
                "targets": targets.to_dict(),
            },
        )  # fmt: skip

    def validate(candidate: EEGModel) -> dict[str, float]:
        if validation is None:
            return {}
        _seed(batches, 0, seed)
        inputs = _inputs(batches, options.device)
        renew_statistics(candidate, itertools.islice(inputs, _VALIDATION_BATCHES))
        return broadcast_from_main(
            process, figures(candidate.eval(), validation, targets, recipe.n_crops)
        )

    course = Course(module, recipe.ema, recipe.patience, validate if validation else None)
    with data_parallel(compiled(module, options), process) as parallel:
        net = make_net(
            module, parallel, process, targets, recipe, options, layer_decay, course,
            max_epochs=n_epochs,
            lr_factor=partial(lr_factor, n_steps=n_epochs * len(crops), warmup=recipe.warmup),
            begin=lambda epoch: _seed(crops, epoch, seed, process.rank),
            save=lambda net: _write(checkpoint, net) if process.is_main else None,
        )  # fmt: skip
        state = None if checkpoint is None else checkpoint.read()
        if state is not None:
            net.load_state(state)
        try:
            net.run(crops)
        except LossNotFiniteError as error:
            _warn_of(error, course)
    if course.is_kept_apart:
        course.restore()
    _finish(module, batches, seed, options.device)
    return course.rows


def train_pass(
    module: EEGModel,
    data: TrainingSet,
    targets: Targets,
    recipe: Recipe,
    options: RunOptions,
    *,
    crop_length: int,
    layer_decay: float,
    seed: int,
    n_passes: int,
    optimizer: dict[str, Any] | None,
) -> tuple[History, dict[str, Any]]:
    """Train a module in place, over the windows once, at a steady learning rate.

    Parameters
    ----------
    module, data, targets, recipe, options, crop_length, layer_decay, seed
        As in `train`; what concerns several epochs has no effect.
    n_passes : int
        That were made before.
    optimizer : dict | None
        What the one before returned.

    Returns
    -------
    History
        One row.
    dict
        State of the optimizer.
    """
    process = ProcessInfo()
    module.to(options.device)
    crops = RandomCrops(data, recipe.batch_size, crop_length, process)
    net = make_net(
        module, compiled(module, options), process, targets, recipe, options, layer_decay,
        Course(module, 0.0, 0, None),
        max_epochs=1, lr_factor=lambda step: 1.0,
        begin=lambda epoch: _seed(crops, n_passes + epoch, seed), save=lambda net: None,
    )  # fmt: skip
    if optimizer is not None:
        net.optimizer_.load_state_dict(optimizer)
    try:
        net.run(crops)
    except LossNotFiniteError as error:
        raise ValueError(_NOT_FINITE.format(error)) from error
    _finish(module, crops, seed, options.device)
    return net.course.rows, net.optimizer_.state_dict()


def figures(
    module: EEGModel, data: TrainingSet, targets: Targets, n_crops: int
) -> dict[str, float]:
    """Return loss and score of a module in evaluation mode on windows."""
    outputs = compute_outputs(module, data.X, targets, n_crops, data.lengths)
    losses = targets.loss(outputs, data.y) * data.weight
    return {
        "valid_loss": float(losses.sum() / data.weight.sum()),
        "valid_score": targets.score(outputs, data.y, data.weight),
    }


def _finish(module: nn.Module, batches: RandomCrops, seed: int, device: str) -> None:
    """Make what is not learnt fit the weights that are."""
    # The running statistics of a short training lag behind the weights; these are the weights' own.
    _seed(batches, _AT_THE_END, seed)
    passes = itertools.chain.from_iterable(
        _inputs(batches, device) for _ in range(_STATISTICS_EPOCHS)
    )
    renew_statistics(module, itertools.islice(passes, _STATISTICS_BATCHES))
    for layer in module.modules():
        if isinstance(layer, NormConstraint) and layer.weight.requires_grad:
            layer.scale_norm()  # the last step was not followed by a forward


def _inputs(batches: RandomCrops, device: str) -> Iterator[tuple[Tensor | None, ...]]:
    """Yield what a model is called with."""
    for batch in batches:
        x = batch.x.to(device)
        lengths = batch.lengths
        yield (x,) if lengths is None else (x, None, lengths.to(device))


def _warn_of(error: LossNotFiniteError, course: Course) -> None:
    """Say that a training has stopped, or raise if it has reached nothing."""
    epoch = course.restore()
    if epoch is None:
        raise ValueError(_NOT_FINITE.format(error)) from error
    warnings.warn(
        f"the training stopped, since the loss became {error}: the weights of epoch {epoch} are "
        "kept; a smaller lr, or clip_norm, may help",
        ConvergenceWarning,
        stacklevel=4,
    )


def _write(checkpoint: Checkpoint | None, net: Net) -> None:
    if checkpoint is not None:
        checkpoint.write(net.state())


def _seed(crops: RandomCrops, epoch: int, seed: int, rank: int = 0) -> None:
    """Seed the generators for an epoch: of batches alike, of dropout otherwise in each process."""
    shared, own = np.random.SeedSequence([seed, epoch]), np.random.SeedSequence([seed, epoch, rank])
    crops.generator.manual_seed(int(shared.generate_state(1)[0]))
    torch.manual_seed(int(own.generate_state(2)[1]))
