"""Files of a window store: written whole, and JSON with a checksum."""

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
    """Return the SHA-256 hash of JSON-serialisable content, whatever the order of its keys.

    Examples
    --------
    >>> sha256({"a": 1, "b": 2}) == sha256({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_synced(path: Path, *chunks: Any) -> None:
    """Write chunks of bytes to a file, which appears whole or not at all, even after a power cut.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with written_whole(path) as draft, draft.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())  # the content must be on disk before the draft is renamed


def write_sealed(path: Path, content: Any) -> None:
    """Write JSON-serialisable content with its checksum.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    write_synced(path, sealed(content))


def sealed(content: Any) -> bytes:
    """Return JSON-serialisable content with its checksum, as `write_sealed` writes it.

    Examples
    --------
    >>> unsealed(sealed([1, 2]), "index.json")
    [1, 2]
    """
    known = {"format": FORMAT, "version": VERSION, "sha256": sha256(content), "content": content}
    return json.dumps(known).encode()


def read_sealed(path: Path) -> Any:
    """Return the content of a file that `write_sealed` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, is not of a window store, or has another version of the format.
    """
    return unsealed(path.read_bytes(), path)


def unsealed(data: bytes, path: object) -> Any:
    """Return the content of the bytes of a file that `write_sealed` wrote.

    Raises
    ------
    ValueError
        As `read_sealed` raises it; the message names `path`.
    """
    try:
        known = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged, or not a file of a window store: {error}") from error
    if not isinstance(known, dict) or known.get("format") != FORMAT:
        raise ValueError(f"expected a file of a window store, got {path}, which is something else")
    if known.get("version") != VERSION:
        raise ValueError(
            f"expected version {VERSION} of the format of window stores, got "
            f"{known.get('version')!r} in {path}"
        )
    if "content" not in known or known.get("sha256") != sha256(known["content"]):
        raise ValueError(f"{path} is damaged: its content does not match its checksum")
    return known["content"]
