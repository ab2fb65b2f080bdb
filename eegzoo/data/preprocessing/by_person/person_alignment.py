"""Alignment of a person's windows: z-scores of channels, Euclidean and Riemannian whitening."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.preprocessing.by_person.band_filters import Band, check_bands
from eegzoo.data.preprocessing.by_person.fit_alignment import MIN_WINDOWS, fit_alignment
from eegzoo.data.preprocessing.by_person.fitted_alignment import FittedAlignment
from eegzoo.data.preprocessing.by_person.window_moments import WindowMoments

METHODS = ("zscore", "euclid", "riemann")


@dataclasses.dataclass(frozen=True)
class PersonAlignment:
    """Alignment of the windows of each person by their own statistics, without labels.

    People differ in the amplitude of their EEG, in the shape of their heads and in the fit of the
    cap far more than one person's states do. Aligned windows have the same mean and covariance for
    all people: the identity, so that every channel has the mean 0 and the variance 1.

    Windows that are flat or far from the others in power do not enter the statistics
    (`good_windows`); all windows are transformed. Directions without signal, as an average
    reference and interpolated channels leave them, stay 0. The order of the windows does not matter
    except for `first`.

    Parameters
    ----------
    method : {"zscore", "euclid", "riemann"}
        "zscore" scales each channel to mean 0 and variance 1. "euclid" also decorrelates the
        channels, by the inverse square root of the mean of the windows' covariances. "riemann" does
        so by their affine-invariant mean, on which windows of high amplitude have less influence.
    bands : sequence of tuple of float | None
        Frequency bands in Hz, such as ``((4, 8), (8, 13), (13, 30))``. The windows are filtered,
        each band is aligned apart with the variance one divided by the number of bands, and the
        bands are added. None: the windows as they are.
    shrinkage : float
        Weight, from 0 to 1, of the mean variance in the covariance of each window. It limits the
        amplification of directions with little signal; without it the mean covariance of aligned
        windows is exactly the identity. "zscore" needs none and ignores it.
    first : int | None
        Number of windows, in the order given, that the statistics are taken from, for a calibration
        at the start of a session. None: all.

    See Also
    --------
    RunningAlignment : Alignment by the windows so far, for streams.

    References
    ----------
    He and Wu (2020). Transfer learning for brain-computer interfaces: a Euclidean space data
    alignment approach. IEEE Trans. Biomed. Eng. 67. https://doi.org/10.1109/TBME.2019.2913914

    Zanini, Congedo, Jutten, Said and Berthoumieu (2018). Transfer learning: a Riemannian geometry
    framework with applications to brain-computer interfaces. IEEE Trans. Biomed. Eng. 65.
    https://doi.org/10.1109/TBME.2017.2742541

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(5.0, 20.0, (10, 3, 200))
    >>> fitted = PersonAlignment("euclid", shrinkage=0.0).fit(X)
    >>> aligned = np.concatenate(list(fitted.transform(X)), axis=1)
    >>> np.allclose(np.cov(aligned, bias=True), np.eye(3), atol=1e-3)
    True
    """

    method: str = "euclid"
    bands: Sequence[Band] | None = None
    shrinkage: float = 0.1
    first: int | None = None

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        if self.bands is not None:
            object.__setattr__(self, "bands", check_bands(self.bands))
        number_between("shrinkage", self.shrinkage, 0.0, 1.0)
        if self.first is not None:
            positive_int("first", self.first, at_least=MIN_WINDOWS)

    def fit(self, X: Any, sfreq: float | None = None) -> FittedAlignment:
        """Return the alignment that is fitted to the windows of one person.

        Parameters
        ----------
        X : array or Windows, shape (n_windows, n_chans, n_times)
            Windows of one person, in any unit. Windows on disk are read once, in chunks.
        sfreq : float | None
            Sampling rate in Hz, required with `bands`.

        Returns
        -------
        FittedAlignment
            Means and matrices of the person.

        Raises
        ------
        ValueError
            If there are fewer than two windows that are neither flat nor outliers, if a window
            contains NaN or infinity, or if `sfreq` is missing or too low for the bands; with
            "riemann" and no shrinkage also if a window has fewer dimensions than the others.

        Warns
        -----
        AlignmentWarning
            If the statistics are of three windows or fewer.
        """
        return self.fit_moments(self.moments(X, sfreq), sfreq)

    def moments(self, X: Any, sfreq: float | None = None) -> WindowMoments:
        """Return the moments of the windows that the statistics are taken from.

        Parameters are those of `fit`, and it raises its errors.
        """
        if len(X.shape) != 3 or 0 in X.shape[1:]:
            raise ValueError(
                f"expected windows of shape (n_windows, n_chans, n_times), got {tuple(X.shape)}"
            )
        if self.bands is not None:
            if sfreq is None:
                raise ValueError("expected sfreq with bands, got None")
            number_between("sfreq", sfreq, 0.0, above=True)
        n_windows = len(X) if self.first is None else min(len(X), self.first)
        return WindowMoments.of(X[:n_windows] if len(X) > n_windows else X, self._bands, sfreq)

    def fit_moments(self, moments: WindowMoments, sfreq: float | None = None) -> FittedAlignment:
        """Return the alignment that is fitted to the moments of windows, as `fit` does."""
        return fit_alignment(moments, self.method, self.shrinkage, self._bands, sfreq)

    @property
    def _bands(self) -> tuple[Band, ...] | None:
        return None if self.bands is None else tuple(self.bands)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict.

        Examples
        --------
        >>> PersonAlignment("riemann", bands=[(4, 8)]).to_dict()
        {'method': 'riemann', 'bands': [[4.0, 8.0]], 'shrinkage': 0.1, 'first': None}
        """
        bands = None if self.bands is None else [list(band) for band in self.bands]
        return {
            "method": self.method, "bands": bands, "shrinkage": float(self.shrinkage),
            "first": None if self.first is None else int(self.first),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the alignment that `to_dict` described.

        Raises
        ------
        ValueError
            If the dict describes an alignment that this version does not know.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        if set(values) != set(known):
            raise ValueError(f"expected an alignment with {known}, got {sorted(values)}")
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"expected an alignment, got {dict(values)}: {error}") from error


def as_alignment(align: Any) -> PersonAlignment | None:
    """Return the alignment for the argument `align` of an estimator.

    Parameters
    ----------
    align : {"zscore", "euclid", "riemann"} | PersonAlignment | None
        Name of a method, or an alignment.

    Raises
    ------
    ValueError, TypeError
        If it is neither.

    Examples
    --------
    >>> as_alignment("riemann")
    PersonAlignment(method='riemann', bands=None, shrinkage=0.1, first=None)
    """
    if align is None or isinstance(align, PersonAlignment):
        return align
    if not isinstance(align, str):
        raise TypeError(
            f"expected align to be a method's name, a PersonAlignment or None, got {align!r}"
        )
    return PersonAlignment(one_of("align", align, METHODS))


def alignment_in(extra: Mapping[str, Any]) -> PersonAlignment | None:
    """Return the alignment that the metadata of a saved estimator describe, or None.

    Examples
    --------
    >>> alignment_in({"align": PersonAlignment("zscore").to_dict()}).method
    'zscore'
    >>> alignment_in({}) is None                    # saved before there was alignment
    True
    """
    described = extra.get("align")
    return None if described is None else PersonAlignment.from_dict(described)
