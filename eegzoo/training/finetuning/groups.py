"""Parameter groups of a recipe: learning rates by depth, and which weights decay."""

from __future__ import annotations

from typing import Any

from torch import nn

from eegzoo.models.base import EEGModel
from eegzoo.models.finetuning import parameter_groups
from eegzoo.training.own_module import OwnModule
from eegzoo.training.recipe import Recipe


def tuned_groups(model: EEGModel, recipe: Recipe) -> list[dict[str, Any]]:
    """Return the parameter groups of a model, from the head to the input.

    Parameters
    ----------
    model : EEGModel
        Model to train.
    recipe : Recipe
        With `lr`, `layer_decay`, `backbone_lr` and `decay_matrices_only`.

    Returns
    -------
    list of dict
        Groups for an optimizer. One without a rate of its own, if all weights are treated alike,
        because some optimizers accept one group only.

    Examples
    --------
    >>> import dataclasses
    >>> from eegzoo.training import RECIPES
    >>> sizes = {"n_chans": 2, "n_times": 400, "n_outputs": 2, "sfreq": 200}
    >>> model = eegzoo.create_model("labram", **sizes, depth=2)
    >>> recipe = dataclasses.replace(RECIPES["labram"], decay_matrices_only=False)
    >>> [round(group["lr"] / recipe.lr, 4) for group in tuned_groups(model, recipe)]
    [1.0, 0.65, 0.4225, 0.2746]
    """
    parts: nn.Module = model.module if isinstance(model, OwnModule) else model
    groups = parameter_groups(parts, recipe.lr, recipe.layer_decay)
    if recipe.backbone_lr != 1.0:
        head = {id(weight) for weight in model.head.parameters()}
        for group in groups:
            if not head & {id(weight) for weight in group["params"]}:
                group["lr"] *= recipe.backbone_lr
    elif recipe.layer_decay == 1.0:
        groups = [{"params": [weight for group in groups for weight in group["params"]]}]
    if not recipe.decay_matrices_only:
        return groups
    split = []
    for group in groups:
        matrices = [weight for weight in group["params"] if weight.ndim > 1]
        vectors = [weight for weight in group["params"] if weight.ndim <= 1]
        split += [{**group, "params": matrices}] if matrices else []
        split += [{**group, "params": vectors, "weight_decay": 0.0}] if vectors else []
    return split
