"""Bands divide windows exactly, and wrong ones are named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.report.frequency_bands import BANDS, check_bands, within_band


@settings(max_examples=25, deadline=None)
@given(n_times=st.integers(2, 300), sfreq=st.sampled_from([32.0, 100.0, 250.0]))
def test_parts_in_all_bands_add_up_to_the_centred_window(n_times, sfreq):
    x = np.random.default_rng(n_times).normal(3.0, 10.0, (2, n_times))
    parts = [within_band(x, band, sfreq) for band in BANDS.values()]
    np.testing.assert_allclose(np.sum(parts, axis=0), x - x.mean(-1, keepdims=True), atol=1e-9)


@pytest.mark.parametrize("hz", [10.0, 12.75])
def test_wave_is_in_its_band_alone(hz):
    x = np.sin(2 * np.pi * hz * np.arange(400) / 100).astype(np.float32)
    np.testing.assert_allclose(within_band(x, (8, 13), 100.0), x, atol=1e-5)
    np.testing.assert_allclose(within_band(x, (13, 30), 100.0), 0, atol=1e-5)


def test_bands_beyond_the_sampling_rate_are_left_out_of_the_standard_ones():
    assert list(check_bands(None, 100, 20.0)) == ["delta", "theta", "alpha"]


@pytest.mark.parametrize("edges", [(8,), (13, 8), (-1, 4), "ab", 4, (1, 2, 3)])
def test_edges_must_rise(edges):
    with pytest.raises(ValueError, match=r"expected bands\['mu'\] to be \(low, high\) in Hz"):
        check_bands({"mu": edges}, 100, 100.0)


def test_band_without_a_frequency_is_an_error():
    with pytest.raises(ValueError, match=r"a frequency of windows of 0.1 s at 100 Hz"):
        check_bands({"slow": (1, 4)}, 10, 100.0)
