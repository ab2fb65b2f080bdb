"""Bins above the band of a recording are zero; those of EEG and of filters are kept."""

import numpy as np
import pytest
import torch
from scipy import signal as scipy_signal

from eegzoo.models import create_model
from eegzoo.sleep.stagers.empty_bins import without_empty_bins
from eegzoo.sleep.stagers.robustsleepnet import scaled_windows

WIDTH = 60 / 128


def spectra_of(x, sfreq):
    """Return the spectra that RobustSleepNet computes of a signal."""
    network = create_model("robustsleepnet", n_chans=1, n_times=1800, n_outputs=5, sfreq=60)
    n_windows = int(len(x) / (30 * sfreq))
    windows = scaled_windows(x, sfreq, n_windows, network).unsqueeze(1)
    with torch.no_grad():
        return network.spectra(windows)


@pytest.fixture(scope="module")
def eeg():
    """Five minutes of noise at 200 Hz with the slope of EEG."""
    steps = np.random.default_rng(0).standard_normal(200 * 300)
    return scipy_signal.lfilter([1.0], [1.0, -0.98], steps)


def n_empty(x, sfreq=200.0):
    found = without_empty_bins(spectra_of(x, sfreq), WIDTH)
    return int((found == 0).all(dim=(0, 2)).sum())


def test_nothing_is_empty_in_eeg(eeg):
    spectra = spectra_of(eeg, 200.0)
    assert without_empty_bins(spectra, WIDTH) is spectra


def test_bins_above_a_steep_edge_are_empty(eeg):
    slow = scipy_signal.resample(eeg, len(eeg) // 4)  # 50 Hz
    spectra = spectra_of(scipy_signal.resample(slow, len(eeg)), 200.0)
    found = without_empty_bins(spectra, WIDTH)
    empty = (found == 0).all(dim=(0, 1, 2))
    first = int(empty.nonzero()[0])
    assert 25 < first * WIDTH < 27
    assert empty[first:].all()
    torch.testing.assert_close(found[..., :first], spectra[..., :first])


def test_gentle_filters_and_notches_leave_signal(eeg):
    low = scipy_signal.butter(4, 20, fs=200, output="sos")
    assert n_empty(scipy_signal.sosfiltfilt(low, eeg)) == 0
    notch = scipy_signal.iirnotch(25.0, 10.0, fs=200)
    assert n_empty(scipy_signal.filtfilt(*notch, eeg)) == 0


def test_channels_have_bands_of_their_own():
    spectra = torch.linspace(0, -2, 65).repeat(3, 2, 28, 1)
    spectra[:, 1, :, 50:] -= 5
    found = without_empty_bins(spectra, WIDTH)
    assert torch.equal(found[:, 0], spectra[:, 0])
    assert torch.equal(found[:, 1, :, :50], spectra[:, 1, :, :50])
    assert (found[:, 1, :, 50:] == 0).all()
