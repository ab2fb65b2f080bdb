"""Store of the windows of many recordings."""

from __future__ import annotations

import itertools
import os
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.store.index import (
    identity_of,
    labels_of,
    metadata_of,
    order_of,
    read_index,
    runs_of,
    without_repeats,
)
from eegzoo.data.store.local_folder import LocalFolder
from eegzoo.data.store.open_source import open_source
from eegzoo.data.store.remote.bucket import is_url, without_secrets
from eegzoo.data.store.shard_source import ShardSource
from eegzoo.data.store.writing import write_store
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.lazy_windows import Array, Windows


class WindowStore(Windows):
    """Windows of many recordings in files, for data sets that do not fit into memory.

    `write` creates a store, and `dataset` returns a data set that reads its windows when they are
    needed. `copy_store` copies a store to object storage, from where it is read through a cache on
    disk (extra ``cloud``). Reading from a disk takes 1.6 times as long as indexing an array in
    memory, as does a memory map, but does not count towards a memory limit. Neighbouring windows
    are read together. Reading needs ``os.preadv``, which Microsoft Windows does not have.

    Parameters
    ----------
    location : path-like | str
        Folder of a store that `write` created, or the URL of a copy: ``s3://``, ``gs://``,
        ``az://``, ``http://`` or ``https://``.
    storage_options : mapping of str to object | None
        Keyword arguments of `obstore.store.from_url` for a URL, such as ``endpoint``, ``region``,
        ``client_options`` and ``retry_config``. What is not given, credentials above all, comes
        from the environment, as obstore describes it.
    cache : path-like | None
        Folder of the cache of what is read from a URL; any number of processes can share it. None:
        that in ``EEGZOO_CACHE``, or ``store`` in the user's cache of eegzoo.
    cache_gb : float
        Largest size of the cache, in GB. What was not read for the longest time is deleted, but
        nothing that was read in the last ten minutes: a cache that is too small for an epoch keeps
        what it has for the next.

    Attributes
    ----------
    folder : Path | None
        Folder of the store. None for a URL.
    source : ShardSource
        Where the files come from. Its ``name`` is the path or the URL.
    shape : tuple of int
        (n_windows, n_chans, n_times).
    info : SignalInfo
        Signal of the first recording. The channels of the others are put in its order.
    shards : tuple of Shard
        Descriptions of the files of windows, one per recording.
    preprocessing : Preprocessing
        Preprocessing of the windows.

    Raises
    ------
    FileNotFoundError
        If there is no store.
    ValueError
        If a file is damaged, was altered, is not of a window store, or has another version of the
        format; the message names it.
    OSError
        If a URL cannot be read after repeated attempts, its credentials are refused (its subclass
        `PermissionError`), or the disk of the cache is full.
    ImportError
        If obstore, which reads URLs, is not installed.

    Notes
    -----
    Any number of threads and of processes, forked or spawned, can read a store at the same time.
    For each recording the folder contains the windows (``.npy``, which `numpy.load` can map) and
    their description (``.json``). ``index.json`` lists the recordings of the store.

    From a URL, files are read in pieces of 1 MiB; each is used only if its SHA-256 hash is that in
    the index. Stores that were written before pieces had hashes are read whole files at a time.
    Pickling a store, as for workers that are spawned, includes ``storage_options``. They are not
    shown, and no checkpoint holds them. Workers that are forked read through a process of their
    own; with ``multiprocessing_context="forkserver"`` a `torch.utils.data.DataLoader` needs none.

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

    reads_ahead = True

    def __init__(
        self,
        location: str | os.PathLike[str],
        *,
        storage_options: Mapping[str, Any] | None = None,
        cache: str | os.PathLike[str] | None = None,
        cache_gb: float = 10.0,
    ) -> None:
        self._open(open_source(location, storage_options, cache, cache_gb))

    def _open(self, source: ShardSource) -> None:
        self.source = source
        self.folder = self.source.folder if isinstance(self.source, LocalFolder) else None
        self.shards, self._preprocessing = read_index(self.source)
        self.source.check(without_repeats(self.shards))
        self.info = self.shards[0].info
        self._starts = np.array([0, *itertools.accumulate(map(len, self.shards))])
        self._orders = [order_of(self.shards[0], shard) for shard in self.shards]
        self.shape = (int(self._starts[-1]), *self.shards[0].shape[1:])

    @classmethod
    def write(
        cls,
        folder: str | os.PathLike[str],
        recordings: Iterable[Recording],
        preprocessing: Preprocessing,
        event_id: Mapping[str, str | int] | None = None,
        *,
        n_jobs: int | None = None,
        check_signal: str = "raise",
        verbose: int = 1,
    ) -> Self:
        """Preprocess recordings and write their windows to a folder.

        The store is replaced in one step, at the end: an interrupted run leaves an existing store
        unchanged. The next run reuses the recordings that the interrupted run finished. A recording
        is computed only if it, its metadata, the preprocessing, ``event_id`` or ``check_signal``
        has changed. Windows of recordings that are no longer in `recordings` are deleted.

        joblib runs the workers, so that ``joblib.parallel_config(backend="dask")`` uses those of a
        cluster, which must see the folder and the recordings under the same names. A recording
        whose worker is lost is computed again by another one.

        Parameters
        ----------
        folder : path-like
            New folder, empty folder or folder of a store.
        recordings : iterable of Recording
            Recordings. Each worker holds one at a time; recordings that are not loaded are passed
            to it as a file name.
        preprocessing, event_id, check_signal
            As in `EpochsDataset.from_recordings`.
        n_jobs : int | None
            Number of worker processes, each with one thread. 1 computes in the calling process; -1
            uses all cores. None: 1, unless ``joblib.parallel_config`` says otherwise.
        verbose : int
            Whether to show a progress bar; 0 hides it.

        Returns
        -------
        WindowStore
            The store.

        Raises
        ------
        ValueError
            If the folder contains other files, there are no recordings, a recording has no windows,
            or recordings differ in channels, sampling rate or window; the message names the
            recording.
        OSError
            If the folder cannot be written to, the disk is full, or another process is writing to
            the same store.

        Warns
        -----
        SignalWarning
            For each warning about a recording, even if an earlier run computed it.
        """
        if is_url(folder):
            raise ValueError(
                f"expected a folder, got {without_secrets(str(folder))}; copy_store copies to URLs"
            )
        write_store(
            Path(folder), recordings, preprocessing, event_id, n_jobs, check_signal, bool(verbose)
        )
        return cls(folder)

    def dataset(self) -> EpochsDataset:
        """Return a data set of the windows, which stay where they are.

        Returns
        -------
        EpochsDataset
            Data set equal to that of `EpochsDataset.from_recordings`, with the store as ``X``.
        """
        (classes, y), metadata = labels_of(self.shards), metadata_of(self.shards)
        return EpochsDataset(self, y, classes, self.info, metadata, check_signal="ignore")

    @property
    def preprocessing(self) -> Preprocessing:
        """Preprocessing of the windows."""
        return Preprocessing.from_dict(self._preprocessing)

    def read(self, indices: npt.NDArray[np.int64]) -> Array:
        """Return the windows at `indices`, in that order, in microvolts.

        Raises
        ------
        ValueError
            If a file was truncated, altered or deleted after the store was opened.
        OSError
            If a file cannot be read.
        """
        batch = np.empty((len(indices), *self.shape[1:]), np.float32)
        runs = runs_of(self.shards, self._starts, indices)
        ends = itertools.accumulate(run.n_windows for _, run in runs)
        parts = [batch[end - run.n_windows : end] for end, (_, run) in zip(ends, runs, strict=True)]
        self.source.read_into([(run, part) for (_, run), part in zip(runs, parts, strict=True)])
        for (owner, _), part in zip(runs, parts, strict=True):
            order = self._orders[owner]
            if order is not None:
                part[:] = part[:, order]
        return batch

    def locations(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the number of each window's shard, and the window's place in it."""
        sizes = np.diff(self._starts)
        shards = np.repeat(np.arange(len(sizes)), sizes)
        return shards, np.arange(len(self)) - self._starts[shards]

    def prefetch(self, indices: npt.NDArray[np.int64]) -> None:
        """Bring the windows at `indices`, which will be read soon, near in the background."""
        runs = runs_of(self.shards, self._starts, np.asarray(indices))
        self.source.prefetch(run for _, run in runs)

    def identity(self) -> str:
        """Return a hash of the checksums of all files, by which checkpoints know the store."""
        return identity_of(self.shards)

    def verify(self) -> None:
        """Raise an error unless all files of windows match their checksums.

        Raises
        ------
        ValueError
            If some do not match; the message names them.
        """
        damaged = [
            f"{shard.file} ({shard.recording})"
            for shard in without_repeats(self.shards)
            if self.source.sha256(shard) != shard.sha256
        ]
        if damaged:
            raise ValueError(
                f"expected files that match their checksums in {self.source.name}, got damaged "
                f"{', '.join(damaged)}; delete them and write the store again"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        source = self.source if self.folder is None else LocalFolder(self.folder.resolve())
        return _reopened, (source, self.identity())

    def __repr__(self) -> str:
        n_windows, n_chans, n_times = self.shape
        return (
            f"WindowStore({self.source.name!r}: {n_windows} windows of {len(self.shards)} "
            f"recordings, {n_chans} channels, {n_times} samples at {self.info.sfreq:g} Hz)"
        )


_OPEN: weakref.WeakValueDictionary[tuple[str, str], WindowStore] = weakref.WeakValueDictionary()


def _reopened(source: ShardSource, identity: str) -> WindowStore:
    """Return a store that another process pickled as its name; a process opens it once."""
    store = _OPEN.get((source.name, identity))
    if store is None:
        store = WindowStore.__new__(WindowStore)
        store._open(source)
        if identity_of(store.shards) != identity:
            raise ValueError(f"the store {source.name} has been rewritten since it was opened")
        _OPEN[source.name, identity] = store
    return store
