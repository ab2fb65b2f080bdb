"""Deleting what a cache has not read for the longest time."""

from __future__ import annotations

import contextlib
import math
import time
from pathlib import Path

import filelock

_KEPT = 0.9  # of the bound, so that not every new file needs a look at all


def delete_oldest(folder: Path, n_bytes: int, min_age: float = -math.inf) -> int:
    """Delete the files of a cache that were read longest ago, if all are larger than a bound.

    Drafts of processes that have ended are deleted as well.

    Parameters
    ----------
    folder : Path
        Folder of the cache, whose lock the caller holds. Its files are named by their hash, in
        folders named by the first two digits; other files are left alone.
    n_bytes : int
        Bound of the size of all files.
    min_age : float
        Files that were read less than so many seconds ago stay.

    Returns
    -------
    int
        Size of the files that are left.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "ab").mkdir()
    ...     _ = Path(folder, "ab", "ab" * 32).write_bytes(bytes(100))
    ...     [delete_oldest(Path(folder), 50, min_age) for min_age in (600.0, 0.0)]
    [100, 0]
    """
    entries, total = [], 0
    for path in folder.glob("[0-9a-f][0-9a-f]/*"):
        if len(path.stem) != 64 or path.suffix not in ("", ".part"):
            continue
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            if path.suffix and _is_abandoned(path):
                path.unlink()
                continue
            total += state.st_size
            if not path.suffix:
                entries.append((state.st_atime, state.st_size, path))
    if total > n_bytes:
        for read_at, size, path in sorted(entries):
            if total <= _KEPT * n_bytes or time.time() - read_at < min_age:
                break
            path.unlink(missing_ok=True)
            total -= size
    return total


def _is_abandoned(draft: Path) -> bool:
    """Return whether the process that was writing a draft has ended."""
    try:
        with filelock.FileLock(draft.parent / ".lock", timeout=0):
            return True
    except filelock.Timeout:
        return False
