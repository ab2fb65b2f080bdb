"""Annotations of EDF+ and BDF+ files, and the times at which their records start.

MNE ignores the times of records, so that what follows a pause of an EDF+D file has wrong times.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from eegzoo.data.reading.formats.edf.header import EDFHeader

# A time-stamped annotation list: onset, duration after byte 21, texts between bytes 20, byte 0.
_TAL = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15(\d+(?:\.\d*)?))?\x14((?:[^\x00]*\x14)?)\x00", re.S)


class EDFAnnotations(NamedTuple):
    """Starts of records in seconds, and annotations as onset, duration and text."""

    record_onsets: npt.NDArray[np.float64]
    rows: list[tuple[float, float, str]]
    encoding: str


def read_edf_annotations(
    path: str | os.PathLike[str], header: EDFHeader, encoding: str | None = None
) -> EDFAnnotations:
    """Read the annotations of an EDF+ or BDF+ file and the onsets of its records.

    Parameters
    ----------
    path : path-like
        File.
    header : EDFHeader
        Header of the file.
    encoding : str | None
        Encoding of the texts. None: UTF-8, as the standard demands, and Latin-1 if that fails.

    Returns
    -------
    EDFAnnotations
        Times in seconds from the start of the first record, and the encoding of the texts.

    Raises
    ------
    ValueError
        If the file has no annotation signal, or a record does not state its onset.
    """
    places = header.annotation_places
    if not places:
        raise ValueError("expected a signal named 'EDF Annotations' with the times of the records")
    n_records = header.n_whole_records(os.stat(path).st_size)
    records = np.memmap(path, np.uint8, "r", header.first_byte, (n_records, header.record_bytes))
    ends = np.cumsum((0, *header.n_samples)) * header.sample_bytes
    onsets = np.full(n_records, np.nan)
    found: list[tuple[float, float, bytes]] = []
    for record in range(n_records):
        for place in places:
            content = records[record, ends[place] : ends[place + 1]].tobytes()
            for number, (onset, duration, texts) in enumerate(_TAL.findall(content)):
                # The first list of a record starts with an empty text and states its onset.
                if number == 0 and place == places[0] and texts[:1] in (b"", b"\x14"):
                    onsets[record] = float(onset)
                found += [
                    (float(onset), float(duration or 0), text)
                    for text in texts.split(b"\x14")
                    if text
                ]
    if np.isnan(onsets).any():
        missing = int(np.flatnonzero(np.isnan(onsets))[0])
        raise ValueError(f"expected the onset of each record, got none for record {missing + 1}")
    first = onsets[0] if n_records else 0.0
    encoding = encoding or _encoding([text for _, _, text in found])
    rows = [(onset - first, length, text.decode(encoding)) for onset, length, text in found]
    return EDFAnnotations(onsets - first, rows, encoding)


def _encoding(texts: list[bytes]) -> str:
    """Return "utf8" if all texts are valid in it, otherwise "latin1"."""
    try:
        b"".join(texts).decode("utf8")
    except UnicodeDecodeError:
        return "latin1"
    return "utf8"
