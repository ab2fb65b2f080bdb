"""Results of people who were left out, and their figures for a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from protocol import Recipe, metric_of

from eegzoo.data import EpochsDataset
from eegzoo.reproduction.protocols.new_person import (
    REGIMES,
    calibration_error,
    scores_of_regimes,
    tested,
)
from eegzoo.reproduction.protocols.run import Rows
from eegzoo.weights import Metric

# Two of the 30 windows of a person of eegmat.
_LARGEST_LOSS = 0.07


def results(
    recipe: Recipe, dataset: EpochsDataset, model: str, seed: int, n_folds: int, path: Path | None
) -> list[dict[str, Any]]:
    """Return the results of each person that is left out, alone or with others in one of the folds.

    If a file holds them, they are read; otherwise they are appended to it.
    """
    task = recipe.training.subjects[0].partition("/")[0]
    key = {"task": task, "model": model, "seed": seed, "n_folds": n_folds}
    settings = recipe.models[model]
    return Rows(path).get(key, lambda: list(tested(dataset, model, settings, seed, n_folds, False)))


def metrics_of(rows: Sequence[Mapping[str, Any]], seed: int) -> list[Metric]:
    """Return the accuracy in each regime, with that of each person in the protocol."""
    metrics = []
    rows = sorted(rows, key=lambda row: str(row["person"]))
    for (regime, words), score in zip(REGIMES.items(), scores_of_regimes(rows), strict=True):
        right = [np.array(row["scores"][regime]["right"]) for row in rows]
        confidence = np.concatenate([row["scores"][regime]["confidence"] for row in rows])
        error = calibration_error(confidence, np.concatenate(right))
        size = len(rows) // rows[0]["n_folds"]
        left_out = "one subject left out" if size == 1 else f"{size} subjects left out together"
        metrics.append(
            metric_of(
                score, f"{left_out}, {words}, seed {seed}; expected calibration error {error:.3f}"
            )
        )
    return metrics


def made_worse(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return whom pseudo-labels made worse by more than .07, averaged over seeds, and how much."""
    before, after = (score.units for score in scores_of_regimes(rows))
    return [
        f"{person} {old:.2f} to {after[person]:.2f}"
        for person, old in before.items()
        if after[person] < old - _LARGEST_LOSS
    ]


def caution(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what a card says of people whom adaptation makes worse; empty if there are none."""
    found = made_worse(rows)
    if not found:
        return ""
    n_people = len({row["person"] for row in rows})
    return (
        f". Adaptation without labels made {len(found)} of {n_people} people left out worse by "
        f"more than .07 in accuracy ({', '.join(found)}); such people cannot be recognised without "
        "labels, a few labels show them (EEGClassifier.calibrate)"
    )
