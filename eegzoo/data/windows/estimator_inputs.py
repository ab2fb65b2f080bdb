"""What estimators take as X."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.lazy_windows import MappedWindows, SelectedWindows, Windows

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Windows in microvolts, in memory or read when they are needed, and what is known of them.

    Parameters
    ----------
    X : array or Windows, shape (n, n_chans, n_times) or (n, n_windows, n_chans, n_times)
        Windows, or sequences of windows.
    labels : array, shape (n,) | None
        Of epochs.
    info : SignalInfo | None
        Of epochs.
    metadata : mapping of str to array, shape (n,)
        What else is known of the windows of a data set.
    """

    X: Array | Windows
    labels: Array | None = None
    info: SignalInfo | None = None
    metadata: Mapping[str, Array] = dataclasses.field(default_factory=dict)

    @property
    def is_sequences(self) -> bool:
        """Whether each row is a sequence of windows."""
        return len(self.X.shape) == 4

    @property
    def window_shape(self) -> tuple[int, int]:
        """(n_chans, n_times)."""
        n_chans, n_times = self.X.shape[-2:]
        return n_chans, n_times

    def subset(self, chosen: npt.NDArray[np.int64]) -> Inputs:
        """Return some of the rows."""
        X: Any = SelectedWindows(self.X, chosen) if isinstance(self.X, Windows) else self.X[chosen]
        labels = None if self.labels is None else self.labels[chosen]
        metadata = {name: known[chosen] for name, known in self.metadata.items()}
        return Inputs(X, labels, self.info, metadata)

    def windows(self, mask: npt.NDArray[np.bool_] | None = None) -> Array | Windows:
        """Return the windows of all sequences, or those that count, one after another."""
        if not self.is_sequences:
            return self.X
        X = np.asarray(self.X)
        return X.reshape(-1, *self.window_shape) if mask is None else X[mask]

    def mapped(self, function: Callable[[Array], Array]) -> Array | Windows:
        """Return the windows after a function: now where they are in memory, else when read."""
        if isinstance(self.X, Windows):
            return MappedWindows(self.X, function, self.window_shape)
        return function(np.asarray(self.windows())).reshape(self.X.shape)


def as_inputs(X: Any, signal: SignalInfo | None = None) -> Inputs:
    """Return what holds windows as windows.

    Parameters
    ----------
    X : mne.Epochs | EpochsDataset | array, shape (n_windows, n_chans, n_times)
        Windows; arrays in microvolts. Sequences of windows have one axis more in front. A list of
        mne.Epochs is their windows together.
    signal : SignalInfo | None
        What the windows shall be; their channels are put in its order by name. Arrays are taken
        to be that already.

    Raises
    ------
    ValueError
        If they are no windows, are not finite, or cannot be the signal's.
    """
    if isinstance(X, mne.BaseEpochs):
        X = EpochsDataset.from_epochs(X, check_signal="ignore")  # the estimator looks at it
    elif isinstance(X, list) and X and isinstance(X[0], mne.BaseEpochs):
        # What scikit-learn makes of some windows of an mne.Epochs.
        parts = [EpochsDataset.from_epochs(epochs, check_signal="ignore") for epochs in X]
        X = EpochsDataset.concatenate(parts)
    if isinstance(X, EpochsDataset):
        dataset = X if signal is None else X.aligned_to(signal)
        return Inputs(dataset.X, dataset.labels, dataset.info, dataset.metadata)
    windows = np.asarray(X)
    if windows.dtype.kind not in "fiu" or windows.ndim not in (3, 4):
        raise ValueError(
            "expected X to be mne.Epochs, an EpochsDataset or numbers of shape "
            "(n_windows, n_chans, n_times) or (n_sequences, n_windows, n_chans, n_times), "
            f"got {windows.dtype} of shape {windows.shape}"
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinity, and raises
        windows = windows.astype(np.float32, copy=False)
    if not np.isfinite(windows).all():
        raise ValueError("expected finite numbers in X, got NaN or infinity")
    return Inputs(windows)
