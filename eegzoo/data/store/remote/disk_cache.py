"""Cache on disk, named by content: shared by processes, bounded, and checked."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import filelock
import pooch

from eegzoo.data.store.remote.folder_lock import folder_locked
from eegzoo.data.store.remote.noted_size import NotedSize

SETTING = "EEGZOO_CACHE"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_KEPT = 0.9  # of the bound, after the oldest entries were deleted
_LOCK_SECONDS = 1200  # longer than obstore repeats a request
_TOUCH_SECONDS = 10.0
_REMEMBERED = 100_000

# Entries that this process has checked, with what would change if they did: inode, size and time of
# the last change. Shared by threads; setting and getting an item is atomic.
_checked: dict[Path, tuple[int, int, int]] = {}


class _Hashed:
    """File that hashes what is written to it."""

    def __init__(self, file: io.FileIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, content: Any) -> None:
        """Write all of a buffer."""
        self.digest.update(content)
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]


Fill = Callable[[_Hashed], None]


class WrongContentError(ValueError):
    """Content that does not have the expected hash."""


def cache_folder() -> Path:
    """Return the folder of the cache: $EEGZOO_CACHE, or a folder in the user's cache."""
    chosen = os.environ.get(SETTING)
    return Path(chosen) if chosen else Path(pooch.os_cache("eegzoo")) / "store"


@dataclasses.dataclass(frozen=True)
class DiskCache:
    """Files named by the SHA-256 hash of their content.

    A file is written under another name, and gets its own when it is whole and its hash is right,
    so that a killed process leaves no half file. Each process checks the hash of a file before
    reading it for the first time, and again if the file has changed. The files that were not read
    for the longest time are deleted when there are too many, under a lock. A process that is
    reading a deleted file goes on reading it.

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

    def read_into(
        self, digest: str, n_bytes: int, memory: memoryview, offset: int, fill: Fill
    ) -> None:
        """Fill `memory` from the content of a hash, starting at its byte `offset`.

        Parameters
        ----------
        digest : str
            SHA-256 hash of the content.
        n_bytes : int
            Size of the content.
        memory : memoryview of bytes
            Memory to fill.
        offset : int
            First byte.
        fill : callable
            Function that writes the content by the method ``write`` of its argument, if the cache
            does not have it.

        Raises
        ------
        WrongContentError
            If `fill` writes other content.
        OSError
            If the disk is full, or the folder cannot be used; the message names it.
        """
        while True:
            try:
                with self._named_errors():
                    descriptor = os.open(self._path(digest), os.O_RDONLY)
            except FileNotFoundError:
                self.add(digest, n_bytes, fill)
                continue
            try:
                if self._is_right(digest, descriptor):
                    while memory:
                        read = os.preadv(descriptor, [memory], offset)
                        if read == 0:
                            break
                        memory, offset = memory[read:], offset + read
                    else:
                        return
            finally:
                os.close(descriptor)
            self._path(digest).unlink(missing_ok=True)  # damaged: fetched again

    def add(self, digest: str, n_bytes: int, fill: Fill) -> None:
        """Add the content of a hash, unless the cache has it.

        Raises
        ------
        WrongContentError
            If `fill` writes other content.
        OSError
            If the disk is full, or the folder cannot be used; the message names it.
        """
        path = self._path(digest)
        with self._named_errors(), folder_locked(path.parent, _LOCK_SECONDS):
            if path.exists():
                return
            draft = path.with_suffix(".part")
            try:
                with self._reserved(draft, n_bytes) as file:
                    hashed = _Hashed(file)
                    fill(hashed)
                    state = _state(os.fstat(file.fileno()))
                if hashed.digest.hexdigest() != digest or state[1] != n_bytes:
                    raise WrongContentError(f"expected content of SHA-256 {digest}, got another")
                draft.replace(path)
                _remember(path, state)
            finally:
                draft.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest

    def _is_right(self, digest: str, descriptor: int) -> bool:
        path, found = self._path(digest), os.fstat(descriptor)
        state = _state(found)
        if time.time() - found.st_atime > _TOUCH_SECONDS:  # mounts seldom keep the time of reading
            with contextlib.suppress(OSError):  # a file of another user
                os.utime(descriptor, ns=(time.time_ns(), found.st_mtime_ns))
        if _checked.get(path) == state:
            return True
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                return False
        _remember(path, state)
        return True

    def _reserved(self, draft: Path, n_bytes: int) -> io.FileIO:
        """Create and open a draft that has its size already, after deleting what has to make room.

        Space is allocated without the lock, so that several threads can do that at the same time.
        """
        if n_bytes > self.max_bytes:
            raise ValueError(
                f"expected a cache of {n_bytes / 1e9:.3g} GB at least, got {self.max_bytes / 1e9:g}"
            )
        while True:
            try:
                return self._sized(draft, n_bytes)
            except OSError as error:
                draft.unlink(missing_ok=True)
                if error.errno not in _FULL:
                    raise
                with self._noted_size() as noted:
                    held = self._shrink(self.max_bytes)
                    if held == 0:
                        raise
                    noted.write(self._shrink(held // 2))

    def _sized(self, draft: Path, n_bytes: int) -> io.FileIO:
        with contextlib.ExitStack() as on_error:
            with self._noted_size() as noted:
                known = noted.read()
                if known is None or known + n_bytes > self.max_bytes:
                    known = self._shrink(self.max_bytes - n_bytes)
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

    def _shrink(self, n_bytes: int) -> int:
        """Delete the oldest files if all are larger than `n_bytes`, and return their size then."""
        entries, total = [], 0
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            if len(path.stem) != 64 or path.suffix not in ("", ".part"):
                continue
            with contextlib.suppress(FileNotFoundError):
                state = path.stat()
                if path.suffix and self._is_abandoned(path):
                    path.unlink()
                    continue
                total += state.st_size
                if not path.suffix:
                    entries.append((state.st_atime_ns, state.st_size, path))
        if total > n_bytes:
            for _, size, path in sorted(entries):
                if total <= _KEPT * n_bytes:
                    break
                path.unlink(missing_ok=True)
                _checked.pop(path, None)
                total -= size
        return total

    def _is_abandoned(self, draft: Path) -> bool:
        """Return whether the process that was writing a draft has ended."""
        try:
            with filelock.FileLock(draft.parent / ".lock", timeout=0):
                return True
        except filelock.Timeout:
            return False

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
