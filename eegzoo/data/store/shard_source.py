"""Where the files of a window store come from."""

from __future__ import annotations

import dataclasses
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.store.shards import Shard


@dataclasses.dataclass(frozen=True)
class Run:
    """Neighbouring windows of one recording, which are read together.

    Parameters
    ----------
    shard : Shard
        Recording.
    first : int
        Index in the recording of the first window.
    n_windows : int
        Number of windows.
    """

    shard: Shard
    first: int
    n_windows: int


class ShardSource(ABC):
    """Place that holds the files of a window store, such as a folder or a bucket.

    Sources can be pickled, and used by any number of threads and of forked or spawned processes.

    Attributes
    ----------
    name : str
        Path or URL, for messages. It contains no credentials.
    """

    name: str

    @abstractmethod
    def read_file(self, name: str) -> bytes:
        """Return the content of a small file, such as the index.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        OSError
            If it cannot be read.
        """

    @abstractmethod
    def check(self, shards: Sequence[Shard]) -> None:
        """Raise an error if files of windows are missing, or damaged so that it shows at once.

        Raises
        ------
        ValueError
            If a file is missing or damaged; the message names it.
        """

    @abstractmethod
    def prefetch(self, runs: Iterable[Run]) -> None:
        """Bring windows that will be read soon near, in the background.

        Errors are raised by `read_into`.
        """

    @abstractmethod
    def read_into(self, wanted: Sequence[tuple[Run, npt.NDArray[np.float32]]]) -> None:
        """Fill an array, which must be contiguous, with the windows of each run.

        Raises
        ------
        ValueError
            If a file is missing or damaged; the message names it.
        OSError
            If it cannot be read.
        """

    @abstractmethod
    def chunks(self, shard: Shard) -> Iterator[Any]:
        """Yield a file of windows as it is now, in pieces (`PIECE_BYTES`).

        Raises
        ------
        ValueError
            If the file is missing or too short.
        OSError
            If it cannot be read.
        """

    def sha256(self, shard: Shard) -> str:
        """Return the hash of a file of windows as it is now.

        Raises
        ------
        ValueError
            If the file is missing or too short.
        OSError
            If it cannot be read.
        """
        digest = hashlib.sha256()
        for chunk in self.chunks(shard):
            digest.update(chunk)
        return digest.hexdigest()
