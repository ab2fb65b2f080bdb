"""Data set of labelled EEG windows for PyTorch and scikit-learn."""

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
from eegzoo.data.signal.processing import common_processing
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.batch import Batch
from eegzoo.data.windows.from_mne import FromMNE
from eegzoo.data.windows.lazy_windows import (
    Windows,
    check_finite,
    join_windows,
    map_windows,
    positions,
    select_windows,
)


class EpochsDataset(FromMNE, Dataset[tuple[Tensor, Tensor]]):
    """Labelled windows in microvolts, with their signal and metadata.

    A `torch.utils.data.DataLoader` fetches each batch with one indexing operation instead of window
    by window. scikit-learn's splitters and cross-validation accept the data set as ``X``.

    Parameters
    ----------
    X : array of float, shape (n_windows, n_chans, n_times) | Windows
        Windows in microvolts. `Windows` are read when they are needed.
    y : array of int, shape (n_windows,)
        Index in `classes` of each window's label.
    classes : sequence of str
        Names of the classes.
    info : SignalInfo
        Channels, sampling rate, length and unit of the windows.
    metadata : mapping of str to array, shape (n_windows,) | None
        Further columns: "subject", "session" and "recording" for splits by group, "onset" for the
        time of a window's first sample in its recording in seconds, "split" for an official split
        into "train" and "test".
    check_signal : {"raise", "warn", "ignore"}
        What to do if the amplitudes cannot be those of EEG in microvolts.

    Attributes
    ----------
    X : array of float32 | Windows
        Windows.
    y : array of int64
        Index in `classes` of each window's label.
    metadata : dict of str to array
        Metadata columns.
    labels : array of str, shape (n_windows,)
        Label of each window.
    shape : tuple of int
        Shape of `X`.

    Raises
    ------
    ValueError
        If the arguments do not fit each other, `X` contains NaN or infinity, or, with
        ``check_signal="raise"``, `X` is not in microvolts.

    See Also
    --------
    from_epochs : Make a data set of MNE epochs, converted from volts.
    from_recordings : Make a data set of recordings and a preprocessing.

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
            check_finite(self.X, info.ch_names)
        one_of("check_signal", check_signal, HOW)
        if info.unit == "uV" and check_signal != "ignore":
            check_amplitude(self.X, how=check_signal, ch_names=info.ch_names, sfreq=info.sfreq)

    @classmethod
    def concatenate(cls, datasets: Sequence[Self]) -> Self:
        """Join data sets of the same signal, matching channels and classes by name.

        Metadata columns that are not in all data sets are dropped. Band, reference and baseline
        are unknown if they differ, which gives a `SignalWarning`.

        Raises
        ------
        ValueError
            If `datasets` is empty, or if they differ in channels, sampling rate or window.
        """
        if not datasets:
            raise ValueError("expected at least one data set, got none")
        first = datasets[0].info
        for dataset in datasets[1:]:
            first.check_window(dataset.info)
            first.check_processing(dataset.info, "warn")
            dataset.info.order_of(first.ch_names)  # raises if the first lacks one of its channels
        X = join_windows([dataset.aligned_to(first).X for dataset in datasets])
        processing = common_processing([dataset.info.processing for dataset in datasets])
        first = dataclasses.replace(first, processing=processing)
        classes, y = join_labels([dataset.labels for dataset in datasets])
        metadata = join_metadata([dataset.metadata for dataset in datasets])
        return cls(X, y, classes, first, metadata, check_signal="ignore")

    def aligned_to(
        self,
        info: SignalInfo,
        *,
        missing: str = "raise",
        resample: bool = False,
        crop: bool = False,
    ) -> Self:
        """Return the data set with its windows matched to another signal.

        Parameters
        ----------
        info : SignalInfo
            Signal to match, such as ``dataset.info`` or the ``signal_info_`` of an estimator.
        missing : {"raise", "interpolate", "zero"}
            How to fill in missing channels, as in `align`.
        resample : bool
            Whether to resample windows of another sampling rate.
        crop : bool
            Whether to crop windows that are longer than the target's.

        Raises
        ------
        ValueError
            If the windows still differ from `info` after the changes that the arguments allow.
        """
        if info == self.info:
            return self
        alignment = align(self.info, info, missing=missing, resample=resample, crop=crop)
        X = map_windows(self.X, alignment, (len(info.ch_names), info.n_times))
        info = dataclasses.replace(info, processing=self.info.processing)
        return type(self)(X, self.y, self.classes, info, self.metadata, check_signal="ignore")

    def mapped(self, normalize: Callable[[Any], Any]) -> Self:
        """Return the data set with normalised windows.

        Parameters
        ----------
        normalize : callable
            Function from windows (n, n_chans, n_times) to windows of the same shape. Each result
            must depend on its own window alone.
        """
        info = dataclasses.replace(self.info, unit="normalized")
        X = map_windows(self.X, normalize, self.shape[1:])
        return type(self)(X, self.y, self.classes, info, self.metadata)

    def subset(self, indices: Any) -> Self:
        """Return a data set of the windows at `indices`."""
        chosen = positions(indices, len(self))
        X = select_windows(self.X, chosen)
        metadata = {name: known[chosen] for name, known in self.metadata.items()}
        return type(self)(X, self.y[chosen], self.classes, self.info, metadata, "ignore")

    def groups(self, by: str) -> npt.NDArray[Any]:
        """Return a metadata column, for scikit-learn's group splitters.

        Raises
        ------
        ValueError
            If there is no such column.
        """
        if by not in self.metadata:
            raise ValueError(
                f"expected by to be one of the metadata columns {sorted(self.metadata)}, got {by!r}"
            )
        return self.metadata[by]

    @property
    def labels(self) -> npt.NDArray[np.str_]:
        """Label of each window."""
        return np.asarray(self.classes, dtype=str)[self.y]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (n_windows, n_chans, n_times) of the windows."""
        return self.X.shape

    def __len__(self) -> int:
        return len(self.y)

    @overload
    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]: ...
    @overload
    def __getitem__(self, index: Any) -> Self: ...
    def __getitem__(self, index: Any) -> tuple[Tensor, Tensor] | Self:
        """Return a window and its label, or a data set for a slice, a mask or several indices."""
        if isinstance(index, tuple) and len(index) == 2 and index[1] is Ellipsis:
            index = index[0]  # scikit-learn indexes with (rows, ...)
        if np.ndim(index) == 0 and not isinstance(index, slice):
            return torch.as_tensor(self.X[index]), torch.as_tensor(self.y[index])
        return self.subset(index)

    def __getitems__(self, indices: Sequence[int]) -> list[Batch]:
        """Return a list of one complete batch, which torch's fetcher passes to collate."""
        chosen = np.asarray(indices)
        return [Batch(torch.as_tensor(self.X[chosen]), torch.as_tensor(self.y[chosen]))]

    def __repr__(self) -> str:
        n_windows, n_chans, n_times = self.shape
        return (
            f"EpochsDataset({n_windows} windows, {n_chans} channels, {n_times} samples at "
            f"{self.info.sfreq:g} Hz, classes {list(self.classes)})"
        )


def check_columns(dataset: EpochsDataset, names: set[str]) -> None:
    """Raise an error unless the metadata of a data set have the columns `names`.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    if not dataset.metadata.keys() >= names:
        raise ValueError(
            f"expected columns {sorted(names)} in the metadata of the data set, got "
            f"{sorted(dataset.metadata)}; EpochsDataset.from_recordings adds them"
        )


def join_labels(parts: Sequence[npt.ArrayLike]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the classes of several data sets together, and the index of each label in them."""
    classes, y = np.unique(np.concatenate(parts), return_inverse=True)
    return classes.tolist(), y


def join_metadata(
    parts: Sequence[Mapping[str, npt.NDArray[Any]]],
) -> dict[str, npt.NDArray[Any]]:
    """Concatenate the metadata columns that all data sets have."""
    return {
        name: np.concatenate([part[name] for part in parts])
        for name in parts[0]
        if all(name in part for part in parts)
    }
