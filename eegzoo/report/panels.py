"""Rows of a figure, each with its name, in as many columns as fit a page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from eegzoo.report.names import short_names
from eegzoo.report.style import NARROW, WIDE, axes_grid

ROWS = 34  # rows of a column: 128 channels are four columns
_HEIGHT = 0.19  # inches of a row, in which its name is readable


def row_axes(
    axes: Any, names: Sequence[object], extra: float = 1.1
) -> tuple[Figure | SubFigure, list[tuple[Axes, slice]]]:
    """Return axes with a row for each name, and which rows each of them has.

    Rows are at 0, 1, 2 ... from the top. Many rows are divided into columns.

    Parameters
    ----------
    axes : Axes | None
        Axes for all rows. None: those of a new figure.
    names : sequence
        Names of the rows; long ones are shortened.
    extra : float
        Height in inches for what is above and below the rows.

    Examples
    --------
    >>> figure, columns = row_axes(None, [f"channel {number}" for number in range(128)])
    >>> [rows for _, rows in columns]
    [slice(0, 32, None), slice(32, 64, None), slice(64, 96, None), slice(96, 128, None)]
    """
    if not len(names):
        raise ValueError("expected names of at least one row, got none")
    n_columns = 1 if axes is not None else math.ceil(len(names) / ROWS)
    n_rows = math.ceil(len(names) / n_columns)
    width = NARROW if n_columns == 1 else WIDE * max(1, n_columns / 4)
    size = (width, extra + _HEIGHT * max(n_rows, 3))
    figure, grid = axes_grid(axes, n_cols=n_columns, size=size)
    every = short_names(names, 34 if n_columns == 1 else 16)
    columns = []
    for number, one in enumerate(grid[0]):
        rows = slice(number * n_rows, min((number + 1) * n_rows, len(names)))
        shown = every[rows]
        one.set_yticks(range(len(shown)), shown)
        one.set_ylim(max(n_rows, 3) - 0.4, -0.6)
        one.grid(axis="x")
        columns.append((one, rows))
    return figure, columns


def label_columns(columns: Sequence[tuple[Axes, slice]], text: str) -> None:
    """Set the label of the x-axis of all columns, in as many lines as they need.

    Examples
    --------
    >>> figure, columns = row_axes(None, ["C3", "C4"])
    >>> label_columns(columns, "Robust amplitude (µV)")
    >>> columns[0][0].get_xlabel()
    'Robust amplitude (µV)'
    """
    width = 52 if len(columns) == 1 else 20
    for axes, _ in columns:
        axes.set_xlabel(textwrap.fill(text, width))
