"""What `eegzoo doctor` finds about files: shipped weights, fetched weights and the data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def shortened(path: Path) -> str:
    """Return a path without the name of a person: ``~`` for the home folder.

    Examples
    --------
    >>> shortened(Path.home() / ".cache" / "eegzoo")
    '~/.cache/eegzoo'
    >>> shortened(Path("/data/jane/weights"))
    'a folder outside the home folder'
    """
    try:
        return (Path("~") / path.absolute().relative_to(Path.home())).as_posix()
    except ValueError:
        return "a folder outside the home folder"


def folders() -> dict[str, dict[str, Any]]:
    """Return place, size and writability of the caches of weights and of data."""
    found = {}
    for name, variable, folder in _folders():
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
        found[name] = {
            "folder": shortened(folder),
            "set_by": variable if os.environ.get(variable) else None,
            "files": len(files),
            "bytes": sum(path.stat().st_size for path in files),
            "writable": _writable(folder),
        }
    return found


def damaged_files() -> list[str]:
    """Return the files of weights that are missing or do not match their checksums, in words.

    Raises
    ------
    ImportError
        If torch cannot be imported, without which the list of weights is not known.
    """
    from eegzoo.weights import catalogue
    from eegzoo.weights.authors.authors_file import cache_folder, git_blob_of, sha256_of

    found = []
    lines = (catalogue.SHIPPED / catalogue.CHECKSUMS).read_text(encoding="utf-8").splitlines()
    for expected, file in map(str.split, lines):
        path = catalogue.SHIPPED / file
        if not path.exists():
            found.append(f"{file}, which is part of the package, is missing: install eegzoo again")
        elif sha256_of(path) != expected:
            found.append(f"{file}, which is part of the package, is damaged: install eegzoo again")
    for each in {each.file: each for each in catalogue._AUTHORS.values()}.values():
        path, origin = cache_folder() / each.file, each.card.origin
        if path.exists():
            right = (
                sha256_of(path) == origin.sha256
                if origin.sha256
                else git_blob_of(path) == origin.git_blob
            )
            if not right:
                found.append(f"{each.file} in the cache of weights is damaged: delete it")
    return found


def _folders() -> Iterator[tuple[str, str, Path]]:
    """Yield the name, the environment variable and the path of each folder."""
    import mne
    import pooch

    chosen = os.environ.get("EEGZOO_WEIGHTS")
    weights = Path(chosen) if chosen else Path(pooch.os_cache("eegzoo")) / "weights"
    yield "weights", "EEGZOO_WEIGHTS", weights
    yield "data", "MNE_DATA", Path(mne.get_config("MNE_DATA") or Path.home() / "mne_data")


def _writable(folder: Path) -> bool:
    """Return whether files can be written to a folder, or to the nearest that exists above it."""
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)
