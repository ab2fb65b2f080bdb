"""Scores of predicted numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def number_scores(true: Array, predicted: Array) -> dict[str, float]:
    """Return R2, mean absolute error and Pearson's correlation of predicted numbers.

    R2 and the correlation are NaN if they are undefined, as for a constant target.

    Examples
    --------
    >>> number_scores(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0]))["R2"]
    0.5
    """
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
