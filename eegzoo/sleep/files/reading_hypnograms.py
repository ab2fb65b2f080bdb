"""Reading of hypnograms from the files that they are saved in."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import mne
import numpy as np

from eegzoo.arguments import one_of
from eegzoo.sleep.files.hypnogram_files import ENDINGS
from eegzoo.sleep.hypnogram import Hypnogram
from eegzoo.sleep.stages import EDF_TEXTS, STAGES

_STAGE_OF = {text: stage for stage, text in EDF_TEXTS.items()}
_COLUMNS = ["onset", "duration", "stage"]
_NEAR = 1e-3  # seconds


def read_hypnogram(path: str | os.PathLike[str]) -> Hypnogram:
    """Read a hypnogram that `Hypnogram.save` wrote.

    Parameters
    ----------
    path : path-like
        File that ends in ``.csv``, ``.tsv`` or ``.edf``. What other programs wrote is read by
        `eegzoo.data.read_label_file`.

    Returns
    -------
    Hypnogram
        Stages and, from a table, probabilities. What the file does not contain, such as the model,
        is not known; the date is only in EDF+.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is no such table, or its windows are not consecutive and of one length.

    Examples
    --------
    >>> hypnogram = Hypnogram(["W", "N1"], [[1, 0, 0, 0, 0], [0.2, 0.8, 0, 0, 0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hypnogram.save(f"{folder}/night.tsv")
    ...     read_hypnogram(f"{folder}/night.tsv")
    <Hypnogram | 2 windows of 30 s: W 1, N1 1>
    """
    path = Path(path)
    ending = one_of("the ending of path", path.suffix.lower(), ENDINGS)
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        if ending == ".edf":
            return _of_edf(path)
        return _of_table(path, "\t" if ending == ".tsv" else ",")
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} cannot be read as a hypnogram: {error}") from error


def _of_edf(path: Path) -> Hypnogram:
    found = mne.read_annotations(path)
    unknown = sorted(set(found.description) - set(_STAGE_OF))
    if unknown:
        raise ValueError(f"expected sleep stages by the AASM, got {unknown}")
    raw = mne.io.read_raw_edf(path, verbose="ERROR")
    stages = [_STAGE_OF[text] for text in found.description]
    return _of_windows(found.onset, found.duration, stages, meas_date=raw.info["meas_date"])


def _of_table(path: Path, separator: str) -> Hypnogram:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file, delimiter=separator)) or [[]]
    if header[:3] != _COLUMNS or header[3:] not in ([], list(STAGES)):
        raise ValueError(f"expected the columns {', '.join((*_COLUMNS, *STAGES))}, got {header}")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ValueError(f"expected {len(header)} cells in row {number}, got {len(row)}")
    times = np.array([[float(cell) for cell in row[:2]] for row in rows]).reshape(-1, 2)
    probabilities = None
    if len(header) > len(_COLUMNS):
        cells = [[cell if cell not in ("", "n/a") else "nan" for cell in row[3:]] for row in rows]
        probabilities = np.array(cells, dtype=np.float64)
    return _of_windows(
        times[:, 0], times[:, 1], [row[2] for row in rows], probabilities=probabilities
    )


def _of_windows(onsets: Any, durations: Any, stages: list[str], **known: Any) -> Hypnogram:
    """Return a hypnogram, after checking that its windows are consecutive."""
    if not stages:
        raise ValueError("expected windows, got none")
    length = float(durations[0])
    if not np.allclose(np.diff(onsets), length, rtol=0, atol=_NEAR) or not np.allclose(
        durations[:-1], length, rtol=0, atol=_NEAR
    ):
        raise ValueError(f"expected consecutive windows of {length:g} s, got gaps or other lengths")
    last = float(durations[-1])
    short = last if abs(last - length) > _NEAR else None
    return Hypnogram(
        stages, onset=float(onsets[0]), window_seconds=length, last_seconds=short, **known
    )
