"""Normalisation that is fitted on training windows and kept with the model."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy import signal

from eegzoo.arguments import number_between, one_of
from eegzoo.data.preprocessing.channel_covariance import moments

Array = npt.NDArray[Any]


class Normalizer(abc.ABC):
    """A map of windows, each on its own, that was fitted on training windows.

    `fit_normalizer` makes one.
    """

    how: ClassVar[str]
    # Whether it holds numbers of the training windows.
    is_fitted: ClassVar[bool] = True

    @classmethod
    @abc.abstractmethod
    def fit(cls, X: Any) -> Self:
        """Fit the map to training windows (n_windows, n_chans, n_times)."""

    @abc.abstractmethod
    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Map windows (n_windows, n_chans, n_times)."""

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        values = vars(self).items()
        return {"how": self.how, **{name: np.asarray(value).tolist() for name, value in values}}


def fit_normalizer(X: Any, how: str) -> Normalizer:
    """Fit a normalisation to training windows.

    Parameters
    ----------
    X : array or Windows, shape (n_windows, n_chans, n_times)
        Windows in microvolts.
    how : {"whiten", "standardize", "window", "exponential", "none"}
        "standardize" gives each channel mean zero and variance one over the training windows.
        "whiten" also makes the channels uncorrelated, by the inverse square root of their
        covariance, which is what Euclidean alignment does: neighbouring electrodes that record
        nearly the same no longer drown what differs between them. "window" gives each channel of
        each window mean zero and variance one. "exponential" follows mean and variance along a
        window, from those of the training windows. "none" changes nothing.

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

    Schirrmeister et al. (2017). Deep learning with convolutional neural networks for EEG decoding
    and visualization. Human Brain Mapping 38 (the exponential moving standardisation).
    https://doi.org/10.1002/hbm.23730

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(5.0, 20.0, (10, 3, 200))
    >>> normalized = fit_normalizer(X, "standardize").transform(X)
    >>> normalized.mean().round(4) == 0, normalized.std().round(4) == 1
    (np.True_, np.True_)
    """
    one_of("how", how, HOW)
    fitted: Normalizer = NORMALIZERS[how].fit(X)
    return fitted


def normalizer_from_dict(values: Mapping[str, Any]) -> Normalizer:
    """Return what `Normalizer.to_dict` made."""
    arguments = {name: np.asarray(value) for name, value in values.items() if name != "how"}
    made: Normalizer = NORMALIZERS[one_of("how", values["how"], HOW)](**arguments)
    return made


@dataclasses.dataclass(frozen=True)
class Whitener(Normalizer):
    """``matrix @ (window - mean)``, which makes channels uncorrelated.

    Parameters
    ----------
    mean : array, shape (n_chans,)
        In microvolts.
    matrix : array, shape (n_chans, n_chans)
        Per microvolt.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(5.0, 20.0, (10, 3, 200))
    >>> whitened = Whitener.fit(X, shrinkage=0.0).transform(X)
    >>> np.allclose(np.cov(np.concatenate(list(whitened), axis=1)), np.eye(3), atol=1e-3)
    True
    """

    mean: npt.NDArray[np.float64]
    matrix: npt.NDArray[np.float64]
    how: ClassVar[str] = "whiten"

    @classmethod
    def fit(cls, X: Any, shrinkage: float = 0.1) -> Self:
        """Fit the map to training windows (n_windows, n_chans, n_times).

        Parameters
        ----------
        X : array or Windows, shape (n_windows, n_chans, n_times)
            Windows in microvolts.
        shrinkage : float
            Weight, from 0 to 1, of the channels' mean variance against their covariance, so that
            directions with next to no signal are not blown up.
        """
        number_between("shrinkage", shrinkage, 0.0, 1.0)
        mean, covariance = moments(X)
        variance = np.diag(covariance)
        covariance = (1 - shrinkage) * covariance + shrinkage * variance.mean() * np.eye(len(mean))
        values, vectors = np.linalg.eigh(covariance)
        values = np.maximum(values, 1e-12 * values[-1])
        return cls(mean, (vectors / np.sqrt(values)) @ vectors.T)

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Map windows (n_windows, n_chans, n_times)."""
        # The mean first: amplifiers without a high-pass have offsets of 1e5 microvolts.
        centred = np.asarray(X, np.float32) - self.mean.astype(np.float32)[:, None]
        mapped: npt.NDArray[np.float32] = np.matmul(self.matrix.astype(np.float32), centred)
        return mapped


@dataclasses.dataclass(frozen=True)
class Standardizer(Normalizer):
    """Mean zero and variance one for each channel, over the training windows.

    Parameters
    ----------
    mean, std : array, shape (n_chans,)
        In microvolts.

    Examples
    --------
    >>> Standardizer(mean=np.array([5.0]), std=np.array([20.0])).transform(np.full((1, 1, 2), 45.0))
    array([[[2., 2.]]], dtype=float32)
    """

    mean: npt.NDArray[np.float64]
    std: npt.NDArray[np.float64]
    how: ClassVar[str] = "standardize"

    @classmethod
    def fit(cls, X: Any) -> Self:
        """Fit the map to training windows (n_windows, n_chans, n_times)."""
        mean, covariance = moments(X)
        return cls(mean, np.sqrt(np.diag(covariance)))

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Map windows (n_windows, n_chans, n_times)."""
        centred = np.asarray(X, np.float32) - self.mean.astype(np.float32)[:, None]
        return centred / self.std.astype(np.float32)[:, None]


@dataclasses.dataclass(frozen=True)
class WindowStandardizer(Normalizer):
    """Mean zero and variance one for each channel of each window. Nothing is fitted.

    Examples
    --------
    >>> WindowStandardizer().transform(np.array([[[1.0, 3.0]]]))
    array([[[-1.,  1.]]], dtype=float32)
    """

    how: ClassVar[str] = "window"
    is_fitted: ClassVar[bool] = False

    @classmethod
    def fit(cls, X: Any) -> Self:
        """Return the map; a constant channel raises."""
        moments(X)
        return cls()

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Map windows (n_windows, n_chans, n_times); a constant channel of a window becomes 0."""
        centred = np.asarray(X, np.float64)
        centred = centred - centred.mean(axis=-1, keepdims=True)
        std = centred.std(axis=-1, keepdims=True)
        std[std <= 1e-12 * std.max(initial=0.0)] = np.inf
        mapped: npt.NDArray[np.float32] = (centred / std).astype(np.float32)
        return mapped


@dataclasses.dataclass(frozen=True)
class ExponentialStandardizer(Normalizer):
    """Mean and variance that follow each channel along a window, forgetting exponentially.

    Parameters
    ----------
    mean, variance : array, shape (n_chans,)
        Of the training windows: where each window begins, in microvolts and their square.
    factor : float
        Weight of the newest sample.

    Examples
    --------
    >>> following = ExponentialStandardizer(np.zeros(1), np.ones(1), factor=0.5)
    >>> following.transform(np.full((1, 1, 3), 2.0)).round(3)
    array([[[1.   , 0.632, 0.426]]], dtype=float32)
    """

    mean: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]
    factor: float = 1e-3
    how: ClassVar[str] = "exponential"

    @classmethod
    def fit(cls, X: Any) -> Self:
        """Fit the map to training windows (n_windows, n_chans, n_times)."""
        mean, covariance = moments(X)
        return cls(mean, np.diag(covariance).copy())

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Map windows (n_windows, n_chans, n_times)."""
        x = np.asarray(X, np.float64)
        centred = x - self._follow(x, self.mean)
        variance = self._follow(centred**2, self.variance)
        mapped: npt.NDArray[np.float32] = (centred / np.sqrt(variance)).astype(np.float32)
        return mapped

    def _follow(self, x: Array, start: Array) -> Array:
        """Return ``y[t] = (1 - factor) * y[t - 1] + factor * x[t]`` from ``y[-1] = start``."""
        keep = 1 - float(self.factor)
        state = np.broadcast_to(keep * start[:, None], (*x.shape[:2], 1))
        followed: Array = signal.lfilter([1 - keep], [1, -keep], x, zi=state)[0]
        return followed


@dataclasses.dataclass(frozen=True)
class Unchanged(Normalizer):
    """No normalisation.

    Examples
    --------
    >>> Unchanged().transform(np.array([[[1.0, 3.0]]]))
    array([[[1., 3.]]], dtype=float32)
    """

    how: ClassVar[str] = "none"
    is_fitted: ClassVar[bool] = False

    @classmethod
    def fit(cls, X: Any) -> Self:
        """Return the map."""
        return cls()

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Return the windows."""
        return np.asarray(X, np.float32)


NORMALIZERS: dict[str, Any] = {
    kind.how: kind
    for kind in (Whitener, Standardizer, WindowStandardizer, ExponentialStandardizer, Unchanged)
}
HOW = tuple(NORMALIZERS)
