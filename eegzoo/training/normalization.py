"""Normalisation that is fitted on training windows and kept with the model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between, one_of

Windows = npt.NDArray[np.float32]
HOW = ("whiten", "standardize", "none")


@dataclasses.dataclass(frozen=True)
class Normalizer:
    """A fixed linear map of the channels: ``matrix @ (window - mean)``.

    `Normalizer.fit` makes one from training windows.

    Attributes
    ----------
    mean : array, shape (n_chans,)
        In microvolts.
    matrix : array, shape (n_chans, n_chans)
        Per microvolt.

    Examples
    --------
    >>> normalizer = Normalizer.fit(np.random.default_rng(0).normal(size=(10, 3, 200)), "whiten")
    >>> normalizer.transform(np.zeros((2, 3, 50))).shape
    (2, 3, 50)
    """

    mean: npt.NDArray[np.float64]
    matrix: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, X: npt.NDArray[Any], how: str, shrinkage: float = 0.1) -> Self:
        """Fit the map to training windows.

        Parameters
        ----------
        X : array, shape (n_windows, n_chans, n_times)
            Windows in microvolts.
        how : {"whiten", "standardize", "none"}
            "standardize" gives each channel mean zero and variance one. "whiten" also makes the
            channels uncorrelated, by the inverse square root of their covariance, which is what
            Euclidean alignment does: neighbouring electrodes that record nearly the same no longer
            drown what differs between them. "none" changes nothing.
        shrinkage : float
            Weight, from 0 to 1, of the channels' mean variance against their covariance, so that
            directions with next to no signal are not blown up.

        Returns
        -------
        Normalizer
            Of these channels.

        Raises
        ------
        ValueError
            If a channel is constant.

        References
        ----------
        He and Wu (2020). Transfer learning for brain-computer interfaces: a Euclidean space data
        alignment approach. IEEE Trans. Biomed. Eng. 67. https://doi.org/10.1109/TBME.2019.2913914

        Examples
        --------
        >>> X = np.random.default_rng(0).normal(5.0, 20.0, (10, 3, 200))
        >>> normalized = Normalizer.fit(X, "standardize").transform(X)
        >>> normalized.mean().round(4) == 0, normalized.std().round(4) == 1
        (np.True_, np.True_)
        """
        one_of("how", how, HOW)
        number_between("shrinkage", shrinkage, 0.0, 1.0)
        n_chans = X.shape[1]
        if how == "none":
            return cls(np.zeros(n_chans), np.eye(n_chans))
        mean, covariance = _moments(X)
        variance = np.diag(covariance)
        # A filter leaves 1e-15 microvolts of rounding in a dead channel.
        flat = np.flatnonzero(variance <= 1e-12 * variance.max()).tolist()
        if flat:
            raise ValueError(f"expected channels that vary, got constant channels {flat}")
        if how == "standardize":
            return cls(mean, np.diag(1 / np.sqrt(variance)))
        covariance = (1 - shrinkage) * covariance + shrinkage * variance.mean() * np.eye(n_chans)
        values, vectors = np.linalg.eigh(covariance)
        values = np.maximum(values, 1e-12 * values[-1])
        return cls(mean, (vectors / np.sqrt(values)) @ vectors.T)

    def transform(self, X: npt.NDArray[Any]) -> Windows:
        """Map windows (n_windows, n_chans, n_times), float32."""
        # The mean first: amplifiers without a high-pass have offsets of 1e5 microvolts.
        centred = np.asarray(X, np.float32) - self.mean.astype(np.float32)[:, None]
        mapped: Windows = np.matmul(self.matrix.astype(np.float32), centred)
        return mapped

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"mean": self.mean.tolist(), "matrix": self.matrix.tolist()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_dict` made."""
        return cls(np.asarray(values["mean"]), np.asarray(values["matrix"]))


def _moments(X: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the channels' mean and covariance, window by window in float64."""
    n_chans = X.shape[1]
    mean = X.mean(axis=(0, 2), dtype=np.float64)
    covariance = np.zeros((n_chans, n_chans))
    for window in X:
        centred = window.astype(np.float64) - mean[:, None]
        covariance += centred @ centred.T
    return mean, covariance / (X.shape[0] * X.shape[2])
