"""Base class of stagers: from signals to the probabilities of sleep stages."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between
from eegzoo.sleep.stages import STAGES

Array = npt.NDArray[np.float64]


class Stager(abc.ABC):
    """Trained network, or several, with the signal processing that they expect.

    Parameters
    ----------
    name : str
        Name of the weights.
    n_chans : int | None
        Number of channels that the networks take. None: any number, in any order.

    Attributes
    ----------
    stages : tuple of str
        Stages in the order of the probabilities.
    window_seconds : float
        Length of a window in seconds.
    ch_names : tuple of str | None
        Names of the channels that the networks were trained on. None: they do not depend on them.

    Examples
    --------
    >>> class Awake(Stager):
    ...     def _probabilities(self, signals, sfreq, n):
    ...         return np.tile([1.0, 0.0, 0.0, 0.0, 0.0], (n, 1))
    >>> Awake("awake").probabilities(np.zeros((2, 7000)), sfreq=100.0)
    array([[1., 0., 0., 0., 0.],
           [1., 0., 0., 0., 0.]])
    """

    stages: ClassVar[tuple[str, ...]] = STAGES
    window_seconds: ClassVar[float] = 30.0
    ch_names: tuple[str, ...] | None = None

    def __init__(self, name: str, n_chans: int | None = None) -> None:
        self.name = name
        self.n_chans = n_chans

    def probabilities(self, signals: npt.ArrayLike, sfreq: float) -> Array:
        """Return the probability of each stage in each complete window of a recording.

        Parameters
        ----------
        signals : array, shape (n_chans, n_samples)
            Channels of one recording in volts, not filtered.
        sfreq : float
            Sampling rate in Hz.

        Returns
        -------
        array, shape (n_windows, 5)
            Probabilities of W, N1, N2, N3 and R in windows of 30 s, the first of which begins with
            the first sample. Samples after the last complete window only help to filter it.

        Raises
        ------
        ValueError
            If the signals have another shape, another number of channels than the networks take,
            or samples that are not finite.
        """
        sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        data = np.asarray(signals)
        if data.ndim != 2 or (self.n_chans is not None and len(data) != self.n_chans):
            wanted = "n_chans" if self.n_chans is None else f"n_chans={self.n_chans}"
            raise ValueError(
                f"expected signals of shape ({wanted}, n_samples) for {self.name}, got {data.shape}"
            )
        if len(data) == 0:
            raise ValueError(f"expected signals of at least one channel, got {data.shape}")
        if not np.isfinite(data).all():
            raise ValueError("expected signals of finite numbers, got NaN or infinity")
        n_windows = count_windows(data.shape[1], sfreq, self.window_seconds)
        if n_windows == 0:
            return np.empty((0, len(self.stages)))
        return self._probabilities(data, sfreq, n_windows)

    @abc.abstractmethod
    def _probabilities(self, signals: npt.NDArray[np.floating], sfreq: float, n: int) -> Array:
        """Return the probabilities for checked signals that hold `n` complete windows."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


def count_windows(n_samples: int, sfreq: float, seconds: float) -> int:
    """Return the number of complete windows in a number of samples.

    Examples
    --------
    >>> count_windows(18000, 100.0, 30.0), count_windows(17999, 100.0, 30.0)
    (6, 5)
    """
    # A tolerance, because sampling rates such as 511.98 Hz are rounded in files.
    return int(n_samples / (seconds * sfreq) + 1e-6)
