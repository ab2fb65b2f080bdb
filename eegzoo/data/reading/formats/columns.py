"""Text tables: separators, titles, comments and numbers, as many programs write them."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

_PART = 20_000  # rows that are split at a time
_SAMPLE = 50  # rows from which separators and the kinds of columns are guessed


@dataclasses.dataclass(frozen=True)
class Columns:
    """Columns of a text table.

    Parameters
    ----------
    comments : tuple of str
        Lines before the table that start with "%" or "#".
    numbers : dict of str to array, shape (n_rows,)
        Columns of numbers; an empty cell is NaN.
    texts : dict of str to array of str, shape (n_rows,)
        Other columns.
    """

    comments: tuple[str, ...]
    numbers: dict[str, npt.NDArray[np.float64]]
    texts: dict[str, npt.NDArray[np.str_]]


def read_columns(path: Path, has_duplicates: bool = False) -> Columns:
    """Read a text table with commas, semicolons, tabs or blanks between its columns.

    A semicolon or a tab allows decimal commas. Columns without a title are named "1", "2" and so
    on.

    Parameters
    ----------
    path : Path
        File in UTF-8 or Latin-1.
    has_duplicates : bool
        Whether columns may have the same title, such as "Other"; all but the first get a number.

    Raises
    ------
    ValueError
        If the file contains no rows of numbers, or if its rows differ in length.
    """
    lines = _lines(path)
    n_comments = next(
        (i for i, line in enumerate(lines) if line.strip() and line.lstrip()[0] not in "%#"),
        len(lines),
    )
    comments, body = lines[:n_comments], [line for line in lines[n_comments:] if line.strip()]
    if not body:
        raise ValueError("expected rows of numbers, got none")
    separator, decimal = _separator(body[-min(len(body), _SAMPLE) :])
    first = [cell.strip().strip("\"'") for cell in _split(body[0], separator)]
    has_titles = not all(_is_number(cell, decimal) for cell in first)
    titles = first if has_titles else [str(place + 1) for place in range(len(first))]
    rows = body[has_titles:]
    if has_duplicates:
        titles = [
            f"{title}-{titles[:place].count(title) + 1}" if title in titles[:place] else title
            for place, title in enumerate(titles)
        ]
    if len(set(titles)) < len(titles):
        raise ValueError(f"expected columns with different titles, got {titles}")
    if not rows:
        raise ValueError("expected rows of numbers, got titles only")
    parts: dict[str, list[npt.NDArray[np.float64]]] = {title: [] for title in titles}
    # In parts, because a list of all cells takes ten times the memory of the numbers.
    for start in range(0, len(rows), _PART):
        cells = _cells(rows[start : start + _PART], separator, len(titles), start)
        for title, column in zip(titles, zip(*cells, strict=True), strict=True):
            if title not in parts:
                continue
            try:
                parts[title].append(_numbers([cell.strip() for cell in column], decimal))
            except ValueError:
                del parts[title]
    numbers = {title: np.concatenate(found) for title, found in parts.items()}
    texts = {
        title: np.array([_split(row, separator)[place].strip().strip("\"'") for row in rows])
        for place, title in enumerate(titles)
        if title not in numbers
    }
    return Columns(tuple(line.strip() for line in comments), numbers, texts)


def _cells(rows: list[str], separator: str | None, width: int, start: int) -> list[list[str]]:
    """Return the cells of rows, of which the first is row number `start`."""
    cells = [_split(row, separator) for row in rows]
    for place, row in enumerate(cells):
        if len(row) == width + 1 and not row[-1].strip():
            row.pop()  # a separator at the end of the row
        if len(row) != width:
            raise ValueError(
                f"expected {width} columns in each row, got {len(row)} in row {start + place + 1}: "
                f"{rows[place][:60]!r}"
            )
    return cells


def _lines(path: Path) -> list[str]:
    content = path.read_bytes()
    if b"\0" in content:
        raise ValueError("expected text, got binary data")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.splitlines()


def _separator(rows: list[str]) -> tuple[str | None, str]:
    """Return the separator of columns, None for blanks, and the decimal sign."""
    for separator in ("\t", ";", ","):
        counts = {row.count(separator) for row in rows}
        if min(counts) > 0:
            with_commas = any(re.search(r"\d,\d", row) for row in rows)
            return separator, "," if separator != "," and with_commas else "."
    return None, "."


def _split(row: str, separator: str | None) -> list[str]:
    return row.split(separator)


def _is_number(cell: str, decimal: str) -> bool:
    try:
        float(cell.replace(decimal, "."))
    except ValueError:
        return False
    return True


def _numbers(values: list[str], decimal: str) -> npt.NDArray[np.float64]:
    if decimal != ".":
        values = [value.replace(decimal, ".") for value in values]
    column = np.array([value or "nan" for value in values])
    return column.astype(np.float64)
