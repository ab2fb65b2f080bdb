"""Time stamps of a stream: which samples are missing, and which came twice."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict

import numpy as np
import numpy.typing as npt

# After a gap longer than this, what was before is forgotten, and no window ends inside the gap.
LONG_GAP_SECONDS = 60.0
# A gap that is longer is a wrong time stamp.
_LONGEST_SECONDS = 1e9


@dataclasses.dataclass(frozen=True)
class Placement:
    """Places of the samples of a chunk.

    Parameters
    ----------
    index : array of int, shape (n_kept,)
        Index of each sample that is kept, counted from the start of the stream, gaps included.
    kept : array of int, shape (n_kept,)
        Which samples of the chunk are kept.
    """

    index: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]


class SampleClock:
    """Clock that gives each sample of a stream its index.

    Time stamps jitter, drift against the nominal rate, and are missing for lost samples. A time
    that is later than expected by more than the jitter means lost samples; one that is earlier, or
    that the same sample had before, means a sample that came twice. A second of new samples with
    earlier times means that the source has started again with another clock.

    Parameters
    ----------
    sfreq : float
        Sampling rate in Hz.
    max_jitter_seconds : float
        Largest difference of a time stamp from its sample's time.

    Examples
    --------
    >>> clock = SampleClock(100.0, max_jitter_seconds=0.02)
    >>> clock.place(3, [5.0, 5.011, 5.02], np.arange(3.0)[None]).index
    array([0, 1, 2])
    >>> clock.place(2, [5.1, 5.11], np.arange(3.0, 5.0)[None]).index    # seven samples are lost
    array([10, 11])
    """

    # The clock follows a drift with this time constant.
    _FOLLOW_SECONDS = 5.0
    # Samples that come again are known for this long.
    _REMEMBERED_SECONDS = 10.0
    # After new samples with earlier times for this long, the source has another clock.
    _EARLIER_SECONDS = 1.0

    def __init__(self, sfreq: float, max_jitter_seconds: float) -> None:
        self.sfreq, self.max_jitter_seconds = sfreq, max_jitter_seconds
        self.n_repeated = self.n_lost = 0
        self._next = 0
        self._zero: float | None = None  # time of sample 0
        self._latest: OrderedDict[float, int] = OrderedDict()
        self._n_earlier = 0  # new samples in a row with times before the last one

    def time_of(self, index: float) -> float:
        """Return the time of a sample: by the time stamps, or in seconds from the start."""
        return (self._zero or 0.0) + index / self.sfreq

    def place(
        self, n_samples: int, times: npt.ArrayLike | None, samples: npt.NDArray[np.float64]
    ) -> Placement:
        """Return the index of each sample of a chunk.

        Parameters
        ----------
        n_samples : int
            Number of samples.
        times : sequence of float, shape (n_samples,) | None
            Time of each sample in seconds. None: the samples follow those before.
        samples : array, shape (n_chans, n_samples)
            Samples, by which those that came twice are recognised.

        Raises
        ------
        ValueError
            If there is not one finite time for each sample.
        """
        if times is None:
            first, self._next = self._next, self._next + n_samples
            return Placement(np.arange(first, self._next), np.arange(n_samples))
        stamps = np.asarray(times, np.float64)
        if stamps.shape != (n_samples,) or not np.isfinite(stamps).all():
            raise ValueError(
                f"expected times of {n_samples} finite numbers, got shape {stamps.shape}"
            )
        index, kept = [], []
        for place, time in enumerate(stamps.tolist()):
            found = self._index(time, samples[:, place])
            if found is not None:
                index.append(found)
                kept.append(place)
        return Placement(np.array(index, np.int64), np.array(kept, np.int64))

    def _index(self, time: float, sample: npt.NDArray[np.float64]) -> int | None:
        """Return the index of one sample, or None if it came before."""
        content = hash(sample.tobytes())
        if self._latest.get(time) == content:
            self.n_repeated += 1
            return None
        if self._zero is None:
            self._zero = time - self._next / self.sfreq
        late = time - self.time_of(self._next)
        if late < -self.max_jitter_seconds:
            self.n_repeated += 1
            self._n_earlier += 1
            if self._n_earlier <= self._EARLIER_SECONDS * self.sfreq:
                return None
            # None of them came twice.
            self.n_repeated -= self._n_earlier
            self.n_lost += self._n_earlier - 1
            return self._jump(time, content, 2 * LONG_GAP_SECONDS)
        if late > LONG_GAP_SECONDS:
            self.n_lost += round(min(late, _LONGEST_SECONDS) * self.sfreq)
            return self._jump(time, content, min(late, _LONGEST_SECONDS))
        lost = round(late * self.sfreq) if late > self.max_jitter_seconds else 0
        self.n_lost += lost
        index = self._next + lost
        self._zero += (late - lost / self.sfreq) / (self._FOLLOW_SECONDS * self.sfreq)
        return self._taken(index, time, content)

    def _jump(self, time: float, content: int, seconds: float) -> int:
        """Return the index of a sample after a gap, by whose time the clock is set."""
        index = self._next + round(seconds * self.sfreq)
        self._zero = time - index / self.sfreq
        return self._taken(index, time, content)

    def _taken(self, index: int, time: float, content: int) -> int:
        self._next, self._n_earlier = index + 1, 0
        self._latest[time] = content
        while len(self._latest) > self._REMEMBERED_SECONDS * self.sfreq:
            self._latest.popitem(last=False)
        return index
