"""skorch's net for a training plan, with its callbacks."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import torch
from skorch.callbacks import Callback, EarlyStopping, GradientNormClipping, LRScheduler
from skorch.utils import noop
from torch import Tensor, nn

from eegzoo.layers.person.person_statistics import person_layers
from eegzoo.models.base import EEGModel
from eegzoo.training.augmentation.augmentations import as_augmentations
from eegzoo.training.by_person.statistics import with_person_statistics
from eegzoo.training.callbacks.batch_statistics import RenewStatistics
from eegzoo.training.callbacks.kept_weights import ProjectWeights
from eegzoo.training.callbacks.learning_rate import RecordLearningRate, warmup_then
from eegzoo.training.callbacks.losses import RecordScore
from eegzoo.training.callbacks.moving_average import MovingAverage
from eegzoo.training.callbacks.progress import Progress
from eegzoo.training.finetuning.groups import tuned_groups
from eegzoo.training.inputs.crops import even_crops
from eegzoo.training.inputs.training_set import Batch
from eegzoo.training.loop.loss import WeightedLoss, make_loss
from eegzoo.training.loop.net import AcceleratedNet, Net, Steps
from eegzoo.training.loop.plan import TrainingPlan
from eegzoo.training.loop.replacements import Replacements
from eegzoo.training.parallel.data_parallel import make_accelerator
from eegzoo.training.prediction import compute_outputs
from eegzoo.training.recipe import Recipe

Named = list[tuple[str, Callback]]


def build_net(plan: TrainingPlan, callbacks: list[Any], **options: Any) -> Any:
    """Return an initialised net.

    Parameters
    ----------
    plan : TrainingPlan
        Model, data and settings.
    callbacks : list
        Callbacks, in their order.
    **options
        More arguments of `skorch.NeuralNet`.

    Returns
    -------
    Net | AcceleratedNet
        The latter if several processes train together.
    """
    recipe, run, replaced = plan.recipe, plan.run, plan.replaced
    kind: type[Steps] = Net
    if plan.process.n_processes > 1:
        kind, options = AcceleratedNet, {**options, "accelerator": make_accelerator(run.device)}
    else:
        options["device"] = run.device
    if replaced.optimizer is None:
        options["optimizer__weight_decay"] = recipe.weight_decay
    for name, value in replaced.options_of("optimizer").items():
        options[f"optimizer__{name}"] = value

    def predict(model: EEGModel, batch: Batch) -> Tensor:
        if plan.people_per_batch is not None and person_layers(model) and len(batch) > 1:
            crops = even_crops(batch.x, model.n_times, recipe.n_crops).flatten(0, 1)
            model = with_person_statistics(model, crops)
        outputs = compute_outputs(
            model, batch.x, plan.targets.average_crops, recipe.n_crops, batch.lengths
        )
        return outputs.reshape(*batch.weight.shape, -1)  # a night is a sequence of one batch

    # skorch's own compilation also compiles the loss, which gains nothing and warns.
    module: nn.Module = torch.compile(plan.model) if run.compile else plan.model  # type: ignore[assignment]
    net = kind(
        module,
        criterion=partial(WeightedLoss, make_loss(plan.targets, replaced), plan.process),
        optimizer=replaced.optimizer or torch.optim.AdamW,
        lr=recipe.lr,
        callbacks=callbacks,
        verbose=0,
        trained=plan.model,
        batches=plan.batches,
        whole_batches=plan.whole_batches,
        make_groups=partial(tuned_groups, recipe=recipe),
        predict=predict,
        augmentations=as_augmentations(recipe.augment),
        conv_l2=recipe.conv_l2,
        precision=run.precision,
        process=plan.process,
        seed=plan.seed,
        **{"train_split": None, **options},
    )
    return net.initialize()


def recording_callbacks(plan: TrainingPlan) -> Named:
    """Return the callbacks that clip gradients and record learning rate and score."""
    limit = plan.recipe.clip_norm
    return [
        *([("clip_norm", GradientNormClipping(limit))] if limit else []),
        ("lr", RecordLearningRate()),
        ("valid_score", RecordScore(plan.targets, plan.process)),
    ]


def schedule_callbacks(plan: TrainingPlan) -> Named:
    """Return the callbacks that schedule a whole training: average, learning rate, patience."""
    decay, patience = plan.recipe.ema, plan.recipe.patience
    average = [("average", MovingAverage(decay))] if decay else []
    stop = EarlyStopping("valid_loss", patience, threshold=0.0, threshold_mode="abs", sink=noop)
    n_steps = len(plan.batches) * plan.n_epochs
    return [
        *average,
        *plan.run.callbacks,
        ("lr_scheduler", _scheduler(plan.replaced, n_steps, plan.recipe)),
        *([("patience", stop)] if patience else []),
    ]


def final_callbacks(plan: TrainingPlan) -> Named:
    """Return the callbacks that complete the model at the end, and the progress bar."""
    shows = plan.run.verbose and plan.process.is_main
    return [
        ("batch_statistics", RenewStatistics(plan.whole_batches, plan.seed)),
        ("projection", ProjectWeights()),
        *([("progress", Progress())] if shows else []),
    ]


def _scheduler(replaced: Replacements, n_steps: int, recipe: Recipe) -> LRScheduler:
    given, options = replaced.lr_scheduler, replaced.options_of("lr_scheduler")
    if given is None:
        return warmup_then(recipe.schedule, n_steps, recipe.warmup)
    if isinstance(given, LRScheduler):
        scheduler = copy.deepcopy(given)
        scheduler.set_params(**options)  # returns None, unlike scikit-learn's
        return scheduler
    return LRScheduler(given, **options)
