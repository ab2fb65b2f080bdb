"""Atomic writing of files: a file appears complete or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary file that replaces `path` when the block ends without an error.

    After an error the temporary file is deleted and `path` is unchanged.

    Parameters
    ----------
    path : path-like
        File to write or to replace. Its folder must exist.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        If `path` is a folder, or its folder is not writable.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(f"{folder}/table.csv") as draft:
    ...         _ = draft.write_text("onset,label")
    ...     os.listdir(folder)
    ['table.csv']
    """
    path = Path(path)
    check_writable(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(0o666 & ~_umask())  # the permissions of open(), not mkstemp's 0o600
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise an error if no file can be written to `path`.

    Call it before a long computation whose result goes to `path`.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OSError
        If `path` is a folder, or its folder is not writable.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no such folder: {path.parent}")
    if path.is_dir():
        raise IsADirectoryError(f"expected a file to write, got the folder {path}")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"cannot write to the folder {path.parent}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
