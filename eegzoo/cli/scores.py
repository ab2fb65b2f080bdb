"""Scores of predictions, and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

# Formats of the scores that are not fractions: they have the unit of the target.
_FORMATS = {"mean absolute error": ".4g"}


def class_scores(true: Any, predicted: Any) -> dict[str, float]:
    """Return the accuracy of predicted labels."""
    return {"accuracy": float((predicted == true).mean())}


def number_scores(true: Any, predicted: Any) -> dict[str, float]:
    """Return R2, mean absolute error and Pearson's correlation of predicted numbers.

    R2 and the correlation are NaN if they are undefined, as for a constant target.
    """
    import numpy as np

    varies = float(np.ptp(true)) > 0
    total = float(((true - true.mean()) ** 2).sum())
    residual = float(((true - predicted) ** 2).sum())
    return {
        "R2": 1 - residual / total if varies else math.nan,
        "mean absolute error": float(abs(true - predicted).mean()),
        "correlation": (
            float(np.corrcoef(true, predicted)[0, 1])
            if varies and float(np.ptp(predicted)) > 0
            else math.nan
        ),
    }


def line(scores: Mapping[str, float], n_windows: int) -> str:
    """Return scores as text.

    Examples
    --------
    >>> line({"accuracy": 0.95}, 40)
    'accuracy 0.950 on 40 windows'
    """
    named = [f"{name} {value:{_FORMATS.get(name, '.3f')}}" for name, value in scores.items()]
    return f"{', '.join(named)} on {n_windows} windows"


def mean_and_std(folds: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """Return the mean and the standard deviation of each score over folds."""
    import numpy as np

    columns = {name: [fold[name] for fold in folds] for name in folds[0]}
    return {name: (float(np.mean(v)), float(np.std(v))) for name, v in columns.items()}


def as_json(scores: Mapping[str, float]) -> dict[str, float | None]:
    """Return scores for a JSON file, in which NaN is null.

    Examples
    --------
    >>> as_json({"R2": math.nan, "mean absolute error": 0.5})
    {'R2': None, 'mean_absolute_error': 0.5}
    """
    return {
        name.replace(" ", "_"): None if math.isnan(value) else value
        for name, value in scores.items()
    }
