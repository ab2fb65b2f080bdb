"""Alignment of a person whom a stream gets to know while it runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment
from eegzoo.data.preprocessing.by_person.running_alignment import (
    LATEST_WINDOWS,
    RunningAlignment,
)

Array = npt.NDArray[np.float64]

# Number of windows that are known before the first decision.
FIRST_WINDOWS = 10


class RunningPerson:
    """Alignment by the windows of a stream so far, of which none overlaps another.

    Parameters
    ----------
    alignment : PersonAlignment
        Alignment that the classifier was trained with.
    sfreq : float
        Sampling rate of the windows in Hz.

    Examples
    --------
    >>> person = RunningPerson(PersonAlignment("euclid"), 100.0)
    >>> X = np.random.default_rng(0).normal(0.0, 20.0, (11, 3, 200))
    >>> person.add(0, X[0])
    >>> person.reason
    'the person is not known yet: 1 of 10 windows'
    >>> for number in range(1, 10):
    ...     person.add(200 * number, X[number])
    >>> person.reason, person.transform(X[10]).shape
    (None, (3, 200))
    """

    def __init__(self, alignment: PersonAlignment, sfreq: float) -> None:
        self._running = RunningAlignment(alignment, sfreq, keep=LATEST_WINDOWS)
        self._next = 0

    @property
    def reason(self) -> str | None:
        """Why windows cannot be aligned yet, or None."""
        known = self._running.n_windows
        if known >= FIRST_WINDOWS:
            return None
        return f"the person is not known yet: {known} of {FIRST_WINDOWS} windows"

    def add(self, start: int, data: Array) -> None:
        """Take a window, (n_chans, n_times), unless it overlaps one that was taken before."""
        if start >= self._next:
            self._running.update(data[None])
            self._next = start + data.shape[1]

    def transform(self, data: Array) -> Any:
        """Return the window aligned by those so far."""
        return self._running.transform(data[None])[0]
