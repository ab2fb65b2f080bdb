"""Alignment by the windows of a person so far, for streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import positive_int
from eegzoo.data.preprocessing.by_person.fit_alignment import MIN_WINDOWS
from eegzoo.data.preprocessing.by_person.fitted_alignment import FittedAlignment
from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment
from eegzoo.data.preprocessing.by_person.window_moments import WindowMoments

# Number of the latest windows that streams align by.
LATEST_WINDOWS = 100


class RunningAlignment:
    """Alignment of a person by their windows so far.

    After all windows of a session it is the alignment that `PersonAlignment.fit` finds with all of
    them at once.

    Parameters
    ----------
    alignment : PersonAlignment
        Method, bands and shrinkage.
    sfreq : float | None
        Sampling rate in Hz, required with bands.
    keep : int | None
        Number of the latest windows that the statistics are taken from. None: all.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(5.0, 20.0, (10, 3, 200))
    >>> running = RunningAlignment(PersonAlignment("riemann"))
    >>> for window in X[:5]:
    ...     running.update(window[None])
    >>> running.n_windows, running.transform(X[5:6]).shape
    (5, (1, 3, 200))
    """

    def __init__(
        self, alignment: PersonAlignment, sfreq: float | None = None, keep: int | None = None
    ) -> None:
        if alignment.first is not None:
            raise ValueError(
                "expected an alignment without first, which ends the statistics after "
                f"{alignment.first} windows"
            )
        if keep is not None:
            positive_int("keep", keep, at_least=MIN_WINDOWS)
        self.alignment, self.sfreq, self.keep = alignment, sfreq, keep
        self._moments: WindowMoments | None = None
        self._fitted: FittedAlignment | None = None

    @property
    def n_windows(self) -> int:
        """Number of windows that the statistics are taken from, bad ones included."""
        return 0 if self._moments is None else len(self._moments)

    def update(self, X: Any) -> None:
        """Add windows of shape (n_windows, n_chans, n_times) to the statistics.

        Raises
        ------
        ValueError
            As `PersonAlignment.fit`, but for the number of windows; or if the number of channels
            changes.
        """
        X = np.asarray(X)
        known = self._moments
        if known is not None and X.ndim == 3 and X.shape[1] != known.mean.shape[-1]:
            raise ValueError(f"expected windows of {known.mean.shape[-1]} channels, got {X.shape}")
        new = self.alignment.moments(X, self.sfreq)
        joined = new if known is None else WindowMoments.joined([known, new])
        if self.keep is not None and len(joined) > self.keep:
            joined = joined.subset(slice(len(joined) - self.keep, None))
        self._moments, self._fitted = joined, None

    @property
    def fitted(self) -> FittedAlignment:
        """Alignment by the windows so far.

        Raises
        ------
        ValueError
            If there are too few.
        """
        if self._moments is None:
            raise ValueError(f"expected at least {MIN_WINDOWS} windows before, got none")
        if self._fitted is None:
            self._fitted = self.alignment.fit_moments(self._moments, self.sfreq)
        return self._fitted

    def transform(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Align windows by those so far; these are not added to the statistics."""
        return self.fitted.transform(X)
