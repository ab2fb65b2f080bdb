"""Source of shards: a folder on this machine."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eegzoo.data.store.positioned_read import fill_from
from eegzoo.data.store.shard_source import Run, ShardSource
from eegzoo.data.store.shards import HEADER_BYTES, PIECE_BYTES, Shard

_OPEN_FILES = 64  # kept open per process; macOS allows 256


class LocalFolder(ShardSource):
    """Folder with the files of a window store.

    Parameters
    ----------
    folder : Path
        Folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder)

    def read_file(self, name: str) -> bytes:
        """Return the content of a small file."""
        return (self.folder / name).read_bytes()

    def check(self, shards: Sequence[Shard]) -> None:
        """Raise an error unless all files of windows have the expected size and header."""
        for shard in shards:
            shard.check_file(self.folder)

    def prefetch(self, runs: Iterable[Run]) -> None:
        """Do nothing: the files are near."""

    def read_into(self, wanted: Sequence[tuple[Run, npt.NDArray[np.float32]]]) -> None:
        """Fill an array with the windows of each run."""
        for run, windows in wanted:
            offset = HEADER_BYTES + run.first * windows[0].nbytes
            read_bytes(os.path.join(self.name, run.shard.file), windows.data.cast("B"), offset)

    def chunks(self, shard: Shard) -> Iterator[bytes]:
        """Yield a file of windows as it is now."""
        try:
            with (self.folder / shard.file).open("rb") as file:
                while chunk := file.read(PIECE_BYTES):
                    yield chunk
        except FileNotFoundError as error:
            raise ValueError(
                f"{self.folder / shard.file} is gone: has the store been rewritten meanwhile?"
            ) from error


def read_bytes(path: str, memory: memoryview, offset: int) -> None:
    """Fill `memory` from a file, starting at its byte `offset`.

    Raises
    ------
    ValueError
        If the file is too short or missing.
    """
    try:
        file = _opened(path)
    except FileNotFoundError as error:
        raise ValueError(f"{path} is gone: has the store been rewritten meanwhile?") from error
    file.read_into(memory, offset)


class OpenFile:
    """File that is closed when its last reference disappears.

    Parameters
    ----------
    path : str
        File.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY)

    def read_into(self, memory: memoryview, offset: int) -> None:
        """Fill `memory`, starting at byte `offset` of the file.

        Raises
        ------
        ValueError
            If the file is too short.
        """
        end = fill_from(self.descriptor, memory, offset)
        if end < offset + len(memory):
            raise ValueError(f"{self.path} is damaged: it ends at byte {end}")

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


# Opening a file takes longer than reading from it. Reads pass their position, so threads and forked
# processes can share a descriptor. One that leaves the cache during a read is closed afterwards.
_opened = functools.lru_cache(maxsize=_OPEN_FILES)(OpenFile)
