"""Size of a cache, noted in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

_DIGITS = 20


class NotedSize:
    """Number in a file that is changed in place, under a lock of its user.

    On ext4, closing a file that was truncated and written anew starts to write it to the disk.

    Parameters
    ----------
    path : Path
        File. It is created if it does not exist.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder, NotedSize(Path(folder) / "size") as noted:
    ...     print(noted.read())
    ...     noted.write(1000)
    ...     print(noted.read())
    None
    1000
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def read(self) -> int | None:
        """Return the number that was noted last; None if none was."""
        try:
            return int(os.pread(self._descriptor, _DIGITS, 0))
        except ValueError:
            return None

    def write(self, n_bytes: int) -> None:
        """Note a number."""
        os.pwrite(self._descriptor, b"%0*d" % (_DIGITS, n_bytes), 0)
