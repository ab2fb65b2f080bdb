"""Amplitudes without drift and mains, and channels in a unit of their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.data import check_amplitude
from eegzoo.data.signal import amplitude, channel_amplitude
from eegzoo.data.signal.channel_amplitude import (
    channel_amplitudes,
    median_deviations,
    wrong_units,
)
from tests.cases.channel_cases import pink_noise

SFREQ = 128.0
TIMES = np.arange(512) / SFREQ


def noise(n_chans=4):
    return 1e6 * pink_noise(n_chans, 512 * 16, 0).reshape(n_chans, 16, 512).transpose(1, 0, 2)


@pytest.mark.parametrize(
    "disturbance",
    [
        5000 + 0 * TIMES,
        3000 * np.sin(2 * np.pi * TIMES / 60),
        2000 * np.sin(2 * np.pi * 50 * TIMES),
        2000 * np.sin(2 * np.pi * 59.9 * TIMES),
        -400 * TIMES,
    ],
)
def test_offsets_drifts_and_mains_hardly_change_the_amplitude(disturbance):
    expected = channel_amplitudes(noise(), SFREQ)
    found = channel_amplitudes(noise() + disturbance, SFREQ)
    np.testing.assert_allclose(found, expected, rtol=0.1)
    check_amplitude(noise() + disturbance, sfreq=SFREQ)


def test_flat_channels_and_short_windows():
    X = noise()
    X[:, 1] = 7.0
    assert channel_amplitudes(X, SFREQ)[1] == 0
    np.testing.assert_array_equal(
        channel_amplitudes(X[..., :64], SFREQ), channel_amplitudes(X[..., :64])
    )
    assert channel_amplitudes(X[:0], SFREQ).tolist() == [0.0] * 4


@given(
    st.lists(st.floats(5.0, 20.0), min_size=4, max_size=20),
    st.integers(1, 3), st.sampled_from([1e3, 1e6, 1e-3, 1e-6]),
)  # fmt: skip
def test_single_channels_in_another_unit_are_found_with_their_factor(amplitudes, n, scale):
    n = min(n, len(amplitudes) - 2)
    changed = np.array(amplitudes)
    changed[:n] *= scale
    assert wrong_units(changed) == pytest.approx(dict.fromkeys(range(n), 1 / scale))


@given(st.lists(st.floats(1.0, 200.0), min_size=1, max_size=20))
def test_plausible_channels_are_not_found(amplitudes):
    assert wrong_units(amplitudes) == {}


def test_half_of_the_channels_in_another_unit_are_those_that_are_implausible():
    assert wrong_units([10, 12, 9, 8, 10e3, 12e3, 9e3, 8e3]) == dict.fromkeys(range(4, 8), 1e-3)


def test_loose_and_dead_electrodes_are_no_unit_errors():
    assert wrong_units([10, 12, 9, 8, 400, 0.0]) == {}


def test_the_error_names_the_channels():
    X = noise()
    X[:, 2] *= 1e3
    with pytest.raises(ValueError, match=r"channels Cz are too large .* multiply them by 0\.001"):
        check_amplitude(X, ch_names=["Fz", "C3", "Cz", "C4"], sfreq=SFREQ)
    with pytest.raises(ValueError, match="channels 2 are too large"):
        check_amplitude(X)


@pytest.mark.parametrize("sfreq", [None, SFREQ])
def test_known_deviations_change_nothing(sfreq):
    X = noise()
    expected = channel_amplitudes(X, sfreq)
    np.testing.assert_array_equal(channel_amplitudes(X, sfreq, median_deviations(X)), expected)


def test_a_check_measures_windows_once(monkeypatch):
    measured = []

    def counted(X):
        measured.append(X)
        return median_deviations(X)

    for module in (amplitude, channel_amplitude):
        monkeypatch.setattr(module, "median_deviations", counted)
    assert amplitude.check_amplitude(noise()) == amplitude.robust_amplitude(noise())
    assert len(measured) == 2  # by each of the functions
