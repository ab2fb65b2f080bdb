"""Scores of a model and of other methods in the same folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from eegzoo.report.panels import label_columns, row_axes
from eegzoo.report.style import COLORS, GREY, describe, styled


@styled
def plot_methods(
    scores: Mapping[str, Sequence[float]],
    metric: str = "Accuracy",
    chance_limit: float | None = None,
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot the scores of methods in the same folds: each fold, and the mean.

    Parameters
    ----------
    scores : mapping of str to sequence of float
        Score of each fold, by the name of the method. The first is the model.
    metric : str
        Name of the score, with its unit if it has one.
    chance_limit : float | None
        Score that luck exceeds once in twenty times.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> figure = plot_methods({"eegnet": [0.7, 0.8], "CSP and LDA": [0.6, 0.7]})
    >>> figure.axes[0].get_xlabel()
    'Accuracy'
    """
    figure, columns = row_axes(axes, list(scores), extra=1.4)
    axes = columns[0][0]
    means = {name: float(np.mean(values)) for name, values in scores.items()}
    for row, (name, values) in enumerate(scores.items()):
        color = COLORS[1] if row == 0 else COLORS[0]
        if len(values) > 1:
            axes.plot(values, [row] * len(values), "o", color=color, alpha=0.4, markersize=4)
        axes.plot(means[name], row, "D", color=color, markersize=7)
    if chance_limit is not None:
        axes.axvline(chance_limit, color=GREY, linestyle="--", linewidth=1)
        axes.annotate(
            "luck, once in 20", (chance_limit, 1), xycoords=("data", "axes fraction"),
            xytext=(3, 2), textcoords="offset points", color=GREY, fontsize=9,
        )  # fmt: skip
    label_columns(columns, metric)
    if metric == "Accuracy":
        axes.set_xlim(0, 1.02)
    said = ", ".join(f"{name} {mean:.3f}" for name, mean in means.items())
    describe(axes, f"{metric} of each method in the same folds, mean over folds: {said}.")
    return figure
