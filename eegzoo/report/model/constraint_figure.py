"""Figure of the norms of constrained layers and their limits."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from torch import nn

from eegzoo.layers.constrained.norm_report import LayerNorms, constraint_report
from eegzoo.report.style import COLORS, NARROW, describe, one_axes, styled


@styled
def plot_constraints(model: nn.Module, axes: Axes | None = None) -> Figure | SubFigure:
    """Plot the norms of the filters of each layer with a limit: smallest, median and largest.

    Parameters
    ----------
    model : nn.Module
        Model.
    axes : Axes | None
        Axes to draw in. None: those of a new figure.

    Returns
    -------
    Figure
        Figure with an alternative text.

    Raises
    ------
    ValueError
        If no layer has a limit.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> axes = plot_constraints(model).axes[0]
    >>> [text.get_text() for text in axes.get_yticklabels()]
    ['front.spatial', 'head']
    """
    rows = _limited(model)
    if not rows:
        raise ValueError("expected a model with constrained layers, got one without limits")
    figure, one = one_axes(axes, (NARROW, 0.34 * len(rows) + 1.5))
    for place, row in enumerate(rows):
        one.plot([row.smallest, row.largest], [place] * 2, color=COLORS[0], linewidth=2.5)
        one.plot(row.median, place, "o", color=COLORS[0])
        for limit in (row.min_norm, row.max_norm):
            if limit is not None:
                one.plot([limit] * 2, [place - 0.35, place + 0.35], color=COLORS[1], linewidth=2.5)
        text = f"{row.n_at_bound} of {row.n_filters} at the limit"
        one.annotate(text, (1.0, place), (4, 0), va="center", fontsize="small",
                     xycoords=("axes fraction", "data"), textcoords="offset points")  # fmt: skip
    one.plot([], [], "o-", color=COLORS[0], linewidth=2.5, label="smallest, median, largest")
    one.plot([], [], color=COLORS[1], linewidth=2.5, label="limit")
    one.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    one.set_yticks(np.arange(len(rows)), [row.name or "(itself)" for row in rows])
    one.set_ylim(len(rows) - 0.5, -0.5)
    one.set_xlim(left=0.0)
    one.set_xlabel("Norm of a filter")
    listed = "; ".join(
        f"{row.name}: {row.smallest:.3g} to {row.largest:.3g}, limit {row.max_norm:g}, "
        f"{row.n_at_bound} of {row.n_filters} filters at a limit"
        for row in rows
    )
    describe(one, f"Norms of the filters of {len(rows)} constrained layers. {listed}.")
    return figure


def has_limits(model: nn.Module) -> bool:
    """Return whether a layer of a model has a limit, so that `plot_constraints` can draw it.

    Examples
    --------
    >>> has_limits(torch.nn.Linear(4, 2))
    False
    """
    return bool(_limited(model))


def _limited(model: nn.Module) -> list[LayerNorms]:
    return [row for row in constraint_report(model) if row.max_norm is not None]
