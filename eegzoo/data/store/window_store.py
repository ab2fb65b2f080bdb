"""Windows of many recordings on the disk, beyond memory."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.store.checked_json import read_sealed
from eegzoo.data.store.shards import Shard, read_into
from eegzoo.data.store.writing import INDEX, write_store
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.lazy_windows import Batch, Windows


class WindowStore(Windows):
    """Windows of many recordings in a folder, read when they are asked for.

    `write` makes one; its `dataset` is trained on as any other. Windows are read by their position
    in the files, neighbours in one go: that is as quick as a memory map (both take 1.6 times what
    indexing memory takes), and counts towards no limit of memory. It needs ``os.preadv``, which
    Windows has not.

    Parameters
    ----------
    folder : path-like
        Of a store that `write` has written.

    Attributes
    ----------
    folder : Path
        As given.
    shape : tuple of int
        (n_windows, n_chans, n_times).
    info : SignalInfo
        Of the first recording; the channels of the others are put into its order.
    shards : tuple of Shard
        One for each recording.
    preprocessing : Preprocessing
        What the windows were made by.

    Raises
    ------
    FileNotFoundError
        If there is no store.
    ValueError
        If it is damaged, something else, or of another version; the file is named.

    Notes
    -----
    A store can be read from any number of processes, forked or spawned, and from threads. A folder
    holds a file of windows for each recording (``.npy``, which `numpy.load` maps), what is known of
    it (``.json``), and ``index.json``, which says what belongs to the store.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Preprocessing, Recording
    >>> raws = [eegzoo.data.simulate_motor_imagery(8, random_state=seed) for seed in (0, 1)]
    >>> recordings = [Recording(raw, f"S{number}") for number, raw in enumerate(raws)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = WindowStore.write(folder, recordings, Preprocessing([Epoch(0, 3)]), verbose=0)
    ...     store.shape, store[[3, 12]].dtype
    ...     dataset = WindowStore(folder).dataset()
    ...     windows, labels = next(iter(torch.utils.data.DataLoader(dataset, batch_size=4)))
    ((16, 22, 385), dtype('float32'))
    >>> windows.shape, dataset.classes
    (torch.Size([4, 22, 385]), ('left_hand', 'right_hand'))
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        index = _read_index(self.folder)
        self.shards = tuple(Shard.from_dict(values) for values in index["shards"])
        for shard in {shard.key: shard for shard in self.shards}.values():
            shard.check_file(self.folder)
        self.info = self.shards[0].info
        self._preprocessing = index["preprocessing"]
        self._starts = np.array([0, *itertools.accumulate(map(len, self.shards))])
        self._paths = [str(self.folder / shard.file) for shard in self.shards]
        self._orders = [_order(self.shards[0], shard) for shard in self.shards]
        self.shape = (int(self._starts[-1]), *self.shards[0].shape[1:])

    @classmethod
    def write(
        cls,
        folder: str | os.PathLike[str],
        recordings: Iterable[Recording],
        preprocessing: Preprocessing,
        event_id: Mapping[str, str | int] | None = None,
        *,
        n_jobs: int = 1,
        check_signal: str = "raise",
        verbose: int = 1,
    ) -> Self:
        """Preprocess recordings and write their windows to a folder.

        The store appears whole: a run that is killed leaves the one that was there, or none. What
        it had finished is kept, and the next run goes on from there. A recording is computed only
        if it, its metadata, the preprocessing or ``event_id`` are new; the windows of those that
        are no longer named are deleted at the end.

        Parameters
        ----------
        folder : path-like
            New, empty, or that of a store.
        recordings : iterable of Recording
            A worker holds one at a time. Those that are not loaded travel to it as a file's name.
        preprocessing, event_id, check_signal
            As in `EpochsDataset.from_recordings`.
        n_jobs : int
            Processes that compute, of one thread each; -1: as many as there are cores. 1: this one.
        verbose : int
            0 shows no progress bar.

        Returns
        -------
        WindowStore
            It, opened.

        Raises
        ------
        ValueError
            If the folder holds something else, there are no recordings, one of them has no windows,
            or their signals differ in channels, sampling rate or window; the recording is named.
        OSError
            If the folder cannot be written to, the disk is full, or another process is writing to
            the same store.

        Warns
        -----
        SignalWarning
            What a recording was warned about, also if an earlier run wrote it.
        """
        write_store(
            Path(folder), recordings, preprocessing, event_id, n_jobs, check_signal, bool(verbose)
        )
        return cls(folder)

    def dataset(self) -> EpochsDataset:
        """Return a data set of the windows, which stay on the disk.

        Returns
        -------
        EpochsDataset
            What `EpochsDataset.from_recordings` returns, but for ``X``, which is the store.
        """
        labels = [label for shard in self.shards for label in shard.labels]
        classes = sorted(set(labels))
        places = {name: place for place, name in enumerate(classes)}
        known = set.intersection(*(set(shard.metadata) for shard in self.shards))
        metadata = {
            name: np.concatenate([shard.column(name) for shard in self.shards])
            for name in self.shards[0].metadata
            if name in known
        }
        y = [places[label] for label in labels]
        return EpochsDataset(self, y, classes, self.info, metadata, check_signal="ignore")

    @property
    def preprocessing(self) -> Preprocessing:
        """What the windows were made by."""
        return Preprocessing.from_dict(self._preprocessing)

    def read(self, indices: npt.NDArray[np.int64]) -> Batch:
        """Return the windows at `indices`, in this order, in microvolts.

        Raises
        ------
        ValueError
            If a file has become shorter, or is gone, since the store was opened.
        """
        batch = np.empty((len(indices), *self.shape[1:]), np.float32)
        if len(indices) == 0:
            return batch
        owners = np.searchsorted(self._starts, indices, side="right") - 1
        jumps = (np.diff(indices) != 1) | (np.diff(owners) != 0)
        edges = [0, *(np.flatnonzero(jumps) + 1).tolist(), len(indices)]
        for start, stop in itertools.pairwise(edges):
            owner, windows = int(owners[start]), batch[start:stop]
            first = int(indices[start] - self._starts[owner])
            read_into(self._paths[owner], windows, first)
            order = self._orders[owner]
            if order is not None:
                windows[:] = windows[:, order]
        return batch

    def verify(self) -> None:
        """Read all files, and raise unless each holds what was written.

        Raises
        ------
        ValueError
            Naming those that do not.
        """
        damaged = []
        for shard in {shard.key: shard for shard in self.shards}.values():
            with (self.folder / shard.file).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != shard.sha256:
                    damaged.append(f"{shard.file} ({shard.recording})")
        if damaged:
            raise ValueError(
                f"expected files as they were written, got others in {self.folder}: "
                f"{', '.join(damaged)}; delete them and write the store again"
            )

    def __repr__(self) -> str:
        n_windows, n_chans, n_times = self.shape
        return (
            f"WindowStore({str(self.folder)!r}: {n_windows} windows of {len(self.shards)} "
            f"recordings, {n_chans} channels, {n_times} samples at {self.info.sfreq:g} Hz)"
        )


def _read_index(folder: Path) -> Any:
    try:
        return read_sealed(folder / INDEX)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"no window store in {folder}: there is no {INDEX}, which WindowStore.write writes "
            "when all is done"
        ) from error


def _order(first: Shard, shard: Shard) -> list[int] | None:
    """Return where the first's channels stand among a shard's; None: in the same places."""
    order = first.info.order_of(shard.info.ch_names)
    return None if order == sorted(order) else order
