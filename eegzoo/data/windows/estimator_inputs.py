"""Conversion of X, as estimators and weights accept it, to windows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from torch.utils.data import Dataset, Subset, TensorDataset

from eegzoo.data.signal.amplitude import check_amplitude
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.lazy_windows import Windows, map_windows, select_windows
from eegzoo.data.windows.torch_datasets import DatasetWindows, dataset_of

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Windows, or sequences of windows, with their labels, signal and metadata.

    Parameters
    ----------
    X : array or Windows, shape (n, n_chans, n_times) or (n, n_windows, n_chans, n_times)
        Windows, or sequences of windows, in microvolts. `Windows` are read when they are needed.
    labels : array, shape (n,) | None
        Label of each window, or None for arrays.
    info : SignalInfo | None
        Signal of the windows, or None for arrays.
    metadata : mapping of str to array, shape (n,)
        Metadata columns of the data set; empty for arrays.
    """

    X: Array | Windows
    labels: Array | None = None
    info: SignalInfo | None = None
    metadata: Mapping[str, Array] = dataclasses.field(default_factory=dict)

    @property
    def is_sequences(self) -> bool:
        """Whether the rows are sequences of windows."""
        return len(self.X.shape) == 4

    @property
    def window_shape(self) -> tuple[int, int]:
        """Shape (n_chans, n_times) of a window."""
        n_chans, n_times = self.X.shape[-2:]
        return n_chans, n_times

    def subset(self, indices: npt.NDArray[np.int64]) -> Inputs:
        """Return the rows at `indices`."""
        labels = None if self.labels is None else self.labels[indices]
        metadata = {name: known[indices] for name, known in self.metadata.items()}
        return Inputs(select_windows(self.X, indices), labels, self.info, metadata)

    def windows(self, mask: npt.NDArray[np.bool_] | None = None) -> Array | Windows:
        """Return the windows of all sequences one after another.

        Parameters
        ----------
        mask : array of bool, shape (n, n_windows) | None
            Windows of sequences to return. None: all.
        """
        if not self.is_sequences:
            return self.X
        X = np.asarray(self.X)
        return X.reshape(-1, *self.window_shape) if mask is None else X[mask]

    def check_amplitude(
        self, mask: npt.NDArray[np.bool_] | None, trained: float | None, how: str
    ) -> float | None:
        """Check the amplitudes of windows, with `check_amplitude`, unless they are not in volts.

        Parameters
        ----------
        mask : array of bool, shape (n, n_windows) | None
            Windows of sequences to check. None: all.
        trained, how
            As in `check_amplitude`.

        Returns
        -------
        float | None
            Robust amplitude, as `check_amplitude` returns it.
        """
        known = {} if self.info is None else {"ch_names": self.info.ch_names}
        sfreq = None if self.info is None else self.info.sfreq
        if self.info is not None and self.info.unit not in ("uV", "normalized"):
            how = "ignore"
        return check_amplitude(self.windows(mask), trained, how, sfreq=sfreq, **known)

    def mapped(self, function: Callable[[Array], Array]) -> Array | Windows:
        """Return `X` with a function applied that keeps the shape (n, n_chans, n_times) of windows.

        The function is applied to arrays at once, and to `Windows` when they are read.
        """
        X: Array | Windows = map_windows(self.windows(), function, self.window_shape)
        return X if isinstance(X, Windows) else X.reshape(self.X.shape)


def as_inputs(X: Any, signal: SignalInfo | None = None, check_signal: str = "raise") -> Inputs:
    """Convert epochs, a data set or an array to windows in microvolts.

    Parameters
    ----------
    X : mne.Epochs | list of mne.Epochs | Dataset | DataLoader | array
        Windows. Arrays are in microvolts, of shape (n_windows, n_chans, n_times) or, for sequences
        of windows, (n_sequences, n_windows, n_chans, n_times). A list of epochs is concatenated.
        Of a data set of torch, windows are read when they are needed, and sequences at once.
    signal : SignalInfo | None
        Signal to match. Channels of epochs and data sets are matched by name and put in its order;
        arrays are not changed.

    check_signal : {"raise", "warn", "ignore"}
        Reaction to another band, reference or baseline than that of `signal`.

    Returns
    -------
    Inputs
        Windows with their labels, signal and metadata; arrays have none of these.

    Raises
    ------
    ValueError
        If `X` has another type or shape, contains NaN or infinity, or does not match `signal`.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=8, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0.0, tmax=3.0, baseline=None, preload=True, verbose=False)
    >>> inputs = as_inputs(epochs)
    >>> inputs.X.shape, sorted(set(inputs.labels.tolist()))
    ((8, 22, 385), ['left_hand', 'right_hand'])

    Channels are put in the order of another signal:

    >>> signal = eegzoo.data.SignalInfo(["C4", "C3"], sfreq=128.0, n_times=385)
    >>> as_inputs(epochs.copy().pick(["C3", "C4"]), signal).info.ch_names
    ('C4', 'C3')

    Arrays have no channel names or labels:

    >>> as_inputs(inputs.X).info is None
    True
    """
    if isinstance(X, mne.io.BaseRaw):
        raise ValueError(
            "expected X to be windows, got a continuous recording: cut it into epochs first, by "
            "Preprocessing.epochs(raw) at its events or Preprocessing.windows(raw) along it; "
            "predict_recording(raw) of an estimator predicts from windows along it"
        )
    X = dataset_of(X)
    if isinstance(X, Subset) and isinstance(X.dataset, EpochsDataset):
        X = X.dataset.subset(np.asarray(X.indices))
    types = ("eeg",) if signal is None else tuple(dict.fromkeys(signal.types))
    if isinstance(X, mne.BaseEpochs):
        # The estimator checks amplitudes.
        X = EpochsDataset.from_epochs(X, check_signal="ignore", types=types)
    elif isinstance(X, list) and X and isinstance(X[0], mne.BaseEpochs):
        # scikit-learn selects from mne.Epochs into a list of epochs.
        parts = [EpochsDataset.from_epochs(epochs, "ignore", types=types) for epochs in X]
        X = EpochsDataset.concatenate(parts)
    if isinstance(X, EpochsDataset):
        dataset = X if signal is None else X.aligned_to(signal)
        if signal is not None:
            signal.check_processing(X.info, check_signal)
        return Inputs(dataset.X, dataset.labels, dataset.info, dataset.metadata)
    labels = None
    if isinstance(X, TensorDataset):
        labels = X.tensors[1].numpy() if len(X.tensors) > 1 else None
        X = X.tensors[0].numpy()
    elif isinstance(X, Dataset):
        read = DatasetWindows(X)
        if len(read.shape) == 3:
            return Inputs(read)
        X, labels = read[:], read.read_targets()
    windows = np.asarray(X)
    if windows.dtype.kind not in "fiu" or windows.ndim not in (3, 4):
        raise ValueError(
            "expected X to be mne.Epochs, an EpochsDataset or numbers of shape "
            "(n_windows, n_chans, n_times) or (n_sequences, n_windows, n_chans, n_times), "
            f"got {windows.dtype} of shape {windows.shape}"
        )
    with np.errstate(over="ignore"):  # what exceeds float32 becomes infinity, which raises below
        windows = windows.astype(np.float32, copy=False)
    if not windows.flags.writeable or min(windows.strides, default=0) < 0:
        windows = windows.copy()  # torch takes neither
    if not np.isfinite(windows).all():
        raise ValueError("expected finite numbers in X, got NaN or infinity")
    return Inputs(windows, labels)
