"""Curves of how well probabilities rank windows: ROC, and precision and recall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from eegzoo.report.names import shortened
from eegzoo.report.style import COLORS, GREY, NARROW, describe, legend_outside, one_axes, styled

Array = npt.NDArray[Any]
_LINES = ("-", "--", "-.", ":")
_MOST_NAMED = 8


@styled
def plot_roc(
    true: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    classes: Sequence[Any],
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot the receiver operating characteristic of each class against the others.

    Of two classes, only that of the second is plotted: that of the first is its mirror image.

    Parameters
    ----------
    true : array, shape (n_windows,) or (n_windows, n_classes)
        Class of each window, or an indicator of its labels.
    probabilities : array, shape (n_windows, n_classes)
        Probability of each class.
    classes : sequence
        Classes in the order of `probabilities`.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or no class both occurs and is absent.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.2, 0.8]])
    >>> figure = plot_roc(["a", "a", "b", "b"], probabilities, ["a", "b"])
    >>> figure.axes[0].get_legend_handles_labels()[1]
    ['chance', 'b (area 0.750)']
    """
    own = axes is None
    figure, axes = one_axes(axes, (NARROW, _height(len(classes))))
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, label="chance")
    said, areas = [], []
    for number, name, positive, chance in _one_against_others(true, probabilities, classes):
        false_positives, true_positives, _ = roc_curve(positive, chance)
        area = float(roc_auc_score(positive, chance))
        areas.append(area)
        label = f"{shortened(name)} (area {area:.3f})" if number < _MOST_NAMED else None
        _draw(axes, number, false_positives, true_positives, label)
        said.append(f"{shortened(name)} {area:.3f}")
    _finish(figure, axes, own, "False positive rate", "True positive rate", areas, "area")
    describe(axes, f"Receiver operating characteristic. Area under the curve: {_said(said)}.")
    return figure


@styled
def plot_precision_recall(
    true: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    classes: Sequence[Any],
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot precision against recall for each class, which suits rare classes.

    Parameters are those of `plot_roc`. The level of chance is the share of a class, which the
    legend names and a dotted line of the same colour shows.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.2, 0.8]])
    >>> figure = plot_precision_recall(["a", "a", "b", "b"], probabilities, ["a", "b"])
    >>> figure.axes[0].get_ylabel()
    'Precision'
    """
    own = axes is None
    figure, axes = one_axes(axes, (NARROW, _height(len(classes))))
    said, averages = [], []
    for number, name, positive, chance in _one_against_others(true, probabilities, classes):
        precision, recall, _ = precision_recall_curve(positive, chance)
        average, share = float(average_precision_score(positive, chance)), float(positive.mean())
        averages.append(average)
        label = None
        if number < _MOST_NAMED:
            label = f"{shortened(name)} (average {average:.3f}, chance {share:.3f})"
        _draw(axes, number, recall, precision, label, drawstyle="steps-post")
        axes.axhline(share, color=COLORS[number % len(COLORS)], linestyle=":", linewidth=0.8)
        said.append(f"{shortened(name)} {average:.3f} (chance {share:.3f})")
    _finish(figure, axes, own, "Recall", "Precision", averages, "average")
    describe(axes, f"Precision against recall. Average precision: {_said(said)}.")
    return figure


def _one_against_others(
    true: npt.ArrayLike, probabilities: npt.ArrayLike, classes: Sequence[Any]
) -> Iterator[tuple[int, Any, Array, Array]]:
    """Yield number, name, indicator and probability of each class that occurs and is absent."""
    true, probabilities = np.asarray(true), np.asarray(probabilities)
    expected = (len(true), len(classes))
    if probabilities.shape != expected:
        raise ValueError(f"expected probabilities of shape {expected}, got {probabilities.shape}")
    if true.ndim == 2:
        indicators = true.astype(bool)
    else:
        indicators = np.stack([true == name for name in classes], axis=1)
    columns = list(range(len(classes)))
    if true.ndim == 1 and len(classes) == 2:
        columns = [1]
    columns = [one for one in columns if 0 < indicators[:, one].sum() < len(true)]
    if not columns:
        raise ValueError("expected true with windows of at least two classes, got one")
    for number, column in enumerate(columns):
        yield number, classes[column], indicators[:, column], probabilities[:, column]


def _draw(axes: Axes, number: int, x: Array, y: Array, label: str | None, **line: Any) -> None:
    # Colours repeat after eight classes, and then with another kind of line.
    style = _LINES[number % 2 + 2 * (number // len(COLORS) % 2)]
    width = 1.6 if label is not None else 0.8
    axes.plot(
        x, y, style, color=COLORS[number % len(COLORS)], linewidth=width, label=label,
        clip_on=False, **line,
    )  # fmt: skip


def _height(n_classes: int) -> float:
    """Return the height of a figure with room for the legend below the axes."""
    n_rows = 2 if n_classes == 2 else min(n_classes, _MOST_NAMED) + 2
    return 4.0 + 0.19 * n_rows


def _finish(
    figure: Figure | SubFigure, axes: Axes, own: bool, x: str, y: str, values: Sequence[float],
    what: str,
) -> None:  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid()
    title = None
    if len(values) > _MOST_NAMED:
        title = f"{len(values)} classes, mean {what} {np.mean(values):.3f}"
    legend_outside(figure, axes, own, "below", title=title, alignment="left")


def _said(said: Sequence[str]) -> str:
    return ", ".join(said[:_MOST_NAMED]) + (", and others" if len(said) > _MOST_NAMED else "")
