"""Scores of models that give each window several labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from sklearn.metrics import average_precision_score, roc_auc_score

from eegzoo.report.names import shortened
from eegzoo.report.panels import label_columns, row_axes
from eegzoo.report.style import COLORS, GREY, describe, legend_outside, styled

Array = npt.NDArray[Any]
_N_DRAWS = 100


@dataclasses.dataclass(frozen=True)
class LabelScore:
    """Scores of one label.

    Parameters
    ----------
    name : str
        Label.
    share : float
        Share of the windows that have the label: the average precision of random probabilities.
    average_precision : float
        Average precision. NaN if no window or every window has the label.
    low, high : float
        95% interval of the average precision over windows.
    area : float
        Area under the receiver operating characteristic.
    """

    name: str
    share: float
    average_precision: float
    low: float
    high: float
    area: float


def scores_of_labels(
    true: npt.ArrayLike, probabilities: npt.ArrayLike, names: Sequence[object]
) -> list[LabelScore]:
    """Return the scores of each label.

    Parameters
    ----------
    true : array of 0 and 1, shape (n_windows, n_labels)
        Whether each window has each label.
    probabilities : array, shape (n_windows, n_labels)
        Probability of each label.
    names : sequence
        Labels.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.

    Examples
    --------
    >>> true = np.array([[1, 0], [1, 1], [0, 0], [0, 1]])
    >>> chances = np.array([[0.9, 0.6], [0.8, 0.7], [0.3, 0.2], [0.2, 0.5]])
    >>> [round(found.average_precision, 3) for found in scores_of_labels(true, chances, "ab")]
    [1.0, 0.833]
    """
    true, probabilities = np.asarray(true), np.asarray(probabilities)
    if true.ndim != 2 or true.shape != probabilities.shape or true.shape[1] != len(names):
        raise ValueError(
            f"expected true and probabilities of shape (n_windows, {len(names)}), got "
            f"{true.shape} and {probabilities.shape}"
        )
    generator = np.random.default_rng(0)
    found = []
    for column, name in enumerate(names):
        has, chance = true[:, column].astype(bool), probabilities[:, column]
        share = float(has.mean())
        if not 0 < share < 1:
            found.append(LabelScore(str(name), share, *[np.nan] * 4))
            continue
        drawn = []
        for _ in range(_N_DRAWS):
            chosen = generator.integers(len(has), size=len(has))
            if has[chosen].any():
                drawn.append(average_precision_score(has[chosen], chance[chosen]))
        low, high = np.quantile(drawn, [0.025, 0.975]) if drawn else (np.nan, np.nan)
        average, area = average_precision_score(has, chance), roc_auc_score(has, chance)
        found.append(
            LabelScore(str(name), share, float(average), float(low), float(high), float(area))
        )
    return found


@styled
def plot_labels(scores: Sequence[LabelScore], axes: Axes | None = None) -> Figure | SubFigure:
    """Plot the average precision of each label with its interval, and the level of chance.

    Parameters
    ----------
    scores : sequence of LabelScore
        Scores, in the order of the rows.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> figure = plot_labels([LabelScore("blink", 0.2, 0.9, 0.8, 0.95, 0.97)])
    >>> figure.axes[0].get_xlabel()
    'Average precision'
    """
    figure, columns = row_axes(axes, [score.name for score in scores], extra=1.4)
    for one, rows in columns:
        mine = list(scores[rows])
        places = np.arange(len(mine))
        one.hlines(
            places, [s.low for s in mine], [s.high for s in mine], color=COLORS[0], linewidth=1.4
        )
        one.plot(
            [s.average_precision for s in mine], places, "o", color=COLORS[0], linestyle="none",
            label="average precision, 95% interval",
        )  # fmt: skip
        one.plot(
            [s.share for s in mine], places, "|", color=GREY, markersize=12, markeredgewidth=2,
            linestyle="none", label="chance (share of windows)",
        )  # fmt: skip
        one.set_xlim(0, 1.02)
    label_columns(columns, "Average precision")
    legend_outside(figure, columns[0][0], axes is None)
    said = ", ".join(f"{shortened(s.name)} {s.average_precision:.3f}" for s in scores[:12])
    describe(columns[0][0], f"Average precision of {len(scores)} labels: {said}.")
    return figure
