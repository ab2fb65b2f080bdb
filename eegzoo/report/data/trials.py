"""Windows that are kept and left out, and the balance of their classes or targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from eegzoo.report.names import shortened
from eegzoo.report.panels import label_columns, row_axes
from eegzoo.report.style import COLORS, NARROW, describe, legend_outside, one_axes, styled

Array = npt.NDArray[Any]


@styled
def plot_counts(
    counts: Mapping[str, int],
    x_label: str = "Windows",
    left_out: Mapping[str, int] | None = None,
    n_windows: int | None = None,
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot numbers of windows as bars: those of each class, and those left out by reason.

    Parameters
    ----------
    counts : mapping of str to int
        Number of windows that are kept, by class.
    x_label : str
        Label of the x-axis.
    left_out : mapping of str to int | None
        Number of windows that are left out, by reason.
    n_windows : int | None
        Number of windows of which the shares are. None: the sum of `counts`.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> figure = plot_counts({"left": 20, "right": 19}, left_out={"end after the recording": 1})
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['20 (51 %)', '19 (49 %)', '1']
    """
    left_out = dict(left_out or {})
    rows = [*counts.items(), *left_out.items()]
    figure, columns = row_axes(axes, [name for name, _ in rows], extra=1.2)
    total = sum(counts.values()) if n_windows is None else n_windows
    most = max([count for _, count in rows], default=0) or 1
    for one, part in columns:
        for place, (_, count) in enumerate(rows[part]):
            kept = part.start + place < len(counts)
            one.barh(
                place, count, height=0.7, color=COLORS[0] if kept else "white",
                edgecolor=COLORS[0] if kept else COLORS[1], hatch=None if kept else "///",
                label="kept" if kept else "left out",
            )  # fmt: skip
            share = f" ({100 * count / total:.0f} %)" if kept and total else ""
            one.annotate(
                f"{count}{share}", (count, place), xytext=(3, 0), textcoords="offset points",
                va="center", fontsize=9,
            )  # fmt: skip
        one.set_xlim(0, most * 1.3)
    label_columns(columns, x_label)
    if left_out:
        handles, labels = columns[0][0].get_legend_handles_labels()
        for one, _ in columns[1:]:
            more = one.get_legend_handles_labels()
            handles, labels = handles + more[0], labels + more[1]
        unique = dict(zip(labels, handles, strict=True))
        legend_outside(figure, columns[0][0], axes is None, handles=list(unique.values()), ncols=2)
    said = ", ".join(f"{shortened(name)} {count}" for name, count in list(counts.items())[:20])
    text = f"{total} windows are kept: {said}"
    if left_out:
        reasons = ", ".join(f"{count} {name}" for name, count in left_out.items())
        text += f"; {sum(left_out.values())} are left out: {reasons}"
    describe(columns[0][0], f"{text}.")
    return figure


@styled
def plot_targets(
    values: npt.ArrayLike, name: str = "target", unit: str = "", axes: Axes | None = None
) -> Figure | SubFigure:
    """Plot a histogram of the numbers to predict.

    Parameters
    ----------
    values : array, shape (n_windows,)
        Numbers.
    name : str
        Name of the target.
    unit : str
        Unit of the target.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> figure = plot_targets([1.0, 2.0, 2.5], "age", "years")
    >>> figure.axes[0].get_xlabel()
    'age (years)'
    """
    values = np.asarray(values, np.float64)
    figure, axes = one_axes(axes, (NARROW, 3.2))
    axes.hist(values, bins=min(30, max(5, len(values) // 10)), color=COLORS[0], edgecolor="white")
    axes.set_xlabel(f"{shortened(name)} ({shortened(unit) if unit else 'unit of the target'})")
    axes.set_ylabel("Windows")
    axes.grid(axis="y")
    describe(
        axes,
        f"Histogram of {len(values)} targets, from {values.min():.4g} to {values.max():.4g}, mean "
        f"{values.mean():.4g}.",
    )
    return figure


def counts_of(labels: npt.ArrayLike, classes: Sequence[object]) -> dict[str, int]:
    """Return the number of windows of each class.

    Examples
    --------
    >>> counts_of(np.array(["a", "b", "a"]), ["a", "b", "c"])
    {'a': 2, 'b': 1, 'c': 0}
    """
    labels = np.asarray(labels)
    if labels.ndim == 2:
        return {str(name): int(labels[:, place].sum()) for place, name in enumerate(classes)}
    return {str(name): int((labels == name).sum()) for name in classes}
