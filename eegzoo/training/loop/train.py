"""Training by skorch's loop: whole trainings, and single passes."""

from __future__ import annotations

import contextlib
import sys
import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from skorch.helper import predefined_split
from tqdm.auto import tqdm

from eegzoo.training.callbacks.checkpoints import Checkpoint
from eegzoo.training.callbacks.kept_weights import KeepWeights
from eegzoo.training.callbacks.resume import Resume
from eegzoo.training.callbacks.seeding import SeedEpochs
from eegzoo.training.inputs.training_set import TrainingSet
from eegzoo.training.loop.build_net import (
    build_net,
    final_callbacks,
    recording_callbacks,
    schedule_callbacks,
)
from eegzoo.training.loop.history import History
from eegzoo.training.loop.loss import LossNotFiniteError
from eegzoo.training.loop.plan import TrainingPlan
from eegzoo.training.parallel.data_parallel import broadcast_from_main
from eegzoo.training.parallel.processes import ProcessInfo
from eegzoo.training.parallel.synced_batch_norm import synchronised

_NOT_FINITE = (
    "expected finite losses and weights, got {} in the first epoch: are the windows in microvolts, "
    "and is lr small enough?"
)


def train(plan: TrainingPlan, validation: TrainingSet | None = None) -> tuple[History, int]:
    """Train a model in place.

    Torch's generators are seeded anew for every epoch, by the seed and the epoch's number alone;
    the caller restores them.

    Parameters
    ----------
    plan : TrainingPlan
        Model, data and settings.
    validation : TrainingSet | None
        Windows for validation.

    Returns
    -------
    history : History
        One row for each epoch.
    best_epoch : int
        Epoch that the kept weights are from, which `KeepWeights` chooses.

    Raises
    ------
    ValueError
        If a loss is not finite in the first epoch.

    Warns
    -----
    ConvergenceWarning
        If a loss is not finite later: the training stops, and the weights of the last good epoch
        are kept.
    """
    process = plan.process
    plan.model.to(plan.run.device)
    checkpoint, state, n_left, every = None, None, plan.n_epochs, None
    if plan.run.checkpoint is not None:
        every = plan.run.checkpoint_every
        sides = [plan.data] if validation is None else [plan.data, validation]
        checkpoint = Checkpoint(plan.run.checkpoint, plan.model, sides, plan.describe())
        state = _resumed(checkpoint, process)
    if state is not None:
        n_left = 0 if state["finished"] else n_left - len(state["history"])
    kept = KeepWeights()
    callbacks = [
        ("seeds", SeedEpochs(plan.batches, plan.seed, process.rank)),
        *recording_callbacks(plan),
        *schedule_callbacks(plan),
        ("kept_weights", kept),
        *final_callbacks(plan),
        (
            "resume",
            Resume(checkpoint if process.is_main else None, state, every, process),
        ),
    ]
    pooling = synchronised(plan.model) if process.n_processes > 1 else contextlib.nullcontext()
    with pooling:
        split = None if validation is None else predefined_split(validation)
        net = build_net(plan, callbacks, train_split=split, max_epochs=plan.n_epochs)
        try:
            net.partial_fit(plan.data, epochs=n_left)
        except LossNotFiniteError as error:
            net.interrupted_ = True
            if kept.epoch is None:
                raise ValueError(_NOT_FINITE.format(error)) from error
            net.notify("on_train_end", X=plan.data, y=None)
            warnings.warn(
                f"the training stopped because the loss became {error}: the weights of epoch "
                f"{kept.epoch} are kept; a smaller lr, or clip_norm, may help",
                ConvergenceWarning,
                stacklevel=3,
            )
        else:
            _raise_interrupt(net)
    history, best_epoch = History.of(net.history), kept.epoch or 0
    if history and not best_epoch:
        raise ValueError(_NOT_FINITE.format("weights that are not"))
    if plan.run.verbose and process.is_main:
        tqdm.write(f"kept the weights of epoch {best_epoch} of {len(history)}", file=sys.stderr)
    return history, best_epoch


def train_pass(
    plan: TrainingPlan, n_passes: int, optimizer: dict[str, Any] | None
) -> tuple[History, dict[str, Any]]:
    """Train a model in place for one pass over the windows, with a constant learning rate.

    Parameters
    ----------
    plan : TrainingPlan
        Model, data and settings. Settings that concern several epochs have no effect.
    n_passes : int
        Number of passes made before.
    optimizer : dict | None
        State of the optimizer that the last pass returned.

    Returns
    -------
    History
        One row.
    dict
        State of the optimizer.

    Raises
    ------
    ValueError
        If a loss is not finite.
    """
    plan.model.to(plan.run.device)
    callbacks = [
        ("seeds", SeedEpochs(plan.batches, plan.seed, first=n_passes)),
        *recording_callbacks(plan),
        *plan.run.callbacks,
        *final_callbacks(plan),
    ]
    net = build_net(plan, callbacks, max_epochs=1)
    if optimizer is not None:
        rates = [group["lr"] for group in net.optimizer_.param_groups]
        net.optimizer_.load_state_dict(optimizer)
        for group, rate in zip(net.optimizer_.param_groups, rates, strict=True):
            group["lr"] = rate  # of this call
    try:
        net.partial_fit(plan.data, epochs=1)
    except LossNotFiniteError as error:
        raise ValueError(_NOT_FINITE.format(error)) from error
    _raise_interrupt(net)
    return History.of(net.history), net.optimizer_.state_dict()


def _resumed(checkpoint: Checkpoint, process: ProcessInfo) -> dict[str, Any] | None:
    """Return the state that the main process reads, which others may not see, or see too late."""
    found: tuple[dict[str, Any] | None, ValueError | None] = None, None
    if process.is_main:
        try:
            found = checkpoint.read(), None
        except ValueError as error:  # the others would wait for it
            found = None, error
    state, wrong = broadcast_from_main(process, found)
    if wrong is not None:
        raise wrong
    return state


def _raise_interrupt(net: Any) -> None:
    if net.interrupted_:  # skorch ends a training quietly on Ctrl-C
        raise KeyboardInterrupt
