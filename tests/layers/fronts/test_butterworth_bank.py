"""Band-pass filters and band power against SciPy."""

import numpy as np
import pytest
import scipy.signal
import torch

from eegzoo.layers.fronts.band_power import BandPower
from eegzoo.layers.fronts.butterworth_bank import ButterworthBank

BANDS = ((1.0, 4.0), (8.0, 13.0), (30.0, 45.0))


@pytest.mark.parametrize("order", [1, 4])
def test_filters_are_scipys_forwards_and_backwards(order):
    x = np.random.default_rng(0).normal(size=(2, 3, 256))
    found = ButterworthBank(128, BANDS, order)(torch.from_numpy(x)).numpy()
    for band, own in zip(BANDS, found.swapaxes(0, 1), strict=True):
        sos = scipy.signal.butter(order, band, "bandpass", fs=128, output="sos")
        assert np.allclose(own, scipy.signal.sosfiltfilt(sos, x), atol=1e-9)


@pytest.mark.parametrize("segment_length", [128, 255, 256])
def test_band_power_is_the_mean_of_scipys_welch(segment_length):
    x = 3 + np.random.default_rng(0).normal(size=(2, 3, 512))
    bands = ((1.0, 5.0), (5.0, 9.0), (60.0, 63.9))
    found = BandPower(128, bands, segment_length)(torch.from_numpy(x)).numpy()
    freqs, power = scipy.signal.welch(
        x, 128, nperseg=segment_length, noverlap=segment_length - segment_length // 2
    )
    for (low, high), own in zip(bands, found.swapaxes(0, 1), strict=True):
        inside = (freqs >= low) & (freqs <= high)
        assert np.allclose(own, power[..., inside].mean(-1), rtol=1e-10)


@pytest.mark.parametrize("bands", [(), ((0, 4),), ((8, 4),), ((30, 64),), ((1, 2, 3),), 4, "alpha"])
def test_wrong_bands_raise(bands):
    for build in (lambda: ButterworthBank(128, bands), lambda: BandPower(128, bands, 256)):
        with pytest.raises((ValueError, TypeError), match="expected bands to be pairs"):
            build()


def test_a_band_without_a_frequency_raises():
    with pytest.raises(ValueError, match="expected bands with a multiple of sfreq / segment_len"):
        BandPower(128, ((1.0, 1.5),), segment_length=64)
