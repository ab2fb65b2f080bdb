"""Confusion matrix with counts and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from sklearn.metrics import confusion_matrix

from eegzoo.report.names import shortened
from eegzoo.report.style import NARROW, WIDE, describe, one_axes, styled

_MOST_WITH_TEXT = 16  # classes whose counts are written into the cells


@styled
def plot_confusion(
    true: npt.ArrayLike,
    predicted: npt.ArrayLike,
    classes: Sequence[Any] | None = None,
    axes: Axes | None = None,
) -> Figure | SubFigure:
    r"""Plot a confusion matrix: the count of each cell, and its share of the true class.

    Parameters
    ----------
    true, predicted : array, shape (n_windows,)
        Classes.
    classes : sequence | None
        Classes in the order of rows and columns. None: those that occur, sorted.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Raises
    ------
    ValueError
        If there are no windows, the shapes differ, or classes that are not in `classes`.

    Examples
    --------
    >>> figure = plot_confusion(["a", "a", "b", "b"], ["a", "b", "b", "b"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1\n50 %', '1\n50 %', '0\n0 %', '2\n100 %']
    """
    true, predicted = np.asarray(true), np.asarray(predicted)
    if true.shape != predicted.shape or true.ndim != 1:
        raise ValueError(
            "expected true and predicted of the same shape (n_windows,), got "
            f"{true.shape} and {predicted.shape}"
        )
    if not len(true):
        raise ValueError("expected true of at least one window, got none")
    known = list(np.unique(np.concatenate([true, predicted])) if classes is None else classes)
    unknown = np.setdiff1d(np.concatenate([true, predicted]), known)
    if unknown.size:
        raise ValueError(f"expected classes {known}, got also {unknown.tolist()}")
    counts = confusion_matrix(true, predicted, labels=known)
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    side = float(np.clip(1.6 + 0.62 * len(known), 3.6, NARROW))
    many = len(known) > _MOST_WITH_TEXT
    figure, axes = one_axes(axes, (WIDE, WIDE * 0.85) if many else (NARROW, side))
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    figure.colorbar(image, ax=axes, label="Share of the true class", shrink=0.8)
    if not many:
        size = float(np.clip(80 / len(known), 6, 10.5))
        for row, column in np.ndindex(counts.shape):
            share = shares[row, column]
            text = f"{counts[row, column]}"
            # Many classes leave no room for the shares, which the colours show.
            text += f"\n{100 * share:.0f} %" if len(known) <= 8 else ""
            color = "white" if share > 0.55 else "black"
            axes.text(column, row, text, ha="center", va="center", color=color, fontsize=size)
    names = [shortened(name, 16) for name in known]
    size = float(np.clip(220 / len(known), 5.5, 9.5))
    steep = len(known) > 4 or max(map(len, names)) > 10
    axes.set_xticks(range(len(known)), names, fontsize=size, rotation=90 if steep else 0)
    axes.set_yticks(range(len(known)), names, fontsize=size)
    axes.tick_params(length=0)
    axes.set_xlabel("Predicted class")
    axes.set_ylabel("True class")
    for spine in axes.spines.values():
        spine.set_visible(False)
    recalls = ", ".join(
        f"{shortened(name)} {100 * shares[place, place]:.0f} %"
        for place, name in enumerate(known[:20])
        if totals[place, 0]
    )
    right = int(np.trace(counts))
    describe(
        axes,
        f"Confusion matrix of {len(true)} windows, {right} of them on the diagonal. Share of each "
        f"true class that is predicted as itself: {recalls}.",
    )
    return figure
