"""Simulated nights have plausible courses and signs of stages, and quiet windows without them."""

import itertools

import numpy as np
import pytest
from scipy import signal

from eegzoo.data import scoring_of, simulate_night
from eegzoo.data.datasets.simulated_night import course_of_night

STAGES = ["W", "N1", "N2", "N3", "R"]


def stages_of(raw):
    return np.array([str(name) for name in raw.annotations.description])


def windows_of(raw):
    n_times = round(30 * raw.info["sfreq"])
    return 1e6 * raw.get_data().reshape(len(raw.ch_names), -1, n_times).swapaxes(0, 1)


def band_power(x, sfreq, low, high):
    frequencies, power = signal.welch(x, sfreq, nperseg=int(4 * sfreq))
    return power[..., (frequencies >= low) & (frequencies < high)].mean(-1)


@pytest.fixture(scope="module")
def clear():
    """Return a night in which every window has the signs of its stage."""
    names = ("Cz", "Oz", "E1-M2", "E2-M2")
    return simulate_night(2, ch_names=names, quiet=0.0, random_state=0)


def test_channels_and_annotations(clear):
    assert clear.get_channel_types() == ["eeg", "eeg", "eog", "eog"]
    assert clear.n_times == 2 * 3600 * 100
    scoring = scoring_of(clear)
    assert (scoring.epoch_seconds, scoring.offset_seconds) == (30.0, 0.0)
    assert scoring.epochs()[1].tolist() == stages_of(clear).tolist()


def test_the_course_of_a_night_is_plausible():
    stages = [
        np.array(STAGES)[course_of_night(960, np.random.default_rng(seed))] for seed in range(5)
    ]
    for course in stages:
        assert course[0] == "W"
        assert set(course) == set(STAGES)
        steps = set(itertools.pairwise(course))
        assert not steps & {("W", "N3"), ("W", "R"), ("N3", "R"), ("R", "N3")}
        lasted = np.mean([len(list(run)) for _, run in itertools.groupby(course)])
        assert 4 < lasted < 25  # windows
    third = np.concatenate([course[:320] for course in stages])
    late = np.concatenate([course[-320:] for course in stages])
    assert np.mean(third == "N3") > np.mean(late == "N3")
    assert np.mean(third == "R") < np.mean(late == "R")


@pytest.mark.parametrize(
    ("channel", "low", "high", "stage"),
    [("Cz", 0.5, 2, "N3"), ("Oz", 8, 12, "W"), ("Cz", 12, 15.5, "N2")],
)
def test_stages_have_their_signs(clear, channel, low, high, stage):
    windows = windows_of(clear)[:, clear.ch_names.index(channel)]
    power, stages = band_power(windows, 100, low, high), stages_of(clear)
    by_stage = {name: power[stages == name].mean() for name in STAGES if (stages == name).any()}
    assert max(by_stage, key=by_stage.get) == stage


def test_eyes_move_in_opposite_directions_in_rem(clear):
    windows, stages = windows_of(clear), stages_of(clear)
    slow = signal.sosfiltfilt(signal.butter(2, 5, fs=100, output="sos"), windows[:, 2:])
    in_rem = slow[stages == "R"]
    left, right = in_rem.swapaxes(0, 1).reshape(2, -1)
    assert np.corrcoef(left, right)[0, 1] < 0
    difference = np.abs(np.diff(slow[:, 0] - slow[:, 1], n=1, axis=1)).max(1)
    assert np.median(difference[stages == "R"]) > 1.5 * np.median(difference[stages == "N2"])


def test_quiet_windows_look_alike_in_all_stages():
    raw = simulate_night(2, ch_names=("C4-M1",), quiet=1.0, random_state=0)
    power, stages = band_power(windows_of(raw)[:, 0], 100, 0.5, 2), stages_of(raw)
    deep, light = np.median(power[stages == "N3"]), np.median(power[stages != "N3"])
    assert 0.8 < deep / light < 1.25


def test_a_seed_gives_the_same_night():
    first, again = (simulate_night(0.1, random_state=5) for _ in range(2))
    np.testing.assert_array_equal(first.get_data(), again.get_data())
    assert stages_of(first).tolist() == stages_of(again).tolist()
    assert not np.allclose(first.get_data(), simulate_night(0.1, random_state=6).get_data())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_hours", 0), ("sfreq", 32.0), ("quiet", 1.1), ("quiet", "much"), ("ch_names", ()),
        ("ch_names", ("Cz", "Cz")), ("ch_names", ("E1", "AF9")), ("ch_names", ("EOG",)),
        ("random_state", -1),
    ],
)  # fmt: skip
def test_invalid_arguments_raise(name, value):
    with pytest.raises(ValueError, match=f"expected {name} to be .*, got ") as caught:
        simulate_night(**{name: value})
    assert repr(value) in str(caught.value)
