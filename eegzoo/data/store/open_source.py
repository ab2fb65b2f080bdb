"""The source of shards for a location: a folder or a URL."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eegzoo.data.store.local_folder import LocalFolder
from eegzoo.data.store.remote.bucket import is_url
from eegzoo.data.store.remote.cache_folder import cache_folder
from eegzoo.data.store.remote.disk_cache import DiskCache
from eegzoo.data.store.remote.remote_source import RemoteSource
from eegzoo.data.store.shard_source import ShardSource


def open_source(
    location: str | os.PathLike[str],
    storage_options: Mapping[str, Any] | None,
    cache: str | os.PathLike[str] | None,
    cache_gb: float,
) -> ShardSource:
    """Return the source for a location; `WindowStore` describes the arguments.

    Raises
    ------
    ImportError
        If obstore, which reads URLs, is not installed.
    ValueError
        If an argument is wrong.

    Examples
    --------
    >>> open_source("data/store", None, None, 10.0).name
    'data/store'
    """
    if not is_url(location):
        if storage_options:
            raise ValueError(f"expected storage_options with a URL, got the folder {location}")
        return LocalFolder(Path(location))
    if not cache_gb > 0:
        raise ValueError(f"expected cache_gb above 0, got {cache_gb}")
    folder = cache_folder() if cache is None else Path(cache).expanduser()
    url = os.fspath(location)
    return RemoteSource(
        url, storage_options or {}, DiskCache(folder.absolute(), int(cache_gb * 1e9))
    )
