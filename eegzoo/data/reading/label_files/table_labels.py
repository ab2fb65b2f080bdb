"""Labels in tables: BIDS's events.tsv, CSV with onsets, or one sleep stage per line."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import math
from pathlib import Path

from eegzoo.data.reading.label_files.clock_times import is_clock_time, seconds_from
from eegzoo.data.reading.label_files.counted_epochs import EPOCH_SECONDS
from eegzoo.data.reading.label_files.label_rows import LabelRows, Rows
from eegzoo.data.reading.label_files.stages import stage_of, stages_of

_STAGE_COLUMNS = ("stage", "stages", "sleep_stage", "sleepstage", "hypnogram", "hypno")
_NAME_COLUMNS = ("description", "trial_type", "label", "event", "value", *_STAGE_COLUMNS)


def read_table_labels(path: Path, start: datetime.datetime | None) -> LabelRows:
    """Return onset, duration and description of each row of a table.

    Parameters
    ----------
    path : Path
        Table with the column ``onset``, in seconds or as clock times, and ``description`` or
        another name of it, such as BIDS's ``trial_type``; ``duration`` is optional. Or one sleep
        stage per line. Rows without a description are left out.
    start : datetime | None
        Start of the recording, from which clock times are counted.

    Raises
    ------
    ValueError
        If the file is no such table.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} cannot be read as a table: {error}") from error
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    if not lines:
        raise ValueError(f"expected labels in {path}, got an empty file")
    separator = "\t" if "\t" in lines[0] else ";" if ";" in lines[0] else ","
    cells = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    names = [cell.lower() for cell in cells[0]]
    if "onset" in names:
        return LabelRows(_with_onsets(path, names, cells[1:], start))
    stages = next((names.index(name) for name in _STAGE_COLUMNS if name in names), None)
    if stages is not None:
        cells = cells[1:]
    elif len(names) == 1 and stage_of(cells[0][0]) is not None:
        stages = 0
    else:
        raise ValueError(
            f"expected columns onset and description in {path}, or a sleep stage in each line, got "
            f"the columns {cells[0]}"
        )
    found = stages_of((_cell(row, stages) for row in cells), str(path))
    rows = [(0.0, 0.0, stage) for stage in found]
    labels = LabelRows(rows, has_times=False).with_length(EPOCH_SECONDS)
    return dataclasses.replace(labels, has_length=False)


def _with_onsets(
    path: Path, names: list[str], cells: list[list[str]], start: datetime.datetime | None
) -> Rows:
    column = next((name for name in _NAME_COLUMNS if name in names), None)
    if column is None:
        raise ValueError(f"expected a column description in {path}, got {names}")
    place = names.index(column)
    texts = [_cell(row, place) for row in cells]
    if column in _STAGE_COLUMNS:
        texts = stages_of(texts, str(path))
    rows: Rows = []
    for number, (row, text) in enumerate(zip(cells, texts, strict=True), start=1):
        if text.lower() in ("", "n/a"):
            continue
        onset = _onset(path, number, _cell(row, names.index("onset")), start, rows)
        duration = 0.0
        if "duration" in names:
            length = _cell(row, names.index("duration"))
            if length.lower() not in ("", "n/a"):
                duration = _seconds(path, number, "duration", length)
                if duration < 0:
                    raise ValueError(
                        f"expected durations of at least 0 in {path}, got {duration:g} in row "
                        f"{number}"
                    )
        rows.append((onset, duration, text))
    if not rows:
        raise ValueError(f"expected labels in {path}, got none")
    return rows


def _cell(row: list[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _onset(
    path: Path, number: int, text: str, start: datetime.datetime | None, before: Rows
) -> float:
    if not is_clock_time(text):
        return _seconds(path, number, "onset", text)
    if start is None:
        raise ValueError(
            f"expected a recording with a date (meas_date) for the clock times of {path}, got none"
        )
    try:
        return seconds_from(start, text, before[-1][0] if before else 0.0)
    except ValueError as error:
        raise ValueError(f"{path} cannot be read in row {number}: {error}") from error


def _seconds(path: Path, number: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(
            f"expected seconds in column {name} of {path}, got {text!r} in row {number}"
        )
    return value
