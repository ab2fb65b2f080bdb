"""Running signal: chunks of any length in, windows on a fixed grid out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from eegzoo.online.running_signal.causal_preprocessing import CausalPreprocessing
from eegzoo.online.running_signal.faults import FaultLog
from eegzoo.online.running_signal.sample_clock import LONG_GAP_SECONDS, SampleClock

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class RunningWindow:
    """Window of a running signal.

    Parameters
    ----------
    start : int
        Index of its first sample at the rate of the windows.
    data : array, shape (n_chans, n_times)
        Samples in volts.
    fault : str | None
        Why the window must not be used.
    """

    start: int
    data: Array
    fault: str | None


class SignalBuffer:
    """Preprocessing of a running signal, which returns windows as soon as they are known.

    The signal is processed in blocks that end where a window is known, whatever the chunks are, so
    that the numbers do not depend on the chunks.

    Parameters
    ----------
    causal : CausalPreprocessing
        Operators.
    ch_names : sequence of str
        Channels of the stream.
    n_times : int
        Number of samples in a window.
    start_of : callable
        Function from the number of a window to the index of its first sample, at the rate of the
        windows. It must not decrease.
    flat_seconds : float
        Time after which a channel whose samples are all equal has no signal.
    max_jitter_seconds : float
        As in `SampleClock`.
    """

    def __init__(
        self,
        causal: CausalPreprocessing,
        ch_names: Sequence[str],
        n_times: int,
        start_of: Callable[[int], int],
        *,
        flat_seconds: float,
        max_jitter_seconds: float,
    ) -> None:
        self._causal, self._n_times, self._start_of = causal, n_times, start_of
        self._used = causal.used_channels(len(ch_names))
        self.clock = SampleClock(causal.sfreq_in, max_jitter_seconds)
        n_flat = max(round(flat_seconds * causal.sfreq_in), 2)
        self._faults = FaultLog([ch_names[place] for place in self._used], n_flat)
        self._window = 0  # number of the next window
        self._pending: list[Array] = []
        self._n_pending = 0
        self._n_received = self._n_processed = 0  # samples of the stream, gaps included
        self._known: Array | None = None
        self._first_known = 0
        self._last = np.zeros((len(ch_names), 1))
        self._has_started = False

    def push(self, chunk: Array, times: npt.ArrayLike | None) -> Iterator[RunningWindow]:
        """Yield the windows that are known after a chunk of shape (n_chans, n_samples)."""
        placed = self.clock.place(chunk.shape[1], times, chunk)
        samples = chunk[:, placed.kept]
        jumps = np.flatnonzero(np.diff(placed.index, prepend=self._n_received - 1) != 1)
        for part in np.split(np.arange(len(placed.index)), jumps[jumps > 0]):
            if len(part) == 0:
                continue
            first = int(placed.index[part[0]])
            if first > self._n_received:
                yield from self._gap(first)
            yield from self._add(samples[:, part])

    def _gap(self, index: int) -> Iterator[RunningWindow]:
        """Fill the signal up to an index, or start anew after a long gap."""
        lost = index - self._n_received
        seconds = lost / self._causal.sfreq_in
        self._faults.add(self._n_received, index, f"{seconds:.3g} s of samples are lost")
        if seconds <= LONG_GAP_SECONDS:
            yield from self._receive(np.repeat(self._last, lost, axis=1))
            return
        self._pending, self._n_pending = [], 0
        self._n_received = self._n_processed = index
        self._has_started = False
        known = self._causal.n_known(index)
        self._window = first_number(
            lambda number: self._start_of(number) + self._n_times > known, self._window
        )

    def _add(self, samples: Array) -> Iterator[RunningWindow]:
        """Add samples that follow those before; what is not finite is held."""
        self._faults.add_samples(self._n_received, samples[self._used])
        if not np.isfinite(samples).all():
            seen = np.concatenate([self._last, samples], axis=1)
            good = np.where(np.isfinite(seen), np.arange(seen.shape[1]), 0)
            seen = np.take_along_axis(seen, np.maximum.accumulate(good, axis=1), axis=1)
            samples = seen[:, 1:]
        self._last = samples[:, -1:].copy()
        yield from self._receive(samples)

    def _receive(self, samples: Array) -> Iterator[RunningWindow]:
        if not self._has_started:
            self._start(samples[:, :1])
        self._pending.append(samples)
        self._n_pending += samples.shape[1]
        self._n_received += samples.shape[1]
        while True:
            start = self._start_of(self._window)
            needed = self._causal.n_needed(start + self._n_times)
            if needed > self._n_received:
                return
            self._process(needed - self._n_processed, keep_from=start)
            yield self._cut(start, needed)
            self._window += 1

    def _start(self, first: Array) -> None:
        self._first_known = self._causal.start(self._n_received, first)
        self._known = None
        self._faults.add(-(10**12), self._n_received, "the filters have not settled yet")
        self._has_started = True

    def _process(self, n_samples: int, keep_from: int) -> None:
        if n_samples <= 0:
            return
        waiting = np.concatenate(self._pending, axis=1)
        known = self._causal.process(waiting[:, :n_samples])
        rest = waiting[:, n_samples:].copy()
        self._pending, self._n_pending = [rest], rest.shape[1]
        self._n_processed += n_samples
        if self._known is not None:
            known = np.concatenate([self._known, known], axis=1)
        drop = int(np.clip(keep_from - self._first_known, 0, known.shape[1]))
        self._known, self._first_known = known[:, drop:], self._first_known + drop

    def _cut(self, start: int, needed: int) -> RunningWindow:
        first_needed = self._causal.first_needed(start)
        self._faults.forget_before(first_needed)
        fault = self._faults.reason_within(first_needed, needed)
        offset = start - self._first_known
        if self._known is None or offset < 0:
            empty = np.empty((0, 0))
            return RunningWindow(start, empty, fault or "the stream has just started")
        return RunningWindow(start, self._known[:, offset : offset + self._n_times], fault)


def first_number(is_reached: Callable[[int], bool], start: int = 0) -> int:
    """Return the first number from `start` on for which a function that never turns back is true.

    Examples
    --------
    >>> first_number(lambda number: number**2 >= 10**12)
    1000000
    """
    stride = 1
    while not is_reached(start + stride - 1):
        stride *= 2
    low, high = start + stride // 2, start + stride - 1  # nothing below low is reached
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_reached(middle) else (middle + 1, high)
    return low
