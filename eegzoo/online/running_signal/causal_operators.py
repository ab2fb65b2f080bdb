"""Operators on a running signal that keep what they need of the past.

A signal is a sequence of blocks of shape (n_chans, n_samples). Samples are counted from the start
of the stream, also across gaps. An operator that looks ahead returns a sample once it has seen
what the sample depends on, so that its results are those of the zero-phase operation offline.
"""

from __future__ import annotations

import abc
import fractions
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

Array = npt.NDArray[np.float64]


class CausalOperator(abc.ABC):
    """Base class of operators on a running signal.

    `ahead` and `behind` are numbers of input samples: of how many after and before it an output
    sample depends.
    """

    ahead: int = 0
    behind: int = 0

    @abc.abstractmethod
    def start(self, index: int, first: Array) -> None:
        """Forget the past: the next sample has this index; before it was `first`, (n_chans, 1)."""

    @abc.abstractmethod
    def process(self, block: Array) -> Array:
        """Return the samples that are known after a block; they follow those of the last call."""

    def first_known(self, index: int) -> int:
        """Return the index of the first output sample after a start at an input sample."""
        return index

    def constant(self, value: Array) -> Array:
        """Return what becomes of a constant signal of shape (n_chans, 1)."""
        return value

    def n_known(self, n_seen: int) -> int:
        """Return the index after the last output sample that `n_seen` input samples determine."""
        return max(n_seen - self.ahead, 0)

    def n_needed(self, n_known: int) -> int:
        """Return the least number of input samples that determine `n_known` output samples."""
        return n_known + self.ahead

    def first_needed(self, index: int) -> int:
        """Return the index of the first input sample on which an output sample depends."""
        return index - self.behind


class ChannelMatrix(CausalOperator):
    """Operator that multiplies each sample by a matrix: picks, references and scales.

    Parameters
    ----------
    matrix : array, shape (n_chans_new, n_chans)
        Matrix.

    Examples
    --------
    >>> ChannelMatrix(np.array([[0.5, -0.5]])).process(np.array([[3.0, 4.0], [1.0, 0.0]]))
    array([[1., 2.]])
    """

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix

    def start(self, index: int, first: Array) -> None:
        """Do nothing: no past is kept."""

    def constant(self, value: Array) -> Array:
        """Return the product of the matrix and a constant signal."""
        return self.matrix @ value

    def process(self, block: Array) -> Array:
        """Return the product of the matrix and a block."""
        return self.matrix @ block


class LinearPhaseFilter(CausalOperator):
    """Symmetric FIR filter, whose output is that of the zero-phase filter, half its length later.

    Parameters
    ----------
    kernel : array, shape (n_taps,)
        Kernel with an odd number of taps.

    Examples
    --------
    >>> smooth = LinearPhaseFilter(np.array([0.25, 0.5, 0.25]))
    >>> smooth.start(0, np.array([[4.0]]))
    >>> smooth.process(np.array([[4.0, 8.0, 8.0]])).round(6)
    array([[5., 7.]])
    """

    def __init__(self, kernel: Array) -> None:
        if len(kernel) % 2 == 0:
            raise ValueError(f"expected a kernel with an odd number of taps, got {len(kernel)}")
        self.kernel = kernel
        self.ahead = self.behind = len(kernel) // 2
        self._past = np.empty((0, 0))

    def start(self, index: int, first: Array) -> None:
        """Forget the past, and continue the signal before its start by its first sample."""
        self._past = np.repeat(first, self.behind, axis=1)

    def constant(self, value: Array) -> Array:
        """Return a constant signal times the filter's gain at 0 Hz."""
        return value * float(self.kernel.sum())

    def process(self, block: Array) -> Array:
        """Return the filtered samples that are known after a block."""
        seen = np.concatenate([self._past, block], axis=1)
        n_taps, n_seen = len(self.kernel), seen.shape[1]
        self._past = seen[:, max(n_seen - n_taps + 1, 0) :]
        if n_seen < n_taps:
            return np.empty((len(block), 0))
        length = fft.next_fast_len(n_seen, real=True)
        spectrum = fft.rfft(seen, length) * fft.rfft(self.kernel, length)
        filtered: Array = fft.irfft(spectrum, length)[:, n_taps - 1 : n_seen]
        return filtered


class ForwardFilter(CausalOperator):
    """Recursive filter that runs forwards and starts in the steady state of the first sample.

    Parameters
    ----------
    sections : array, shape (n_sections, 6)
        Second-order sections.

    Examples
    --------
    >>> lowpass = ForwardFilter(signal.butter(2, 0.2, output="sos"))
    >>> lowpass.start(0, np.array([[3.0]]))
    >>> lowpass.process(np.full((1, 2), 3.0)).round(6)
    array([[3., 3.]])
    """

    # The share of the impulse response's energy that is left after `behind` samples.
    _FORGOTTEN = 1e-10

    def __init__(self, sections: Array) -> None:
        self.sections = sections
        self.behind = _memory(sections, self._FORGOTTEN)
        self._state: Any = None

    def start(self, index: int, first: Array) -> None:
        """Forget the past, and continue the signal before its start by its first sample."""
        self._state = signal.sosfilt_zi(self.sections)[:, None, :] * first[None]

    def constant(self, value: Array) -> Array:
        """Return a constant signal times the filter's gain at 0 Hz."""
        gains = self.sections[:, :3].sum(axis=1) / self.sections[:, 3:].sum(axis=1)
        return value * float(np.prod(gains))

    def process(self, block: Array) -> Array:
        """Return the filtered samples of a block."""
        if block.shape[1] == 0:  # SciPy raises
            return block
        filtered, self._state = signal.sosfilt(self.sections, block, zi=self._state)
        result: Array = filtered
        return result


class Resampler(CausalOperator):
    """Polyphase resampling to any rate, with the filter of `eegzoo.data.resample_raw`.

    Parameters
    ----------
    ratio : Fraction
        New rate divided by the old one.
    kernel : array, shape (2 * half + 1,)
        Low-pass filter at `ratio.numerator` times the old rate.

    Examples
    --------
    >>> halve = Resampler(fractions.Fraction(1, 2), np.array([0.25, 0.5, 0.25]))
    >>> halve.start(0, np.array([[4.0]]))
    >>> halve.process(np.array([[4.0, 8.0, 8.0, 0.0]])).round(6)
    array([[5., 6.]])
    """

    def __init__(self, ratio: fractions.Fraction, kernel: Array) -> None:
        self.up, self.down, self.kernel = ratio.numerator, ratio.denominator, kernel
        self.half = len(kernel) // 2
        reach = math.ceil(self.half / self.up)
        self.ahead = self.behind = reach
        # Row p: weights of the inputs around an output that lies p / up after an input.
        steps = np.arange(-reach, reach + 1) * self.up
        taps = self.half + np.arange(self.up)[:, None] - steps[None]
        inside = (taps >= 0) & (taps < len(kernel))
        self._weights = np.where(inside, kernel[np.clip(taps, 0, len(kernel) - 1)], 0.0)
        self._past, self._first, self._n_seen, self._n_known = np.empty((0, 0)), 0, 0, 0

    def start(self, index: int, first: Array) -> None:
        """Forget the past, and continue the signal before its start by its first sample."""
        self._past = np.repeat(first, self.behind + 1, axis=1)
        self._first, self._n_seen = index - self.behind - 1, index
        self._n_known = self.first_known(index)

    def first_known(self, index: int) -> int:
        """Return the index of the first output sample after a start at an input sample."""
        return -(-index * self.up // self.down)

    def n_known(self, n_seen: int) -> int:
        """Return the index after the last output sample that `n_seen` input samples determine."""
        return max((n_seen - 1 - self.ahead + 1) * self.up - 1, -1) // self.down + 1

    def n_needed(self, n_known: int) -> int:
        """Return the least number of input samples that determine `n_known` output samples."""
        if n_known <= 0:
            return 0
        return (n_known - 1) * self.down // self.up + self.ahead + 1

    def first_needed(self, index: int) -> int:
        """Return the index of the first input sample on which an output sample depends."""
        return index * self.down // self.up - self.behind

    def process(self, block: Array) -> Array:
        """Return the resampled samples that are known after a block."""
        seen = np.concatenate([self._past, block], axis=1)
        self._n_seen += block.shape[1]
        stop = max(self.n_known(self._n_seen), self._n_known)
        new = np.arange(self._n_known, stop)
        self._n_known = stop
        places = new * self.down
        centres = places // self.up - self._first
        if len(new):
            around = centres[:, None] + np.arange(-self.behind, self.ahead + 1)
            resampled: Array = np.einsum(
                "ctk,tk->ct", seen[:, around], self._weights[places % self.up]
            )
        else:
            resampled = np.empty((len(block), 0))
        keep = stop * self.down // self.up - self.behind - self._first
        keep = int(np.clip(keep, 0, seen.shape[1]))
        self._past, self._first = seen[:, keep:], self._first + keep
        return resampled


def _memory(sections: Array, left: float) -> int:
    """Return after how many samples a recursive filter has forgotten all but `left`."""
    slowest = max(
        (float(np.abs(np.roots(section[3:])).max(initial=0.0)) for section in sections), default=0.0
    )
    n_samples = 64
    if 0 < slowest < 1:
        n_samples = min(max(math.ceil(math.log(left) / math.log(slowest)), 64), 10_000_000)
    impulse = np.zeros(2 * n_samples)
    impulse[0] = 1.0
    energy = np.cumsum(signal.sosfilt(sections, impulse)[::-1] ** 2)[::-1]
    return int(np.flatnonzero(energy >= left * energy[0])[-1]) + 1
