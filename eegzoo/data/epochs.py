"""From MNE's epochs to windows that a network takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import mne
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset
from torch.utils.data._utils.collate import default_collate_fn_map

from eegzoo.data.signal import SignalInfo

MICROVOLTS_PER_VOLT = 1e6


class _Batch(NamedTuple):
    """A batch that is whole already. Its type tells torch's collate to leave it alone."""

    windows: Tensor
    labels: Tensor


def _as_is(batches: Sequence[_Batch], **_: Any) -> list[Tensor]:
    return [batches[0].windows, batches[0].labels]


# The extension that torch documents for default_collate.
default_collate_fn_map[_Batch] = _as_is


class EpochsDataset(Dataset[tuple[Tensor, Tensor]]):
    """Windows in microvolts with their labels, and what the numbers mean.

    A `torch.utils.data.DataLoader` fetches a batch by one indexing operation; nothing is done
    window by window.

    Parameters
    ----------
    X : array of float, shape (n_windows, n_chans, n_times)
        Windows in microvolts.
    y : array of int, shape (n_windows,)
        Place of each window's label in `classes`.
    classes : sequence of str
        Names of the labels.
    info : SignalInfo
        Channels, sampling rate and window.
    groups : array, shape (n_windows,) | None
        Subject, session or recording of each window, for splits by group. None: all in one.

    Attributes
    ----------
    X, y, groups : arrays
        As given, float32 and int64.
    labels : array of str, shape (n_windows,)
        Name of each window's label.

    See Also
    --------
    from_epochs : From MNE, where the unit is converted.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=8, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0.0, tmax=3.0, baseline=None, preload=True, verbose=False)
    >>> dataset = EpochsDataset.from_epochs(epochs)
    >>> dataset.X.shape, dataset.X.dtype, dataset.classes
    ((8, 22, 385), dtype('float32'), ('left_hand', 'right_hand'))
    >>> windows, labels = next(iter(torch.utils.data.DataLoader(dataset, batch_size=4)))
    >>> windows.shape, labels.shape
    (torch.Size([4, 22, 385]), torch.Size([4]))
    """

    def __init__(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        classes: Sequence[str],
        info: SignalInfo,
        groups: npt.ArrayLike | None = None,
    ) -> None:
        self.X = np.ascontiguousarray(X, dtype=np.float32)
        self.y = np.asarray(y, dtype=np.int64)
        self.classes = tuple(str(name) for name in classes)
        self.info = info
        self.groups = np.zeros(len(self.y), int) if groups is None else np.asarray(groups)
        expected = (len(self.y), len(info.ch_names), info.n_times)
        if self.X.shape != expected:
            raise ValueError(f"expected X of shape {expected}, got {self.X.shape}")
        if self.groups.shape != self.y.shape:
            raise ValueError(f"expected {len(self.y)} groups, got shape {self.groups.shape}")
        if not np.isin(y, range(len(self.classes))).all():
            raise ValueError(
                f"expected y of integers from 0 to {len(self.classes) - 1}, got {np.unique(y)}"
            )
        _check_finite(self.X, info)

    @classmethod
    def from_epochs(cls, epochs: mne.BaseEpochs, groups: npt.ArrayLike | None = None) -> Self:
        """Take the EEG channels of MNE's epochs, converted from volts to microvolts.

        Parameters
        ----------
        epochs : mne.Epochs
            Epochs; the labels are the names in their ``event_id``.
        groups : array, shape (n_epochs,) | None
            Subject, session or recording of each epoch.

        Returns
        -------
        EpochsDataset
            One window for each epoch.

        Raises
        ------
        ValueError
            If there is no EEG channel or no epoch, if a channel holds NaN or infinity, or if
            ``event_id`` does not name each code once.
        """
        picks = mne.pick_types(epochs.info, meg=False, eeg=True, exclude=())
        if len(picks) == 0:
            types = sorted(set(epochs.get_channel_types()))
            raise ValueError(f"expected EEG channels, got channels of type {types}")
        X = epochs.get_data(picks=picks, copy=False, verbose="ERROR") * MICROVOLTS_PER_VOLT
        if len(X) == 0:
            raise ValueError(f"expected at least one epoch, got none of {list(epochs.event_id)}")
        ch_names = [epochs.ch_names[pick] for pick in picks]
        info = SignalInfo(ch_names, float(epochs.info["sfreq"]), X.shape[2], float(epochs.tmin))
        places = {code: place for place, code in enumerate(epochs.event_id.values())}
        codes = epochs.events[:, 2].tolist()
        if len(places) < len(epochs.event_id) or not places.keys() >= set(codes):
            raise ValueError(
                f"expected one name for each code of the events, got {epochs.event_id} for the "
                f"codes {sorted(set(codes))}"
            )
        y = [places[code] for code in codes]
        return cls(X, y, tuple(epochs.event_id), info, groups)

    @classmethod
    def concatenate(cls, datasets: Sequence[Self]) -> Self:
        """Join data sets of the same signal; labels are joined by name.

        Raises
        ------
        ValueError
            If there is none, or if they differ in channels, sampling rate or window.
        """
        if not datasets:
            raise ValueError("expected at least one data set, got none")
        first = datasets[0].info
        for dataset in datasets[1:]:
            first.check_window(dataset.info)
            dataset.info.order_of(first.ch_names)  # none has channels that the first has not
        windows = [dataset.X[:, first.order_of(dataset.info.ch_names)] for dataset in datasets]
        classes = sorted({str(name) for dataset in datasets for name in dataset.labels})
        y = [classes.index(name) for dataset in datasets for name in dataset.labels]
        groups = np.concatenate([dataset.groups for dataset in datasets])
        return cls(np.concatenate(windows), y, classes, first, groups)

    def subset(self, indices: npt.ArrayLike) -> Self:
        """Return a data set of some of the windows."""
        chosen = np.asarray(indices)
        groups = self.groups[chosen]
        return type(self)(self.X[chosen], self.y[chosen], self.classes, self.info, groups)

    @property
    def labels(self) -> npt.NDArray[np.str_]:
        """Name of each window's label."""
        return np.asarray(self.classes, dtype=str)[self.y]

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: Any) -> tuple[Tensor, Tensor]:
        """Return a window and its label, or with several indices a batch of both."""
        return torch.as_tensor(self.X[index]), torch.as_tensor(self.y[index])

    def __getitems__(self, indices: Sequence[int]) -> list[_Batch]:
        """Return one whole batch, in the list that torch's fetcher hands to collate."""
        return [_Batch(*self[np.asarray(indices)])]

    def __repr__(self) -> str:
        n_windows, n_chans, n_times = self.X.shape
        return (
            f"EpochsDataset({n_windows} windows, {n_chans} channels, {n_times} samples at "
            f"{self.info.sfreq:g} Hz, classes {list(self.classes)})"
        )


def _check_finite(X: npt.NDArray[np.float32], info: SignalInfo) -> None:
    damaged = np.flatnonzero(~np.isfinite(X).all(axis=(0, 2)))
    if damaged.size:
        bad = [info.ch_names[int(channel)] for channel in damaged]
        raise ValueError(f"expected finite numbers, got NaN or infinity in channels {bad}")
