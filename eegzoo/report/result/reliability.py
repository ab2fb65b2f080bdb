"""Whether probabilities can be believed: reliability diagram and expected calibration error."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure, SubFigure
from scipy import stats

from eegzoo.arguments import positive_int
from eegzoo.report.style import COLORS, GREY, NARROW, axes_grid, describe, styled

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Reliability:
    """Confidence and accuracy of predictions, in bins of the confidence.

    Parameters
    ----------
    edges : array, shape (n_bins + 1,)
        Edges of the bins.
    counts : array of int, shape (n_bins,)
        Number of predictions.
    confidence, accuracy : array, shape (n_bins,)
        Mean confidence, and share of right predictions. NaN in empty bins.
    """

    edges: Array
    counts: Array
    confidence: Array
    accuracy: Array

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance of accuracy and confidence."""
        filled = self.counts > 0
        distance = abs(self.accuracy - self.confidence)[filled]
        return float(np.average(distance, weights=self.counts[filled]))


def reliability(right: npt.ArrayLike, confidence: npt.ArrayLike, n_bins: int = 10) -> Reliability:
    """Return the accuracy of predictions in bins of equal width of their confidence.

    The expected calibration error is that of [1]_.

    Parameters
    ----------
    right : array of bool, shape (n,)
        Whether each prediction is right.
    confidence : array, shape (n,)
        Probability of each prediction, from 0 to 1.
    n_bins : int
        Number of bins.

    Raises
    ------
    ValueError
        If the arrays are empty, differ in length, or a probability is not between 0 and 1.

    References
    ----------
    .. [1] Guo, Pleiss, Sun and Weinberger (2017). On calibration of modern neural networks. ICML.
       https://doi.org/10.48550/arXiv.1706.04599

    Examples
    --------
    Two predictions with .95, both right, and two with .65, one of them right:

    >>> round(reliability([True, True, True, False], [0.95, 0.95, 0.65, 0.65]).error, 3)
    0.1
    """
    right, confidence = np.asarray(right, bool), np.asarray(confidence, np.float64)
    if right.ndim != 1 or right.shape != confidence.shape or not len(right):
        raise ValueError(
            f"expected right and confidence of shape (n,), got {right.shape} and {confidence.shape}"
        )
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError(
            f"expected confidence from 0 to 1, got {confidence.min():g} to {confidence.max():g}"
        )
    edges = np.linspace(0, 1, positive_int("n_bins", n_bins) + 1)
    places = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, n_bins - 1)
    counts = np.bincount(places, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(places, each, n_bins) / counts for each in (confidence, right)]
    return Reliability(edges, counts, *means)


@styled
def plot_reliability(
    right: npt.ArrayLike, confidence: npt.ArrayLike, n_bins: int = 10, axes: Any = None
) -> Figure | SubFigure:
    """Plot the accuracy of predictions against their confidence, and how many there are.

    Parameters
    ----------
    right : array of bool, shape (n,)
        Whether each prediction is right.
    confidence : array, shape (n,)
        Probability of each prediction.
    n_bins : int
        Number of bins.
    axes : sequence of two matplotlib.axes.Axes | None
        Axes for the diagram and for the counts. None: those of a new figure.

    Examples
    --------
    >>> figure = plot_reliability([True, True, True, False], [0.95, 0.95, 0.65, 0.65])
    >>> figure.axes[0].get_title("left")
    'Expected calibration error 0.100'
    """
    found = reliability(right, confidence, n_bins)
    figure, grid = axes_grid(
        axes, n_rows=2, size=(NARROW, 5), sharex=True, height_ratios=[3, 1]
    )  # fmt: skip
    top, bottom = grid[:, 0]
    filled = found.counts > 0
    n_right = np.rint(found.accuracy[filled] * found.counts[filled]).astype(int)
    limits = [
        stats.binomtest(int(k), int(n)).proportion_ci(method="wilson")
        for k, n in zip(n_right, found.counts[filled], strict=True)
    ]
    top.plot([0, 1], [0, 1], color=GREY, linewidth=1, label="perfect calibration")
    top.vlines(
        found.confidence[filled], [one.low for one in limits], [one.high for one in limits],
        color=COLORS[0], linewidth=1,
    )  # fmt: skip
    top.plot(
        found.confidence[filled], found.accuracy[filled], "o-", color=COLORS[0],
        label="predictions, 95% interval", clip_on=False,
    )  # fmt: skip
    top.set_xlim(0, 1)
    top.set_ylim(0, 1.02)
    top.set_ylabel("Share of right predictions")
    top.set_title(f"Expected calibration error {found.error:.3f}")
    top.grid()
    top.legend(loc="upper left")
    bottom.bar(
        found.edges[:-1], found.counts, np.diff(found.edges), align="edge", color=COLORS[0],
        edgecolor="white",
    )  # fmt: skip
    bottom.set_xlabel("Confidence (probability of the prediction)")
    bottom.set_ylabel("Windows")
    bottom.grid(axis="y")
    total = int(found.counts.sum())
    describe(
        top,
        f"Reliability diagram of {total} predictions: their mean confidence is "
        f"{np.average(found.confidence[filled], weights=found.counts[filled]):.3f}, "
        f"{np.average(found.accuracy[filled], weights=found.counts[filled]):.3f} of them are "
        f"right. The expected calibration error is {found.error:.3f}.",
    )
    describe(bottom, "Below, the number of windows by confidence.")
    return figure
