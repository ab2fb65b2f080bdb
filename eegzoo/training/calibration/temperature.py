"""Temperature that makes probabilities as sure as they are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_expit, log_softmax

Array = npt.NDArray[Any]
# Range of temperatures: with outputs that are never wrong, the best one would be 0.
LOWEST, HIGHEST = 0.05, 20.0


def fit_temperature(outputs: Array, y: Array, weight: Array | None = None) -> float:
    """Return the temperature with the smallest negative log-likelihood.

    Parameters
    ----------
    outputs : array, shape (n_windows, n_classes)
        Logits.
    y : array of int, shape (n_windows,) | array, shape (n_windows, n_labels)
        Index of each window's class, or an indicator of its labels.
    weight : array, shape (n_windows,) | None
        Weight of each window. None: all count alike.

    Returns
    -------
    float
        Number that logits are divided by: above 1 if they are too sure, from .05 to 20.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017). On calibration of modern neural networks. ICML.
    https://doi.org/10.48550/arXiv.1706.04599

    Examples
    --------
    Three of four windows are classified correctly, with a probability of .99:

    >>> logits = np.array([[4.6, 0.0]] * 4)
    >>> temperature = fit_temperature(logits, np.array([0, 0, 0, 1]))
    >>> float(round(1 / (1 + np.exp(-4.6 / temperature)), 3))
    0.75
    """
    outputs = np.asarray(outputs, np.float64)
    weight = np.ones(len(outputs)) if weight is None else np.asarray(weight, np.float64)

    def loss(log_temperature: float) -> float:
        return float(np.average(_losses(outputs * np.exp(-log_temperature), y), weights=weight))

    # The loss is convex in 1 / temperature, so it has one minimum.
    bounds = (np.log(LOWEST), np.log(HIGHEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def _losses(outputs: Array, y: Array) -> Array:
    """Return the negative log-likelihood of each window."""
    losses: Array
    if y.ndim > 1:
        losses = -(y * log_expit(outputs) + (1 - y) * log_expit(-outputs)).mean(axis=1)
    else:
        losses = -log_softmax(outputs, axis=1)[np.arange(len(y)), y]
    return losses
