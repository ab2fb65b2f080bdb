"""Train models that adapt to a new person without labels.

    python recipes/new_person.py --data ../shared/data/eegmat --model tangent_net
    python recipes/new_person.py --data ../shared/data/ssvep_exo --model ssvep_front

The windows are those of `eegmat.py` and `ssvep_exo.py`. People are left out in turn, and
classified as `EEGClassifier.predict` does, with their own statistics, and after
`EEGClassifier.adapt`, with labels that the classifier gave itself as well. Both are transductive:
the windows that are scored are those that adapt, without their labels. Then a model is trained on
all people and saved.
"""

from __future__ import annotations

import dataclasses
import json
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import eegmat
import numpy as np
import ssvep_exo
import torch
import typer
from protocol import Array, Recipe, mean_over_subjects, save, subjects_of
from scipy.special import softmax
from sklearn.base import clone
from sklearn.model_selection import GroupKFold
from torch import Tensor, nn

from eegzoo.data import EpochsDataset, PersonAlignment, check_leakage
from eegzoo.layers import ConstrainedDense, fit_person_statistics
from eegzoo.models import EEGModel, create_model
from eegzoo.training import EEGClassifier
from eegzoo.training.adaptation.record import AdaptationWarning
from eegzoo.training.calibration.conformal import set_scores
from eegzoo.training.calibration.held_out import Calibration
from eegzoo.weights import Metric
from eegzoo.weights.catalogue import SHIPPED

SETS = {"eegmat": eegmat, "ssvep_exo": ssvep_exo}
# Of these models only the head learns: nothing is gained by crops, normalisation or a slow start.
FIXED: Mapping[str, Any] = {
    "normalize": "none", "crop_length": "whole", "n_crops": 1, "augment": (), "warmup": 0.0,
    "clip_norm": 0.0, "ema": 0.0, "validation": 0.0, "patience": 0, "people_per_batch": 2,
}  # fmt: skip
NETWORK: Mapping[str, Any] = {
    "align": PersonAlignment("euclid", shrinkage=0.1), "normalize": "none", "crop_length": 256,
    "lr": 0.01, "weight_decay": 0.01,
}  # fmt: skip
MODELS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    # A person has 30 windows.
    "eegmat": {
        "tangent_net": {
            "model_params": {}, "batch_size": 60, "max_epochs": 40, "lr": 0.003,
            "weight_decay": 1.0, **FIXED,
        },
        "shallow_convnet": {
            # One power of each filter: a pool over the whole crop.
            "model_params": {"n_filters": 16, "kernel_length": 13, "pool_length": 244},
            "people_per_batch": 4, "batch_size": 120, "max_epochs": 30, "n_crops": 3,
            "feature_drop_prob": 0.5, **NETWORK,
        },
        "eegnet": {
            "model_params": {
                "kernel_seconds": 0.25, "pool_lengths": (4, 32), "drop_prob": 0.25,
            },
            "people_per_batch": 4, "batch_size": 120, "max_epochs": 24, "n_crops": 3,
            "feature_drop_prob": 0.5, **NETWORK,
        },
    },
    # A session has 32 windows.
    "ssvep_exo": {
        "ssvep_front": {
            "model_params": {"stimulus_freqs": tuple(ssvep_exo.FREQUENCIES.values())},
            "batch_size": 128, "max_epochs": 60, "lr": 0.01, "weight_decay": 0.1, **FIXED,
        },
        "shallow_convnet": {
            "model_params": {
                "n_filters": 16, "kernel_length": 64, "pool_length": 64, "pool_stride": 32,
            },
            "people_per_batch": 2, "batch_size": 32, "max_epochs": 30, "n_crops": 5,
            "feature_drop_prob": 0.25, **NETWORK,
        },
        "eegnet": {
            "model_params": {"drop_prob": 0.25},
            "people_per_batch": 2, "batch_size": 32, "max_epochs": 40, "n_crops": 5,
            "feature_drop_prob": 0.25, **NETWORK,
        },
    },
}  # fmt: skip
FIXED_FEATURES = ("tangent_net", "ssvep_front")
# Networks of eegmat are tested on four people at a time, because a fit takes longer.
MOST_FOLDS = 6
USE = (
    "; windows of one new person at a time, whose statistics the model takes: two at least, better "
)
USE += "all, and with all states among them (EEGClassifier.adapt)"
NOT_FOR = {
    "eegmat": ". The figures say how well two recordings of a person are told apart, and are no "
    "reading of effort",
    "ssvep_exo": "",
}
REGIMES = {
    "aligned": "as it is, with the person's own statistics (transductive)",
    "adapted": "adapted with pseudo-labels (transductive)",
}


class FixedFeatures(EEGModel):
    """Head of a model whose features do not learn, for features of one person as windows."""

    def __init__(
        self, n_chans: int, n_times: int, n_outputs: int, sfreq: float, *, drop_prob: float,
        head_max_norm: float | None, ch_names: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(drop_prob=drop_prob, head_max_norm=head_max_norm)
        self.num_features = self.n_times
        self.dropout = nn.Dropout(self.drop_prob)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, 1, num_features) to features (batch, num_features)."""
        features: Tensor = self.dropout(x[:, 0])
        return features

    def make_head(self, n_outputs: int) -> ConstrainedDense:
        """Return the head of the model."""
        return ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)


@dataclasses.dataclass(frozen=True)
class Windows:
    """Windows of a data set, or their features, with labels and people."""

    X: Any
    y: Array
    people: Array

    def __getitem__(self, rows: Array) -> Windows:
        return Windows(self.X[rows], self.y[rows], self.people[rows])


def recipe_of(name: str) -> Recipe:
    """Return the recipe of a data set."""
    plain = SETS[name].RECIPE
    return dataclasses.replace(
        plain, path="recipes/new_person.py", models=MODELS[name],
        intended_use=plain.intended_use + USE, not_for=plain.not_for + NOT_FOR[name],
    )  # fmt: skip


def features_of(dataset: EpochsDataset, model: EEGModel) -> Array:
    """Return the features (n_windows, 1, num_features) of each window, of each person apart."""
    people, features = dataset.groups("subject"), np.zeros((len(dataset), 1, model.num_features))
    for person in np.unique(people):
        rows = np.flatnonzero(people == person)
        windows = torch.as_tensor(np.asarray(dataset[rows].X), dtype=torch.float32)
        own = fit_person_statistics(model, windows.split(32))
        with torch.no_grad():
            features[rows, 0] = own.features(windows).numpy()
    return features.astype(np.float32)


def prepared(recipe: Recipe, dataset: EpochsDataset, model: str) -> tuple[Windows, EEGClassifier]:
    """Return the windows and the classifier of the test.

    Of a model whose features are fixed, they are computed once for each person, and the classifier
    is the head alone. All windows of a person are in one batch, so that the training is the same.
    """
    people, params = dataset.groups("subject"), dict(recipe.models[model])
    if model not in FIXED_FEATURES:
        return Windows(dataset, dataset.labels, people), EEGClassifier(model, **params)
    info = dataset.info
    whole = create_model(
        model, n_chans=len(info.ch_names), n_times=info.n_times,
        n_outputs=len(dataset.classes), sfreq=info.sfreq, **params["model_params"],
    )  # fmt: skip
    params["model_params"] = {"drop_prob": whole.drop_prob, "head_max_norm": whole.head_max_norm}
    head = EEGClassifier(FixedFeatures, sfreq=1.0, check_signal="ignore", **params)
    return Windows(features_of(dataset, whole), dataset.labels, people), head


def results(
    name: str, dataset: EpochsDataset, model: str, seed: int, n_folds: int, path: Path | None
) -> list[dict[str, Any]]:
    """Return the results of each person that is left out, alone or with others in one of the folds.

    If a file holds them, they are read; otherwise they are appended to it.
    """
    key = {"task": name, "model": model, "seed": seed, "n_folds": n_folds}
    lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
    rows = [row for row in map(json.loads, lines) if key.items() <= row.items()]
    if rows:
        return rows
    rows = [key | row for row in tested(recipe_of(name), dataset, model, seed, n_folds)]
    if path:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return rows


def number_of_folds(model: str, n_people: int) -> int:
    """Return the number of parts of the people that are left out in turn."""
    return n_people if model in FIXED_FEATURES else min(n_people, MOST_FOLDS)


def tested(
    recipe: Recipe, dataset: EpochsDataset, model: str, seed: int, n_folds: int
) -> Iterator[dict[str, Any]]:
    """Yield the results of each person that is left out.

    The temperature, and the calibration of conformal sets, are of the outputs for the people of all
    other folds.
    """
    windows, classifier = prepared(recipe, dataset, model)
    splitter = GroupKFold(n_folds, shuffle=True, random_state=seed)
    left: list[dict[str, Any]] = []
    for fold, (train, test) in enumerate(splitter.split(windows.people, groups=windows.people)):
        check_leakage(dataset, train, test, apart="subject")
        part = windows[train]
        trained = clone(classifier).set_params(random_state=seed)
        trained.fit(part.X, part.y, groups=part.people)
        for person in np.unique(windows.people[test]).tolist():
            own = windows[np.flatnonzero(windows.people == person)]
            y = np.searchsorted(trained.classes_, own.y)
            outputs = log_of(trained, own)
            one = {"person": person, "fold": fold, "y": y.tolist(), "aligned": outputs.tolist()}
            left.append({"row": one, "trained": trained, "own": own})
    for each in left:
        row, own = each["row"], each["own"]
        others = [other["row"] for other in left if other["row"]["fold"] != row["fold"]]
        known = calibration_of(others, "aligned")
        each["trained"].calibrations_ = {"as_is": known}
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AdaptationWarning)
            adapted = each["trained"].adapt(own.X, groups=own.people)
        row["seconds"] = round(time.perf_counter() - start, 3)
        row["stepped_back"] = adapted.adaptation_.stepped_back
        outputs = log_of(adapted, own) * known.temperature
        row["adapted"] = outputs.tolist()
    for each in left:
        row = each["row"]
        others = [other["row"] for other in left if other["row"]["fold"] != row["fold"]]
        scores = {regime: scores_of(row, others, regime) for regime in REGIMES}
        yield {**row, "scores": scores}


def log_of(classifier: EEGClassifier, windows: Windows) -> Array:
    """Return logarithmic probabilities of the windows of a person."""
    return np.log(np.maximum(classifier.predict_proba(windows.X, groups=windows.people), 1e-12))


def calibration_of(rows: Sequence[Mapping[str, Any]], regime: str) -> Calibration:
    """Return the calibration on people that were left out."""
    outputs = np.concatenate([row[regime] for row in rows]).astype(np.float32)
    person = np.repeat(np.arange(len(rows)), [len(row["y"]) for row in rows])
    return Calibration(outputs, np.concatenate([row["y"] for row in rows]), person)


def scores_of(
    row: Mapping[str, Any], others: Sequence[Mapping[str, Any]], regime: str
) -> dict[str, Any]:
    """Return the scores of a person, with the calibration on others."""
    known, outputs, y = calibration_of(others, regime), np.array(row[regime]), np.array(row["y"])
    probabilities = softmax(outputs / known.temperature, axis=1)
    sets = set_scores(softmax(outputs, axis=1)) <= known.limit(0.1, "pooled")
    return {
        "right": (probabilities.argmax(axis=1) == y).astype(int).tolist(),
        "confidence": probabilities.max(axis=1).round(4).tolist(),
        "plain_confidence": softmax(outputs, axis=1).max(axis=1).round(4).tolist(),
        "coverage": float(sets[np.arange(len(y)), y].mean()),
        "set_size": float(sets.sum(axis=1).mean()),
    }


def calibration_error(confidence: Array, right: Array) -> float:
    """Return the expected calibration error in ten bins, windows pooled."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    return sum(
        abs(confidence[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean()
        for one in np.unique(bins)
    )


def metrics_of(rows: Sequence[Mapping[str, Any]], seed: int) -> list[Metric]:
    """Return the accuracy in each regime, with that of each person in the protocol."""
    metrics = []
    rows = sorted(rows, key=lambda row: str(row["person"]))
    for regime, words in REGIMES.items():
        right = [np.array(row["scores"][regime]["right"]) for row in rows]
        confidence = np.concatenate([row["scores"][regime]["confidence"] for row in rows])
        error = calibration_error(confidence, np.concatenate(right))
        listed = ", ".join(
            f"{row['person'].rpartition('/')[2]} {own.mean():.2f}"
            for row, own in zip(rows, right, strict=True)
        )
        size = len(rows) // rows[0]["n_folds"]
        left_out = "one subject left out" if size == 1 else f"{size} subjects left out together"
        metrics.append(
            mean_over_subjects(
                np.array([own.mean() for own in right]), sum(map(len, right)),
                f"{left_out}, {words}, seed {seed}; expected calibration error {error:.3f}; "
                f"by subject: {listed}",
            )
        )  # fmt: skip
    return metrics


def trained_on_all(recipe: Recipe, dataset: EpochsDataset, model: str, seed: int) -> EEGClassifier:
    """Return a classifier that is trained on all people.

    If the features are fixed, the head is trained on them, and takes its place in the model.
    """
    whole = recipe.classifier(model, seed)
    if model not in FIXED_FEATURES:
        return whole.fit(dataset)
    windows, classifier = prepared(recipe, dataset, model)
    classifier.set_params(random_state=seed)
    classifier.fit(windows.X, windows.y, groups=windows.people)
    # A few passes set the statistics that stand in for those of a person.
    whole.set_params(max_epochs=3).fit(dataset)
    whole.model_.head.load_state_dict(classifier.model_.head.state_dict())
    return whole


def main(
    data: Annotated[Path, typer.Option(help="Folder of the recordings, named as the data set.")],
    model: Annotated[str, typer.Option(help="Model, such as tangent_net or ssvep_front.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: the shipped file.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
    found: Annotated[
        Path | None, typer.Option("--results", help="Results so far, which are not repeated.")
    ] = None,
) -> None:
    """Test on people left out, then train on all people and save."""
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
    name = data.name
    recipe, dataset = recipe_of(name), SETS[name].read(data)
    n_folds = number_of_folds(model, len(subjects_of(dataset)))
    rows = results(name, dataset, model, seed, n_folds, found)
    metrics = [*metrics_of(rows, seed), *SETS[name].baselines(dataset)]
    for metric in metrics:
        low, high = metric.interval
        typer.echo(f"{metric.value:.3f} [{low:.3f}, {high:.3f}]  {metric.protocol}")
    path = out or SHIPPED / f"{model}.{name}.safetensors"
    classifier = trained_on_all(recipe, dataset, model, seed)
    classifier.calibrations_ = {
        "as_is": calibration_of(rows, "aligned"), "adapted": calibration_of(rows, "adapted"),
    }  # fmt: skip
    save(recipe, classifier, metrics, seed, path)


if __name__ == "__main__":
    typer.run(main)
