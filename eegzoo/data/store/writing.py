"""Writing of window stores: in one step, without recomputing finished recordings."""

from __future__ import annotations

import contextlib
import functools
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from pathlib import Path
from typing import Any

import filelock
from tqdm.auto import tqdm

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording, numbered_runs
from eegzoo.data.signal.signal_info import SignalWarning
from eegzoo.data.store.checked_json import read_sealed, write_sealed
from eegzoo.data.store.shards import Shard, errors_named, write_shard
from eegzoo.data.tasks.outcome import results_in_order
from eegzoo.data.tasks.run_tasks import run_tasks
from eegzoo.files import check_writable

INDEX = "index.json"
_LOCK = ".lock"
_SHARD = re.compile(r"([0-9a-f]{64})\.(npy|json)")
_DRAFT = re.compile(rf"({_SHARD.pattern}|{re.escape(INDEX)}).+\.part")


def write_store(
    folder: Path,
    recordings: Iterable[Recording],
    preprocessing: Preprocessing,
    event_id: Mapping[str, str | int] | None,
    n_jobs: int | None,
    check_signal: str,
    show_progress: bool,
) -> None:
    """Write a store; `WindowStore.write` describes the arguments and errors.

    Shards are written first, then the index that lists them. Only then are shards deleted that are
    not in the index. Thus, wherever a run is interrupted, all shards of the index exist.
    """
    _prepare(folder)
    with _locked(folder):
        _delete(folder, lambda name: bool(_DRAFT.fullmatch(name)))  # of interrupted runs
        arguments = (preprocessing, event_id, check_signal)
        n_recordings = len(recordings) if isinstance(recordings, Sized) else None
        shards: list[Shard] = []
        computed = _computed(folder, recordings, arguments, n_jobs)
        with contextlib.closing(computed):  # type: ignore[type-var]
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
        _delete(folder, _is_not_in({shard.key for shard in shards}))
        _delete(folder, lambda name: bool(_DRAFT.fullmatch(name)))  # of workers that died


def _prepare(folder: Path) -> None:
    """Create the folder if it does not exist; raise an error if it cannot become a store."""
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"expected a folder for a window store, got the file {folder}")
    check_writable(folder / INDEX if folder.is_dir() else folder)
    folder.mkdir(exist_ok=True)
    for name in sorted(path.name for path in folder.iterdir()):
        if name not in (INDEX, _LOCK) and not any(
            pattern.fullmatch(name) for pattern in (_SHARD, _DRAFT)
        ):
            raise ValueError(
                f"expected a new or empty folder or a window store, got {folder}, which contains "
                f"{name!r}"
            )
    if (folder / INDEX).exists():
        read_sealed(folder / INDEX)  # raises unless it may be overwritten


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder: another writer would delete shards that are not yet in the index."""
    # The system releases the lock when a process ends, even if it is killed.
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
    folder: Path, recordings: Iterable[Recording], arguments: tuple[Any, ...], n_jobs: int | None
) -> Iterator[Shard]:
    """Yield the shard of each recording, in the order of the recordings."""
    folder = folder.resolve()  # workers may be in another folder
    task = functools.partial(_written, folder, arguments)
    # One thread, so that the number of workers changes no rounding.
    outcomes = run_tasks(task, numbered_runs(_checked(recordings)), n_jobs, inner_threads=1)
    with contextlib.closing(outcomes):  # type: ignore[type-var]
        yield from results_in_order(outcomes)


def _written(folder: Path, arguments: tuple[Any, ...], recording: Recording) -> Shard:
    return write_shard(folder, recording, *arguments)


def _checked(recordings: Iterable[Recording]) -> Iterator[Recording]:
    for recording in recordings:
        if not isinstance(recording, Recording):
            raise TypeError(f"expected recordings of type Recording, got {recording!r}")
        yield recording


def _check_same_signal(first: Shard, shard: Shard) -> None:
    with errors_named(f"recording {shard.recording!r} differs from {first.recording!r}"):
        first.info.check_window(shard.info)
        first.info.order_of(shard.info.ch_names)
        shard.info.order_of(first.info.ch_names)


def _is_not_in(keys: set[str]) -> Callable[[str], bool]:
    """Return a predicate for the names of files of shards that are not in `keys`."""

    def chosen(name: str) -> bool:
        found = _SHARD.fullmatch(name)
        return found is not None and found[1] not in keys

    return chosen


def _delete(folder: Path, chosen: Callable[[str], bool]) -> None:
    for path in folder.iterdir():
        if chosen(path.name):
            path.unlink(missing_ok=True)
