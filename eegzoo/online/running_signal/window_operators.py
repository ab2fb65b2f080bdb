"""Operators on one window of a running signal, and what they are as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.filtering.polyphase import resample

Array = npt.NDArray[np.float64]
# Function of a window of shape (n_chans, n_times).
WindowOperator = Callable[[Array], Array]


class MeanRemoval:
    """Subtraction of the mean of an interval from each channel.

    Parameters
    ----------
    start : int
        First sample of the interval.
    stop : int | None
        Sample after its last one. None: the interval ends with the window.

    Examples
    --------
    >>> MeanRemoval(0, 2)(np.array([[1.0, 3.0, 7.0]]))
    array([[-1.,  1.,  5.]])
    """

    def __init__(self, start: int, stop: int | None) -> None:
        self.start, self.stop = start, stop

    def __call__(self, window: Array) -> Array:
        """Return a window without the mean."""
        mean: Array = window[:, self.start : self.stop].mean(axis=1, keepdims=True)
        return window - mean

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {"operator": "mean_removal", "start": self.start, "stop": self.stop}


class WindowResampling:
    """Resampling of a window alone.

    Parameters
    ----------
    sfreq, new_sfreq : float
        Sampling rates in Hz before and after.

    Examples
    --------
    >>> WindowResampling(200.0, 100.0)(np.ones((2, 400))).shape
    (2, 200)
    """

    def __init__(self, sfreq: float, new_sfreq: float) -> None:
        self.sfreq, self.new_sfreq = sfreq, new_sfreq

    def __call__(self, window: Array) -> Array:
        """Return a resampled window."""
        return resample(window, self.sfreq, self.new_sfreq)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {"operator": "resample", "sfreq": self.sfreq, "new_sfreq": self.new_sfreq}


class WindowMatrix:
    """Product of a matrix and the channels.

    Parameters
    ----------
    matrix : array, shape (n_chans_new, n_chans)
        Matrix.

    Examples
    --------
    >>> WindowMatrix(np.array([[0.5, -0.5]]))(np.array([[3.0], [1.0]]))
    array([[1.]])
    """

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix

    def __call__(self, window: Array) -> Array:
        """Return the product."""
        return self.matrix @ window

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {"operator": "matrix", "matrix": self.matrix.tolist()}


def window_operator_of(values: Mapping[str, Any]) -> WindowOperator:
    """Return the operator that its `to_dict` described.

    Raises
    ------
    ValueError
        If the operator is unknown.

    Examples
    --------
    >>> window_operator_of(MeanRemoval(0, 2).to_dict()).stop
    2
    """
    kinds: dict[Any, Callable[..., WindowOperator]] = {
        "mean_removal": MeanRemoval, "resample": WindowResampling,
        "matrix": lambda matrix: WindowMatrix(np.asarray(matrix, np.float64)),
    }  # fmt: skip
    kind = values.get("operator")
    if kind not in kinds:
        raise ValueError(f"expected an operator of {', '.join(kinds)}, got {kind!r}")
    return kinds[kind](**{name: value for name, value in values.items() if name != "operator"})
