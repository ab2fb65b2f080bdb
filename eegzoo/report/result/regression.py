"""Predicted numbers against true ones, and their errors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from eegzoo.report.names import shortened
from eegzoo.report.result.number_scores import number_scores
from eegzoo.report.style import COLORS, GREY, NARROW, describe, legend_outside, one_axes, styled

Array = npt.NDArray[np.float64]


@styled
def plot_predicted_numbers(
    true: npt.ArrayLike,
    predicted: npt.ArrayLike,
    name: str = "target",
    unit: str = "",
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot predicted numbers against true ones, with the line on which they are equal.

    Parameters
    ----------
    true, predicted : array, shape (n_windows,)
        Numbers.
    name : str
        Name of the target.
    unit : str
        Unit of the target; without one the axes say "unit of the target".
    axes : matplotlib.axes.Axes | None
        Axes to draw in. None: those of a new figure.

    Examples
    --------
    >>> figure = plot_predicted_numbers([1.0, 2.0, 3.0], [1.0, 2.0, 2.0], "age", "years")
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_title("left")
    ('True age (years)', 'R² 0.500, mean absolute error 0.3333, correlation 0.866')
    """
    true, predicted = _checked(true, predicted)
    scores = number_scores(true, predicted)
    figure, axes = one_axes(axes, (NARROW, 4.6))
    both = np.concatenate([true, predicted])
    margin = 0.04 * float(np.ptp(both)) or 1.0
    limits = (both.min() - margin, both.max() + margin)
    axes.plot(limits, limits, color=GREY, linewidth=1, label="prediction equals target")
    _points(axes, true, predicted)
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    axes.set_aspect("equal")
    axes.set_xlabel(f"True {_named(name, unit)}")
    axes.set_ylabel(f"Predicted {_named(name, unit)}")
    said = (
        f"R² {scores['R2']:.3f}, mean absolute error {scores['mean absolute error']:.4g}, "
        f"correlation {scores['correlation']:.3f}"
    )
    axes.set_title(said, fontsize=10)
    axes.grid()
    axes.legend(loc="upper left")
    describe(axes, f"Predicted against true {_named(name, unit)} of {len(true)} windows: {said}.")
    return figure


@styled
def plot_errors(
    true: npt.ArrayLike,
    predicted: npt.ArrayLike,
    name: str = "target",
    unit: str = "",
    axes: Axes | None = None,
) -> Figure | SubFigure:
    """Plot the error of each prediction against the true number.

    Lines show the mean error and the limits of agreement, between which 95% of normally
    distributed errors are [1]_. Parameters are those of `plot_predicted_numbers`.

    References
    ----------
    .. [1] Bland and Altman (1986). Statistical methods for assessing agreement between two methods
       of clinical measurement. The Lancet 327, 307-310.
       https://doi.org/10.1016/S0140-6736(86)90837-8

    Examples
    --------
    >>> figure = plot_errors([1.0, 2.0, 3.0], [1.0, 2.0, 2.0], "age", "years")
    >>> figure.axes[0].get_ylabel()
    'Predicted minus true age (years)'
    """
    true, predicted = _checked(true, predicted)
    errors = predicted - true
    mean, spread = float(errors.mean()), float(1.96 * errors.std(ddof=1)) if len(true) > 1 else 0.0
    own = axes is None
    figure, axes = one_axes(axes, (NARROW, 3.8))
    axes.axhline(0, color=GREY, linewidth=1)
    _points(axes, true, errors)
    axes.axhline(mean, color=COLORS[1], label=f"mean error {mean:.4g}")
    for place, limit in enumerate((mean - spread, mean + spread)):
        label = f"95% limits {mean - spread:.4g} to {mean + spread:.4g}" if place == 0 else None
        axes.axhline(limit, color=COLORS[1], linestyle="--", linewidth=1, label=label)
    axes.set_xlabel(f"True {_named(name, unit)}")
    axes.set_ylabel(f"Predicted minus true {_named(name, unit)}")
    axes.grid()
    legend_outside(figure, axes, own, ncols=2)
    describe(
        axes,
        f"Error of {len(true)} predictions of {_named(name, unit)}: mean {mean:.4g}, 95% limits "
        f"of agreement {mean - spread:.4g} to {mean + spread:.4g}.",
    )
    return figure


def _named(name: str, unit: str) -> str:
    return f"{shortened(name)} ({shortened(unit) if unit else 'unit of the target'})"


def _points(axes: Axes, x: Array, y: Array) -> None:
    # Many points would make the page heavy and hide each other.
    axes.plot(
        x, y, "o", color=COLORS[0], alpha=float(np.clip(60 / len(x), 0.15, 0.7)), markersize=4,
        markeredgewidth=0, rasterized=len(x) > 2000,
    )  # fmt: skip


def _checked(true: npt.ArrayLike, predicted: npt.ArrayLike) -> tuple[Array, Array]:
    true, predicted = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    if true.ndim != 1 or true.shape != predicted.shape or not len(true):
        raise ValueError(
            f"expected true and predicted of shape (n,), got {true.shape} and {predicted.shape}"
        )
    return true, predicted
