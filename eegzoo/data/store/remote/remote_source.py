"""Source of shards: object storage or a web server, read through a cache on disk."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.store.remote import forks
from eegzoo.data.store.remote.bucket import Bucket
from eegzoo.data.store.remote.disk_cache import DiskCache, WrongContentError
from eegzoo.data.store.remote.prefetching import Prefetcher
from eegzoo.data.store.shard_source import Run, ShardSource
from eegzoo.data.store.shards import HEADER_BYTES, PIECE_BYTES, Shard

_REQUEST_BYTES = 2**23  # most that is asked for at once
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
    Each is kept in the cache, and is used only if its hash is that of the index.

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

    def fetch(self, runs: Iterable[Run], *, wait: bool) -> None:
        """Download the pieces of several runs that the cache does not have."""
        wanted = {piece.digest: piece for run in runs for piece in _pieces(run)}
        missing = [piece for digest, piece in wanted.items() if not self.cache.has(digest)]
        if not wait:
            room = self.cache.max_bytes // 2  # what is prefetched must stay until it is read
            for place, piece in enumerate(missing):
                room -= piece.n_bytes
                if room < 0:
                    missing = missing[:place]
                    break
            self._prefetcher.add(missing)
        elif len(missing) > 1:  # read_into downloads a single one
            self._prefetcher.run(missing)

    def read_into(self, run: Run, windows: npt.NDArray[np.float32]) -> None:
        """Fill `windows` with those of a run."""
        memory = windows.data.cast("B")
        begin = HEADER_BYTES + run.first * windows[0].nbytes
        end = begin + len(memory)
        for piece in _pieces(run):
            start, stop = max(begin, piece.start), min(end, piece.start + piece.n_bytes)
            self._repeated(
                piece,
                lambda fill, piece=piece, start=start, stop=stop: self.cache.read_into(
                    piece.digest,
                    piece.n_bytes,
                    memory[start - begin : stop - begin],
                    start - piece.start,
                    fill,
                ),
            )

    def chunks(self, shard: Shard) -> Iterator[Any]:
        """Yield a file of windows as it is now. It is not taken from the cache."""
        yield from self._ranges(Piece(shard.file, shard.sha256, 0, shard.n_bytes))

    def _add(self, piece: Piece) -> None:
        self._repeated(piece, lambda fill: self.cache.add(piece.digest, piece.n_bytes, fill))

    def _repeated(self, piece: Piece, use: Any) -> None:
        """Use a piece; if what arrives has another hash, again, up to four times.

        obstore repeats what fails with an error. A wrong byte is not an error to it.
        """

        def fill(file: Any) -> None:
            for data in self._ranges(piece):
                file.write(data)

        for attempt in range(_ATTEMPTS):
            try:
                use(fill)
                return
            except WrongContentError:
                if attempt < _ATTEMPTS - 1:
                    time.sleep(_FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1.0))
        raise ValueError(
            f"{self.name}/{piece.file} was altered: bytes {piece.start} to "
            f"{piece.start + piece.n_bytes - 1} do not have the hash that the store's index has "
            f"for them, in {_ATTEMPTS} attempts"
        )

    def _ranges(self, piece: Piece) -> Iterator[Any]:
        """Yield the bytes of a piece or of a whole file, in buffers of `PIECE_BYTES`.

        Raises
        ------
        ValueError
            If the file is missing.
        WrongContentError
            If it is too short.
        """
        reader = forks.reading(self._bucket)
        stop = piece.start + piece.n_bytes
        for start in range(piece.start, stop, _REQUEST_BYTES):
            n_bytes = min(_REQUEST_BYTES, stop - start)
            try:
                data = reader.read_range(piece.file, start, n_bytes)
            except FileNotFoundError as error:
                raise ValueError(
                    f"{self.name}/{piece.file} is gone: has the store been rewritten meanwhile?"
                ) from error
            if len(data) != n_bytes:
                raise WrongContentError(
                    f"expected {n_bytes} bytes of {piece.file}, got {len(data)}"
                )
            for place in range(0, n_bytes, PIECE_BYTES):
                yield memoryview(data)[place : place + PIECE_BYTES]


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
