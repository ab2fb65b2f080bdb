"""Where what is read from URLs is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pooch

SETTING = "EEGZOO_CACHE"


def cache_folder() -> Path:
    """Return the folder of the cache: $EEGZOO_CACHE, or a folder in the user's cache."""
    chosen = os.environ.get(SETTING)
    return Path(chosen) if chosen else Path(pooch.os_cache("eegzoo")) / "store"
