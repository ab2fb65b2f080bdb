"""Signal processing before the networks: filters, sampling rates and windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from scipy import signal as scipy_signal
from torch import Tensor

from eegzoo.data.signal.resampling import resample
from eegzoo.data.signal.signal_info import same_rate

Array = npt.NDArray[np.float64]


def bandpass(x: Array, sfreq: float, low: float, high: float, order: int) -> Array:
    """Filter a signal forward and backward with a Butterworth filter in transfer-function form.

    A recording whose Nyquist frequency is at most `high` is high-pass filtered alone.

    Parameters
    ----------
    x : array, shape (n_samples,)
        Signal.
    sfreq, low, high : float
        Sampling rate, and edges of the band, in Hz.
    order : int
        Order of the filter.

    Examples
    --------
    >>> x = np.sin(2 * np.pi * 10 * np.arange(1000) / 100) + 5
    >>> bool(abs(bandpass(x, 100.0, 0.2, 30.0, 2)[300:700].mean()) < 0.1)
    True
    """
    b, a = scipy_signal.butter(order, *_band(sfreq, low, high), fs=sfreq)
    filtered: Array = scipy_signal.filtfilt(b, a, x, padlen=min(3 * len(a), len(x) - 1))
    return filtered


def butterworth_sos(sfreq: float, low: float, high: float, order: int) -> Array:
    """Return the second-order sections of the filter of `bandpass`, to run it forwards alone."""
    sos: Array = scipy_signal.butter(order, *_band(sfreq, low, high), fs=sfreq, output="sos")
    return sos


def _band(sfreq: float, low: float, high: float) -> tuple[float | tuple[float, float], str]:
    return (low, "highpass") if sfreq <= 2 * high else ((low, high), "bandpass")


def cut_windows(x: Array, sfreq: float, new_sfreq: float, n_windows: int, n_times: int) -> Tensor:
    """Resample a signal and cut it into windows.

    Returns
    -------
    Tensor of float32, shape (n_windows, n_times)
        The first `n_windows` windows of `n_times` samples.
    """
    resampled = x if same_rate(sfreq, new_sfreq) else resample(x, sfreq, new_sfreq)
    wanted = n_windows * n_times
    missing = wanted - len(resampled)
    if missing > 0:  # rounding of a sampling rate that is not exact
        resampled = np.pad(resampled, (0, missing), mode="edge")
    return torch.from_numpy(resampled[:wanted].astype(np.float32)).reshape(n_windows, n_times)
