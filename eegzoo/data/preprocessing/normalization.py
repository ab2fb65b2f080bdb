"""Normalisation that is fitted to training windows and stored with the model."""

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
    """Base class of normalisations, which transform each window independently.

    `fit_normalizer` creates one.
    """

    how: ClassVar[str]
    # Whether the normalisation has parameters that are estimated from training windows.
    is_fitted: ClassVar[bool] = True

    @classmethod
    @abc.abstractmethod
    def fit(cls, X: Any) -> Self:
        """Fit the normalisation to training windows of shape (n_windows, n_chans, n_times)."""

    @abc.abstractmethod
    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Transform windows of shape (n_windows, n_chans, n_times)."""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        values = vars(self).items()
        return {"how": self.how, **{name: np.asarray(value).tolist() for name, value in values}}


def fit_normalizer(X: Any, how: str) -> Normalizer:
    """Fit a normalisation to training windows.

    Parameters
    ----------
    X : array or Windows, shape (n_windows, n_chans, n_times)
        Windows in microvolts.
    how : {"whiten", "standardize", "window", "exponential", "none"}
        "standardize" scales each channel to mean zero and variance one over the training windows.
        "whiten" also decorrelates the channels with the inverse square root of their covariance,
        as Euclidean alignment does, so that the common signal of neighbouring electrodes does not
        mask their differences. "window" scales each channel of each window to mean zero and
        variance one. "exponential" uses exponential moving estimates of mean and variance along
        a window, starting from the training estimates. "none" changes nothing.

    Returns
    -------
    Normalizer
        Fitted normalisation.

    Raises
    ------
    ValueError
        If a channel is constant, unless `how` is "none".

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
    """Return the normalisation described by a dict from `Normalizer.to_dict`.

    Examples
    --------
    >>> normalizer_from_dict({"how": "standardize", "mean": [5.0], "std": [20.0]})
    Standardizer(mean=array([5.]), std=array([20.]))
    """
    arguments = {name: np.asarray(value) for name, value in values.items() if name != "how"}
    normalizer: Normalizer = NORMALIZERS[one_of("how", values["how"], HOW)](**arguments)
    return normalizer


@dataclasses.dataclass(frozen=True)
class Whitener(Normalizer):
    """Normalisation that decorrelates the channels: ``matrix @ (window - mean)``.

    Parameters
    ----------
    mean : array, shape (n_chans,)
        Mean of each channel in microvolts.
    matrix : array, shape (n_chans, n_chans)
        Whitening matrix, per microvolt.

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
        """Fit the normalisation to training windows of shape (n_windows, n_chans, n_times).

        Parameters
        ----------
        X : array or Windows, shape (n_windows, n_chans, n_times)
            Windows in microvolts.
        shrinkage : float
            Weight, from 0 to 1, of the mean variance in the shrunk covariance. It limits the
            amplification of directions with almost no signal.
        """
        number_between("shrinkage", shrinkage, 0.0, 1.0)
        mean, covariance = moments(X)
        variance = np.diag(covariance)
        covariance = (1 - shrinkage) * covariance + shrinkage * variance.mean() * np.eye(len(mean))
        values, vectors = np.linalg.eigh(covariance)
        values = np.maximum(values, 1e-12 * values[-1])
        return cls(mean, (vectors / np.sqrt(values)) @ vectors.T)

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Transform windows of shape (n_windows, n_chans, n_times)."""
        centred = _centred(X, self.mean)
        whitened: npt.NDArray[np.float32] = np.matmul(self.matrix.astype(np.float32), centred)
        return whitened


@dataclasses.dataclass(frozen=True)
class Standardizer(Normalizer):
    """Normalisation of each channel to mean zero and variance one over the training windows.

    Parameters
    ----------
    mean, std : array, shape (n_chans,)
        Mean and standard deviation of each channel in microvolts.

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
        """Fit the normalisation to training windows of shape (n_windows, n_chans, n_times)."""
        mean, covariance = moments(X)
        return cls(mean, np.sqrt(np.diag(covariance)))

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Transform windows of shape (n_windows, n_chans, n_times)."""
        return _centred(X, self.mean) / self.std.astype(np.float32)[:, None]


@dataclasses.dataclass(frozen=True)
class WindowStandardizer(Normalizer):
    """Normalisation of each channel of each window to mean zero and variance one.

    Examples
    --------
    >>> WindowStandardizer().transform(np.array([[[1.0, 3.0]]]))
    array([[[-1.,  1.]]], dtype=float32)
    """

    how: ClassVar[str] = "window"
    is_fitted: ClassVar[bool] = False

    @classmethod
    def fit(cls, X: Any) -> Self:
        """Check that no channel is constant; no parameters are fitted."""
        moments(X)
        return cls()

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Transform windows of shape (n_windows, n_chans, n_times); constant channels become 0."""
        centred = np.asarray(X, np.float64)
        centred = centred - centred.mean(axis=-1, keepdims=True)
        std = centred.std(axis=-1, keepdims=True)
        std[std <= 1e-12 * std.max(initial=0.0)] = np.inf
        standardized: npt.NDArray[np.float32] = (centred / std).astype(np.float32)
        return standardized


@dataclasses.dataclass(frozen=True)
class ExponentialStandardizer(Normalizer):
    """Normalisation by exponential moving estimates of mean and variance along a window.

    Parameters
    ----------
    mean, variance : array, shape (n_chans,)
        Initial values for each window, in microvolts and squared microvolts: the mean and variance
        of the training windows.
    factor : float
        Weight of the newest sample.

    Examples
    --------
    >>> normalizer = ExponentialStandardizer(np.zeros(1), np.ones(1), factor=0.5)
    >>> normalizer.transform(np.full((1, 1, 3), 2.0)).round(3)
    array([[[1.   , 0.632, 0.426]]], dtype=float32)
    """

    mean: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]
    factor: float = 1e-3
    how: ClassVar[str] = "exponential"

    @classmethod
    def fit(cls, X: Any) -> Self:
        """Fit the normalisation to training windows of shape (n_windows, n_chans, n_times)."""
        mean, covariance = moments(X)
        return cls(mean, np.diag(covariance).copy())

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Transform windows of shape (n_windows, n_chans, n_times)."""
        centred, variance = self.centred_and_variance(X)
        standardized: npt.NDArray[np.float32] = (centred / np.sqrt(variance)).astype(np.float32)
        return standardized

    def centred_and_variance(self, X: Array) -> tuple[Array, Array]:
        """Return windows minus their moving mean, and their moving variance."""
        x = np.asarray(X, np.float64)
        centred = x - self._moving_mean(x, self.mean)
        return centred, self._moving_mean(centred**2, self.variance)

    def _moving_mean(self, x: Array, start: Array) -> Array:
        """Return ``y[t] = (1 - factor) * y[t - 1] + factor * x[t]`` from ``y[-1] = start``."""
        keep = 1 - float(self.factor)
        state = np.broadcast_to(keep * start[:, None], (*x.shape[:2], 1))
        mean: Array = signal.lfilter([1 - keep], [1, -keep], x, zi=state)[0]
        return mean


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
        """Return the normalisation, which has no parameters."""
        return cls()

    def transform(self, X: Array) -> npt.NDArray[np.float32]:
        """Return the windows in float32."""
        return np.asarray(X, np.float32)


def _centred(X: Array, mean: Array) -> npt.NDArray[np.float32]:
    # Without a high-pass filter, offsets reach 1e5 microvolts: subtract the mean before scaling.
    centred: npt.NDArray[np.float32] = np.asarray(X, np.float32) - mean.astype(np.float32)[:, None]
    return centred


# Classes of normalisation by the value of `how`.
NORMALIZERS: dict[str, Any] = {
    kind.how: kind
    for kind in (Whitener, Standardizer, WindowStandardizer, ExponentialStandardizer, Unchanged)
}
HOW = tuple(NORMALIZERS)
