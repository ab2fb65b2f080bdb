"""Source of shards: object storage or a web server, read through a cache on disk."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.store.remote import forks
from eegzoo.data.store.remote.bucket import Bucket
from eegzoo.data.store.remote.disk_cache import DiskCache, Read, WrongContentError
from eegzoo.data.store.remote.prefetching import Prefetcher, in_threads
from eegzoo.data.store.shard_source import Run, ShardSource
from eegzoo.data.store.shards import HEADER_BYTES, PIECE_BYTES, Shard

_REQUEST_BYTES = 2**23  # most that is asked for at once; eight requests may be in memory
_ATTEMPTS = 4
_FIRST_PAUSE = 0.2  # seconds; doubled after each attempt


@dataclasses.dataclass(frozen=True)
class Piece:
    """Bytes of a file of windows that have a hash of their own.

    Parameters
    ----------
    file : str
        Name of the file.
    digest : str
        SHA-256 hash.
    start, n_bytes : int
        First byte and number of bytes.
    """

    file: str
    digest: str
    start: int
    n_bytes: int


class RemoteSource(ShardSource):
    """Files of a window store below a URL.

    Files are read by ranges, in pieces of 1 MiB, or whole if the store has no hashes of pieces.
    Each is used only if its hash is that of the index. It is kept in the cache while that has room
    or holds what was not read for ten minutes.

    Parameters
    ----------
    url : str
        URL.
    options : mapping of str to object
        Keyword arguments of `obstore.store.from_url`. They may hold credentials.
    cache : DiskCache
        Cache.

    Raises
    ------
    ImportError
        If obstore is not installed.
    ValueError
        If the URL or an option is wrong.
    """

    def __init__(self, url: str, options: Mapping[str, Any], cache: DiskCache) -> None:
        self._bucket = Bucket(url, options)
        self.name = self._bucket.url
        self.cache = cache
        self._prefetcher = Prefetcher(self._add)

    def read_file(self, name: str) -> bytes:
        """Return the content of a small file."""
        return forks.reading(self._bucket).read(name)

    def check(self, shards: Sequence[Shard]) -> None:
        """Raise an error if files are missing or have another size.

        Files of a web server are checked when they are read, as are those of a bucket that may be
        read but not listed.
        """
        reader = forks.reading(self._bucket)
        if not isinstance(reader, Bucket) or not reader.can_list:
            return
        try:
            sizes = reader.sizes()
        except PermissionError:
            return
        for shard in shards:
            path = f"{self.name}/{shard.file}"
            if shard.file not in sizes:
                raise ValueError(f"{path} is missing: the window store is damaged")
            shard.check_size(path, sizes[shard.file])

    def prefetch(self, runs: Iterable[Run]) -> None:
        """Download pieces that the cache does not have, in the background."""
        wanted = {piece.digest: piece for run in runs for piece in _pieces(run)}
        missing = [piece for digest, piece in wanted.items() if not self.cache.has(digest)]
        room = self.cache.max_bytes // 2  # what is prefetched must stay until it is read
        ends = itertools.accumulate(piece.n_bytes for piece in missing)
        self._prefetcher.add(missing[: sum(end <= room for end in ends)])

    def read_into(self, wanted: Sequence[tuple[Run, npt.NDArray[np.float32]]]) -> None:
        """Fill an array with the windows of each run."""
        reads: dict[Piece, list[Read]] = {}
        for run, windows in wanted:
            memory = windows.data.cast("B")
            begin = HEADER_BYTES + run.first * windows[0].nbytes
            for piece in _pieces(run):
                start = max(begin, piece.start)
                stop = min(begin + len(memory), piece.start + piece.n_bytes)
                part = memory[start - begin : stop - begin]
                reads.setdefault(piece, []).append((part, start - piece.start))
        missing = [
            piece for piece, some in reads.items() if not self.cache.read(piece.digest, some)
        ]
        in_threads(lambda group: self._receive(group, reads), neighbors(missing))

    def _receive(self, pieces: Sequence[Piece], reads: Mapping[Piece, Sequence[Read]]) -> None:
        """Read neighbouring pieces of a file, in one request."""
        first = pieces[0]
        with self.cache.claimed(first.digest):
            left = [each for each in pieces if not self.cache.read(each.digest, reads[each])]
            # Memory may not hold a whole file, and what is prefetched already is waited for.
            if left and first.n_bytes <= PIECE_BYTES and not any(map(self._prefetcher.has, left)):
                n_bytes = sum(piece.n_bytes for piece in pieces)
                with contextlib.suppress(WrongContentError):
                    content = self._range(first.file, first.start, n_bytes)
                    for piece in tuple(left):
                        start = piece.start - first.start
                        if self._use(piece, content[start : start + piece.n_bytes], reads[piece]):
                            left.remove(piece)
        for piece in left:
            while not self.cache.read(piece.digest, reads[piece]):
                self._add(piece)

    def _use(self, piece: Piece, content: memoryview, reads: Sequence[Read]) -> bool:
        """Read a piece from its content, unless that has another hash."""
        if hashlib.sha256(content).hexdigest() != piece.digest:
            return False
        for memory, offset in reads:
            memory[:] = content[offset : offset + len(memory)]
        self.cache.offer(piece.digest, content)
        return True

    def chunks(self, shard: Shard) -> Iterator[Any]:
        """Yield a file of windows as it is now. It is not taken from the cache."""
        yield from self._ranges(Piece(shard.file, shard.sha256, 0, shard.n_bytes))

    def _add(self, piece: Piece) -> None:
        """Download a piece to the cache; if another hash arrives, again, up to four times.

        obstore repeats what fails with an error. A wrong byte is not an error to it.
        """

        def fill(file: Any) -> None:
            for data in self._ranges(piece):
                file.write(data)

        for attempt in range(_ATTEMPTS):
            try:
                self.cache.add(piece.digest, piece.n_bytes, fill)
                return
            except WrongContentError:
                if attempt < _ATTEMPTS - 1:
                    time.sleep(_FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1.0))
        raise ValueError(
            f"{self.name}/{piece.file} was altered: bytes {piece.start} to "
            f"{piece.start + piece.n_bytes - 1} do not have the hash that the store's index has "
            f"for them, in {_ATTEMPTS} attempts"
        )

    def _ranges(self, piece: Piece) -> Iterator[memoryview]:
        """Yield the bytes of a piece or of a whole file, in buffers of `PIECE_BYTES`."""
        stop = piece.start + piece.n_bytes
        for start in range(piece.start, stop, _REQUEST_BYTES):
            n_bytes = min(_REQUEST_BYTES, stop - start)
            content = self._range(piece.file, start, n_bytes)
            for place in range(0, n_bytes, PIECE_BYTES):
                yield content[place : place + PIECE_BYTES]

    def _range(self, file: str, start: int, n_bytes: int) -> memoryview:
        """Return bytes of a file.

        Raises
        ------
        ValueError
            If the file is missing.
        WrongContentError
            If it is too short.
        """
        try:
            content = forks.reading(self._bucket).read_range(file, start, n_bytes)
        except FileNotFoundError as error:
            raise ValueError(
                f"{self.name}/{file} is gone: has the store been rewritten meanwhile?"
            ) from error
        if len(content) != n_bytes:
            raise WrongContentError(f"expected {n_bytes} bytes of {file}, got {len(content)}")
        return memoryview(content)


def neighbors(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return pieces that follow each other in a file together, up to 8 MiB.

    Examples
    --------
    >>> pieces = [Piece("a", "", 0, 5), Piece("a", "", 5, 5), Piece("b", "", 10, 5)]
    >>> [len(group) for group in neighbors(pieces)]
    [2, 1]
    """
    groups: list[list[Piece]] = []
    for piece in pieces:
        first, last = (groups[-1][0], groups[-1][-1]) if groups else (piece, piece)
        end = piece.start + piece.n_bytes
        follows = (piece.file, piece.start) == (last.file, last.start + last.n_bytes)
        if follows and end - first.start <= _REQUEST_BYTES:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _pieces(run: Run) -> Iterator[Piece]:
    """Yield the pieces of a file that hold a run."""
    shard = run.shard
    size = shard.n_bytes
    if not shard.pieces:
        yield Piece(shard.file, shard.sha256, 0, size)
        return
    window_bytes = 4 * shard.shape[1] * shard.shape[2]
    begin = HEADER_BYTES + run.first * window_bytes
    last = begin + run.n_windows * window_bytes - 1
    for number in range(begin // PIECE_BYTES, last // PIECE_BYTES + 1):
        start = number * PIECE_BYTES
        yield Piece(shard.file, shard.pieces[number], start, min(PIECE_BYTES, size - start))
