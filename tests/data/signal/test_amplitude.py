"""Amplitudes are estimated robustly, and errors state the factor for another unit."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.data import SignalWarning, check_amplitude, read_recording
from eegzoo.data.signal.amplitude import check_finite, robust_amplitude, unit_factor
from tests.shared_data import SHARED, needs


def noise(amplitude=20.0, n_windows=12, n_chans=4):
    return np.random.default_rng(0).normal(0, amplitude, (n_windows, n_chans, 1000))


def test_robust_amplitude_is_the_standard_deviation_of_gaussian_windows():
    assert robust_amplitude(noise(20.0)) == pytest.approx(20.0, rel=0.02)


def test_offsets_artefacts_and_broken_channels_hardly_affect_it():
    X = noise(20.0) + np.array([[0], [1e5], [-300], [7]])
    X[:3] *= 1e4  # some windows
    X[:, :, :50] = 1e6  # some samples
    X[:, 3] = 0.0  # a dead channel
    assert robust_amplitude(X) == pytest.approx(20.0, rel=0.15)


def test_without_a_signal_it_is_nan():
    assert math.isnan(robust_amplitude(np.zeros((3, 2, 100))))
    assert math.isnan(robust_amplitude(np.zeros((0, 2, 100))))


@given(st.floats(0.1, 1000.0))
def test_plausible_amplitudes_have_factor_1(amplitude):
    assert unit_factor(amplitude) == 1.0


@given(st.floats(1.0, 100.0), st.sampled_from([-9, -6, -3, 3, 6]))
def test_the_factor_converts_other_units_to_microvolts(amplitude, power):
    factor = unit_factor(amplitude * 10.0**power)
    if factor == 1.0:  # 1 to 100 microvolts times or divided by 1000 can still be plausible
        assert 0.1 <= amplitude * 10.0**power <= 1000
    else:
        assert factor == pytest.approx(10.0**-power)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
@pytest.mark.parametrize("how", ["raise", "warn", "ignore"])
def test_implausible_amplitudes_raise_warn_or_are_ignored(scale, how):
    X = noise() * scale
    message = f"multiply by {1 / scale:g}".replace("+", r"\+")
    if how == "raise":
        with pytest.raises(ValueError, match=message):
            check_amplitude(X, how=how)
    elif how == "warn":
        with pytest.warns(SignalWarning, match=message):
            check_amplitude(X, how=how)
    else:
        check_amplitude(X, how=how)


def test_amplitudes_far_from_the_training_data_raise():
    check_amplitude(noise(20.0), trained=20.0 / 25)
    message = r"about 0\.5 microvolts, as in the training data, got about 20:"
    with pytest.raises(ValueError, match=message):
        check_amplitude(noise(20.0), trained=0.5)
    with pytest.raises(ValueError, match="as in the training"):
        check_amplitude(noise(0.5), trained=20.0)


@pytest.mark.parametrize("X", [np.zeros((3, 2, 100)), np.zeros((0, 2, 100)), noise()])
@pytest.mark.parametrize("trained", [None, 20.0])
def test_plausible_or_absent_signals_pass_without_a_warning(X, trained):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_amplitude(X, trained)


@pytest.mark.parametrize("how", ["raise", "warn", "ignore"])
def test_the_amplitude_is_returned_or_none_without_a_signal(how):
    assert check_amplitude(noise(20.0), how=how) == pytest.approx(20.0, rel=0.02)
    assert check_amplitude(np.zeros((3, 2, 100)), how=how) is None


def test_an_unknown_reaction_raises():
    with pytest.raises(ValueError, match="expected check_signal to be one of 'raise', 'warn'"):
        check_amplitude(noise(), how="shout")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_raise_by_channel(value):
    X = noise(n_chans=3)
    check_finite(X, ["C3", "Cz", "C4"])
    check_finite(X[:0], ["C3", "Cz", "C4"])
    X[2, 1, 7] = value
    for data in (X, X[2]):
        with pytest.raises(ValueError, match=r"got NaN or infinity in channels \['Cz'\]"):
            check_finite(data, ["C3", "Cz", "C4"])


@needs(SHARED / "data" / "ssvep_exo")
def test_a_real_data_set_stored_a_thousand_times_too_large_raises():
    paths = sorted((SHARED / "data" / "ssvep_exo").glob("*_raw.fif"))
    assert len(paths) == 12
    for path in paths:
        microvolts = read_recording(path).get_data(picks="eeg", verbose="ERROR") * 1e6
        with pytest.raises(ValueError, match=r"too large .* multiply by 0\.001"):
            check_amplitude(microvolts[None])
        check_amplitude(microvolts[None] * 1e-3)
