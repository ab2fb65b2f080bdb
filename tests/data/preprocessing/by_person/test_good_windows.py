"""Bad windows are left out; states of a person are not."""

import numpy as np
import pytest

from eegzoo.data.preprocessing.by_person.good_windows import good_windows


def powers(n_windows=40, n_chans=19, spread=0.4, seed=0):
    return np.exp(np.random.default_rng(seed).normal(4, spread, (n_windows, n_chans)))


@pytest.mark.parametrize("seed", range(20))
def test_usual_windows_are_all_used(seed):
    assert good_windows(powers(n_chans=64, seed=seed)).all()


@pytest.mark.parametrize("factor", [1e-3, 100.0, 1e6])
def test_window_with_one_outlying_channel_is_left_out(factor):
    power = powers()
    power[7, 3] *= factor
    assert np.flatnonzero(~good_windows(power)).tolist() == [7]


@pytest.mark.parametrize("n_windows", [8, 12, 32])
def test_state_of_a_fifth_of_the_windows_is_used(n_windows):
    power = powers()
    power[:n_windows, 15:] *= 30.0  # alpha rhythm over the occipital channels
    assert good_windows(power).all()


def test_artefacts_of_less_than_a_fifth_of_the_windows_are_left_out():
    power = powers()
    power[:6, 15:] *= 1000.0
    assert np.flatnonzero(~good_windows(power)).tolist() == [0, 1, 2, 3, 4, 5]


def test_flat_windows_are_left_out_and_dead_channels_are_not_looked_at():
    power = powers()
    power[2] = 0.0
    power[5, 4] = 0.0
    power[:, 9] = 0.0
    assert np.flatnonzero(~good_windows(power)).tolist() == [2, 5]
    assert good_windows(np.zeros((4, 3))).all()


def test_flat_windows_at_another_level_are_left_out():
    variance = powers()
    power = variance + 100.0
    variance[6, 2] = 0.0  # a constant of 10 above the usual mean
    assert np.flatnonzero(~good_windows(power, variance)).tolist() == [6]


@pytest.mark.parametrize("level", [0.0, 1e-25])
def test_flat_windows_are_left_out_if_they_are_most_of_them(level):
    power = powers(11)
    power[5:] = level  # the amplifier is off; what rounding leaves of a constant
    assert np.flatnonzero(good_windows(power)).tolist() == [0, 1, 2, 3, 4]
