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
    draft = _draft(path)
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
    _draft(Path(path)).unlink()


def check_writable_folder(folder: str | os.PathLike[str]) -> None:
    """Raise an error if no files can be written to `folder`, which need not exist yet.

    Raises
    ------
    NotADirectoryError
        If `folder` or one of its parents is a file.
    OSError
        If the folder, or the nearest parent that exists, is not writable.
    """
    folder = Path(folder)
    new = folder / "file"
    while not new.parent.exists():
        new = new.parent
    if not new.parent.is_dir():
        raise NotADirectoryError(f"expected a folder, got the file {new.parent}")
    check_writable(new)


def _draft(path: Path) -> Path:
    """Create an empty temporary file next to `path`."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no such folder: {path.parent}")
    if path.is_dir():
        raise IsADirectoryError(f"expected a file to write, got the folder {path}")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    except OSError as error:
        # os.access does not know about access control lists, quotas and lengths of names.
        raise type(error)(f"cannot write {path}: {error.strerror}") from error
    os.close(handle)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
