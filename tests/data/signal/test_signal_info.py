"""Two signals are compared by name, and what differs is said."""

import json

import numpy as np
import pytest

from eegzoo.data import SignalInfo
from eegzoo.data.signal.channel_names import channel_key


@pytest.fixture
def info():
    return SignalInfo(["Fz", "C3", "Cz"], sfreq=128.0, n_times=256, tmin=-0.5)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C3", "c3"),
        ("FCZ", "FCz"),
        ("EEG C3", "C3"),
        ("eeg c3", "C3"),
        ("EEGC3", "C3"),
        ("Fc5.", "FC5"),
        ("Cz..", "CZ"),
        (" C3 ", "C3"),
        ("EEG-Fz", "Fz"),
        ("EEG FP1-REF", "Fp1"),
        ("EEG:T3-LE", "T7"),
        ("EEG Fpz-Cz", "Fpz-Cz"),
        ("T3", "T7"),
        ("t4", "T8"),
        ("EEG T5", "P7"),
        ("T6..", "p8"),
    ],
)
def test_names_of_the_same_electrode_match(one, other):
    assert channel_key(one) == channel_key(other)
    assert SignalInfo([one], 100, 10).order_of(["Oz", other]) == [1]
    assert SignalInfo([other], 100, 10).order_of(["Oz", one]) == [1]


@pytest.mark.parametrize(
    ("one", "other"),
    [("C3", "C4"), ("C3", "C3-Cz"), ("T3", "T8"), ("T7", "TP7"), ("FC5", "C5"), ("T3-T5", "T7")],
)
def test_names_of_different_electrodes_do_not(one, other):
    with pytest.raises(ValueError, match="missing"):
        SignalInfo([one], 100, 10).order_of([other])


def test_the_order_is_that_of_the_signal_and_strangers_are_left_out(info):
    there = ["EOG", "EEG CZ", "Pz", "fz", "C3."]
    assert [there[place] for place in info.order_of(there)] == ["fz", "C3.", "EEG CZ"]


def test_all_missing_channels_are_named(info):
    with pytest.raises(ValueError, match=r"channels \['Fz', 'Cz'\] are missing, got \['C3', 'Oz'"):
        info.order_of(["C3", "Oz"])


@pytest.mark.parametrize("names", [["C3", "C3"], ["T3", "T7"], ["C3", "EEG c3."]])
def test_a_channel_that_is_there_twice_raises(names):
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
def test_another_window_is_named(info, change, message):
    other = SignalInfo(**{**info.to_dict(), **change})
    with pytest.raises(ValueError, match=message):
        info.check_window(other)


@pytest.mark.parametrize(
    ("name", "value"),
    [("sfreq", 0.0), ("sfreq", float("nan")), ("n_times", 0), ("n_times", 2.5), ("unit", "V")],
)
def test_what_no_signal_has_raises_by_name(info, name, value):
    with pytest.raises((ValueError, TypeError), match=f"expected {name}"):
        SignalInfo(**{**info.to_dict(), name: value})


def test_it_goes_through_json(info):
    assert SignalInfo.from_dict(json.loads(json.dumps(info.to_dict()))) == info
    names = np.array(["Fz", "C3", "Cz"])
    assert SignalInfo.from_dict({**info.to_dict(), "ch_names": names}) == info
