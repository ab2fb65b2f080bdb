"""What the recipes share: leaving subjects out, intervals, transfer to a new person, the card."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import typer
from scipy.signal import welch
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from eegzoo.data import EpochsDataset, Preprocessing, check_leakage
from eegzoo.training import EEGClassifier
from eegzoo.weights import Card, Metric, Origin, TrainingData
from eegzoo.weights.authors.authors_file import sha256_of
from eegzoo.weights.catalogue import CHECKSUMS, SHIPPED

Array = npt.NDArray[Any]
Right = npt.NDArray[np.bool_]

TRIALS = (1, 2, 5, 10)
# Trainings on a few trials.
SHORT: Mapping[str, Any] = {"max_epochs": 50, "batch_size": 16}
BOOTSTRAP = "bootstrap over subjects"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How weights are made, but for the architecture.

    Parameters
    ----------
    path : str
        Of the script.
    preprocessing : Preprocessing
        From a recording to windows.
    models : mapping
        For each architecture, the parameters of `EEGClassifier`.
    training : TrainingData
        What it is trained on.
    intended_use, not_for : str
        As in `Card`.
    n_draws : int
        How often the trials of a new person are drawn.
    """

    path: str
    preprocessing: Preprocessing
    models: Mapping[str, Mapping[str, Any]]
    training: TrainingData
    intended_use: str
    not_for: str
    n_draws: int

    def classifier(self, model: str, seed: int) -> EEGClassifier:
        """Return an architecture that is not trained yet."""
        return EEGClassifier(model, random_state=seed, **self.models[model])


def left_out(
    dataset: EpochsDataset, subject: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the windows of all others, to train on, and those of a subject, to test on."""
    test = dataset.groups("subject") == subject
    train, test = np.flatnonzero(~test), np.flatnonzero(test)
    check_leakage(dataset, train, test, apart="subject")
    return train, test


def subjects_of(dataset: EpochsDataset) -> list[str]:
    """Return the names of the subjects, sorted."""
    return sorted({str(subject) for subject in dataset.groups("subject")})


def log_power(dataset: EpochsDataset, bands: Sequence[tuple[float, float]]) -> Array:
    """Return the logarithm of each channel's power in each band, a row for each window."""
    sfreq = dataset.info.sfreq
    freqs, power = welch(np.asarray(dataset.X), sfreq, nperseg=round(2 * sfreq))
    inside = [(freqs >= low) & (freqs <= high) for low, high in bands]
    return np.concatenate([np.log(power[:, :, band].mean(axis=2)) for band in inside], axis=1)


def baseline_right(pipeline: Any, features: Array, dataset: EpochsDataset) -> Right:
    """Return for which windows a classifier of features is right, in the folds of the models."""
    subjects = dataset.groups("subject")
    predicted = cross_val_predict(
        pipeline, features, dataset.labels, groups=subjects, cv=LeaveOneGroupOut()
    )
    right: Right = predicted == dataset.labels
    return right


def right_of(classifier: Any, windows: EpochsDataset) -> Right:
    """Return for which windows a classifier is right."""
    right: Right = classifier.predict(windows) == windows.labels
    return right


def metric_of(right: Right, subjects: npt.NDArray[Any], protocol: str) -> Metric:
    """Return an accuracy over subjects, with its interval and each subject's own."""
    names = sorted(set(subjects.tolist()))
    own = np.array([right[subjects == name].mean() for name in names])
    draws = np.random.default_rng(0).integers(len(own), size=(10_000, len(own)))
    low, high = np.quantile(own[draws].mean(axis=1), [0.025, 0.975])
    listed = ", ".join(
        f"{name.rpartition('/')[2]} {share:.2f}" for name, share in zip(names, own, strict=True)
    )
    return Metric(
        "accuracy", float(own.mean()), f"{protocol}; by subject: {listed}",
        len(own), len(right), (float(low), float(high)), BOOTSTRAP,
    )  # fmt: skip


def transfer(
    trained: EEGClassifier, new: EpochsDataset, n_draws: int, seed: int
) -> dict[int, tuple[float, float]]:
    """Return the accuracy of a fine-tuned and of a new model, by trials a class of a new person.

    Both are trained on the same trials of `new` and tested on the others.
    """
    generator = np.random.default_rng(seed)
    # Fine-tuning goes on with the normalisation that the weights know.
    known = new.mapped(trained.normalizer_.transform)
    scores: dict[int, tuple[float, float]] = {}
    for n_trials in TRIALS:
        both = []
        for _ in range(n_draws):
            chosen = np.concatenate(
                [
                    generator.choice(np.flatnonzero(new.y == label), n_trials, replace=False)
                    for label in np.unique(new.y)
                ]
            )
            others = np.setdiff1d(np.arange(len(new)), chosen)
            tuned = EEGClassifier(
                trained.model_, normalize="none", n_crops=trained.n_crops, check_signal="ignore",
                random_state=seed, lr=5e-3, **SHORT,
            ).fit(known[chosen])  # fmt: skip
            scratch = EEGClassifier(**{**trained.get_params(), **SHORT}).fit(new[chosen])
            both.append(
                [right_of(tuned, known[others]).mean(), right_of(scratch, new[others]).mean()]
            )
        tuned_mean, scratch_mean = np.mean(both, axis=0)
        scores[n_trials] = float(tuned_mean), float(scratch_mean)
    return scores


def transfer_metrics(
    curves: Sequence[Mapping[int, tuple[float, float]]],
    n_windows: int,
    n_classes: int,
    n_draws: int,
) -> list[Metric]:
    """Return a metric for each number of trials, over subjects."""
    metrics = []
    for n_trials in TRIALS:
        tuned, scratch = np.array([curve[n_trials] for curve in curves]).T
        draws = np.random.default_rng(0).integers(len(tuned), size=(10_000, len(tuned)))
        low, high = np.quantile(tuned[draws].mean(axis=1), [0.025, 0.975])
        trials = f"{n_trials} trial{'s' if n_trials > 1 else ''}"
        protocol = (
            f"fine-tuned on {trials} a class of a new subject, the others tested on, {n_draws} "
            f"draw{'s' if n_draws > 1 else ''}; from scratch on the same trials, 50 epochs too: "
            f"{scratch.mean():.3f}"
        )
        n_tested = n_windows - n_trials * n_classes * len(tuned)
        metrics.append(
            Metric(
                "accuracy", float(tuned.mean()), protocol, len(tuned), n_tested,
                (float(low), float(high)), BOOTSTRAP,
            )
        )  # fmt: skip
    return metrics


def save(
    recipe: Recipe,
    classifier: EEGClassifier,
    metrics: Sequence[Metric],
    seed: int,
    path: Path,
) -> None:
    """Write a classifier that was trained on all subjects, with its card."""
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
        split="one subject left out after the other; these weights saw all of them",
        metrics=tuple(metrics),
        origin=Origin(licence="BSD-3-Clause", recipe=recipe.path, seed=seed),
        intended_use=recipe.intended_use,
        not_for=recipe.not_for,
        n_params=sum(weight.numel() for weight in model.parameters() if weight.requires_grad),
        amplitude=classifier.amplitude_,
    )  # fmt: skip
    classifier.save(path, recipe.preprocessing, card=card)
    # The files that ship are those whose checksums do.
    if path.parent == SHIPPED:
        files = sorted(SHIPPED.glob("*.safetensors"))
        lines = [f"{sha256_of(file)}  {file.name}\n" for file in files]
        (SHIPPED / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def run(
    recipe: Recipe,
    dataset: EpochsDataset,
    baselines: Sequence[Metric],
    model: str,
    seed: int,
    out: Path,
) -> None:
    """Leave each subject out, transfer to it, then train on all and write the file."""
    torch.set_num_threads(1)  # more threads sum in another order
    right, curves = np.zeros(len(dataset), bool), []
    for subject in subjects_of(dataset):
        train, test = left_out(dataset, subject)
        trained = recipe.classifier(model, seed).fit(dataset[train])
        right[test] = right_of(trained, dataset[test])
        curves.append(transfer(trained, dataset[test], recipe.n_draws, seed))
        typer.echo(f"{subject}  {right[test].mean():.3f}  {curves[-1]}")
    metrics = [
        metric_of(right, dataset.groups("subject"), f"one subject left out, seed {seed}"),
        *transfer_metrics(curves, len(dataset), len(dataset.classes), recipe.n_draws),
        *baselines,
    ]
    for metric in metrics:
        low, high = metric.interval
        typer.echo(f"{metric.value:.3f} [{low:.3f}, {high:.3f}]  {metric.protocol}")
    save(recipe, recipe.classifier(model, seed).fit(dataset), metrics, seed, out)
