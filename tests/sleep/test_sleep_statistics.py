"""Statistics of hypnograms: worked numbers, YASA's, and properties."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.sleep import sleep_statistics
from eegzoo.sleep.stages import STAGES, UNSCORED

FILE = Path(__file__).parents[1] / "reference" / "sleep_statistics.json"
YASA = json.loads(FILE.read_text(encoding="utf-8"))["hypnograms"]
# YASA's name of each number that has the same definition.
SAME = {
    "TIB": "time_in_bed",
    "TST": "total_sleep_time",
    "SE": "sleep_efficiency",
    "SOL": "sleep_onset_latency",
    "SPT": "sleep_period_time",
    "WASO": "wake_within_sleep_period",
    "Lat_REM": "rem_latency_from_lights_off",
    "N1": "N1_minutes",
    "N2": "N2_minutes",
    "N3": "N3_minutes",
    "REM": "R_minutes",
    "%N2": "N2_share",
    "%REM": "R_share",
}

any_stages = st.lists(st.sampled_from([*STAGES, UNSCORED]), min_size=1, max_size=60)


def decode(code):
    """Return the stages of a run-length code such as "W*3 N1*2"."""
    runs = [run.partition("*")[::2] for run in code.split()]
    return [UNSCORED if s == "U" else s for s, count in runs for _ in range(int(count))]


@pytest.mark.parametrize("name", YASA)
def test_numbers_of_the_same_definition_equal_yasas(name):
    ours = sleep_statistics(decode(YASA[name]["hypnogram"])).as_row()
    theirs = YASA[name]["statistics"]
    expected = {key: math.nan if theirs[key] is None else theirs[key] for key in SAME}
    assert {key: ours[own] for key, own in SAME.items()} == pytest.approx(
        expected,
        nan_ok=True,
        abs=1e-4,  # YASA rounds to four decimals
    )


@pytest.mark.parametrize("name", [n for n in YASA if YASA[n]["statistics"]["Lat_REM"] is not None])
def test_rem_latency_of_the_aasm_is_yasas_less_the_sleep_onset_latency(name):
    theirs = YASA[name]["statistics"]
    ours = sleep_statistics(decode(YASA[name]["hypnogram"]))
    assert ours.rem_latency == pytest.approx(theirs["Lat_REM"] - theirs["SOL"])


@pytest.mark.parametrize(
    "name", [n for n in YASA if YASA[n]["statistics"]["TST"] and "U" not in YASA[n]["hypnogram"]]
)
def test_awakenings_an_hour_are_yasas_fragmentation_index_without_gaps(name):
    theirs = YASA[name]["statistics"]
    ours = sleep_statistics(decode(YASA[name]["hypnogram"]))
    assert 60 * ours.awakenings / ours.total_sleep_time == pytest.approx(theirs["SFI"], abs=1e-4)


def test_night_with_lights_and_a_gap():
    #          0-1   1-2   2-3        3-4   4-5    5-6  6-7   7-8   8-9   9-10 (half minutes)
    stages = ["W", "N1", "N2", UNSCORED, "N2", "W", "R", "W", "W", "N1"]
    found = sleep_statistics(stages, lights_off=15.0, lights_on=285.0)
    assert found.time_in_bed == 4.5
    assert found.minutes == {"W": 1.75, "N1": 0.75, "N2": 1.0, "N3": 0.0, "R": 0.5, UNSCORED: 0.5}
    assert found.total_sleep_time == 2.25
    assert found.sleep_efficiency == 50.0
    assert found.sleep_onset_latency == 0.25
    assert found.wake_after_sleep_onset == 1.5
    assert found.wake_within_sleep_period == 1.5
    assert found.rem_latency == 2.5
    assert found.rem_latency_from_lights_off == 2.75
    assert found.awakenings == 2
    assert found.stage_shifts == 6
    assert found.shares["N2"] == pytest.approx(100 / 2.25)


def test_wake_after_the_last_sleep_is_in_waso_alone():
    found = sleep_statistics(["N2", "N2", "W", "N2", "W", "W"])
    assert (found.wake_after_sleep_onset, found.wake_within_sleep_period) == (1.5, 0.5)
    assert (found.awakenings, found.sleep_period_time) == (2, 2.0)


def test_time_before_and_after_the_windows_is_unscored():
    found = sleep_statistics(["N2"] * 4, lights_off=-60.0, lights_on=180.0)
    assert (found.time_in_bed, found.minutes[UNSCORED]) == (4.0, 2.0)
    assert (found.sleep_onset_latency, found.sleep_efficiency) == (1.0, 50.0)


def test_change_across_unscored_windows_counts_once():
    found = sleep_statistics(["N2", UNSCORED, "W", UNSCORED, UNSCORED, "W", "N1"])
    assert (found.stage_shifts, found.awakenings) == (2, 1)


def test_short_last_window_counts_with_its_duration():
    found = sleep_statistics(["N2", "N2"], durations=[30.0, 15.0])
    assert found.total_sleep_time == 0.75


@given(any_stages)
def test_parts_sum_to_the_whole(stages):
    found = sleep_statistics(stages)
    assert sum(found.minutes.values()) == pytest.approx(found.time_in_bed)
    slept = found.total_sleep_time
    assert 0 <= found.awakenings <= found.stage_shifts < len(stages)
    if slept:
        assert sum(found.shares.values()) == pytest.approx(100)
        assert found.rem_latency_from_lights_off == pytest.approx(
            found.rem_latency + found.sleep_onset_latency, nan_ok=True
        )
        assert found.wake_within_sleep_period <= found.wake_after_sleep_onset
        if UNSCORED not in stages:
            total = found.sleep_onset_latency + found.wake_after_sleep_onset + slept
            assert total == pytest.approx(found.time_in_bed)
    else:
        assert math.isnan(found.sleep_onset_latency)
        assert math.isnan(found.wake_after_sleep_onset)


@given(any_stages, st.integers(0, 20))
def test_wake_before_lights_off_changes_nothing(stages, n_before):
    later = sleep_statistics(["W"] * n_before + stages, lights_off=30.0 * n_before)
    assert later.as_row() == pytest.approx(sleep_statistics(stages).as_row(), nan_ok=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"stages": []}, "expected stages of at least one window"),
        ({"stages": ["W", "REM"]}, "expected stages to be one of 'W', .* got 'REM'"),
        ({"stages": ["W"], "lights_off": 30.0}, "expected lights_on after lights_off"),
        ({"stages": ["W", "W"], "onsets": [0.0, 10.0]}, "windows that overlap"),
        ({"stages": ["W"], "durations": [30.0, 30.0]}, "expected durations to be 1 finite"),
        (
            {"stages": ["W"], "lights_on": math.nan},
            "to be a number that is finite, got nan",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        sleep_statistics(**arguments)


def test_one_text_is_no_sequence_of_stages():
    with pytest.raises(TypeError, match="expected stages to be a sequence of str, got 'WWR'"):
        sleep_statistics("WWR")
