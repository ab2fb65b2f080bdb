"""Arrays of windows that are read when they are indexed."""

from __future__ import annotations

import abc
import hashlib
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.amplitude import MICROVOLTS_PER_VOLT

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


class Windows(abc.ABC):
    """Base class for arrays of windows that are read on indexing instead of held in memory.

    Attributes
    ----------
    shape : tuple of int
        (n_windows, n_chans, n_times).
    reads_ahead : bool
        Whether a thread may read the next windows while others are used, as is worth while.
    """

    shape: tuple[int, int, int]
    reads_ahead: bool = False

    @abc.abstractmethod
    def read(self, indices: Indices) -> Array:
        """Return the windows at `indices`, in that order, in microvolts."""

    def locations(self) -> tuple[Indices, Indices]:
        """Return the number of each window's file, and the window's place in it.

        Neighbours in a file are read together. Windows without files are of one.
        """
        return np.zeros(len(self), np.int64), np.arange(len(self))

    def identity(self) -> str | None:
        """Return a hash of all that the windows depend on; None if they must be read to know."""
        return None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Array:
        """Return one window, or a batch of windows for a slice, a mask or several indices."""
        chosen = positions(index, len(self))
        batch = self.read(np.atleast_1d(chosen))
        return batch[0] if chosen.ndim == 0 else batch


class LazyEpochs(Windows):
    """Windows of MNE epochs that are not preloaded.

    Parameters
    ----------
    epochs : mne.Epochs
        Epochs without preloaded data. Bad epochs are dropped in place.
    picks : array of int
        Indices of the channels to read.
    factor : float
        Factor from MNE's unit to that of the windows.
    """

    def __init__(
        self, epochs: mne.BaseEpochs, picks: Indices, factor: float = MICROVOLTS_PER_VOLT
    ) -> None:
        self.factor = factor
        self.epochs, self.picks = epochs.drop_bad(verbose="ERROR"), picks
        self.shape = (len(self.epochs), len(picks), len(epochs.times))

    def read(self, indices: Indices) -> Array:
        """Return the windows at `indices`, in that order, in microvolts."""
        if len(indices) == 0:
            return np.empty((0, *self.shape[1:]), np.float32)
        volts = self.epochs.get_data(picks=self.picks, item=indices, copy=False, verbose="ERROR")
        check_finite(volts, [self.epochs.ch_names[pick] for pick in self.picks])
        batch: Array = (volts * self.factor).astype(np.float32)
        return batch


class SelectedWindows(Windows):
    """Selection from other windows.

    Parameters
    ----------
    windows : Windows
        Windows to select from.
    indices : array of int
        Indices of the selected windows.
    """

    def __init__(self, windows: Windows, indices: Indices) -> None:
        self.windows, self.indices = windows, indices
        self.shape = (len(indices), *windows.shape[1:])
        self.reads_ahead = windows.reads_ahead

    def read(self, indices: Indices) -> Array:
        """Return the windows at `indices`, in that order, in microvolts."""
        return self.windows.read(self.indices[indices])

    def locations(self) -> tuple[Indices, Indices]:
        """Return the number of each window's file, and the window's place in it."""
        files, places = self.windows.locations()
        return files[self.indices], places[self.indices]

    def identity(self) -> str | None:
        """Return a hash of the windows and of which are selected."""
        return _hash_of(self.windows.identity(), self.indices.astype("<i8").tobytes())


class JoinedWindows(Windows):
    """Windows of several sources, one after another.

    Parameters
    ----------
    parts : sequence of Windows | array
        Sources with the same channels and samples.
    """

    def __init__(self, parts: Sequence[Windows | Array]) -> None:
        self.parts = list(parts)
        self.starts = np.array([0, *itertools.accumulate(map(len, self.parts))])
        self.shape = (int(self.starts[-1]), *parts[0].shape[1:])
        self.reads_ahead = all(part.reads_ahead for part in parts if isinstance(part, Windows))

    def read(self, indices: Indices) -> Array:
        """Return the windows at `indices`, in that order, in microvolts."""
        batch = np.empty((len(indices), *self.shape[1:]), np.float32)
        owners = np.searchsorted(self.starts, indices, side="right") - 1
        for owner in np.unique(owners):
            mine = owners == owner
            batch[mine] = self.parts[owner][indices[mine] - self.starts[owner]]
        return batch

    def locations(self) -> tuple[Indices, Indices]:
        """Return the number of each window's file, and the window's place in it."""
        found, n_files = [], 0
        for part in self.parts:
            if isinstance(part, Windows):
                files, places = part.locations()
            else:
                files, places = np.zeros(len(part), np.int64), np.arange(len(part))
            found.append((files + n_files, places))
            n_files += int(files.max(initial=-1)) + 1
        files, places = map(np.concatenate, zip(*found, strict=True))
        return files, places

    def identity(self) -> str | None:
        """Return a hash of all parts; None if one is an array."""
        parts = [part.identity() if isinstance(part, Windows) else None for part in self.parts]
        return _hash_of(*parts)


class MappedWindows(Windows):
    """Windows to which a function is applied when they are read.

    Parameters
    ----------
    windows : Windows
        Windows before the function.
    function : callable
        Function from windows (n, n_chans, n_times) to n windows. Each result must depend on its
        own window alone.
    shape : tuple of int
        (n_chans, n_times) of the results.
    """

    def __init__(
        self, windows: Windows, function: Callable[[Array], Array], shape: tuple[int, int]
    ) -> None:
        self.windows, self.function = windows, function
        self.shape = (len(windows), *shape)
        self.reads_ahead = windows.reads_ahead

    def read(self, indices: Indices) -> Array:
        """Return the windows at `indices`, in that order, after the function."""
        return self.function(self.windows.read(indices))

    def locations(self) -> tuple[Indices, Indices]:
        """Return the number of each window's file, and the window's place in it."""
        return self.windows.locations()

    def identity(self) -> str | None:
        """Return a hash of the windows and of the function, if it has, or is of, a ``to_dict``."""
        owner: Any = getattr(self.function, "__self__", self.function)
        if not hasattr(owner, "to_dict"):
            return None
        name = getattr(self.function, "__name__", "__call__")
        described = f"{type(owner).__qualname__} {name} {owner.to_dict()}"
        return _hash_of(self.windows.identity(), described)


def _hash_of(*parts: str | bytes | None) -> str | None:
    """Return a hash of several parts; None if one of them is not known."""
    digest = hashlib.sha256()
    for part in parts:
        if part is None:
            return None
        content = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(content)} ".encode() + content)
    return digest.hexdigest()


def positions(index: Any, length: int) -> Indices:
    """Return the non-negative positions that an index of any kind selects from `length` items.

    Raises
    ------
    IndexError
        If a position is out of range.

    Examples
    --------
    >>> positions([-1, 2], 10), positions(slice(0, 6, 2), 10)
    (array([9, 2]), array([0, 2, 4]))
    """
    given = np.asarray(index) if isinstance(index, (np.ndarray, list)) else None
    if given is not None and given.dtype.kind in "iu" and given.size:
        # The common case, without numbering all windows for every batch.
        low, high = int(given.min()), int(given.max())
        if low < -length or high >= length:
            outside = low if low < -length else high
            raise IndexError(f"expected indices of {length} items, got {outside}")
        return np.where(given < 0, given + length, given).astype(np.int64)
    chosen: Indices = np.arange(length)[index]
    return chosen


def check_finite(X: npt.NDArray[Any], ch_names: Sequence[str]) -> None:
    """Raise an error if windows (n_windows, n_chans, n_times) contain NaN or infinity.

    Raises
    ------
    ValueError
        If there are any; the message names their channels.
    """
    damaged = np.flatnonzero(~np.isfinite(X).all(axis=(0, 2)))
    if damaged.size:
        bad = [ch_names[int(channel)] for channel in damaged]
        raise ValueError(f"expected finite numbers, got NaN or infinity in channels {bad}")


def select_windows(X: Any, indices: Indices) -> Any:
    """Select windows: from an array at once, from `Windows` when they are read."""
    return SelectedWindows(X, indices) if isinstance(X, Windows) else X[indices]


def map_windows(X: Any, function: Callable[[Any], Any], shape: tuple[int, int]) -> Any:
    """Apply a function to windows: to an array at once, to `Windows` when they are read.

    Parameters
    ----------
    X : array or Windows, shape (n, n_chans, n_times)
        Windows.
    function, shape
        As in `MappedWindows`.
    """
    return MappedWindows(X, function, shape) if isinstance(X, Windows) else function(X)


def join_windows(parts: Sequence[Windows | Array]) -> Windows | Array:
    """Join windows of several sources: into an array if all are arrays, else into `Windows`."""
    if any(isinstance(part, Windows) for part in parts):
        return JoinedWindows(parts)
    return np.concatenate(parts)  # type: ignore[arg-type]
