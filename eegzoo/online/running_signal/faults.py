"""Faults of a running signal: lost samples, numbers that are none, channels without a signal."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Fault:
    """Stretch of a stream that must be in no window.

    Parameters
    ----------
    start, stop : int
        Index of its first sample, and of the sample after it.
    reason : str
        What is wrong.
    """

    start: int
    stop: int
    reason: str


class FaultLog:
    """Faults of the latest samples.

    Parameters
    ----------
    ch_names : sequence of str
        Channels.
    n_flat : int
        Number of equal samples after which a channel has no signal.

    Examples
    --------
    >>> log = FaultLog(["C3", "C4"], n_flat=3)
    >>> log.add_samples(0, np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 5.0, 5.0, 5.0]]))
    >>> log.reason_within(0, 2), log.reason_within(2, 9)
    ('C4 is flat', 'C4 is flat')
    """

    def __init__(self, ch_names: Sequence[str], n_flat: int) -> None:
        self.ch_names, self.n_flat = list(ch_names), n_flat
        self._faults: deque[Fault] = deque()
        self._run = np.zeros(len(self.ch_names), np.int64)  # equal samples up to now
        self._last = np.full((len(self.ch_names), 1), np.nan)

    def add(self, start: int, stop: int, reason: str) -> None:
        """Add a fault; it prolongs the last one if that has the same reason and ends there."""
        for place in range(len(self._faults) - 1, -1, -1):
            known = self._faults[place]
            if known.reason == reason and known.start <= stop and start <= known.stop:
                self._faults[place] = Fault(min(known.start, start), max(known.stop, stop), reason)
                return
        self._faults.append(Fault(start, stop, reason))

    def add_samples(self, index: int, samples: Array) -> None:
        """Find faults in samples that follow those before, the first of which has this index."""
        finite = np.isfinite(samples)
        if not finite.all():
            # The first bad channel of each sample is named.
            first_bad = np.where(finite.all(axis=0), -1, finite.argmin(axis=0))
            for channel in np.unique(first_bad[first_bad >= 0]).tolist():
                reason = f"{self.ch_names[channel]} is not a finite number"
                for start, stop in _runs(first_bad == channel):
                    self.add(index + start, index + stop, reason)
        equal = np.diff(samples, axis=1, prepend=self._last) == 0
        self._last = samples[:, -1:].copy()
        n_samples = samples.shape[1]
        # Position of the last change of each channel, up to each sample.
        changes = np.where(equal, -1, np.arange(n_samples))
        since = np.maximum.accumulate(changes, axis=1)
        run = np.where(since < 0, self._run[:, None] + np.arange(1, n_samples + 1), 0)
        run = np.where(since >= 0, np.arange(n_samples) - since, run)
        self._run = run[:, -1]
        is_flat = run + 1 >= self.n_flat
        for channel in np.flatnonzero(is_flat.any(axis=1)).tolist():
            reason = f"{self.ch_names[channel]} is flat"
            for start, stop in _runs(is_flat[channel]):
                # The samples before the first of these are equal to it.
                self.add(index + start - int(run[channel, start]), index + stop, reason)

    def forget_before(self, index: int) -> None:
        """Forget faults that end before a sample."""
        self._faults = deque(fault for fault in self._faults if fault.stop > index)

    def reason_within(self, start: int, stop: int) -> str | None:
        """Return why samples from `start` up to `stop` are not used, or None."""
        reasons = [
            fault.reason for fault in self._faults if fault.start < stop and fault.stop > start
        ]
        return "; ".join(dict.fromkeys(reasons)) or None


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the start and stop of each run of true values."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
