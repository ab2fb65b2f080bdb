"""How a store of windows comes to be: all at once, and never anew what is there."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sized
from pathlib import Path
from typing import Any

import filelock
from joblib import Parallel, delayed, parallel_config
from tqdm.auto import tqdm

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.signal.signal_info import SignalWarning
from eegzoo.data.store.checked_json import read_sealed, write_sealed
from eegzoo.data.store.shards import Shard, write_shard
from eegzoo.files import check_writable

INDEX = "index.json"
_LOCK = ".lock"
_OF_A_SHARD = re.compile(r"([0-9a-f]{64})\.(npy|json)")
_DRAFT = re.compile(rf"({_OF_A_SHARD.pattern}|{re.escape(INDEX)}).+\.part")


def write_store(
    folder: Path,
    recordings: Iterable[Recording],
    preprocessing: Preprocessing,
    event_id: Mapping[str, str | int] | None,
    n_jobs: int,
    check_signal: str,
    show_progress: bool,
) -> None:
    """Write what `WindowStore` opens; `WindowStore.write` says how.

    Shards come first, the index that names them next, and only then are those deleted that it does
    not name: wherever a run ends, an index has all its shards.
    """
    _prepare(folder)
    with _locked(folder):
        _delete(folder, lambda name: bool(_DRAFT.fullmatch(name)))  # of runs that were killed
        arguments = (preprocessing, event_id, check_signal)
        n_recordings = len(recordings) if isinstance(recordings, Sized) else None
        shards: list[Shard] = []
        with contextlib.closing(_computed(folder, recordings, arguments, n_jobs)) as computed:
            for shard in tqdm(
                computed, "recordings", n_recordings, unit="recording", disable=not show_progress
            ):
                shards.append(shard)
                _check_same_signal(shards[0], shard)
                for remark in shard.remarks:
                    text = f"recording {shard.recording!r}: {remark}"
                    warnings.warn(text, SignalWarning, stacklevel=3)
        if not shards:
            raise ValueError("expected at least one recording, got none")
        described = [shard.to_dict() for shard in shards]
        index = {"preprocessing": preprocessing.to_dict(), "shards": described}
        write_sealed(folder / INDEX, index)
        _delete(folder, _is_of_none({shard.key for shard in shards}))


def _prepare(folder: Path) -> None:
    """Make a folder where there is none; raise if it is not for a store."""
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"expected a folder for a window store, got the file {folder}")
    check_writable(folder / INDEX if folder.is_dir() else folder)
    folder.mkdir(exist_ok=True)
    for name in sorted(path.name for path in folder.iterdir()):
        if name not in (INDEX, _LOCK) and not any(
            pattern.fullmatch(name) for pattern in (_OF_A_SHARD, _DRAFT)
        ):
            raise ValueError(
                f"expected a new folder, an empty one or that of a window store, got {folder}, "
                f"which holds {name!r}"
            )
    if (folder / INDEX).exists():
        read_sealed(folder / INDEX)  # what we do not know is not written over


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other writers out: they would delete what this one has not named yet."""
    # The system gives the lock back when a process ends, however it ends.
    lock = filelock.FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise OSError(f"another process is writing to the window store {folder}") from error
    try:
        yield
    finally:
        lock.release()


def _computed(
    folder: Path, recordings: Iterable[Recording], arguments: tuple[Any, ...], n_jobs: int
) -> Generator[Shard]:
    """Yield the shard of each recording, in order, as workers finish them."""
    with parallel_config(backend="loky", inner_max_num_threads=1):
        # No recording waits in a queue, and none is copied through a file.
        workers = Parallel(
            n_jobs, return_as="generator", batch_size=1, pre_dispatch="n_jobs", max_nbytes=None
        )
    yield from workers(
        delayed(write_shard)(folder, one, *arguments) for one in _checked(recordings)
    )


def _checked(recordings: Iterable[Recording]) -> Iterator[Recording]:
    for recording in recordings:
        if not isinstance(recording, Recording):
            raise TypeError(f"expected recordings of type Recording, got {recording!r}")
        yield recording


def _check_same_signal(first: Shard, shard: Shard) -> None:
    try:
        first.info.check_window(shard.info)
        first.info.order_of(shard.info.ch_names)
        shard.info.order_of(first.info.ch_names)
    except ValueError as error:
        raise ValueError(
            f"recording {shard.recording!r} differs from {first.recording!r}: {error}"
        ) from error


def _is_of_none(keys: set[str]) -> Callable[[str], bool]:
    """Return whether a file's name is that of a shard which is none of these."""

    def chosen(name: str) -> bool:
        found = _OF_A_SHARD.fullmatch(name)
        return found is not None and found[1] not in keys

    return chosen


def _delete(folder: Path, chosen: Callable[[str], bool]) -> None:
    for path in folder.iterdir():
        if chosen(path.name):
            path.unlink(missing_ok=True)
