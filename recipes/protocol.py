"""Shared protocol: leave-one-subject-out test, transfer to a new subject, card."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

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
# Parameters of trainings on a few trials.
SHORT: Mapping[str, Any] = {"max_epochs": 50, "batch_size": 16}


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
    n_draws : int
        Number of random draws of the trials of a new subject.
    """

    path: str
    preprocessing: Preprocessing
    models: Mapping[str, Mapping[str, Any]]
    training: TrainingData
    intended_use: str
    not_for: str
    n_draws: int

    def classifier(self, model: str, seed: int) -> EEGClassifier:
        """Return an untrained classifier."""
        return EEGClassifier(model, random_state=seed, **self.models[model])


def left_out(
    dataset: EpochsDataset, subject: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the indices of the windows of all other subjects and of those of one subject."""
    test = dataset.groups("subject") == subject
    train, test = np.flatnonzero(~test), np.flatnonzero(test)
    check_leakage(dataset, train, test, apart="subject")
    return train, test


def subjects_of(dataset: EpochsDataset) -> list[str]:
    """Return the names of the subjects, sorted."""
    return sorted({str(subject) for subject in dataset.groups("subject")})


def log_power(dataset: EpochsDataset, bands: Sequence[tuple[float, float]]) -> Array:
    """Return the logarithmic power of each channel in each band, one row per window."""
    sfreq = dataset.info.sfreq
    freqs, power = welch(np.asarray(dataset.X), sfreq, nperseg=round(2 * sfreq))
    inside = [(freqs >= low) & (freqs <= high) for low, high in bands]
    return np.concatenate([np.log(power[:, :, band].mean(axis=2)) for band in inside], axis=1)


def baseline_right(pipeline: Any, features: Array, dataset: EpochsDataset) -> Right:
    """Return whether a classifier of features is right for each window, in the models' folds."""
    subjects = dataset.groups("subject")
    predicted = cross_val_predict(
        pipeline, features, dataset.labels, groups=subjects, cv=LeaveOneGroupOut()
    )
    right: Right = predicted == dataset.labels
    return right


def right_of(classifier: Any, windows: EpochsDataset) -> Right:
    """Return whether a classifier is right for each window."""
    right: Right = classifier.predict(windows) == windows.labels
    return right


def metric_of(right: Right, subjects: npt.NDArray[Any], protocol: str) -> Metric:
    """Return the mean accuracy over subjects, with the accuracy of each subject in the protocol."""
    names = sorted(set(subjects.tolist()))
    accuracy = np.array([right[subjects == name].mean() for name in names])
    listed = ", ".join(
        f"{name.rpartition('/')[2]} {own:.2f}" for name, own in zip(names, accuracy, strict=True)
    )
    return mean_over_subjects(accuracy, len(right), f"{protocol}; by subject: {listed}")


def mean_over_subjects(accuracy: Array, n_windows: int, protocol: str) -> Metric:
    """Return the mean of the subjects' accuracies, with a bootstrap interval."""
    n_subjects = len(accuracy)
    draws = np.random.default_rng(0).integers(n_subjects, size=(10_000, n_subjects))
    low, high = np.quantile(accuracy[draws].mean(axis=1), [0.025, 0.975])
    return Metric(
        "accuracy", float(accuracy.mean()), protocol, n_subjects, n_windows,
        (float(low), float(high)), "bootstrap over subjects",
    )  # fmt: skip


def transfer(
    trained: EEGClassifier, new: EpochsDataset, n_draws: int, seed: int
) -> dict[int, tuple[float, float]]:
    """Return accuracies of a fine-tuned and a new model, by the number of trials per class.

    Both models are trained on the same trials of a new subject and tested on its other trials.
    """
    generator = np.random.default_rng(seed)
    # Fine-tuning keeps the normalisation of the trained model.
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
    """Return the mean accuracy over subjects after fine-tuning, for each number of trials."""
    metrics = []
    for n_trials in TRIALS:
        tuned, scratch = np.array([curve[n_trials] for curve in curves]).T
        protocol = (
            f"fine-tuned on {n_trials} trial{'s' if n_trials > 1 else ''} per class of a new "
            f"subject and tested on its other trials, {n_draws} draw{'s' if n_draws > 1 else ''}; "
            f"trained from scratch on the same trials, also for 50 epochs: {scratch.mean():.3f}"
        )
        n_tested = n_windows - n_trials * n_classes * len(tuned)
        metrics.append(mean_over_subjects(tuned, n_tested, protocol))
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


def run(
    recipe: Recipe,
    dataset: EpochsDataset,
    baselines: Sequence[Metric],
    model: str,
    seed: int,
    out: Path,
) -> None:
    """Test on each subject left out, transfer to it, then train on all subjects and save."""
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
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


def run_from_command_line(
    recipe: Recipe,
    read: Callable[[Path], EpochsDataset],
    baselines: Callable[[EpochsDataset], Sequence[Metric]],
) -> None:
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
        dataset = read(data)
        path = out or SHIPPED / f"{model}.{Path(recipe.path).stem}.safetensors"
        run(recipe, dataset, baselines(dataset), model, seed, path)

    typer.run(main)
