"""Signals are compared channel by channel, and the error names the difference."""

import json

import numpy as np
import pytest

from eegzoo.data import SignalInfo


@pytest.fixture
def info():
    return SignalInfo(["Fz", "C3", "Cz"], sfreq=128.0, n_times=256, tmin=-0.5)


def test_order_of_follows_the_signal_and_ignores_other_channels(info):
    available = ["EOG", "EEG CZ", "Pz", "fz", "C3."]
    assert [available[place] for place in info.order_of(available)] == ["fz", "C3.", "EEG CZ"]


def test_all_missing_channels_are_named(info):
    with pytest.raises(ValueError, match=r"channels \['Fz', 'Cz'\] are missing, got \['C3', 'Oz'"):
        info.order_of(["C3", "Oz"])


def test_of_many_missing_channels_the_first_are_named():
    many = SignalInfo([f"E{number}" for number in range(1, 65)], 128.0, 256)
    with pytest.raises(ValueError, match=r"'E10'\] and 54 more are missing, got \['Fz'\]$"):
        many.order_of(["Fz"])


@pytest.mark.parametrize("names", [["C3", "C3"], ["T3", "T7"], ["C3", "EEG c3."]])
def test_a_channel_that_occurs_twice_raises(names):
    with pytest.raises(ValueError, match="the same channel"):
        SignalInfo(names, 100, 10)
    with pytest.raises(ValueError, match="the same channel"):
        SignalInfo(names[:1], 100, 10).order_of(names)


def test_equal_windows_pass(info):
    info.check_window(SignalInfo(["Oz"], 128.0 + 1e-7, 256, -0.5 + 1e-9))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sfreq": 160.0}, "expected sfreq of 128 Hz, got 160 Hz"),
        ({"n_times": 257}, "expected n_times of 256 samples, got 257 samples"),
        ({"tmin": 0.0}, "expected tmin of -0.5 s, got 0 s"),
        ({"tmin": float("nan")}, "expected tmin of -0.5 s, got nan s"),
    ],
)
def test_a_different_window_raises_by_name(info, change, message):
    other = SignalInfo(**{**info.to_dict(), **change})
    with pytest.raises(ValueError, match=message):
        info.check_window(other)


@pytest.mark.parametrize(
    ("name", "value"),
    [("sfreq", 0.0), ("sfreq", float("nan")), ("n_times", 0), ("n_times", 2.5), ("unit", "V")],
)
def test_invalid_arguments_raise_by_name(info, name, value):
    with pytest.raises((ValueError, TypeError), match=f"expected {name}"):
        SignalInfo(**{**info.to_dict(), name: value})


def test_json_preserves_the_signal(info):
    assert SignalInfo.from_dict(json.loads(json.dumps(info.to_dict()))) == info
    names = np.array(["Fz", "C3", "Cz"])
    assert SignalInfo.from_dict({**info.to_dict(), "ch_names": names}) == info


def test_one_name_instead_of_a_sequence_raises():
    with pytest.raises(TypeError, match="expected ch_names to be a sequence of names, got 'C3'"):
        SignalInfo("C3", 128.0, 256)
