"""Test of models on people whom they were not trained on, as they are and adapted."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from adapted_on_parts import scores_of_parts
from fixed_features import FIXED_FEATURES, Windows, prepared, with_head
from protocol import Array, Recipe, mean_over_subjects
from scipy.special import softmax
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from eegzoo.data import EpochsDataset, check_leakage
from eegzoo.training import AdaptationWarning, Calibration, EEGClassifier
from eegzoo.training.calibration.conformal import set_scores
from eegzoo.weights import Metric

# Networks of eegmat are tested on four people at a time, because a fit takes longer.
MOST_FOLDS = 6
REGIMES = {
    "aligned": "as it is, with the person's own statistics (transductive)",
    "adapted": "adapted with pseudo-labels (transductive)",
}


def results(
    recipe: Recipe, dataset: EpochsDataset, model: str, seed: int, n_folds: int, path: Path | None
) -> list[dict[str, Any]]:
    """Return the results of each person that is left out, alone or with others in one of the folds.

    If a file holds them, they are read; otherwise they are appended to it.
    """
    task = recipe.training.subjects[0].partition("/")[0]
    key = {"task": task, "model": model, "seed": seed, "n_folds": n_folds}
    lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
    rows = [row for row in map(json.loads, lines) if key.items() <= row.items()]
    if rows:
        return rows
    rows = [key | row for row in tested(recipe, dataset, model, seed, n_folds)]
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
    whole = recipe.classifier(model, seed)
    if model in FIXED_FEATURES:  # the statistics are those of each person, and the head is replaced
        whole = whole.set_params(max_epochs=1).fit(dataset)
    splitter = GroupKFold(n_folds, shuffle=True, random_state=seed)
    left: list[dict[str, Any]] = []
    for fold, (train, test) in enumerate(splitter.split(windows.people, groups=windows.people)):
        check_leakage(dataset, train, test, apart="subject")
        part = windows[train]
        trained = clone(classifier).set_params(random_state=seed)
        trained.fit(part.X, part.y, groups=part.people)
        for person in np.unique(windows.people[test]).tolist():
            rows = np.flatnonzero(windows.people == person)
            own, raw = windows[rows], Windows(dataset, dataset.labels, windows.people)[rows]
            y = np.searchsorted(trained.classes_, own.y)
            outputs = log_of(trained, own)
            one = {"person": person, "fold": fold, "y": y.tolist(), "aligned": outputs.tolist()}
            left.append({"row": one, "trained": trained, "own": own, "raw": raw})
    for each in left:
        row, own, trained = each["row"], each["own"], each["trained"]
        others = [other["row"] for other in left if other["row"]["fold"] != row["fold"]]
        known = calibration_of(others, "aligned")
        trained.calibrations_ = {"as_is": known}
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AdaptationWarning)
            adapted = trained.adapt(own.X, groups=own.people)
        row["seconds"] = round(time.perf_counter() - start, 3)
        row["stepped_back"] = adapted.adaptation_.stepped_back
        outputs = log_of(adapted, own) * known.temperature
        row["adapted"] = outputs.tolist()
        if model in FIXED_FEATURES:
            trained = with_head(whole, trained)
        row["parts"] = scores_of_parts(trained, each["raw"], seed)
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
