"""New names of channels, from the command line or from a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import mne

_HEADERS = ("old", "from", "name", "channel", "label", "old_name", "ch_name", "old name", "file")


def new_names(given: Sequence[str] | None) -> dict[str, str]:
    """Return the new names of channels that --rename gives.

    Raises
    ------
    ValueError
        If a file does not contain pairs of names, or a name is given twice.
    """
    from eegzoo.cli.option_values import split

    items = list(given or ())
    if len(items) == 1 and "=" not in items[0]:
        pairs = _read_names(Path(items[0]))
    else:
        pairs = []
        for item in split("--rename", items):
            old, equals, new = item.partition("=")
            if not (old.strip() and equals and new.strip()):
                raise ValueError(f"expected old=new pairs or a file for --rename, got {item!r}")
            pairs.append((old.strip(), new.strip()))
    names = dict(pairs)
    for side, known in (("old", [old for old, _ in pairs]), ("new", list(names.values()))):
        twice = {name for name in known if known.count(name) > 1}
        if twice:
            raise ValueError(f"expected different {side} names in --rename, got {sorted(twice)}")
    return names


def _read_names(path: Path) -> list[tuple[str, str]]:
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".json":
        try:
            read: Any = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"expected JSON in {path}: {error}") from error
        rows = [list(row) for row in read.items()] if isinstance(read, dict) else read
    else:
        delimiter = "\t" if "\t" in text else ";" if ";" in text and "," not in text else ","
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
        if rows and rows[0][0].strip().lower() in _HEADERS:
            rows = rows[1:]
    for row in rows:
        if not (isinstance(row, list) and len(row) == 2 and all(isinstance(v, str) for v in row)):
            raise ValueError(f"expected two names in each row of {path}, got {row!r}")
    return [(old.strip(), new.strip()) for old, new in rows]


def renamed(raw: mne.io.BaseRaw, given: Sequence[str] | None) -> mne.io.BaseRaw:
    """Return a recording with the new names that --rename gives.

    Raises
    ------
    ValueError
        If the recording lacks a channel.
    """
    names = new_names(given)
    if not names:
        return raw
    missing = [old for old in names if old not in raw.ch_names]
    if missing:
        raise ValueError(f"expected channels {missing} for --rename, got {list(raw.ch_names)}")
    return raw.copy().rename_channels(names, verbose="ERROR")
