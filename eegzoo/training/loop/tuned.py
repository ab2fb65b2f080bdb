"""Trainings of all weights, of the head alone, or of low-rank changes."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack

from eegzoo.models.finetuning import freeze, unfreeze
from eegzoo.training.finetuning.frozen_features import (
    HeadOnFeatures,
    cached_features,
    can_be_cached,
)
from eegzoo.training.finetuning.lora import low_rank_changes
from eegzoo.training.finetuning.recomputing import recomputed_layers
from eegzoo.training.inputs.training_set import TrainingSet
from eegzoo.training.loop.history import History
from eegzoo.training.loop.plan import TrainingPlan
from eegzoo.training.loop.train import train


def train_tuned(plan: TrainingPlan, validation: TrainingSet | None = None) -> tuple[History, int]:
    """Train in place what the recipe trains of a model.

    Parameters
    ----------
    plan : TrainingPlan
        Model, data and settings.
    validation : TrainingSet | None
        Windows for validation.

    Returns
    -------
    History, int
        As from `train`.
    """
    recipe, model = plan.recipe, plan.model
    if recipe.trains == "head":
        return _train_head(plan, validation)
    with ExitStack() as changes:
        if recipe.trains == "lora":
            changes.enter_context(low_rank_changes(model, recipe.lora_rank))
        if recipe.recompute_layers:
            changes.enter_context(recomputed_layers(model))
        return train(plan, validation)


def _train_head(plan: TrainingPlan, validation: TrainingSet | None) -> tuple[History, int]:
    """Train the head alone, on features that are computed once where they never change."""
    model, data, device = plan.model, plan.data, plan.run.device
    if can_be_cached(model, data, plan.crop_length, bool(plan.recipe.augment)):
        head = HeadOnFeatures(model)
        on_features = dataclasses.replace(
            plan, model=head, data=cached_features(model, data, device),
            crop_length=head.n_times,
        )  # fmt: skip
        if validation is not None:
            validation = cached_features(model, validation, device)
        return train(on_features, validation)
    freeze(model, until="head")
    try:
        return train(plan, validation)
    finally:
        unfreeze(model)
