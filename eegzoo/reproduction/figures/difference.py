"""Difference between two figures, with its interval."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from eegzoo.reproduction.figures.score import Score

Interval = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Difference:
    """Difference between a new figure and an earlier one.

    Parameters
    ----------
    value : float
        New value less the earlier one.
    interval : tuple of float
        95% interval; NaN if there is none.
    interval_of : str
        Method that gave the interval.

    Examples
    --------
    >>> Difference(-0.02, (-0.05, 0.01), "paired over 24 people").includes_zero
    True
    """

    value: float
    interval: Interval
    interval_of: str

    @property
    def includes_zero(self) -> bool:
        """Whether the interval contains no difference."""
        return self.interval[0] <= 0.0 <= self.interval[1]


def difference(
    new: Score, value: float, interval: Interval | None = None,
    units: Mapping[str, float] | None = None,
) -> Difference:  # fmt: skip
    """Return the difference between a score and an earlier figure.

    If the values of the same people are known on both sides, their differences give Student's
    interval: what varies between people is in both figures. Otherwise the figures are taken as
    independent, and the interval follows from theirs [1]_, [2]_. A figure without an interval is
    taken as exact.

    Parameters
    ----------
    new : Score
        New score.
    value : float
        Earlier figure.
    interval : tuple of float | None
        Its 95% interval.
    units : mapping of str to float | None
        Its value for each person, fold or recording.

    Returns
    -------
    Difference
        Difference and its interval.

    References
    ----------
    .. [1] Newcombe (1998). Interval estimation for the difference between independent proportions.
       Statistics in Medicine 17.
       https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    .. [2] Zou and Donner (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27. https://doi.org/10.1002/sim.3095

    Examples
    --------
    >>> from eegzoo.weights.card import wilson
    >>> new = Score.share("EEGNet", n_right=56, n_windows=70)
    >>> found = difference(new, 48 / 80, wilson(48 / 80, 80))  # example (a) of Newcombe, method 10
    >>> round(found.value, 4), [round(limit, 4) for limit in found.interval]
    (0.2, [0.0524, 0.3339])
    """
    if units and len(units) > 1 and units.keys() == new.units.keys():
        return _paired(new.value - value, new.units, units)
    change = new.value - value
    low, high = interval or (value, value)
    new_low, new_high = new.interval
    if math.isnan(new_low):
        return Difference(change, (math.nan, math.nan), "no interval")
    return Difference(
        change,
        (
            change - math.hypot(new.value - new_low, high - value),
            change + math.hypot(new_high - new.value, value - low),
        ),
        "figures as independent" if interval else "the earlier figure as exact",
    )


def student(differences: Sequence[float]) -> Interval:
    """Return Student's 95% interval of a mean.

    Parameters
    ----------
    differences : sequence of float
        Difference of each person.

    Examples
    --------
    >>> [round(limit, 3) for limit in student([0.1, 0.2, 0.3])]
    [-0.048, 0.448]
    """
    each = np.asarray(differences)
    half = float(stats.t.ppf(0.975, len(each) - 1) * stats.sem(each))
    return float(each.mean()) - half, float(each.mean()) + half


def _paired(change: float, new: Mapping[str, float], old: Mapping[str, float]) -> Difference:
    """Return Student's interval of the mean difference between the same units."""
    each = [new[name] - old[name] for name in new]
    low, high = student(each)
    shift = change - float(np.mean(each))  # figures are rounded
    return Difference(change, (low + shift, high + shift), f"paired over {len(each)}")
