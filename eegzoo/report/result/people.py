"""Score of each subject or recording, with its interval and what luck reaches."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch

from eegzoo.data.windows.timeline import Timeline
from eegzoo.report.names import shortened, without_folders
from eegzoo.report.panels import label_columns, row_axes
from eegzoo.report.result.number_scores import number_scores
from eegzoo.report.result.score_statistics import (
    CONFIDENCE,
    Statistic,
    class_statistics,
    number_statistics,
)
from eegzoo.report.style import COLORS, describe, legend_outside, styled

Array = npt.NDArray[Any]
_N_PERMUTATIONS = 1000


@dataclasses.dataclass(frozen=True)
class PersonScore:
    """Score of one subject or recording.

    Parameters
    ----------
    name : str
        Name of the subject or the recording.
    value : float
        Score.
    low, high : float
        95% interval over windows. NaN if it is not defined.
    chance, chance_limit : float
        Mean score of permuted predictions, and the score that one in twenty of them exceeds.
    n_windows, n_independent : int
        Number of windows, and of windows that neither overlap nor share a block.
    """

    name: str
    value: float
    low: float
    high: float
    chance: float
    chance_limit: float
    n_windows: int
    n_independent: int


def permuted_accuracies(
    true: Array,
    predicted: Array,
    generator: np.random.Generator | None = None,
    *,
    rotated: bool = False,
    n: int = _N_PERMUTATIONS,
) -> npt.NDArray[np.float64]:
    """Return the accuracies of predictions that were permuted: what luck reaches.

    Predictions that are permuted keep their frequencies, so that a classifier that always predicts
    the commonest class is at chance.

    Parameters
    ----------
    true, predicted : array, shape (n_windows,)
        Classes.
    generator : numpy.random.Generator | None
        Generator of the permutations. None: one with the seed 0.
    rotated : bool
        Whether predictions are rotated instead, which keeps neighbours alike: for windows that
        overlap or share blocks.
    n : int
        Number of permutations.

    Examples
    --------
    >>> true = np.array(["a"] * 75 + ["b"] * 25)
    >>> lucky = permuted_accuracies(true, np.array(["a"] * 100))
    >>> float(lucky.min()), float(lucky.max())
    (0.75, 0.75)
    """
    generator = generator or np.random.default_rng(0)
    found = np.empty(n)
    for place in range(n):
        if rotated:
            order = (np.arange(len(true)) + generator.integers(len(true))) % len(true)
        else:
            order = generator.permutation(len(true))
        found[place] = (true == predicted[order]).mean()
    return found


def scores_of_people(
    true: npt.ArrayLike,
    predicted: npt.ArrayLike,
    people: npt.ArrayLike,
    timeline: Timeline | None = None,
    *,
    metric: str = "accuracy",
) -> list[PersonScore]:
    """Return the score of each subject or recording, in the order of their names.

    Parameters
    ----------
    true, predicted : array, shape (n_windows,)
        Classes or numbers.
    people : array, shape (n_windows,)
        Subject or recording of each window.
    timeline : Timeline | None
        Which windows overlap or share a block. None: none do.
    metric : {"accuracy", "R2", "mean absolute error", "correlation"}
        Score; all but the accuracy are of numbers.

    Examples
    --------
    >>> true = np.array(["a", "b"] * 20)
    >>> predicted = np.where(np.arange(40) < 30, true, "c")
    >>> (found,) = scores_of_people(true, predicted, ["S1"] * 40)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.75, 0.598, 0.858)
    """
    true, predicted, people = map(np.asarray, (true, predicted, people))
    found = []
    for name in np.unique(people):
        mine = np.flatnonzero(people == name)
        n_independent = len(mine) if timeline is None else timeline.subset(mine).n_independent()
        statistic = _statistic(true[mine], predicted[mine], n_independent, metric)
        chance, limit = statistic.chance, statistic.chance_limit
        if metric == "accuracy":
            lucky = permuted_accuracies(
                true[mine], predicted[mine], rotated=n_independent < len(mine)
            )
            chance, limit = float(lucky.mean()), float(np.quantile(lucky, CONFIDENCE))
        found.append(
            PersonScore(
                str(name), statistic.value, *statistic.interval, chance, limit, len(mine),
                n_independent,
            )
        )  # fmt: skip
    return found


def _statistic(true: Array, predicted: Array, n_independent: int, metric: str) -> Statistic:
    alone = np.zeros(len(true), int)
    if metric == "accuracy":
        return class_statistics(true, predicted, alone, n_independent)
    every = number_statistics(true, predicted, alone, n_independent, number_scores)
    known = {statistic.name: statistic for statistic in every}
    if metric not in known:
        raise ValueError(f"expected metric to be 'accuracy' or one of {list(known)}, got {metric}")
    return known[metric]


@styled
def plot_people(
    people: Sequence[PersonScore],
    metric: str = "Accuracy",
    mean: tuple[float, float, float] | None = None,
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot the score of each person with its interval, and the range of luck.

    Parameters
    ----------
    people : sequence of PersonScore
        Scores, in the order of the rows.
    metric : str
        Name of the score, with its unit if it has one.
    mean : tuple of float | None
        Mean over people with the limits of its interval, which gets a row of its own.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> true = np.array(["a", "b"] * 20)
    >>> scores = scores_of_people(true, true, np.repeat(["S1", "S2"], 20))
    >>> figure = plot_people(scores)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['S1', 'S2']
    """
    shown = without_folders([person.name for person in people])
    names = [shown[person.name] for person in people]
    figure, columns = row_axes(axes, [*names, *(["mean"] if mean else [])], extra=1.5)
    worst = min((p for p in people if np.isfinite(p.value)), key=lambda p: p.value, default=None)
    n_lucky = sum(not person.value > person.chance_limit for person in people)
    for one, rows in columns:
        mine = list(people[rows.start : min(rows.stop, len(people))])
        for row, person in enumerate(mine):
            low, high = sorted((person.chance, person.chance_limit))
            one.fill_betweenx([row - 0.4, row + 0.4], low, high, color="#D0D0D0", linewidth=0)
            one.plot([person.low, person.high], [row, row], color=COLORS[0], linewidth=1.4)
            one.plot(person.value, row, "o", color=COLORS[0])
        if mean and rows.stop == len(people) + 1:
            value, low, high = mean
            one.plot([low, high], [len(mine), len(mine)], color=COLORS[1], linewidth=2)
            one.plot(value, len(mine), "D", color=COLORS[1])
        if metric == "Accuracy":
            one.set_xlim(0, 1.02)
    handles = [
        columns[0][0].plot([], [], "o-", color=COLORS[0], label="score, 95% interval")[0],
        Patch(color="#D0D0D0", label="chance to what luck exceeds once in 20 times"),
    ]
    legend_outside(figure, columns[0][0], axes is None, handles=handles)
    label_columns(columns, metric)
    text = f"{metric} of {len(people)} {'rows' if len(people) > 1 else 'row'} with 95% intervals"
    if worst is not None and len(people) > 1:
        best = max((p for p in people if np.isfinite(p.value)), key=lambda p: p.value)
        text += (
            f", from {worst.value:.3f} ({shortened(shown[worst.name])}) to {best.value:.3f} "
            f"({shortened(shown[best.name])})"
        )
    elif worst is not None:
        text += f": {worst.value:.3f} ({worst.low:.3f} to {worst.high:.3f})"
    if metric == "Accuracy":
        text += f"; {n_lucky} of them are within what luck reaches"
    describe(columns[0][0], f"{text}.")
    return figure
