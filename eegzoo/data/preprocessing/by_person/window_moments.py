"""Mean and covariance of each window, in each frequency band."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.by_person.band_filters import Band, band_passed

_CHUNK = 64  # windows in memory at the same time


@dataclasses.dataclass(frozen=True, eq=False)
class WindowMoments:
    """Means and covariances of windows.

    Parameters
    ----------
    mean : array, shape (n_windows, n_bands, n_chans)
        Mean of each channel over each window.
    covariance : array, shape (n_windows, n_bands, n_chans, n_chans)
        Covariance of the channels within each window, divided by the number of samples.
    level : array, shape (n_windows,)
        Largest mean square of a channel of the unfiltered window, which bounds rounding errors.
    """

    mean: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.mean)

    @classmethod
    def of(cls, X: Any, bands: tuple[Band, ...] | None, sfreq: float | None) -> Self:
        """Compute the moments of windows, which are read once in chunks.

        Parameters
        ----------
        X : array or Windows, shape (n_windows, n_chans, n_times)
            Windows.
        bands : tuple of tuple of float | None
            Frequency bands in Hz. None: one, the windows as they are.
        sfreq : float | None
            Sampling rate in Hz, for bands.
        """
        if len(X) == 0:
            n_bands, n_chans = len(bands or (None,)), X.shape[1]
            shape = (0, n_bands, n_chans)
            return cls(np.zeros(shape), np.zeros((*shape, n_chans)), np.zeros(0))
        parts = [
            cls._of_chunk(np.asarray(X[start : start + _CHUNK], np.float64), bands, sfreq)
            for start in range(0, len(X), _CHUNK)
        ]
        return cls.joined(parts)

    @classmethod
    def _of_chunk(
        cls, X: npt.NDArray[np.float64], bands: tuple[Band, ...] | None, sfreq: float | None
    ) -> Self:
        level = np.square(X).mean(axis=-1).max(axis=-1)
        means, covariances = [], []
        for band in bands or (None,):
            x = X if band is None or sfreq is None else band_passed(X, band, sfreq)
            mean = x.mean(axis=-1)
            centred = x - mean[..., None]
            means.append(mean)
            covariances.append(centred @ np.swapaxes(centred, -1, -2) / x.shape[-1])
        return cls(np.stack(means, axis=1), np.stack(covariances, axis=1), level)

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Return the moments of several sets of windows, one after another."""
        return cls(
            *(
                np.concatenate([getattr(part, field.name) for part in parts])
                for field in dataclasses.fields(cls)
            )
        )

    def subset(self, chosen: Any) -> Self:
        """Return the moments of some windows."""
        return type(self)(self.mean[chosen], self.covariance[chosen], self.level[chosen])

    def variance(self) -> npt.NDArray[np.float64]:
        """Return the variance of each channel in each window, shape (n_windows, n_chans)."""
        total: npt.NDArray[np.float64] = np.diagonal(self.covariance, axis1=-2, axis2=-1).sum(
            axis=1
        )
        return total

    def power(self) -> npt.NDArray[np.float64]:
        """Return the power of each channel about its typical mean, shape (n_windows, n_chans)."""
        offsets = self.mean - np.median(self.mean, axis=0)
        total: npt.NDArray[np.float64] = self.variance() + np.square(offsets).sum(axis=1)
        return total

    def about(self, mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the covariance of each window about a mean of shape (n_bands, n_chans)."""
        offsets = self.mean - mean
        return self.covariance + offsets[..., :, None] * offsets[..., None, :]
