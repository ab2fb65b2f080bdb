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
