"""From MNE's epochs to windows that a network takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from eegzoo.arguments import one_of
from eegzoo.data.signal.alignment import align
from eegzoo.data.signal.amplitude import HOW, check_amplitude
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.batch import Batch
from eegzoo.data.windows.from_mne import FromMNE
from eegzoo.data.windows.lazy_windows import (
    MappedWindows,
    SelectedWindows,
    Windows,
    join,
    positions,
)


class EpochsDataset(FromMNE, Dataset[tuple[Tensor, Tensor]]):
    """Windows in microvolts with their labels, and what the numbers mean.

    A `torch.utils.data.DataLoader` fetches a batch by one indexing operation; nothing is done
    window by window. scikit-learn's splitters and cross-validation take it as ``X``.

    Parameters
    ----------
    X : array of float, shape (n_windows, n_chans, n_times) | Windows
        Windows in microvolts; `Windows` are read when they are needed.
    y : array of int, shape (n_windows,)
        Place of each window's label in `classes`.
    classes : sequence of str
        Names of the labels.
    info : SignalInfo
        Channels, sampling rate and window.
    metadata : mapping of str to array, shape (n_windows,) | None
        What else is known of each window: "subject", "session", "recording" for splits by group,
        "onset" in the recording in seconds, "split" ("train" or "test").
    check_signal : {"raise", "warn", "ignore"}
        What to do about amplitudes that cannot be microvolts of EEG.

    Attributes
    ----------
    X, y, metadata : arrays
        As given, float32 and int64.
    labels : array of str, shape (n_windows,)
        Name of each window's label.
    shape : tuple of int
        Of `X`.

    See Also
    --------
    from_epochs : From MNE, where the unit is converted.
    from_recordings : From recordings and a preprocessing.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=8, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0.0, tmax=3.0, baseline=None, preload=True, verbose=False)
    >>> dataset = EpochsDataset.from_epochs(epochs, subject="S1")
    >>> dataset.X.shape, dataset.X.dtype, dataset.classes
    ((8, 22, 385), dtype('float32'), ('left_hand', 'right_hand'))
    >>> windows, labels = next(iter(torch.utils.data.DataLoader(dataset, batch_size=4)))
    >>> windows.shape, labels.shape
    (torch.Size([4, 22, 385]), torch.Size([4]))
    >>> dataset[2:5].groups("subject").tolist()
    ['S1', 'S1', 'S1']
    """

    def __init__(
        self,
        X: npt.ArrayLike | Windows,
        y: npt.ArrayLike,
        classes: Sequence[str],
        info: SignalInfo,
        metadata: Mapping[str, npt.ArrayLike] | None = None,
        check_signal: str = "raise",
    ) -> None:
        self.X = X if isinstance(X, Windows) else np.ascontiguousarray(X, dtype=np.float32)
        self.y = np.asarray(y, dtype=np.int64)
        self.classes = tuple(str(name) for name in classes)
        self.info = info
        self.metadata = {name: np.asarray(known) for name, known in (metadata or {}).items()}
        expected = (len(self.y), len(info.ch_names), info.n_times)
        if self.X.shape != expected:
            raise ValueError(f"expected X of shape {expected}, got {self.X.shape}")
        for name, known in self.metadata.items():
            if known.shape != self.y.shape:
                raise ValueError(
                    f"expected {len(self.y)} values of metadata {name!r}, got shape {known.shape}"
                )
        if not np.isin(y, range(len(self.classes))).all():
            raise ValueError(
                f"expected y of integers from 0 to {len(self.classes) - 1}, got {np.unique(y)}"
            )
        if isinstance(self.X, np.ndarray):
            _check_finite(self.X, info)
        one_of("check_signal", check_signal, HOW)
        if info.unit == "uV" and check_signal != "ignore":
            check_amplitude(self.X, how=check_signal)

    @classmethod
    def concatenate(cls, datasets: Sequence[Self]) -> Self:
        """Join data sets of the same signal; labels are joined by name.

        Metadata that one of them has not are left out.

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
        X = join([dataset.aligned_to(first).X for dataset in datasets])
        classes = sorted({str(name) for dataset in datasets for name in dataset.labels})
        y = [classes.index(name) for dataset in datasets for name in dataset.labels]
        known = set.intersection(*(set(dataset.metadata) for dataset in datasets))
        metadata = {
            name: np.concatenate([dataset.metadata[name] for dataset in datasets])
            for name in datasets[0].metadata
            if name in known
        }
        return cls(X, y, classes, first, metadata, check_signal="ignore")

    def aligned_to(
        self,
        info: SignalInfo,
        *,
        missing: str = "raise",
        resample: bool = False,
        crop: bool = False,
    ) -> Self:
        """Return the windows as those of another signal.

        Parameters
        ----------
        info : SignalInfo
            What they shall be: that of another data set, or of a fitted estimator.
        missing : {"raise", "interpolate", "zero"}
            What becomes of channels that are not there, as in `align`.
        resample, crop : bool
            Whether another sampling rate and a longer window may be changed.

        Raises
        ------
        ValueError
            If they cannot be made that signal's by what was asked for.
        """
        if info == self.info:
            return self
        alignment = align(self.info, info, missing=missing, resample=resample, crop=crop)
        X: Any
        if isinstance(self.X, Windows):
            X = MappedWindows(self.X, alignment, (len(info.ch_names), info.n_times))
        else:
            X = alignment(self.X)
        return type(self)(X, self.y, self.classes, info, self.metadata, check_signal="ignore")

    def mapped(self, normalize: Callable[[Any], Any]) -> Self:
        """Return the windows after a normalisation, which takes windows of a batch one by one."""
        info = dataclasses.replace(self.info, unit="normalized")
        X: Any = (
            MappedWindows(self.X, normalize, self.shape[1:])
            if isinstance(self.X, Windows)
            else normalize(self.X)
        )
        return type(self)(X, self.y, self.classes, info, self.metadata)

    def subset(self, indices: Any) -> Self:
        """Return a data set of some of the windows."""
        chosen = positions(indices, len(self))
        X: Any = SelectedWindows(self.X, chosen) if isinstance(self.X, Windows) else self.X[chosen]
        metadata = {name: known[chosen] for name, known in self.metadata.items()}
        return type(self)(X, self.y[chosen], self.classes, self.info, metadata, "ignore")

    def groups(self, by: str) -> npt.NDArray[Any]:
        """Return a column of the metadata, as scikit-learn's group splitters take it.

        Raises
        ------
        ValueError
            If it is not known.
        """
        if by not in self.metadata:
            raise ValueError(f"expected metadata of {sorted(self.metadata)}, got {by!r}")
        return self.metadata[by]

    @property
    def labels(self) -> npt.NDArray[np.str_]:
        """Name of each window's label."""
        return np.asarray(self.classes, dtype=str)[self.y]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n_windows, n_chans, n_times)."""
        return self.X.shape

    def __len__(self) -> int:
        return len(self.y)

    @overload
    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]: ...
    @overload
    def __getitem__(self, index: Any) -> Self: ...
    def __getitem__(self, index: Any) -> tuple[Tensor, Tensor] | Self:
        """Return a window and its label, or with a slice or several indices a data set."""
        if isinstance(index, tuple) and len(index) == 2 and index[1] is Ellipsis:
            index = index[0]  # scikit-learn takes all along the other axes
        if np.ndim(index) == 0 and not isinstance(index, slice):
            return torch.as_tensor(self.X[index]), torch.as_tensor(self.y[index])
        return self.subset(index)

    def __getitems__(self, indices: Sequence[int]) -> list[Batch]:
        """Return one whole batch, in the list that torch's fetcher hands to collate."""
        chosen = np.asarray(indices)
        return [Batch(torch.as_tensor(self.X[chosen]), torch.as_tensor(self.y[chosen]))]

    def __repr__(self) -> str:
        n_windows, n_chans, n_times = self.shape
        return (
            f"EpochsDataset({n_windows} windows, {n_chans} channels, {n_times} samples at "
            f"{self.info.sfreq:g} Hz, classes {list(self.classes)})"
        )


def _check_finite(X: npt.NDArray[np.float32], info: SignalInfo) -> None:
    damaged = np.flatnonzero(~np.isfinite(X).all(axis=(0, 2)))
    if damaged.size:
        bad = [info.ch_names[int(channel)] for channel in damaged]
        raise ValueError(f"expected finite numbers, got NaN or infinity in channels {bad}")
