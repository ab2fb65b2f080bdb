"""Header of EDF and BDF files: what is recorded, at which rates, in how many records."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import BinaryIO

_ANNOTATION_LABELS = ("EDF Annotations", "BDF Annotations")


@dataclasses.dataclass(frozen=True)
class EDFHeader:
    """What the header of an EDF or BDF file states.

    Parameters
    ----------
    labels, units : tuple of str
        Label and physical dimension of each signal.
    n_samples : tuple of int
        Number of samples of each signal in a record.
    record_seconds : float
        Length of a record in seconds; 0 in a file with annotations only.
    n_records : int
        Number of records; -1 while the file is being recorded.
    first_byte : int
        Length of the header in bytes.
    sample_bytes : int
        Bytes of a sample: 2 in EDF, 3 in BDF.
    has_pauses : bool
        Whether records may be apart in time (EDF+D, BDF+D).
    """

    labels: tuple[str, ...]
    units: tuple[str, ...]
    n_samples: tuple[int, ...]
    record_seconds: float
    n_records: int
    first_byte: int
    sample_bytes: int
    has_pauses: bool

    @property
    def record_bytes(self) -> int:
        """Length of a record in bytes."""
        return sum(self.n_samples) * self.sample_bytes

    @property
    def annotation_places(self) -> tuple[int, ...]:
        """Indices of the signals that contain annotations."""
        return tuple(i for i, label in enumerate(self.labels) if label in _ANNOTATION_LABELS)

    @property
    def signal_places(self) -> tuple[int, ...]:
        """Indices of the signals that contain samples."""
        return tuple(i for i, label in enumerate(self.labels) if label not in _ANNOTATION_LABELS)

    def n_whole_records(self, n_bytes: int) -> int:
        """Return the number of complete records in a file of `n_bytes`, at most those stated."""
        present = max(n_bytes - self.first_byte, 0) // max(self.record_bytes, 1)
        return present if self.n_records < 0 else min(present, self.n_records)


def read_edf_header(path: str | os.PathLike[str]) -> EDFHeader:
    """Read the header of an EDF or BDF file.

    Raises
    ------
    ValueError
        If a field is missing or not a number.
    """
    path = Path(path)
    with path.open("rb") as file:
        n_signals = _integer(file, 252, 4, "number of signals", 1)
        n_records = _integer(file, 236, 8, "number of records", -1)
        first_byte = _integer(file, 184, 8, "header size", 512)
        at = 256 + 216 * n_signals
        return EDFHeader(
            labels=tuple(_text(file, 256 + 16 * i, 16).strip() for i in range(n_signals)),
            units=tuple(
                _text(file, 256 + 96 * n_signals + 8 * i, 8).strip() for i in range(n_signals)
            ),
            n_samples=tuple(
                _integer(file, at + 8 * i, 8, "samples per record", 0) for i in range(n_signals)
            ),
            record_seconds=_number(file, 244, 8, "seconds per record"),
            n_records=n_records,
            first_byte=first_byte,
            sample_bytes=3 if path.suffix.lower() == ".bdf" else 2,
            has_pauses=_text(file, 192, 5) in ("EDF+D", "BDF+D"),
        )


def _text(file: BinaryIO, at: int, n_bytes: int) -> str:
    file.seek(at)
    content = file.read(n_bytes)
    if len(content) < n_bytes:
        raise ValueError(f"expected {n_bytes} bytes at byte {at}, got {len(content)}")
    return content.decode("latin-1").split("\0")[0]


def _integer(file: BinaryIO, at: int, n_bytes: int, name: str, smallest: int) -> int:
    text = _text(file, at, n_bytes).strip()
    if not re.fullmatch(r"-?\d+", text) or int(text) < smallest:
        raise ValueError(f"expected {name} of at least {smallest}, got {text!r}")
    return int(text)


def _number(file: BinaryIO, at: int, n_bytes: int, name: str) -> float:
    text = _text(file, at, n_bytes).strip().replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(f"expected {name} of at least 0, got {text!r}")
    return number
