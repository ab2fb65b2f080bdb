"""Filters and windows equal those of SciPy on the whole signal."""

import numpy as np
import pytest
import torch
from scipy import signal as scipy_signal

from eegzoo.sleep.stagers import signals
from eegzoo.sleep.stagers.physioex import FILTER_LENGTH, bandpass_taps
from eegzoo.sleep.stagers.signals import bandpass, butterworth_decay, cut_windows


@pytest.mark.parametrize("n_times", [50, 1000, 4321])
@pytest.mark.parametrize("sfreq", [50.0, 100.0, 256.0])
def test_bandpass_is_filtfilt(monkeypatch, sfreq, n_times):
    monkeypatch.setattr(signals, "_BLOCK", 700)
    x = np.random.default_rng(0).standard_normal(n_times)
    band, kind = ([0.2, 30], "band") if sfreq > 60 else (0.2, "high")
    b, a = scipy_signal.butter(2, band, kind, fs=sfreq)
    expected = scipy_signal.filtfilt(b, a, x)
    before = x.copy()
    np.testing.assert_allclose(bandpass(x, sfreq, 0.2, 30.0, 2), expected, atol=1e-9)
    np.testing.assert_array_equal(x, before)
    assert butterworth_decay(sfreq, 0.2, 30.0, 2) == pytest.approx(abs(np.roots(a)).max())


@pytest.mark.parametrize("sfreq", [50.0, 100.0, 256.0])
def test_taps_are_the_fir_filter_in_both_directions(sfreq):
    x = np.random.default_rng(0).standard_normal(3000)
    edges = (0.3, 40.0) if sfreq > 80 else 0.3
    taps = scipy_signal.firwin(FILTER_LENGTH, edges, pass_zero=False, fs=sfreq)
    expected = scipy_signal.filtfilt(taps, [1.0], x)
    found = np.convolve(x, bandpass_taps(sfreq), mode="same")
    np.testing.assert_allclose(found[300:-300], expected[300:-300], atol=1e-10)


def test_windows_are_resampled_and_cut():
    x = np.random.default_rng(0).standard_normal(25_700)
    found = cut_windows(x, 256.0, 60.0, 3, 1800)
    assert found.dtype == torch.float32
    expected = scipy_signal.resample_poly(x, 15, 64, padtype="reflect")[: 3 * 1800]
    np.testing.assert_allclose(found.flatten(), expected, atol=1e-6)
