"""Cache on disk, named by content: shared by processes, bounded, and checked."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import io
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import filelock

from eegzoo.data.store.positioned_read import fill_from
from eegzoo.data.store.remote.cache_folder import SETTING
from eegzoo.data.store.remote.folder_lock import folder_locked
from eegzoo.data.store.remote.noted_size import NotedSize
from eegzoo.data.store.remote.oldest_files import delete_oldest

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LOCK_SECONDS = 1200  # longer than obstore repeats a request
_TOUCH_SECONDS = 10.0
_LATELY_SECONDS = 600.0
_FULL_SECONDS = 60.0  # until a cache that had no room is searched again, file by file
_REMEMBERED = 100_000

# Entries that this process has checked, with what would change if they did: inode, size and time of
# the last change. Shared by threads; setting and getting an item is atomic.
_checked: dict[Path, tuple[int, int, int]] = {}
# When to look again whether a cache has room.
_full_until: dict[Path, float] = {}


class _Hashed:
    """File that hashes what is written to it."""

    def __init__(self, file: io.FileIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, content: Any) -> None:
        """Write all of a buffer."""
        self.digest.update(content)
        _write_all(self._file, content)


Fill = Callable[[_Hashed], None]
Read = tuple[memoryview, int]  # memory to fill, and the first byte to fill it from


class WrongContentError(ValueError):
    """Content that does not have the expected hash."""


class _NoRoomError(Exception):
    """A cache holds nothing that may be deleted."""


@dataclasses.dataclass(frozen=True)
class DiskCache:
    """Files named by the SHA-256 hash of their content.

    A file is written under another name, and gets its own when it is whole and its hash is right,
    so that a killed process leaves no half file. Each process checks the hash of a file before
    reading it for the first time, and again if the file has changed. The files that were not read
    for the longest time are deleted to make room, under a lock. A process that is reading a deleted
    file goes on reading it.

    Parameters
    ----------
    folder : Path
        Folder. It is created if it does not exist. Other files in it are left alone.
    max_bytes : int
        Largest size of all files together.
    """

    folder: Path
    max_bytes: int

    def has(self, digest: str) -> bool:
        """Return whether there is a file of a hash."""
        return self._path(digest).exists()

    def read(self, digest: str, reads: Sequence[Read]) -> bool:
        """Fill memory from the content of a hash, if the cache has it.

        Parameters
        ----------
        digest : str
            SHA-256 hash of the content.
        reads : sequence of tuple of memoryview and int
            Memory to fill, each with the byte of the content at which it starts.

        Returns
        -------
        bool
            Whether the cache has the content. A damaged file is deleted.

        Raises
        ------
        OSError
            If the folder cannot be used; the message names it.
        """
        path = self._path(digest)
        try:
            with self._named_errors():
                descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            if self._is_right(path, descriptor):
                ends = [fill_from(descriptor, memory, offset) for memory, offset in reads]
                if ends == [offset + len(memory) for memory, offset in reads]:
                    return True
        finally:
            os.close(descriptor)
        path.unlink(missing_ok=True)
        return False

    def add(self, digest: str, n_bytes: int, fill: Fill) -> None:
        """Add the content of a hash, unless the cache has it.

        Raises
        ------
        WrongContentError
            If `fill` writes other content.
        OSError
            If the disk is full, or the folder cannot be used; the message names it.
        """

        def write(file: io.FileIO) -> None:
            hashed = _Hashed(file)
            fill(hashed)
            if hashed.digest.hexdigest() != digest:
                raise WrongContentError(f"expected content of SHA-256 {digest}, got another")

        self._add(digest, n_bytes, write, -math.inf)

    def offer(self, digest: str, content: memoryview) -> None:
        """Add content that has the hash, unless it would replace what was read lately.

        If a pass over a data set replaced what it read before, the next pass would find nothing.

        Raises
        ------
        OSError
            If the disk is full, or the folder cannot be used; the message names it.
        """
        if self._was_full():
            return
        try:
            self._add(digest, len(content), lambda file: _write_all(file, content), _LATELY_SECONDS)
        except _NoRoomError:
            _full_until[self.folder] = time.monotonic() + _FULL_SECONDS

    @contextlib.contextmanager
    def claimed(self, digest: str) -> Iterator[None]:
        """Make others who want to offer the same wait, so that it is not downloaded twice.

        When an offer would be of no use, nobody waits.
        """
        with contextlib.ExitStack() as held:
            if not self._was_full():
                folder = self.folder / "claims" / digest[:2]
                with self._named_errors():
                    held.enter_context(folder_locked(folder, _LOCK_SECONDS))
            yield

    def _was_full(self) -> bool:
        return time.monotonic() < _full_until.get(self.folder, 0.0)

    def _add(
        self, digest: str, n_bytes: int, write: Callable[[io.FileIO], None], min_age: float
    ) -> None:
        path = self._path(digest)
        with self._named_errors(), folder_locked(path.parent, _LOCK_SECONDS):
            if path.exists():
                return
            draft = path.with_suffix(".part")
            try:
                with self._reserved(draft, n_bytes, min_age) as file:
                    write(file)
                    state = _state(os.fstat(file.fileno()))
                if state[1] != n_bytes:
                    raise WrongContentError(f"expected {n_bytes} bytes, got {state[1]}")
                draft.replace(path)
                _remember(path, state)
            finally:
                draft.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest

    def _is_right(self, path: Path, descriptor: int) -> bool:
        found = os.fstat(descriptor)
        state = _state(found)
        if time.time() - found.st_atime > _TOUCH_SECONDS:  # mounts seldom keep the time of reading
            with contextlib.suppress(OSError):  # a file of another user
                os.utime(descriptor, ns=(time.time_ns(), found.st_mtime_ns))
        if _checked.get(path) == state:
            return True
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != path.name:
                return False
        _remember(path, state)
        return True

    def _reserved(self, draft: Path, n_bytes: int, min_age: float) -> io.FileIO:
        """Create and open a draft that has its size already, after deleting what has to make room.

        Space is allocated without the lock, so that several threads can do that at the same time.
        """
        if n_bytes > self.max_bytes:
            raise ValueError(
                f"expected a cache of {n_bytes / 1e9:.3g} GB at least, got {self.max_bytes / 1e9:g}"
            )
        while True:
            try:
                return self._sized(draft, n_bytes, min_age)
            except OSError as error:
                draft.unlink(missing_ok=True)
                if error.errno not in _FULL:
                    raise
                with self._noted_size() as noted:
                    held = delete_oldest(self.folder, self.max_bytes)
                    if held == 0:
                        raise
                    noted.write(delete_oldest(self.folder, held // 2))

    def _sized(self, draft: Path, n_bytes: int, min_age: float) -> io.FileIO:
        with contextlib.ExitStack() as on_error:
            with self._noted_size() as noted:
                known = noted.read()
                if known is None or known + n_bytes > self.max_bytes:
                    known = delete_oldest(self.folder, self.max_bytes - n_bytes, min_age)
                    if known + n_bytes > self.max_bytes and min_age > 0:
                        noted.write(known)
                        raise _NoRoomError
                noted.write(known + n_bytes)
                file = on_error.enter_context(draft.open("w+b", buffering=0))
                os.truncate(file.fileno(), n_bytes)
            _allocate(file.fileno(), n_bytes)
            on_error.pop_all()
        return file

    @contextlib.contextmanager
    def _noted_size(self) -> Iterator[NotedSize]:
        """Hold the lock of the whole cache, and its noted size."""
        with (
            folder_locked(self.folder, _LOCK_SECONDS),
            NotedSize(self.folder / "size") as noted,
        ):
            yield noted

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Name the folder in errors of the disk, and what to do."""
        try:
            yield
        except filelock.Timeout:
            raise
        except OSError as error:
            if error.errno is None:  # of a download
                raise
            full = error.errno in _FULL
            reason = "the disk is full" if full else error.strerror or str(error)
            raise OSError(
                error.errno,
                f"cannot use the cache {self.folder}: {reason}; {SETTING} names its folder"
                + (", and cache_gb its size" if full else ""),
            ) from error


def _write_all(file: io.FileIO, content: Any) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _remember(path: Path, state: tuple[int, int, int]) -> None:
    if len(_checked) >= _REMEMBERED:
        _checked.clear()
    _checked[path] = state


def _allocate(descriptor: int, n_bytes: int) -> None:
    """Give a file its size, and space on the disk where the system can do that."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, n_bytes)
    else:
        os.truncate(descriptor, n_bytes)
