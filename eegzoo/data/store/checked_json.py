"""JSON files that tell whether they still hold what was written."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from eegzoo.files import written_whole

FORMAT = "eegzoo window store"
VERSION = 1


def sha256(content: Any) -> str:
    """Return the hash of what JSON can hold, whatever the order of its keys.

    Examples
    --------
    >>> sha256({"a": 1, "b": 2}) == sha256({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_sealed(path: Path, content: Any) -> None:
    """Write what JSON can hold, with its hash. The file appears whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    sealed = {"format": FORMAT, "version": VERSION, "sha256": sha256(content), "content": content}
    with written_whole(path) as draft, draft.open("w", encoding="utf-8") as file:
        json.dump(sealed, file)
        file.flush()
        os.fsync(file.fileno())  # what a rename promises must be on the disk before it


def read_sealed(path: Path) -> Any:
    """Return what `write_sealed` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, something else, or of another version of the format.
    """
    try:
        sealed = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged, or no file of a window store: {error}") from error
    if not isinstance(sealed, dict) or sealed.get("format") != FORMAT:
        raise ValueError(f"expected a file of a window store, got {path}, which is something else")
    if sealed.get("version") != VERSION:
        raise ValueError(
            f"expected version {VERSION} of the format of window stores, got "
            f"{sealed.get('version')!r} in {path}"
        )
    if "content" not in sealed or sealed.get("sha256") != sha256(sealed["content"]):
        raise ValueError(f"{path} is damaged: it does not hold what was written")
    return sealed["content"]
