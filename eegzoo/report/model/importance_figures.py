"""Figures of the channels and bands that matter."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from eegzoo.arguments import positive_int
from eegzoo.report.channel_labels import channel_labels
from eegzoo.report.frequency_bands import band_text
from eegzoo.report.model.permutation_importance import PermutationImportance
from eegzoo.report.scalp_maps import (
    color_scale,
    draw_map,
    located,
    map_note,
    strongest,
    write_note,
)  # fmt: skip
from eegzoo.report.style import COLORS, NARROW, describe, one_axes, styled


@styled
def plot_importance(
    importance: PermutationImportance, axes: Axes | None = None, *, max_rows: int = 20
) -> Figure | SubFigure:
    """Plot the score that is lost without each channel or band, with intervals.

    The intervals enclose 95 % of the repetitions.

    Parameters
    ----------
    importance : PermutationImportance
        Losses, from `eegzoo.report.permutation_importance`.
    axes : Axes | None
        Axes to draw in. None: those of a new figure.
    max_rows : int
        Largest number of rows; of more, those with the largest losses are shown.

    Returns
    -------
    Figure
        Figure with an alternative text.

    Examples
    --------
    >>> drops = np.array([[0.0, 0.1, -0.1], [0.3, 0.4, 0.5]])
    >>> importance = eegzoo.report.PermutationImportance(
    ...     "channels", ("Oz", "C3"), drops, 0.9, "accuracy"
    ... )
    >>> axes = plot_importance(importance).axes[0]
    >>> axes.get_xlabel(), [text.get_text() for text in axes.get_yticklabels()]
    ('Loss of accuracy', ['C3', 'Oz'])
    """
    positive_int("max_rows", max_rows)
    order = np.arange(len(importance.names))
    if importance.of == "channels":
        order = np.argsort(-importance.mean, kind="stable")
    shown = order[:max_rows]
    labels = channel_labels(importance.names, 20)
    if importance.bands:
        labels = [band_text(name, importance.bands[name]) for name in importance.names]
    names = [labels[i] for i in shown]
    figure, one = one_axes(axes, (NARROW, 0.25 * len(shown) + 1.2))
    low, high = importance.interval()[:, shown]
    rows = np.arange(len(shown))
    one.hlines(rows, low, high, color=COLORS[0], linewidth=1.5)
    one.plot(importance.mean[shown], rows, "o", color=COLORS[0])
    one.axvline(0.0, color="black", linewidth=0.8)
    one.set_yticks(rows, names)
    one.set_ylim(len(shown) - 0.5, -0.5)
    one.set_xlabel(f"Loss of {importance.score_name}")
    one.locator_params(axis="x", nbins=6)
    if len(shown) < len(order):
        one.set_title(f"The {len(shown)} largest of {len(order)} {importance.of}")
    n_repeats = importance.drops.shape[1]
    most = [f"{names[i]} {importance.mean[shown[i]]:.2g}" for i in range(min(3, len(shown)))]
    kind = "largest" if importance.of == "channels" else "first"
    describe(
        one,
        f"Loss of {importance.score_name} (of {importance.score:.2g}) when {importance.of} are "
        f"exchanged between windows, with 95 % of {n_repeats} repetitions. "
        f"The {kind}: {', '.join(most)}.",
    )
    return figure


@styled
def plot_importance_map(
    importance: PermutationImportance, axes: Axes | None = None
) -> Figure | SubFigure:
    """Plot the score that is lost without each channel over the scalp.

    Parameters
    ----------
    importance : PermutationImportance
        Losses of channels, from `eegzoo.report.permutation_importance`.
    axes : Axes | None
        Axes to draw in. None: those of a new figure.

    Returns
    -------
    Figure
        Figure with an alternative text.

    Raises
    ------
    ValueError
        If the losses are those of bands.

    Examples
    --------
    >>> importance = eegzoo.report.PermutationImportance(
    ...     "channels", ("C3", "C4", "Cz", "Oz"), np.eye(4), 0.9, "accuracy"
    ... )
    >>> figure = plot_importance_map(importance)
    """
    if importance.of != "channels":
        raise ValueError(f"expected importance of channels, got that of {importance.of}")
    figure, one = one_axes(axes, (NARROW, 3.2))
    limit = float(abs(importance.mean).max())
    note = map_note(importance.names)
    label = f"Loss of {importance.score_name}"
    draw_map(one, importance.mean, importance.names, limit, unit=label)
    if len(located(importance.names)):
        color_scale(figure, [one], limit, label, 0.8)
    if axes is None:
        write_note(figure, note)
    describe(
        one,
        f"Loss of {importance.score_name} over the scalp when a channel is exchanged between "
        f"windows, largest at {strongest(importance.mean, importance.names)}. {note}".strip(),
    )
    return figure
