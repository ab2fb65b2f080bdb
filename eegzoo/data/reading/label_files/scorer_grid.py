"""The scorer's epochs: their length and their offset, found from the labels themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
# Epochs in which nights are scored, in seconds: the AASM's, and the other of R&K.
_LENGTHS = (30.0, 20.0)
_TOLERANCE = 0.05  # of a change of stage, in seconds: files round times to hundredths or samples
_SHORTEST = 1.0


def find_grid(onset: Array, duration: Array, stages: Sequence[str]) -> tuple[float, float]:
    """Return the length of the scorer's epochs and their offset.

    If each row is an epoch of 30 or 20 s, the rows are the grid. Otherwise the changes of stage are
    its evidence: the length is the longer of 30 and 20 s of which all of them are whole multiples
    apart, or else the longest of which they are. The first onset and the last end are no evidence,
    because an excerpt may begin and end within an epoch.

    Parameters
    ----------
    onset, duration : array, shape (n,)
        Times of the labels in seconds, in order.
    stages : sequence of str, length n
        Stages.

    Returns
    -------
    epoch_seconds : float
        Length of an epoch in seconds.
    offset_seconds : float
        Start of an epoch in seconds, from 0 to less than `epoch_seconds`.

    Raises
    ------
    ValueError
        If the changes are on no grid of at least a second.

    Examples
    --------
    Bouts that change at 40, 100 and 120 s cannot be epochs of 30 s:

    >>> lasted = np.array([40.0, 60, 20, 60])
    >>> find_grid(np.array([0.0, 40, 100, 120]), lasted, ["W", "N1", "W", "N2"])
    (20.0, 0.0)
    """
    known = _common_length(duration)
    if known is not None and _fits(onset[1:], known):
        return known, _offset(onset[1:], known)
    changes = _changes(onset, duration, stages)
    for length in _LENGTHS:
        if _fits(changes, length):
            return length, _offset(changes, length)
    apart = np.diff(changes)
    unit = math.gcd(*np.rint(apart / _TOLERANCE / 2).astype(int).tolist()) * _TOLERANCE * 2
    if unit < _SHORTEST or not _fits(changes, unit):
        raise ValueError(
            "expected stages that change at whole epochs of a scorer, such as every 30 s or 20 s, "
            f"got changes {np.unique(apart.round(2))[:5].tolist()} s apart"
        )
    return unit, _offset(changes, unit)


def _changes(onset: Array, duration: Array, stages: Sequence[str]) -> Array:
    """Return the times at which a stage ends and another begins; without any, the first onset."""
    times = [
        start
        for start, before, stage, past in zip(
            onset[1:], onset[:-1] + duration[:-1], stages[1:], stages[:-1], strict=True
        )
        if stage != past or start - before > _TOLERANCE
    ]
    return np.array(times if times else onset[:1], np.float64)


def _common_length(duration: Array) -> float | None:
    """Return the scorer's length that all rows have but the first and the last, or None."""
    rows = duration[1:-1]
    for known in _LENGTHS:
        if len(rows) and bool((abs(rows - known) < _TOLERANCE).all()):
            return known
    return None


def _phases(times: Array, length: float) -> Array:
    """Return how far each time is from the grid of the first, from -length / 2 to length / 2."""
    return np.asarray((times - times[0] + length / 2) % length - length / 2)


def _fits(times: Array, length: float) -> bool:
    return bool(np.ptp(_phases(times, length)) <= 2 * _TOLERANCE)


def _offset(times: Array, length: float) -> float:
    offset = (float(times[0]) + float(np.median(_phases(times, length)))) % length
    return 0.0 if length - offset < _TOLERANCE else round(offset, 6)
