"""Files of the records of our own runs."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("records")


def file_of(entry: str) -> Path:
    """Return the file of the stored record of an entry, which need not exist.

    Examples
    --------
    >>> file_of("bench:eegmat").name
    'bench_eegmat.json'
    """
    return FOLDER / f"{entry.replace(':', '_')}.json"


def has_record(entry: str) -> bool:
    """Return whether there is a record of our own run of an entry."""
    return file_of(entry).exists()
