"""Copies of window stores in object storage."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from tqdm.auto import tqdm

from eegzoo.data.store.checked_json import sealed, unsealed
from eegzoo.data.store.remote.bucket import Bucket, is_url, without_secrets
from eegzoo.data.store.shard_source import ShardSource
from eegzoo.data.store.shards import Shard
from eegzoo.data.store.window_store import WindowStore
from eegzoo.data.store.writing import INDEX

_AT_A_TIME = 4  # files; obstore sends parts of each at the same time


def copy_store(
    store: WindowStore | str | os.PathLike[str],
    url: str,
    *,
    storage_options: Mapping[str, Any] | None = None,
    verbose: int = 1,
) -> None:
    """Copy a store of windows to object storage, from where `WindowStore` reads it.

    The hash of each file is checked while it is sent; a file that does not have it does not appear.
    The index is sent last, so that an interrupted copy leaves an existing store readable. The next
    copy sends what is missing. Files of an earlier store at the same place are left alone, because
    others may be reading them. A copy has hashes of pieces, even if the original was written before
    there were any.

    Parameters
    ----------
    store : WindowStore | path-like | str
        Store, its folder, or its URL, which is read with the credentials in the environment.
    url : str
        Place of the copy: ``s3://``, ``gs://`` or ``az://``.
    storage_options : mapping of str to object | None
        Keyword arguments of `obstore.store.from_url` for `url`, as in `WindowStore`.
    verbose : int
        Whether to show a progress bar; 0 hides it.

    Raises
    ------
    ValueError
        If a file of the store is damaged, or there is something else than a store at `url`.
    PermissionError
        If the credentials are refused, or have expired.
    OSError
        If a file cannot be read or sent after repeated attempts.
    RuntimeError
        In a process that was forked from one that had used object storage.
    ImportError
        If obstore is not installed.

    Examples
    --------
    >>> copy_store("store", "s3://bucket/store")  # doctest: +SKIP
    >>> WindowStore("s3://bucket/store")  # doctest: +SKIP
    WindowStore('s3://bucket/store': 45 windows of 2 recordings, ...)
    """
    if not isinstance(store, WindowStore):
        store = WindowStore(store)
    bucket = place_of_copy(url, storage_options)
    sizes = bucket.sizes()
    files = {shard.key: shard for shard in store.shards}
    with ThreadPoolExecutor(_AT_A_TIME) as threads:
        started = [
            threads.submit(_copied, store.source, shard, bucket, sizes) for shard in files.values()
        ]
        try:
            for done in tqdm(
                as_completed(started), "files", len(started), unit="file", disable=not verbose
            ):
                files[done.result().key] = done.result()
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    shards = [dataclasses.replace(shard, pieces=files[shard.key].pieces) for shard in store.shards]
    index = {
        "preprocessing": store.preprocessing.to_dict(),
        "shards": [shard.to_dict() for shard in shards],
    }
    bucket.write(INDEX, sealed(index))


def place_of_copy(url: str, storage_options: Mapping[str, Any] | None = None) -> Bucket:
    """Return the objects below a URL, after making sure that a store may be copied there.

    Parameters are those of `copy_store`, and it raises its errors.
    """
    if not url.lower().startswith(("s3://", "gs://", "az://")):
        given = without_secrets(url) if is_url(url) else url
        raise ValueError(f"expected a URL of s3://, gs:// or az:// to write to, got {given}")
    bucket = Bucket(url, storage_options or {})
    with contextlib.suppress(FileNotFoundError):
        unsealed(bucket.read(INDEX), f"{bucket.url}/{INDEX}")  # raises unless it may be replaced
    return bucket


def _copied(source: ShardSource, shard: Shard, bucket: Bucket, sizes: Mapping[str, int]) -> Shard:
    """Copy a file and its description, unless they are there; return the shard with its pieces."""
    name = f"{shard.key}.json"
    if sizes.get(shard.file) == shard.n_bytes and name in sizes:
        with contextlib.suppress(ValueError, TypeError):  # damaged: copied again
            known = Shard.from_dict(unsealed(bucket.read(name), name))
            if known.pieces and known.sha256 == shard.sha256:
                return dataclasses.replace(shard, pieces=known.pieces)
    with ThreadPoolExecutor(1) as thread:
        content = _Checked(source, shard, thread)
        try:
            bucket.write(shard.file, content.chunks())
        except Exception:
            if content.error is not None:  # the cause of the other one
                raise content.error from None
            raise
    copy = dataclasses.replace(shard, pieces=content.pieces)
    bucket.write(name, sealed(copy.to_dict()))  # last, so that each description has its windows
    return copy


class _Checked:
    """Content of a file, whose hashes are computed while it is read."""

    def __init__(self, source: ShardSource, shard: Shard, threads: ThreadPoolExecutor) -> None:
        self._source, self._shard, self._threads = source, shard, threads
        self.pieces: list[str] = []
        self.error: Exception | None = None

    def chunks(self) -> Iterator[bytes]:
        """Yield the content; raise an error before its end if it is not what it should be."""
        digest, held, unread = hashlib.sha256(), b"", self._source.chunks(self._shard)
        try:
            # obstore calls this in a thread in which it cannot be called to read, so another does.
            while chunk := self._threads.submit(next, unread, b"").result():
                if held:
                    yield held
                held = bytes(chunk)
                digest.update(held)
                self.pieces.append(hashlib.sha256(held).hexdigest())  # a chunk is a piece
            if digest.hexdigest() != self._shard.sha256:
                raise ValueError(
                    f"{self._source.name}/{self._shard.file} ({self._shard.recording}) is damaged: "
                    "it does not match its checksum"
                )
        except Exception as error:
            self.error = error
            raise
        yield held
