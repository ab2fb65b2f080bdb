"""Shared protocol: test on new subjects, training on all subjects, card."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from eegzoo.data import EpochsDataset, Preprocessing
from eegzoo.reproduction import Score, find_entries
from eegzoo.reproduction.protocols.leave_one_out import (
    BASELINES,
    LEFT_OUT,
    left_out,
    results_of_subject,
    right_of,
    scores_of,
    subjects_of,
)
from eegzoo.reproduction.protocols.settings import classifier_settings
from eegzoo.training import EEGClassifier
from eegzoo.weights import Card, Metric, Origin, TrainingData
from eegzoo.weights.authors.authors_file import sha256_of
from eegzoo.weights.catalogue import CHECKSUMS, SHIPPED

__all__ = ["Recipe", "left_out", "right_of", "run_from_command_line", "save", "subjects_of"]


def settings_of(*names: str) -> dict[str, dict[str, Any]]:
    """Return the parameters of `EEGClassifier` for the architecture of each entry."""
    entries = [find_entries(name)[0].parameters for name in names]
    return {each["model"]: classifier_settings(each["classifier"]) for each in entries}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Recipe for weights of a data set: preprocessing, training data and settings.

    Parameters
    ----------
    path : str
        Path of the script.
    preprocessing : Preprocessing
        Preprocessing from a recording to windows.
    models : mapping
        Parameters of `EEGClassifier` for each architecture.
    training : TrainingData
        Training data.
    intended_use, not_for : str
        As in `Card`.
    baselines : str
        Classical methods: "band power" or "flicker".
    n_draws : int
        Number of random draws of the trials of a new subject.
    """

    path: str
    preprocessing: Preprocessing
    models: Mapping[str, Mapping[str, Any]]
    training: TrainingData
    intended_use: str
    not_for: str
    baselines: str
    n_draws: int

    def classifier(self, model: str, seed: int) -> EEGClassifier:
        """Return an untrained classifier."""
        return EEGClassifier(model, random_state=seed, **self.models[model])


def metric_of(score: Score, protocol: str, *, by_subject: bool = True) -> Metric:
    """Return a score for a card, with the value of each subject in the protocol."""
    listed = ", ".join(f"{name} {value:.2f}" for name, value in score.units.items())
    return Metric(
        score.measure, score.value, f"{protocol}; by subject: {listed}" if by_subject else protocol,
        len(score.units), score.n_windows, score.interval, "bootstrap over subjects",
    )  # fmt: skip


def baseline_metrics(recipe: Recipe, dataset: EpochsDataset) -> list[Metric]:
    """Return the figures of classical methods in the same folds."""
    return [
        metric_of(score, f"baseline: {score.label}, {LEFT_OUT}")
        for score in BASELINES[recipe.baselines](dataset)
    ]


def transfer_metrics(
    scores: Sequence[Score], n_windows: int, n_classes: int, n_draws: int
) -> list[Metric]:
    """Return the accuracy after fine-tuning, for each number of trials, from pairs of scores."""
    metrics = []
    draws = f"{n_draws} draw{'s' if n_draws > 1 else ''}"
    for tuned, scratch in zip(scores[::2], scores[1::2], strict=True):
        protocol = (
            f"{tuned.label.replace(' a class', ' per class')} of a new subject and tested on its "
            f"other trials, {draws}; trained from scratch on the same trials, also for 50 epochs: "
            f"{scratch.value:.3f}"
        )
        n_trials = int(tuned.label.split()[2])
        metric = metric_of(tuned, protocol, by_subject=False)
        n_tested = n_windows - n_trials * n_classes * len(tuned.units)
        metrics.append(dataclasses.replace(metric, n_windows=n_tested))
    return metrics


def save(
    recipe: Recipe,
    classifier: EEGClassifier,
    metrics: Sequence[Metric],
    seed: int,
    path: Path,
) -> None:
    """Save a classifier that was trained on all subjects, with its card."""
    model, parameters = classifier.model_, recipe.models[str(classifier.model)]
    if classifier.signal_info_ is None:
        raise ValueError("expected a classifier that was trained on epochs, got one of arrays")
    card = Card(
        architecture=str(classifier.model),
        arguments={
            "n_chans": model.n_chans, "n_times": model.n_times, "n_outputs": model.n_outputs,
            "sfreq": model.sfreq, "ch_names": model.ch_names, **parameters["model_params"],
        },
        signal=classifier.signal_info_.to_dict(),
        preprocessing=recipe.preprocessing.to_dict(),
        normalization=classifier.normalizer_.how,
        labels=tuple(classifier.classes_.tolist()),
        training=recipe.training,
        split="each subject left out in turn; these weights were trained on all subjects",
        metrics=tuple(metrics),
        origin=Origin(licence="BSD-3-Clause", recipe=recipe.path, seed=seed),
        intended_use=recipe.intended_use,
        not_for=recipe.not_for,
        n_params=sum(weight.numel() for weight in model.parameters() if weight.requires_grad),
        amplitude=classifier.amplitude_,
    )  # fmt: skip
    classifier.save(path, recipe.preprocessing, card=card)
    # Shipped files are loaded only with a matching checksum.
    if path.parent == SHIPPED:
        files = sorted(SHIPPED.glob("*.safetensors"))
        lines = [f"{sha256_of(file)}  {file.name}\n" for file in files]
        (SHIPPED / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def run(recipe: Recipe, dataset: EpochsDataset, model: str, seed: int, out: Path) -> None:
    """Test on each subject left out, transfer to it, then train on all subjects and save."""
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
    rows = []
    for subject in subjects_of(dataset):
        row = results_of_subject(
            dataset, subject, recipe.classifier(model, seed), seed, recipe.n_draws
        )
        rows.append({"subject": subject, **row})
        typer.echo(f"{subject}  {np.mean(row['right']):.3f}  {row['transfer']}")
    first, *transferred = scores_of(rows)
    metrics = [
        metric_of(first, f"{LEFT_OUT}, seed {seed}"),
        *transfer_metrics(transferred, len(dataset), len(dataset.classes), recipe.n_draws),
        *baseline_metrics(recipe, dataset),
    ]
    for metric in metrics:
        low, high = metric.interval
        typer.echo(f"{metric.value:.3f} [{low:.3f}, {high:.3f}]  {metric.protocol}")
    save(recipe, recipe.classifier(model, seed).fit(dataset), metrics, seed, out)


def run_from_command_line(recipe: Recipe, read: Callable[[Path], EpochsDataset]) -> None:
    """Run a recipe with the options given on the command line."""

    def main(
        data: Annotated[Path, typer.Option(help="Folder of the recordings.")],
        model: Annotated[str, typer.Option(help=f"One of {', '.join(recipe.models)}.")] = "eegnet",
        out: Annotated[
            Path | None, typer.Option(help="File to write. Default: the shipped file.")
        ] = None,
        seed: Annotated[
            int, typer.Option(help="Seed of weights, order of windows, crops and draws.")
        ] = 0,
    ) -> None:
        """Test on each subject left out, then train on all subjects and save."""
        path = out or SHIPPED / f"{model}.{Path(recipe.path).stem}.safetensors"
        run(recipe, read(data), model, seed, path)

    typer.run(main)
