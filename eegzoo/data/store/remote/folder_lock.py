"""Locks of folders that threads and processes share."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import filelock

_POLL_SECONDS = 0.005


@contextlib.contextmanager
def folder_locked(folder: Path, timeout: float) -> Iterator[None]:
    """Hold the lock of a folder. The system releases it when a process ends.

    Threads of a process wait for each other, and do not look again and again whether the file of
    the lock is free.

    Parameters
    ----------
    folder : Path
        Folder. It is created if it does not exist.
    timeout : float
        Time to wait, in seconds.

    Raises
    ------
    TimeoutError
        If another thread or process holds the lock for so long.
    OSError
        If the folder cannot be used.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder, folder_locked(Path(folder), 1.0):
    ...     os.listdir(folder)
    ['.lock']
    """
    path = folder / ".lock"
    message = f"another thread or process has held {path} for {timeout:g} s"
    own = _locks_of(os.getpid()).setdefault(folder, threading.Lock())
    if not own.acquire(timeout=timeout):
        raise TimeoutError(message)
    try:
        lock = filelock.FileLock(path)
        try:
            lock.acquire(timeout=timeout, poll_interval=_POLL_SECONDS)
        except filelock.Timeout:
            raise TimeoutError(message) from None
        try:
            yield
        finally:
            lock.release()
    finally:
        own.release()


@functools.lru_cache(maxsize=1)
def _locks_of(process: int) -> dict[Path, threading.Lock]:
    # A forked process has locks of its own: those of its parent may be held by threads that it
    # does not have.
    return {}
