"""The style of all figures, their axes, and their alternative texts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib.style
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, NullFormatter

P = ParamSpec("P")
R = TypeVar("R")

STYLE = Path(__file__).with_name("eegzoo.mplstyle")
# Okabe and Ito (2008), in the order of the style file.
COLORS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000",
)  # fmt: skip
GREY = "#767676"  # for what is compared with: chance, diagonals, baselines
DIVERGING = "RdBu_r"  # maps of values around zero: blue and red, never red and green
SEQUENTIAL = "viridis"
NARROW, WIDE = 5.6, 11.4  # inches: a figure on a telephone, and one as wide as the page


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Make a function draw in the style of eegzoo, which ends with the call."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with matplotlib.style.context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def axes_grid(
    axes: Any, n_rows: int = 1, n_cols: int = 1, size: tuple[float, float] = (NARROW, 3.6),
    **subplots: Any,
) -> tuple[Figure | SubFigure, npt.NDArray[Any]]:  # fmt: skip
    """Return the axes to draw in, and their figure.

    The figure belongs to no window and to nothing that pyplot counts, so that drawing needs no
    display, blocks nothing and leaves nothing open, whatever `MPLBACKEND` is. Axes of a user's own
    figure are drawn where that figure is.

    Parameters
    ----------
    axes : Axes | array of Axes | None
        Axes that the user gave. None: those of a new figure.
    n_rows, n_cols : int
        Number of axes that are needed.
    size : tuple of float
        Width and height of a new figure in inches.
    **subplots
        Further arguments of `matplotlib.figure.Figure.subplots` for a new figure.

    Returns
    -------
    figure : Figure
        Figure of the axes.
    axes : array of Axes, shape (n_rows, n_cols)
        Axes.

    Raises
    ------
    ValueError
        If another number of axes is given.

    Examples
    --------
    >>> figure, axes = axes_grid(None, n_cols=2)
    >>> axes.shape, figure.get_layout_engine() is not None
    ((1, 2), True)
    """
    if axes is None:
        figure = Figure(figsize=size, layout="constrained")
        return figure, figure.subplots(n_rows, n_cols, squeeze=False, **subplots)
    given = np.array(axes, dtype=object).reshape(-1)
    if len(given) != n_rows * n_cols or not all(isinstance(one, Axes) for one in given):
        kinds = sorted({type(one).__name__ for one in given})
        raise ValueError(
            f"expected axes to be {n_rows * n_cols} Axes of matplotlib, got {len(given)} "
            f"({', '.join(kinds)})"
        )
    return given[0].figure, given.reshape(n_rows, n_cols)


def one_axes(
    axes: Axes | None, size: tuple[float, float] = (NARROW, 3.6)
) -> tuple[Figure | SubFigure, Axes]:
    """Return the axes to draw in, and their figure, as `axes_grid` does for one.

    Examples
    --------
    >>> figure, axes = one_axes(None)
    >>> one_axes(axes) == (figure, axes)
    True
    """
    figure, grid = axes_grid(axes, size=size)
    return figure, grid[0, 0]


def plain_log(axis: Axis) -> None:
    """Make an axis logarithmic, with plain numbers at its ticks.

    matplotlib's own are formulas, which the style does not parse.

    Examples
    --------
    >>> figure, axes = one_axes(None)
    >>> plain_log(axes.yaxis)
    >>> axes.get_yscale()
    'log'
    """
    setter = axis.axes.set_xscale if isinstance(axis, XAxis) else axis.axes.set_yscale
    setter("log")
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def legend_outside(
    figure: Figure | SubFigure, axes: Axes, own: bool, where: str = "above", **options: Any
) -> None:
    """Draw the legend of axes where it covers nothing.

    Parameters
    ----------
    figure, axes : Figure, Axes
        Figure and axes whose legend it is.
    own : bool
        Whether the figure is new: then its other parts make room.
    where : {"above", "below"}
        Place in a new figure. In axes of a user's figure, matplotlib chooses the place.
    **options
        Further arguments of the legend.

    Examples
    --------
    >>> figure, axes = one_axes(None)
    >>> _ = axes.plot([0, 1], label="line")
    >>> legend_outside(figure, axes, own=True)
    >>> len(figure.legends)
    1
    """
    handles, labels = options.pop("handles", None), None
    if handles is None:
        handles, labels = axes.get_legend_handles_labels()
    labels = labels or [str(handle.get_label()) for handle in handles]
    if own:
        place: Any = {"above": "outside upper left", "below": "outside lower left"}[where]
        figure.legend(handles, labels, loc=place, **options)
    else:
        axes.legend(handles, labels, **options)


def describe(drawn: Axes | Figure | SubFigure, text: str) -> None:
    """Set the alternative text of axes or of a whole figure: what a reader sees in it, in words.

    Parameters
    ----------
    drawn : Axes | Figure
        Axes, or a figure, whose text stands for those of its axes.
    text : str
        What is shown: the axes, and the most important values.

    Examples
    --------
    >>> figure, axes = one_axes(None)
    >>> describe(axes, "Accuracy of each subject.")
    >>> alternative_text(figure)
    'Accuracy of each subject.'
    """
    if not text.strip():
        raise ValueError(f"expected text to be what the figure shows, got {text!r}")
    drawn.set_label(text)  # matplotlib's name of an artist; it is stored with the figure


def alternative_text(figure: Figure | SubFigure) -> str:
    """Return the alternative text of a figure: its own, or those of its axes together.

    Raises
    ------
    ValueError
        If neither the figure nor its axes have one.

    Examples
    --------
    >>> figure, axes = axes_grid(None, n_cols=2)
    >>> describe(axes[0, 0], "Training loss.")
    >>> describe(axes[0, 1], "Validation loss.")
    >>> alternative_text(figure)
    'Training loss. Validation loss.'
    """
    own = str(figure.get_label() or "")
    texts = [own] if own else [str(axes.get_label() or "") for axes in figure.axes]
    # matplotlib calls the axes of a colour bar "<colorbar>".
    known = [text for text in texts if text and text != "<colorbar>"]
    if not known:
        raise ValueError("expected a figure with an alternative text, got none: use describe")
    return " ".join(known)
