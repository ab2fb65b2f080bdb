"""Windows that are read when they are asked for."""

from __future__ import annotations

import abc
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.amplitude import MICROVOLTS_PER_VOLT

Batch = npt.NDArray[np.float32]


class Windows(abc.ABC):
    """Base of arrays of windows that do not lie in memory; indexing reads some of them.

    Attributes
    ----------
    shape : tuple of int
        (n_windows, n_chans, n_times).
    """

    shape: tuple[int, int, int]

    @abc.abstractmethod
    def read(self, indices: npt.NDArray[np.int64]) -> Batch:
        """Return the windows at `indices`, in this order, in microvolts."""

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Batch:
        """Return one window, or with a slice, a mask or several indices a batch of them."""
        places = positions(index, len(self))
        batch = self.read(np.atleast_1d(places))
        return batch[0] if places.ndim == 0 else batch


def positions(index: Any, length: int) -> npt.NDArray[np.int64]:
    """Return what an index of any kind chooses among `length` things, counted from the start."""
    given = np.asarray(index) if isinstance(index, (np.ndarray, list)) else None
    if given is not None and given.dtype.kind in "iu" and given.size:
        # Without numbering all windows for each batch.
        low, high = int(given.min()), int(given.max())
        if low < -length or high >= length:
            raise IndexError(f"expected indices below {length}, got {high if low >= 0 else low}")
        return np.where(given < 0, given + length, given).astype(np.int64)
    chosen: npt.NDArray[np.int64] = np.arange(length)[index]
    return chosen


class LazyEpochs(Windows):
    """Epochs that MNE has not loaded.

    Parameters
    ----------
    epochs : mne.Epochs
        Not preloaded.
    picks : array of int
        Channels.
    """

    def __init__(self, epochs: mne.BaseEpochs, picks: npt.NDArray[np.int64]) -> None:
        self.epochs, self.picks = epochs.drop_bad(verbose="ERROR"), picks
        self.shape = (len(self.epochs), len(picks), len(epochs.times))

    def read(self, indices: npt.NDArray[np.int64]) -> Batch:
        """Return the windows at `indices`, in this order, in microvolts."""
        if len(indices) == 0:
            return np.empty((0, *self.shape[1:]), np.float32)
        volts = self.epochs.get_data(picks=self.picks, item=indices, copy=False, verbose="ERROR")
        damaged = np.flatnonzero(~np.isfinite(volts).all(axis=(0, 2)))
        if damaged.size:
            bad = [self.epochs.ch_names[self.picks[channel]] for channel in damaged]
            raise ValueError(f"expected finite numbers, got NaN or infinity in channels {bad}")
        batch: Batch = (volts * MICROVOLTS_PER_VOLT).astype(np.float32)
        return batch


class SelectedWindows(Windows):
    """Some windows of others.

    Parameters
    ----------
    windows : Windows
        Where they are.
    indices : array of int
        Which they are.
    """

    def __init__(self, windows: Windows, indices: npt.NDArray[np.int64]) -> None:
        self.windows, self.indices = windows, indices
        self.shape = (len(indices), *windows.shape[1:])

    def read(self, indices: npt.NDArray[np.int64]) -> Batch:
        """Return the windows at `indices`, in this order, in microvolts."""
        return self.windows.read(self.indices[indices])


class JoinedWindows(Windows):
    """Windows of several sources, one after another.

    Parameters
    ----------
    parts : sequence of Windows | array
        Of the same channels and samples.
    """

    def __init__(self, parts: Sequence[Windows | Batch]) -> None:
        self.parts = list(parts)
        self.starts = np.array([0, *itertools.accumulate(map(len, self.parts), operator.add)])
        self.shape = (int(self.starts[-1]), *parts[0].shape[1:])

    def read(self, indices: npt.NDArray[np.int64]) -> Batch:
        """Return the windows at `indices`, in this order, in microvolts."""
        batch = np.empty((len(indices), *self.shape[1:]), np.float32)
        owners = np.searchsorted(self.starts, indices, side="right") - 1
        for owner in np.unique(owners):
            mine = owners == owner
            batch[mine] = self.parts[owner][indices[mine] - self.starts[owner]]
        return batch


class MappedWindows(Windows):
    """Windows that a function changes when they are read.

    Parameters
    ----------
    windows : Windows
        Where they are.
    function : callable
        From windows (n, n_chans, n_times) to as many, each on its own.
    shape : tuple of int
        (n_chans, n_times) of what it returns.
    """

    def __init__(
        self, windows: Windows, function: Callable[[Batch], Batch], shape: tuple[int, int]
    ) -> None:
        self.windows, self.function = windows, function
        self.shape = (len(windows), *shape)

    def read(self, indices: npt.NDArray[np.int64]) -> Batch:
        """Return the windows at `indices`, in this order, in microvolts."""
        return self.function(self.windows.read(indices))


def join(parts: Sequence[Windows | Batch]) -> Windows | Batch:
    """Return windows of several sources as one: in memory if all of them are."""
    if any(isinstance(part, Windows) for part in parts):
        return JoinedWindows(parts)
    return np.concatenate(parts)  # type: ignore[arg-type]
