"""Windows of a stream are those of the whole signal, filtered and resampled."""

import numpy as np
import pytest
import torch
from scipy import signal as scipy_signal

from eegzoo.sleep.stagers.physioex import bandpass_taps
from eegzoo.sleep.streams.running_windows import RunningWindows
from eegzoo.sleep.streams.segment_processing import physioex_processing, robustsleepnet_processing

RATES = [(256.0, 60.0, 15, 64), (100.0, 60.0, 3, 5), (128.0, 100.0, 25, 32), (50.0, 60.0, 6, 5)]
every_rate = pytest.mark.parametrize(("sfreq", "new_sfreq", "up", "down"), RATES)


def streamed(windows, x):
    """Push a signal in 37 chunks, and return all windows."""
    found = [w for part in np.array_split(x, 37, axis=1) for w in windows.push(part)]
    return torch.stack(found + windows.finish())


def cut(x, n_windows, n_times):
    return np.stack([x[:, n_times * k : n_times * (k + 1)] for k in range(n_windows)])


@every_rate
def test_windows_are_those_of_the_signal_filtered_in_both_directions(sfreq, new_sfreq, up, down):
    x = 200 + np.random.default_rng(0).standard_normal((2, int(4.5 * 30 * sfreq)))
    n_times = int(30 * new_sfreq)
    processing = robustsleepnet_processing(sfreq, new_sfreq)
    found = streamed(RunningWindows(2, sfreq, new_sfreq, n_times, processing), x)
    edges, kind = ([0.2, 30.0], "bandpass") if sfreq > 60 else (0.2, "highpass")
    filtered = scipy_signal.filtfilt(*scipy_signal.butter(2, edges, kind, fs=sfreq), x, axis=1)
    whole = scipy_signal.resample_poly(filtered, up, down, axis=1, padtype="reflect")
    np.testing.assert_allclose(found, cut(whole, 4, n_times), atol=2e-6)


@every_rate
def test_windows_are_those_of_the_signal_filtered_by_taps(sfreq, new_sfreq, up, down):
    x = np.random.default_rng(0).standard_normal((1, int(3.2 * 30 * sfreq)))
    n_times = int(30 * new_sfreq)
    processing = physioex_processing(sfreq, new_sfreq)
    found = streamed(RunningWindows(1, sfreq, new_sfreq, n_times, processing), x)
    taps = bandpass_taps(sfreq)
    padded = np.pad(x[0], len(taps) // 2, mode="reflect")
    filtered = np.convolve(padded, taps, mode="valid")[None]
    whole = scipy_signal.resample_poly(filtered, up, down, axis=1, padtype="reflect")
    np.testing.assert_allclose(found, cut(whole, 3, n_times), atol=2e-6)


def test_single_samples_take_no_time_that_grows_with_the_window():
    processing = physioex_processing(100.0, 100.0)
    windows = RunningWindows(1, 100.0, 100.0, 3000, processing)
    sample = np.zeros((1, 1))
    found = [window for _ in range(3101) for window in windows.push(sample)]
    assert len(found) == 1
    assert windows.delay_seconds == 1.0
