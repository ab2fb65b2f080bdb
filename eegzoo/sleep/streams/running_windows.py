"""Windows of a signal that arrives in chunks, processed as the whole signal would be."""

from __future__ import annotations

import dataclasses
import fractions
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.data.signal.signal_info import same_rate

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class SegmentProcessing:
    """Signal processing of whole signals, of which each sample depends on a stretch around it.

    Parameters
    ----------
    apply : callable
        Function from a signal (n_chans, n_samples) to the signal after filters and resampling.
    before, after : int
        Numbers of samples before and after a sample on which it depends, to rounding.
    """

    apply: Callable[[Array], Array]
    before: int
    after: int


class RunningWindows:
    """Process signals that arrive in chunks, and cut them into windows.

    The windows equal those of the whole signal, whatever the lengths of the chunks: each is cut
    from a segment around it, on which the processing of the whole signal runs, and which reaches so
    far that its ends have no influence.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    sfreq, new_sfreq : float
        Sampling rates in Hz before and after.
    n_times : int
        Number of new samples in a window.
    processing : SegmentProcessing
        Filters and resampling.

    Examples
    --------
    >>> every_second = SegmentProcessing(lambda x: x[:, ::2], before=0, after=0)
    >>> windows = RunningWindows(1, 100.0, 50.0, n_times=1500, processing=every_second)
    >>> len(windows.push(np.zeros((1, 4000)))), len(windows.push(np.zeros((1, 4000))))
    (1, 1)
    """

    def __init__(
        self,
        n_chans: int,
        sfreq: float,
        new_sfreq: float,
        n_times: int,
        processing: SegmentProcessing,
    ) -> None:
        ratio = fractions.Fraction(1)
        if not same_rate(sfreq, new_sfreq):
            ratio = fractions.Fraction(new_sfreq) / fractions.Fraction(sfreq)
            ratio = ratio.limit_denominator(10_000)
        self._up, self._down = ratio.numerator, ratio.denominator
        self._n_times = n_times
        self._processing = processing
        self._chunks: list[Array] = [np.empty((n_chans, 0))]
        self._n_seen = self._n_dropped = self._n_cut = 0
        self.delay_seconds = processing.after / sfreq

    def push(self, chunk: npt.NDArray[np.floating]) -> list[Tensor]:
        """Add samples (n_chans, n_samples), and return the windows that are complete."""
        # Joined only when a window is complete, so that short chunks cost nothing.
        self._chunks.append(np.array(chunk, np.float64))
        self._n_seen += chunk.shape[1]
        windows = []
        while self._n_seen >= self._last_sample() + self._processing.after:
            windows.append(self._cut())
        return windows

    def finish(self) -> list[Tensor]:
        """Return the complete windows that waited for samples after them."""
        windows = []
        while self._n_seen >= self._last_sample():
            windows.append(self._cut())
        return windows

    def _last_sample(self) -> int:
        """Return the number of samples that the next window and those before it cover."""
        return math.floor((self._n_cut + 1) * self._n_times * self._down / self._up + 1e-6)

    def _first_needed(self) -> int:
        """Return the first sample of the next segment, at which both rates have a sample."""
        start = self._n_cut * self._n_times
        earliest = max(0, start * self._down // self._up - self._processing.before)
        return earliest // self._down * self._down

    def _cut(self) -> Tensor:
        """Return the next window of float32, shape (n_chans, n_times)."""
        first = self._first_needed()
        end = min(self._last_sample() + self._processing.after, self._n_seen)
        signal = np.concatenate(self._chunks, axis=1)
        segment = signal[:, first - self._n_dropped : end - self._n_dropped]
        start = self._n_cut * self._n_times - first * self._up // self._down
        window = self._processing.apply(segment)[:, start : start + self._n_times]
        missing = self._n_times - window.shape[1]
        if missing:  # rounding at the end of the signal
            window = np.pad(window, ((0, 0), (0, missing)), mode="edge")
        self._n_cut += 1
        kept = self._first_needed()
        self._chunks = [signal[:, kept - self._n_dropped :].copy()]
        self._n_dropped = kept
        return torch.from_numpy(window.astype(np.float32))
