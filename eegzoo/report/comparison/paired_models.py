"""Comparison of two models on the same windows."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from scipy import stats

from eegzoo.data.windows.timeline import Timeline
from eegzoo.report.names import without_folders
from eegzoo.report.panels import label_columns, row_axes
from eegzoo.report.style import COLORS, GREY, describe, styled

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Difference:
    """Paired difference of two models: that of the first minus that of the second.

    Parameters
    ----------
    name : str
        Name of the subject or the recording; "mean" for the mean over them.
    value : float
        Difference of the accuracies, or of the mean absolute errors.
    low, high : float
        95% interval. NaN if it is not defined.
    """

    name: str
    value: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Comparison of two models on the same windows.

    Parameters
    ----------
    metric : {"accuracy", "mean absolute error"}
        What is compared.
    differences : tuple of Difference
        Difference of each subject or recording.
    mean : Difference
        Difference over all: of the only person, or the mean over people with Student's interval.
    n_only_first, n_only_second : int
        Number of windows that only the first or only the second model classifies correctly, or
        for numbers those on which it has the smaller error.
    p_value : float
        Of McNemar's exact test for classes, and of Wilcoxon's signed-rank test for numbers.
    n_windows, n_independent : int
        Number of windows, and of windows that neither overlap nor share a block.
    """

    metric: str
    differences: tuple[Difference, ...]
    mean: Difference
    n_only_first: int
    n_only_second: int
    p_value: float
    n_windows: int
    n_independent: int


def mcnemar(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[int, int, float]:
    """Return McNemar's exact test: whether two classifiers are right equally often.

    Parameters
    ----------
    first, second : array of bool, shape (n,)
        Whether each classifier is right on each window.

    Returns
    -------
    n_only_first, n_only_second : int
        Number of windows on which only one of them is right.
    p_value : float
        Two-sided p-value of the binomial distribution.

    References
    ----------
    .. [1] McNemar (1947). Note on the sampling error of the difference between correlated
       proportions or percentages. Psychometrika 12, 153-157. https://doi.org/10.1007/BF02295996

    Examples
    --------
    >>> mcnemar([True] * 8 + [False] * 2, [True] * 2 + [False] * 8)
    (6, 0, 0.03125)
    """
    first, second = _paired(first, second, bool)
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    n = only_first + only_second
    return only_first, only_second, float(stats.binomtest(only_first, n).pvalue) if n else 1.0


def paired_interval(
    first: npt.ArrayLike, second: npt.ArrayLike, n_independent: int | None = None
) -> tuple[float, float]:
    """Return the 95% interval of the difference of two proportions of the same windows.

    It is the hybrid score interval with a correction for continuity, method 10 of [1]_.

    Parameters
    ----------
    first, second : array of bool, shape (n,)
        Whether each classifier is right on each window.
    n_independent : int | None
        Number of windows that neither overlap nor share a block, which the interval counts. None:
        all.

    References
    ----------
    .. [1] Newcombe (1998). Improved confidence intervals for the difference between binomial
       proportions based on paired data. Statistics in Medicine 17, 2635-2650.
       https://doi.org/10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C

    Examples
    --------
    >>> first, second = [True] * 48 + [False] * 2, [True] * 36 + [False] * 12 + [True] * 2
    >>> low, high = paired_interval(first, second)
    >>> round(low, 4), round(high, 4)
    (0.0569, 0.3404)
    """
    first, second = _paired(first, second, bool)
    n = float(n_independent or len(first))
    share = n / len(first)
    both, neither = (first & second).sum() * share, (~first & ~second).sum() * share
    only_first, only_second = (first & ~second).sum() * share, (~first & second).sum() * share
    p, q = (both + only_first) / n, (both + only_second) / n
    (low_p, high_p), (low_q, high_q) = _wilson(p, n), _wilson(q, n)
    covariance = both * neither - only_first * only_second
    if covariance > 0:
        covariance = max(covariance - n / 2, 0.0)
    margins = p * n * (1 - p) * n * q * n * (1 - q) * n
    phi = covariance / np.sqrt(margins) if margins > 0 else 0.0
    below, above = p - low_p, high_q - q
    down = np.sqrt(below**2 - 2 * phi * below * above + above**2)
    upper, lower = high_p - p, q - low_q
    up = np.sqrt(upper**2 - 2 * phi * upper * lower + lower**2)
    return float(p - q - down), float(p - q + up)


def compare_predictions(
    true: npt.ArrayLike,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    people: npt.ArrayLike,
    timeline: Timeline | None = None,
    *,
    numbers: bool = False,
) -> Comparison:
    """Compare two models on the same windows.

    Parameters
    ----------
    true, first, second : array, shape (n_windows,)
        Targets, and the predictions of the two models.
    people : array, shape (n_windows,)
        Subject or recording of each window.
    timeline : Timeline | None
        Which windows overlap or share a block. None: none do.
    numbers : bool
        Whether targets are numbers. Then errors are compared: less is better.

    Examples
    --------
    >>> true = np.array(["a", "b"] * 10)
    >>> found = compare_predictions(true, true, true[::-1], ["S1"] * 20)
    >>> found.mean.value, found.n_only_first
    (1.0, 20)
    """
    true, first, second, people = map(np.asarray, (true, first, second, people))
    if not len(true) == len(first) == len(second) == len(people):
        lengths = [len(each) for each in (true, first, second, people)]
        raise ValueError(f"expected true, first, second and people of one length, got {lengths}")
    of = abs(first - true) - abs(second - true) if numbers else None
    right = (first == true, second == true)
    differences = []
    for name in np.unique(people):
        mine = np.flatnonzero(people == name)
        n = len(mine) if timeline is None else timeline.subset(mine).n_independent()
        if of is None:
            value = float(right[0][mine].mean() - right[1][mine].mean())
            interval = paired_interval(right[0][mine], right[1][mine], n)
        else:
            value = float(of[mine].mean())
            error = float(np.std(of[mine], ddof=1) / np.sqrt(n)) if len(mine) > 1 else np.nan
            interval = _student(value, error, n)
        differences.append(Difference(str(name), value, *interval))
    mean = differences[0]
    if len(differences) > 1:
        values = np.array([difference.value for difference in differences])
        error = float(stats.sem(values))
        mean = Difference(
            "mean", float(values.mean()), *_student(values.mean(), error, len(values))
        )
    if of is None:
        n_first, n_second, p = mcnemar(*right)
    else:
        n_first, n_second = int((of < 0).sum()), int((of > 0).sum())
        p = float(stats.wilcoxon(of).pvalue) if n_first + n_second else 1.0
    n_independent = len(true) if timeline is None else timeline.n_independent()
    metric = "accuracy" if of is None else "mean absolute error"
    return Comparison(
        metric, tuple(differences), mean, n_first, n_second, p, len(true), n_independent
    )


@styled
def plot_comparison(
    comparison: Comparison, first: str, second: str, unit: str = "", axes: Axes | None = None
) -> Figure | SubFigure:
    """Plot the paired difference of each subject with its interval, and the mean.

    Parameters
    ----------
    comparison : Comparison
        Comparison of two models.
    first, second : str
        Names of the models.
    unit : str
        Unit of numbers.
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> true = np.array(["a", "b"] * 10)
    >>> found = compare_predictions(true, true, true[::-1], ["S1"] * 20)
    >>> figure = plot_comparison(found, "eegnet", "shallow_convnet")
    >>> figure.axes[0].get_xlabel()
    'Difference of accuracy: eegnet minus shallow_convnet'
    """
    shown = without_folders([difference.name for difference in comparison.differences])
    rows = [(shown[one.name], one) for one in comparison.differences]
    several = len(rows) > 1
    if several:
        rows.append(("mean", comparison.mean))
    figure, columns = row_axes(axes, [name for name, _ in rows], extra=1.2)
    for one, part in columns:
        for place, (_, difference) in enumerate(rows[part]):
            is_mean = several and part.start + place == len(rows) - 1
            color, marker = (COLORS[1], "D") if is_mean else (COLORS[0], "o")
            one.plot([difference.low, difference.high], [place, place], color=color)
            one.plot(difference.value, place, marker, color=color)
        one.axvline(0, color=GREY, linewidth=1)
    what = f"Difference of {comparison.metric}{f' ({unit})' if unit else ''}"
    label_columns(columns, f"{what}: {first} minus {second}")
    mean = comparison.mean
    describe(
        columns[0][0],
        f"{what} of {len(comparison.differences)} people, {first} minus {second}: over all "
        f"{mean.value:+.3f}, 95% interval {mean.low:+.3f} to {mean.high:+.3f}.",
    )
    return figure


def _paired(first: npt.ArrayLike, second: npt.ArrayLike, kind: type) -> tuple[Array, Array]:
    first, second = np.asarray(first, kind), np.asarray(second, kind)
    if first.ndim != 1 or first.shape != second.shape or not len(first):
        raise ValueError(
            f"expected first and second of shape (n,), got {first.shape} and {second.shape}"
        )
    return first, second


def _wilson(share: float, n: float) -> tuple[float, float]:
    z = stats.norm.ppf(0.975)
    middle = share + z**2 / (2 * n)
    width = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - width) / (1 + z**2 / n), (middle + width) / (1 + z**2 / n)


def _student(value: float, error: float, n: int) -> tuple[float, float]:
    if n < 2 or not np.isfinite(error):
        return np.nan, np.nan
    width = float(stats.t.ppf(0.975, n - 1)) * error
    return float(value - width), float(value + width)
