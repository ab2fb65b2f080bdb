"""Windows of a signal that arrives in chunks, filtered and resampled."""

from __future__ import annotations

import fractions
import math

import numpy as np
import numpy.typing as npt
import torch
from scipy import signal as scipy_signal
from torch import Tensor

from eegzoo.data.signal.signal_info import same_rate
from eegzoo.sleep.stagers.signals import mirrored

Array = npt.NDArray[np.float64]


class CausalWindows:
    """Filter and resample signals that arrive in chunks, and cut them into windows.

    The windows equal those of the whole signal, whatever the lengths of the chunks: a recursive
    filter keeps its state, and a window is cut once the samples that its finite filters reach have
    arrived.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    sfreq, new_sfreq : float
        Sampling rates in Hz before and after.
    n_times : int
        Number of new samples in a window.
    sos : array, shape (n_sections, 6) | None
        Second-order sections of a recursive filter, which runs forwards.
    taps : array of odd length | None
        Symmetric filter, which moves no sample. Signals are mirrored at their ends.

    Examples
    --------
    >>> windows = CausalWindows(1, 100.0, 50.0, n_times=1500)
    >>> len(windows.push(np.zeros((1, 4000)))), len(windows.push(np.zeros((1, 4000))))
    (1, 1)
    """

    def __init__(
        self,
        n_chans: int,
        sfreq: float,
        new_sfreq: float,
        n_times: int,
        *,
        sos: Array | None = None,
        taps: Array | None = None,
    ) -> None:
        ratio = fractions.Fraction(1)
        if not same_rate(sfreq, new_sfreq):
            ratio = fractions.Fraction(new_sfreq) / fractions.Fraction(sfreq)
            ratio = ratio.limit_denominator(10_000)
        self._up, self._down = ratio.numerator, ratio.denominator
        self._n_times = n_times
        self._sos, self._taps = sos, taps
        self._state = None if sos is None else np.zeros((len(sos), n_chans, 2))
        reach = 0 if self._up == self._down else 10 * max(self._up, self._down) / self._up + 1
        self._reach = math.ceil(reach) + (0 if taps is None else len(taps) // 2)
        self._buffer: Array = np.empty((n_chans, 0))
        self._n_dropped = 0
        self._n_cut = 0
        self.delay_seconds = self._reach / sfreq

    def push(self, chunk: npt.NDArray[np.floating]) -> list[Tensor]:
        """Add samples (n_chans, n_samples), and return the windows that are complete."""
        x = np.asarray(chunk, np.float64)
        if self._sos is not None and self._state is not None and x.shape[1]:
            x, self._state = scipy_signal.sosfilt(self._sos, x, axis=-1, zi=self._state)
        self._buffer = np.concatenate([self._buffer, x], axis=1)
        windows = []
        while self._n_dropped + self._buffer.shape[1] >= self._last_sample() + self._reach:
            windows.append(self._cut())
        return windows

    def finish(self) -> list[Tensor]:
        """Return the complete windows that waited for samples after them."""
        windows = []
        while self._n_dropped + self._buffer.shape[1] >= self._last_sample():
            windows.append(self._cut())
        return windows

    def _last_sample(self) -> int:
        """Return the number of samples that the next window and those before it cover."""
        return math.floor((self._n_cut + 1) * self._n_times * self._down / self._up + 1e-6)

    def _cut(self) -> Tensor:
        """Return the next window of float32, shape (n_chans, n_times)."""
        start, stop = self._n_cut * self._n_times, (self._n_cut + 1) * self._n_times
        # The segment begins at a sample that both rates have.
        earliest = max(0, start * self._down // self._up - self._reach)
        aligned = earliest // self._down * self._down
        end = min(self._last_sample() + self._reach, self._n_dropped + self._buffer.shape[1])
        segment = self._buffer[:, aligned - self._n_dropped : end - self._n_dropped]
        if self._taps is not None:
            half = len(self._taps) // 2
            padded = mirrored(segment, half)
            segment = scipy_signal.oaconvolve(padded, self._taps[None], mode="valid", axes=-1)
        if self._up != self._down:
            segment = scipy_signal.resample_poly(
                segment, self._up, self._down, axis=-1, padtype="reflect"
            )
        first = aligned * self._up // self._down
        window = segment[:, start - first : stop - first]
        missing = self._n_times - window.shape[1]
        if missing:  # rounding at the end of the signal
            window = np.pad(window, ((0, 0), (0, missing)), mode="edge")
        self._n_cut += 1
        self._forget()
        return torch.from_numpy(window.astype(np.float32))

    def _forget(self) -> None:
        """Drop the samples that no later window reaches."""
        earliest = max(0, self._n_cut * self._n_times * self._down // self._up - self._reach)
        aligned = earliest // self._down * self._down
        self._buffer = self._buffer[:, aligned - self._n_dropped :].copy()
        self._n_dropped = aligned
