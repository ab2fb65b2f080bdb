"""Writing of hypnograms as tables and as EDF+ annotations."""

from __future__ import annotations

import csv
import datetime
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eegzoo.arguments import one_of
from eegzoo.files import written_whole
from eegzoo.sleep.stages import EDF_TEXTS, STAGES

ENDINGS = (".csv", ".tsv", ".edf")
_EDF_YEARS = range(1985, 2085)  # EDF has two digits for the year


def write_hypnogram(
    path: str | os.PathLike[str],
    *,
    onsets: Any,
    durations: Any,
    stages: Sequence[str],
    probabilities: Any = None,
    meas_date: datetime.datetime | None = None,
) -> None:
    """Write stages to a CSV, TSV or EDF+ file, completely or not at all.

    Parameters
    ----------
    path : path-like
        File. Its ending decides about the format.
    onsets, durations : array of float, shape (n_windows,)
        Start and duration of each window, in seconds.
    stages : sequence of str, shape (n_windows,)
        Stages.
    probabilities : array of float, shape (n_windows, 5) | None
        Probabilities of the stages, for a table; NaN where there is none.
    meas_date : datetime.datetime | None
        Start of the recording, for EDF+.

    Raises
    ------
    ImportError
        If the file is EDF+ and edfio is not installed.
    ValueError
        If the ending is unknown, or the date is outside the years 1985 to 2084.
    """
    path = Path(path)
    ending = one_of("the ending of path", path.suffix.lower(), ENDINGS)
    with written_whole(path) as draft:
        if ending == ".edf":
            _write_edf(draft, onsets, durations, stages, meas_date)
            return
        empty = "n/a" if ending == ".tsv" else ""
        rows = table_rows(onsets, durations, stages, probabilities, empty)
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            separator = "\t" if ending == ".tsv" else ","
            csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)


def table_rows(
    onsets: Any, durations: Any, stages: Sequence[str], probabilities: Any, empty: str = ""
) -> list[list[str]]:
    """Return the rows of a table, the first with the names of the columns.

    Examples
    --------
    >>> table_rows([0.0], [30.0], ["W"], [[0.9, 0.1, 0.0, 0.0, 0.0]])[1]
    ['0', '30', 'W', '0.9000', '0.1000', '0.0000', '0.0000', '0.0000']
    """
    header = ["onset", "duration", "stage"]
    rows = [
        [f"{onset:.10g}", f"{duration:.10g}", stage]
        for onset, duration, stage in zip(onsets, durations, stages, strict=True)
    ]
    if probabilities is None:
        return [header, *rows]
    numbers = [[empty if np.isnan(p) else f"{p:.4f}" for p in row] for row in probabilities]
    return [
        [*header, *STAGES],
        *(row + added for row, added in zip(rows, numbers, strict=True)),
    ]


def check_can_write(path: str | os.PathLike[str]) -> None:
    """Raise an error if a format is unknown or its package is not installed.

    Raises
    ------
    ImportError, ValueError
        As in `write_hypnogram`.
    """
    if one_of("the ending of path", Path(path).suffix.lower(), ENDINGS) == ".edf":
        _edfio()


def _write_edf(
    path: Path,
    onsets: Any,
    durations: Any,
    stages: Sequence[str],
    meas_date: datetime.datetime | None,
) -> None:
    edfio = _edfio()
    recording = starttime = None
    if meas_date is not None:
        if meas_date.year not in _EDF_YEARS:
            raise ValueError(
                f"expected a date from 1985 to 2084 for EDF+, got {meas_date:%Y-%m-%d}"
            )
        recording = edfio.Recording(startdate=meas_date.date())
        starttime = meas_date.time()
    texts = [
        edfio.EdfAnnotation(float(onset), float(duration), EDF_TEXTS[stage])
        for onset, duration, stage in zip(onsets, durations, stages, strict=True)
    ]
    edfio.Edf([], recording=recording, starttime=starttime, annotations=texts).write(path)


def _edfio() -> Any:
    try:
        import edfio
    except ImportError as error:
        raise ImportError(
            "EDF+ annotations are written with edfio: pip install 'eegzoo[edf]'"
        ) from error
    return edfio
