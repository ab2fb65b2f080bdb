"""Signal processing before the networks: filters, sampling rates and windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from scipy import signal as scipy_signal
from torch import Tensor

from eegzoo.data.signal.filtering.polyphase import resample
from eegzoo.data.signal.signal_info import same_rate

Array = npt.NDArray[np.float64]


_BLOCK = 500_000


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
    # As `scipy.signal.filtfilt`, whose copies of a night take several times its memory.
    n_added = min(3 * len(a), len(x) - 1)
    start = 2 * x[0] - x[n_added:0:-1]
    end = 2 * x[-1] - x[-2 : -n_added - 2 : -1]
    extended = np.concatenate([start, x, end])
    for direction in (extended, extended[::-1]):
        state = scipy_signal.lfilter_zi(b, a) * direction[0]
        for first in range(0, len(direction), _BLOCK):
            part = direction[first : first + _BLOCK]
            part[:], state = scipy_signal.lfilter(b, a, part, zi=state)
    return extended[n_added : len(extended) - n_added]


def butterworth_decay(sfreq: float, low: float, high: float, order: int) -> float:
    """Return the factor by which the response of the filter of `bandpass` decays in each sample."""
    _, poles, _ = scipy_signal.butter(order, *_band(sfreq, low, high), fs=sfreq, output="zpk")
    return float(np.abs(poles).max())


def _band(sfreq: float, low: float, high: float) -> tuple[float | tuple[float, float], str]:
    return (low, "highpass") if sfreq <= 2 * high else ((low, high), "bandpass")


def mirrored(x: Array, n_samples: int) -> Array:
    """Return signals (..., n_times) with samples mirrored at both ends; short ones end flat.

    Examples
    --------
    >>> mirrored(np.array([1.0, 2.0, 3.0]), 2)
    array([3., 2., 1., 2., 3., 2., 1.])
    """
    widths = [(0, 0)] * (x.ndim - 1) + [(n_samples, n_samples)]
    if x.shape[-1] > n_samples:
        return np.pad(x, widths, mode="reflect")
    return np.pad(x, widths, mode="edge")


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
