"""Alignment that is fitted to one person."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.by_person.band_filters import Band, band_passed, check_bands


@dataclasses.dataclass(frozen=True, eq=False)
class FittedAlignment:
    """Alignment of one person's windows: ``matrix @ (window - mean)``, summed over bands.

    `PersonAlignment.fit` creates one.

    Parameters
    ----------
    mean : array, shape (n_bands, n_chans)
        Mean of each channel in microvolts. Without bands, n_bands is 1.
    matrix : array, shape (n_bands, n_chans, n_chans)
        Matrices, per microvolt.
    n_windows : int
        Number of windows that the statistics were taken from.
    n_left_out : int
        Number of windows that were left out because they were flat or outliers.
    bands : tuple of tuple of float | None
        Frequency bands in Hz.
    sfreq : float | None
        Sampling rate in Hz, with bands.

    Examples
    --------
    >>> fitted = FittedAlignment(mean=[[5.0]], matrix=[[[0.5]]], n_windows=10)
    >>> fitted.transform(np.array([[[5.0, 9.0]]]))
    array([[[0., 2.]]])
    """

    mean: npt.NDArray[np.float64]
    matrix: npt.NDArray[np.float64]
    n_windows: int
    n_left_out: int = 0
    bands: tuple[Band, ...] | None = None
    sfreq: float | None = None

    def __post_init__(self) -> None:
        for name in ("mean", "matrix"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        if self.bands is not None:
            object.__setattr__(self, "bands", check_bands(self.bands))
        n_bands, n_chans = len(self.bands or (None,)), self.mean.shape[-1]
        for name, shape in {
            "mean": (n_bands, n_chans), "matrix": (n_bands, n_chans, n_chans),
        }.items():  # fmt: skip
            if getattr(self, name).shape != shape:
                raise ValueError(
                    f"expected {name} of shape {shape}, got {getattr(self, name).shape}"
                )

    def transform(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Align windows.

        Parameters
        ----------
        X : array, shape (n_windows, n_chans, n_times)
            Windows of the person, in the unit of those that the alignment was fitted to.

        Returns
        -------
        array, shape (n_windows, n_chans, n_times)
            Aligned windows without a unit; float32 if `X` is float32, else float64.

        Raises
        ------
        ValueError
            If the number of channels is another one.
        """
        X = np.asarray(X)
        if X.ndim != 3 or X.shape[1] != self.mean.shape[1]:
            raise ValueError(
                f"expected windows of shape (n_windows, {self.mean.shape[1]}, n_times), "
                f"got {X.shape}"
            )
        dtype = np.float32 if X.dtype == np.float32 else np.float64
        aligned = np.zeros(X.shape, dtype)
        for number, band in enumerate(self.bands or (None,)):
            passed = X if band is None or self.sfreq is None else band_passed(X, band, self.sfreq)
            centred = passed.astype(dtype, copy=False) - self.mean[number].astype(dtype)[:, None]
            aligned += self.matrix[number].astype(dtype) @ centred
        return aligned

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        bands = None if self.bands is None else [list(band) for band in self.bands]
        return {
            "mean": self.mean.tolist(), "matrix": self.matrix.tolist(),
            "n_windows": self.n_windows, "n_left_out": self.n_left_out,
            "bands": bands, "sfreq": self.sfreq,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the alignment that `to_dict` described.

        Examples
        --------
        >>> fitted = FittedAlignment(mean=[[5.0]], matrix=[[[0.5]]], n_windows=10)
        >>> FittedAlignment.from_dict(fitted.to_dict()).matrix
        array([[[0.5]]])

        Raises
        ------
        ValueError
            If the dict describes an alignment that this version does not know.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        if set(values) != set(known):
            raise ValueError(f"expected a fitted alignment with {known}, got {sorted(values)}")
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"expected a fitted alignment, got {dict(values)}: {error}") from error
