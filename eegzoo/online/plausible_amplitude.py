"""Check of the windows of a running signal: whether they can be EEG like that of the training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.amplitude import check_amplitude

# Ratio of the amplitudes of two windows up to which a check of one holds for the other.
_ALIKE = 3.0


class PlausibleAmplitude:
    """Check of the amplitude of windows.

    The check takes longer than a classification, so a window like the last good one is taken to be
    good.

    Parameters
    ----------
    trained : float | None
        Robust amplitude of the training windows in microvolts. None: unknown.
    ch_names : sequence of str | None
        Names of the channels.
    sfreq : float
        Sampling rate of the windows in Hz.

    Examples
    --------
    >>> check = PlausibleAmplitude(20.0, ["C3", "C4"], 100.0)
    >>> window = np.random.default_rng(0).normal(0.0, 20.0, (2, 200))
    >>> check.reason(window) is None, check.reason(1e-6 * window)[-27:]
    (True, 'volts: multiply by 1e+06')
    """

    def __init__(self, trained: float | None, ch_names: Sequence[str] | None, sfreq: float) -> None:
        self.trained, self.ch_names, self.sfreq = trained, ch_names, sfreq
        self._scale = np.nan  # of the last window that was checked and good

    def reason(self, window: npt.NDArray[np.float64]) -> str | None:
        """Return why a window (n_chans, n_times) in microvolts is implausible, or None."""
        scale = float(np.median(window.std(axis=1)))
        if 1 / _ALIKE < scale / self._scale < _ALIKE:
            return None
        self._scale = np.nan
        try:
            check_amplitude(window[None], self.trained, "raise", self.ch_names, self.sfreq)
        except ValueError as error:
            return str(error).removesuffix(" (check_signal='ignore' skips this check)")
        self._scale = scale
        return None
