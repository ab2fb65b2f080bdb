"""Train models that adapt to a new person without labels.

    python recipes/new_person.py --data ../shared/data/eegmat --model tangent_net
    python recipes/new_person.py --data ../shared/data/ssvep_exo --model ssvep_front

The windows are those of `eegmat.py` and `ssvep_exo.py`. Each subject is left out in turn, and
classified with its own statistics, and after `EEGClassifier.adapt`. Both are transductive:
the windows that are scored are those that adapt, without their labels. Then a model is trained on
all subjects and saved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import eegmat
import numpy as np
import ssvep_exo
import torch
import typer
from protocol import Recipe, left_out, metric_of, right_of, save, subjects_of

from eegzoo.data import EpochsDataset
from eegzoo.training import EEGClassifier
from eegzoo.weights.catalogue import SHIPPED

# The features are fixed: nothing is gained by crops, normalisation or a slow start.
COMMON: Mapping[str, Any] = {
    "normalize": "none", "crop_length": "whole", "n_crops": 1, "augment": (), "warmup": 0.0,
    "clip_norm": 0.0, "ema": 0.0, "validation": 0.0, "patience": 0,
}  # fmt: skip
MODELS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "eegmat": {
        # Two people of 30 windows in a batch.
        "tangent_net": {
            "model_params": {}, "people_per_batch": 2, "batch_size": 60, "max_epochs": 40,
            "lr": 0.003, "weight_decay": 1.0, **COMMON,
        },
    },
    "ssvep_exo": {
        # Two people of 64 windows in a batch.
        "ssvep_front": {
            "model_params": {"stimulus_freqs": tuple(ssvep_exo.FREQUENCIES.values())},
            "people_per_batch": 2, "batch_size": 128, "max_epochs": 60, "lr": 0.01,
            "weight_decay": 0.1, **COMMON,
        },
    },
}  # fmt: skip
SETS = {"eegmat": eegmat, "ssvep_exo": ssvep_exo}


def recipe_of(name: str) -> Recipe:
    """Return the recipe of a data set."""
    return dataclasses.replace(SETS[name].RECIPE, path="recipes/new_person.py", models=MODELS[name])


def left_out_right(
    recipe: Recipe, dataset: EpochsDataset, model: str, seed: int
) -> dict[str, np.ndarray[Any, Any]]:
    """Return whether each window of a left-out subject is right, by the steps of adaptation."""
    right = {
        step: np.zeros(len(dataset), bool)
        for step in ("with the subject's own statistics", "adapted with pseudo-labels too")
    }
    for subject in subjects_of(dataset):
        train, test = left_out(dataset, subject)
        trained = recipe.classifier(model, seed).fit(dataset[train])
        for (step, so_far), how in zip(right.items(), (("statistics",), None), strict=True):
            adapted: EEGClassifier = trained.adapt(dataset[test], how=how)
            so_far[test] = right_of(adapted, dataset[test])
            typer.echo(f"{subject}  {so_far[test].mean():.3f}  {step}")
    return right


def main(
    data: Annotated[Path, typer.Option(help="Folder of the recordings, named as the data set.")],
    model: Annotated[str, typer.Option(help="Model, tangent_net or ssvep_front.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: the shipped file.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
) -> None:
    """Test on each subject left out, then train on all subjects and save."""
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
    recipe, dataset = recipe_of(data.name), SETS[data.name].read(data)
    metrics = [
        metric_of(
            right, dataset.groups("subject"),
            f"one subject left out, {step} (transductive), seed {seed}",
        )
        for step, right in left_out_right(recipe, dataset, model, seed).items()
    ]  # fmt: skip
    for metric in metrics:
        low, high = metric.interval
        typer.echo(f"{metric.value:.3f} [{low:.3f}, {high:.3f}]  {metric.protocol}")
    path = out or SHIPPED / f"{model}.{data.name}.safetensors"
    save(recipe, recipe.classifier(model, seed).fit(dataset), metrics, seed, path)


if __name__ == "__main__":
    typer.run(main)
