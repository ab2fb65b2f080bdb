"""Statistics of a recording's channels, computed block by block in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.amplitude import MICROVOLTS_PER_VOLT

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CLIPPED_RUN = 3  # length in samples of the shortest run at an extreme value
_BLOCK_BYTES = 4e6
_FLAT = 1e-9  # largest peak-to-peak amplitude of a flat second


class RunningStatistics:
    """Statistics of channels, updated with blocks of whole seconds.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    second : int
        Number of samples in a second.

    Attributes
    ----------
    finite : array of bool, shape (n_chans,)
        Whether all samples that count are finite.

    Examples
    --------
    >>> statistics = RunningStatistics(n_chans=2, second=4)
    >>> for block in np.split(np.array([[0.0] * 8, [1, 3, 3, 3, 3, 2, 1, 2]]), 2, axis=1):
    ...     statistics.update(block)
    >>> statistics.flat_share.tolist(), statistics.clipped_share.tolist()
    ([1.0, 0.0], [1.0, 0.5])
    """

    def __init__(self, n_chans: int, second: int) -> None:
        self.second = second
        self.finite = np.ones(n_chans, bool)
        self._n_times = self._n_seconds = 0
        self._n_flat = np.zeros(n_chans)
        self._offset: Array | None = None
        self._sum, self._products = np.zeros(n_chans), np.zeros((n_chans, n_chans))
        self._runs = _RunsAtMaximum(n_chans), _RunsAtMaximum(n_chans)

    def update(self, data: Array, ignored: Mask | None = None) -> None:
        """Update the statistics with the next samples, shape (n_chans, n_times).

        Samples of the mask `ignored`, shape (n_times,), may be NaN or infinite.
        """
        finite = np.isfinite(data)
        counted = finite if ignored is None else finite | ignored
        self.finite &= counted.all(axis=1)
        if self._offset is None:
            sizes = np.maximum(finite.sum(axis=1), 1)
            self._offset = np.where(finite, data, 0.0).sum(axis=1) / sizes
        data = np.where(finite, data, self._offset[:, None])
        n_times = data.shape[1]
        n_seconds = n_times // self.second
        seconds = data[:, : n_seconds * self.second].reshape(len(data), n_seconds, self.second)
        if n_seconds:
            self._n_flat += (np.ptp(seconds, axis=2) <= _FLAT).sum(axis=1)
        self._n_seconds += n_seconds
        self._n_times += n_times
        for runs, values in zip(self._runs, (data, -data), strict=True):
            runs.update(values)
        centred = data - self._offset[:, None]
        self._sum += centred.sum(axis=1)
        self._products += centred @ centred.T

    @property
    def flat_share(self) -> Array:
        """Share of flat seconds in each channel."""
        return self._n_flat / max(self._n_seconds, 1)

    @property
    def clipped_share(self) -> Array:
        """Share of each channel's samples in runs at its largest or smallest value."""
        n_clipped: Array = sum((runs.n_samples for runs in self._runs), np.zeros(len(self.finite)))
        # A constant channel is at both of its extremes.
        return np.minimum(n_clipped / max(self._n_times, 1), 1.0)

    @property
    def correlation(self) -> Array:
        """Correlation of each two channels; 0 for constant ones."""
        n_times = max(self._n_times, 1)
        covariance = self._products / n_times - np.outer(self._sum, self._sum) / n_times**2
        scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        norm = np.outer(scale, scale)
        correlation: Array = np.divide(
            covariance, norm, out=np.zeros_like(covariance), where=norm > 0
        )
        return correlation


class _RunsAtMaximum:
    """Number of samples in runs at the largest value so far, for each channel."""

    def __init__(self, n_chans: int) -> None:
        self.n_samples = np.zeros(n_chans)
        self._largest = np.full(n_chans, -np.inf)
        self._tail = np.zeros((n_chans, CLIPPED_RUN), bool)  # whether the last ones are at it

    def update(self, data: Array) -> None:
        largest = data.max(axis=1)
        is_new = largest > self._largest
        self.n_samples[is_new] = 0
        self._tail[is_new] = False
        self._largest = np.maximum(self._largest, largest)
        at = np.concatenate([self._tail, data == self._largest[:, None]], axis=1)
        # Windows of three samples at the maximum: the first of a run counts three samples, each
        # further one counts one.
        full = at[:, :-2] & at[:, 1:-1] & at[:, 2:]
        starts = full[:, 1:] & ~full[:, :-1]
        self.n_samples += full[:, 1:].sum(axis=1) + (CLIPPED_RUN - 1) * starts.sum(axis=1)
        self._tail = at[:, -CLIPPED_RUN:]


def blocks(raw: mne.io.BaseRaw, names: Sequence[str]) -> Iterator[tuple[int, Array]]:
    """Yield the first sample and the microvolts of successive blocks of whole seconds."""
    second = second_length(raw)
    n_seconds = max(1, int(_BLOCK_BYTES / (8 * max(len(names), 1) * second)))
    for start in range(0, raw.n_times, n_seconds * second):
        stop = min(start + n_seconds * second, raw.n_times)
        yield start, _microvolts(raw, names, start, stop)


def some_segments(
    raw: mne.io.BaseRaw, names: Sequence[str], seconds: float, n_max: int
) -> Iterator[Array]:
    """Yield up to `n_max` evenly spaced segments in microvolts, (n_chans, n_times)."""
    n_times = min(raw.n_times, max(2, round(seconds * raw.info["sfreq"])))
    n_whole = max(1, raw.n_times // n_times)
    chosen = np.unique(np.linspace(0, n_whole - 1, min(n_whole, n_max)).astype(int))
    for place in chosen.tolist():
        yield _microvolts(raw, names, place * n_times, (place + 1) * n_times)


def second_length(raw: mne.io.BaseRaw) -> int:
    """Return the number of samples in a second, or in the recording if that is shorter."""
    return min(int(raw.n_times), max(2, round(float(raw.info["sfreq"]))))


def _microvolts(raw: mne.io.BaseRaw, names: Sequence[str], start: int, stop: int) -> Any:
    data = raw.get_data(picks=list(names), start=start, stop=stop, verbose="ERROR")
    data *= MICROVOLTS_PER_VOLT
    return data
