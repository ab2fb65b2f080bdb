"""Course of trainings: losses and scores of each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from eegzoo.arguments import one_of
from eegzoo.report.style import COLORS, describe, one_axes, styled

Row = Mapping[str, Any]
_COLUMNS = {
    "loss": (("train_loss", "training"), ("valid_loss", "validation")),
    "score": (("valid_score", "validation"),),
}
_STYLES = {"training": (COLORS[0], "-"), "validation": (COLORS[1], "--")}


@styled
def plot_learning_curves(
    histories: Mapping[str, Sequence[Row]],
    which: str = "loss",
    label: str | None = None,
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot the losses or the validation scores of trainings against the epoch.

    Each training is a thin line; the thick line is the mean of the trainings that reached the
    epoch.

    Parameters
    ----------
    histories : mapping of str to History
        ``history_`` of each estimator, by the name of the training, such as "fold 1".
    which : {"loss", "score"}
        What is plotted.
    label : str | None
        Label of the y-axis with its unit. None: "Loss" or "Validation score".
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Raises
    ------
    ValueError
        If no training has the values.

    Examples
    --------
    >>> history = [{"epoch": 1, "train_loss": 0.7}, {"epoch": 2, "train_loss": 0.6}]
    >>> figure = plot_learning_curves({"fold 1": history})
    >>> figure.axes[0].get_xlabel()
    'Epoch'
    """
    one_of("which", which, tuple(_COLUMNS))
    known = [
        (column, name)
        for column, name in _COLUMNS[which]
        if any(_column_values(history, column)[1] for history in histories.values())
    ]
    if not known:
        wanted = ", ".join(column for column, _ in _COLUMNS[which])
        raise ValueError(f"expected histories with {wanted}, got none")
    figure, axes = one_axes(axes)
    said = []
    for column, name in known:
        color, line = _STYLES[name]
        of_epochs: dict[int, list[float]] = {}
        for history in histories.values():
            epochs, values = _column_values(history, column)
            if len(histories) > 1:
                axes.plot(epochs, values, line, color=color, linewidth=0.8, alpha=0.4)
            for epoch, value in zip(epochs, values, strict=True):
                of_epochs.setdefault(epoch, []).append(value)
        epochs = sorted(of_epochs)
        means = [float(np.mean(of_epochs[epoch])) for epoch in epochs]
        shown = name if len(histories) == 1 else f"{name}, mean of {len(histories)}"
        marker = "o" if len(epochs) == 1 else ""
        axes.plot(epochs, means, line, marker=marker, color=color, linewidth=2, label=shown)
        said.append(f"{name} from {means[0]:.3g} to {means[-1]:.3g}")
    axes.set_xlabel("Epoch")
    axes.set_ylabel(label or ("Loss" if which == "loss" else "Validation score"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    longest = max(len(history) for history in histories.values())
    axes.set_xlim(0.5, longest + 0.5)
    axes.grid(axis="y")
    axes.legend()
    trainings = "one training" if len(histories) == 1 else f"{len(histories)} trainings"
    describe(axes, f"{axes.get_ylabel()} of {trainings} by epoch: {'; '.join(said)}.")
    return figure


def _column_values(history: Sequence[Row], column: str) -> tuple[list[int], list[float]]:
    """Return the epochs that have a value, and the values."""
    rows = [row for row in history if row.get(column) is not None]
    return [int(row["epoch"]) for row in rows], [float(row[column]) for row in rows]
