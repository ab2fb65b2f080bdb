"""Options that give each window a number to predict: a column of a table."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Target = Annotated[
    str | None,
    typer.Option(
        help="Column of numbers in --metadata, as targets of a regressor.",
        show_default="none: labels",
    ),
]
Metadata = Annotated[
    list[Path] | None,
    typer.Option(
        help="Table (CSV or TSV) with the column --target, one for each recording. A row belongs "
        "to the event at its onset in seconds, as in BIDS, or, without a column onset, to the "
        "event in the same place. Windows without a number are left out.",
        show_default="none",
    ),
]

# Cells without a number; BIDS has n/a. Their windows are left out.
_MISSING = {"", "n/a", "na", "nan"}


def check_options(target: str | None, metadata: list[Path] | None) -> None:
    """Raise an error unless both options are given or neither."""
    if (target is None) != (not metadata):
        raise ValueError("expected --target and --metadata together, got only one of them")


def read_targets(
    path: Path,
    column: str,
    onsets: npt.NDArray[np.float64],
    kept: npt.NDArray[np.int64],
    n_events: int,
    sfreq: float,
) -> npt.NDArray[np.float64]:
    """Return the number of each window, with NaN for missing ones.

    Parameters
    ----------
    path : Path
        Table, separated by commas or tabs, with a row of column names.
    column : str
        Name of the column.
    onsets : array, shape (n_windows,)
        Onset of each window's event in seconds from the start of the recording.
    kept : array of int, shape (n_windows,)
        Index of each window's event.
    n_events : int
        Number of events, including those without a complete window.
    sfreq : float
        Sampling rate of the recording in Hz.

    Raises
    ------
    ValueError
        If there is no such column, a value is not a number, or the rows do not match the events.
    """
    import numpy as np

    rows = _read(path, column)
    numbers = _column(path, rows, column)
    if "onset" not in rows[0]:
        if len(rows) != n_events:
            raise ValueError(
                f"expected a row for each of the {n_events} events in {path}, or a column onset, "
                f"got {len(rows)} rows"
            )
        return numbers[kept]
    times = _column(path, rows, "onset")
    # Onsets are rounded: in tables to milliseconds, in recordings to samples.
    tolerance = max(1 / sfreq, 2e-3)
    values = np.full(len(onsets), np.nan)
    for place, onset in enumerate(onsets):
        near = abs(times - onset) <= tolerance
        found = np.unique(numbers[near & np.isfinite(numbers)])
        if not near.any() or len(found) > 1:
            raise ValueError(
                f"expected one row in {path} for the event at {onset:.3f} s, got "
                f"{'several' if near.any() else 'none'}"
            )
        values[place] = found[0] if len(found) else np.nan
    return values


def _read(path: Path, column: str) -> list[dict[str, str]]:
    """Return the rows of a table that has a column."""
    from eegzoo.arguments import nearest

    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            separator = "\t" if "\t" in file.readline() else ","
            file.seek(0)
            reader = csv.DictReader(file, delimiter=separator, restval="")
            rows, names = list(reader), reader.fieldnames or []
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a table: {error}") from error
    if column not in names:
        raise ValueError(f"unknown column {column!r} in {path}{nearest(column, names)}")
    if not rows:
        raise ValueError(f"expected rows in {path}, got only column names")
    return rows


def _column(path: Path, rows: list[dict[str, str]], name: str) -> npt.NDArray[np.float64]:
    """Return the numbers in a column, with NaN for missing ones."""
    import numpy as np

    numbers = np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        text = row[name].strip()
        if text.lower() in _MISSING:
            continue
        try:
            numbers[place] = float(text)
        except ValueError:
            numbers[place] = math.inf
        if not math.isfinite(numbers[place]):
            raise ValueError(
                f"expected numbers in column {name!r} of {path}, got {text!r} in row {place + 1}"
            )
    return numbers
