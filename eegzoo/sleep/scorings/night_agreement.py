"""Agreement night by night and of all nights together, with intervals over nights."""

from __future__ import annotations

import dataclasses
import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import positive_int
from eegzoo.sleep.scorings.agreement import Agreement, agreement, as_stages, none_if_nan

Confusions = npt.NDArray[np.int64]
_CONFIDENCE = 0.95
MEASURES = ("accuracy", "kappa", "macro_f1")


@dataclasses.dataclass(frozen=True, eq=False)
class NightAgreement:
    """How well two scorings of several nights agree.

    Parameters
    ----------
    nights : dict of str to Agreement
        Agreement in each night with windows that both score.
    pooled : Agreement
        Agreement in the windows of all nights together.
    intervals : dict of str to tuple of float
        95% interval of each pooled measure over nights: percentiles over draws of as many nights
        with replacement. NaN for a single night.

    Examples
    --------
    >>> found = agreement_over_nights(["W", "N1", "N2", "R"], ["W", "N1", "N2", "N1"], [1, 1, 2, 2])
    >>> {name: night.accuracy for name, night in found.nights.items()}, found.pooled.accuracy
    ({'1': 1.0, '2': 0.5}, 0.75)
    """

    nights: dict[str, Agreement]
    pooled: Agreement
    intervals: dict[str, tuple[float, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict, in which NaN is None."""
        return {
            "nights": {name: night.to_dict() for name, night in self.nights.items()},
            "pooled": self.pooled.to_dict(),
            "intervals": {
                name: [none_if_nan(limit) for limit in limits]
                for name, limits in self.intervals.items()
            },
        }


def agreement_over_nights(
    true: npt.ArrayLike, predicted: npt.ArrayLike, nights: npt.ArrayLike, *, n_draws: int = 2000
) -> NightAgreement:
    """Compute how well two scorings of several nights agree.

    Windows of a night are alike, so that nights, not windows, are what an interval must be over.

    Parameters
    ----------
    true, predicted : array of str, shape (n_windows,)
        Stage of each window, as in `agreement`.
    nights : array, shape (n_windows,)
        Night of each window.
    n_draws : int
        Number of draws of nights for the intervals. They are the same in each call.

    Returns
    -------
    NightAgreement
        Agreement in each night, and in all.

    Raises
    ------
    ValueError
        As `agreement`, or if the number of nights' names is not that of the windows.

    Warns
    -----
    RuntimeWarning
        If a night has no window that both score; it is left out.

    Examples
    --------
    >>> true = ["W", "N1", "N2", "R"] * 4
    >>> predicted = ["W", "N2", "N2", "R"] * 2 + ["W", "N1", "N2", "R"] * 2
    >>> found = agreement_over_nights(true, predicted, np.repeat(["S1", "S2"], 8))
    >>> found.pooled.accuracy, found.nights["S1"].accuracy, found.intervals["accuracy"]
    (0.875, 0.75, (0.75, 1.0))
    """
    n_draws = positive_int("n_draws", n_draws)
    one, other = as_stages("true", true), as_stages("predicted", predicted)
    names = np.asarray(nights)
    if names.shape != one.shape:
        raise ValueError(f"expected nights of shape {one.shape}, got {names.shape}")
    pooled = agreement(one, other)
    found, empty = {}, []
    for name in dict.fromkeys(names.tolist()):
        mine = names == name
        if ((one[mine] != "?") & (other[mine] != "?")).any():
            found[str(name)] = agreement(one[mine], other[mine])
        else:
            empty.append(str(name))
    if empty:
        warnings.warn(
            f"nights without a window that both score are left out: {', '.join(empty)}",
            RuntimeWarning,
            stacklevel=2,
        )
    confusions = np.stack([night.confusion for night in found.values()])
    return NightAgreement(found, pooled, _intervals(confusions, n_draws))


def _intervals(confusions: Confusions, n_draws: int) -> dict[str, tuple[float, float]]:
    n_nights = len(confusions)
    if n_nights < 2:
        return dict.fromkeys(MEASURES, (math.nan, math.nan))
    drawn = np.random.default_rng(0).integers(n_nights, size=(n_draws, n_nights))
    values = measures_of(confusions[drawn].sum(axis=1))
    tail = 100 * (1 - _CONFIDENCE) / 2
    limits = {name: np.nanpercentile(column, [tail, 100 - tail]) for name, column in values.items()}
    return {name: (float(low), float(high)) for name, (low, high) in limits.items()}


def measures_of(confusions: Confusions) -> dict[str, npt.NDArray[np.float64]]:
    """Return accuracy, kappa and macro-F1 of many confusion matrices at once.

    They equal scikit-learn's, which takes hundreds of times as long for thousands of draws.

    Parameters
    ----------
    confusions : array of int, shape (n, n_stages, n_stages)
        Confusion matrices.
    """
    counts = np.asarray(confusions, np.float64)
    total = counts.sum(axis=(1, 2))
    rows, columns = counts.sum(axis=2), counts.sum(axis=1)
    diagonal = np.diagonal(counts, axis1=1, axis2=2)
    accuracy = diagonal.sum(axis=1) / total
    chance = (rows * columns).sum(axis=1) / total**2
    given = rows + columns
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = np.where(chance < 1, (accuracy - chance) / (1 - chance), math.nan)
        f1 = np.where(given > 0, 2 * diagonal / given, math.nan)
    return {"accuracy": accuracy, "kappa": kappa, "macro_f1": np.nanmean(f1, axis=1)}
