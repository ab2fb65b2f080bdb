"""Tests of streams with lost samples, numbers that are none and dead channels."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from eegzoo.online import Decision
from tests.online.running import push_all, recording, streaming

SFREQ = 128.0
FAULT = 700  # sample at which something goes wrong


def _data() -> Any:
    return recording().get_data()


@functools.cache
def _reference() -> dict[float, Any]:
    return {each.onset: each.probabilities for each in push_all(streaming(), _data(), ())}


def _check_windows(decisions: list[Decision], first: int, stop: int, reason: str) -> None:
    """Check that exactly the windows with bad samples abstain, and others are as without them."""
    expected, delay = _reference(), streaming().delay_seconds
    assert len(decisions) > 40
    for each in decisions:
        begins, ends = each.onset - delay, each.time + delay
        if begins < 0:
            continue
        is_hit = begins < stop / SFREQ - 1e-6 and ends > first / SFREQ + 1e-6
        assert each.is_abstention == is_hit, each
        if is_hit:
            assert each.label == "abstain"
            assert reason in each.reason
        else:
            np.testing.assert_allclose(each.probabilities, _near(expected, each.onset), atol=1e-5)


def _near(expected: dict[float, Any], onset: float) -> Any:
    return expected[min(expected, key=lambda known: abs(known - onset))]


@pytest.mark.parametrize("chunk", [5, 64, 3000])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_finite_sample_is_in_no_decision(chunk: int, value: float) -> None:
    data = _data()
    data[3, FAULT] = value
    name = recording().ch_names[3]
    decisions = push_all(streaming(), data, range(chunk, data.shape[1], chunk))
    _check_windows(decisions, FAULT, FAULT + 1, f"{name} is not a finite number")


@pytest.mark.parametrize("chunk", [5, 64, 3000])
def test_dead_channel_abstains_until_it_is_back(chunk: int) -> None:
    data = _data()
    data[2, FAULT : FAULT + 400] = data[2, FAULT]
    decisions = push_all(streaming(), data, range(chunk, data.shape[1], chunk))
    first = FAULT / SFREQ
    reasons = {each.reason for each in decisions if each.is_abstention}
    assert any("is flat" in reason for reason in reasons)
    for each in decisions:
        if each.onset > first - 0.5 and each.time < first + 400 / SFREQ:
            assert each.is_abstention
    assert not decisions[-1].is_abstention
    np.testing.assert_allclose(
        decisions[-1].probabilities, _near(_reference(), decisions[-1].onset), atol=1e-5
    )


@pytest.mark.parametrize("n_lost", [1, 40, 1000])
@pytest.mark.parametrize("chunk", [7, 128])
def test_lost_samples_are_found_by_their_times(n_lost: int, chunk: int) -> None:
    data, stream = _data(), streaming(max_jitter_seconds=0.004)
    times = 1000 + np.arange(data.shape[1]) / SFREQ
    kept = np.delete(np.arange(data.shape[1]), np.arange(FAULT, FAULT + n_lost))
    decisions = []
    for part in np.array_split(kept, len(kept) // chunk):
        decisions += stream.push(data[:, part], times[part])
    assert stream.n_lost == n_lost
    shifted = [
        Decision(each.time - 1000, each.onset - 1000, each.label, each.probabilities, each.reason)
        for each in decisions
    ]
    _check_windows(shifted, FAULT, FAULT + n_lost, "samples are lost")


def test_long_gap_starts_anew() -> None:
    data, stream = _data(), streaming()
    times = np.arange(data.shape[1]) / SFREQ
    stream.push(data[:, :FAULT], times[:FAULT])
    late = times[FAULT:] + 3600
    decisions = stream.push(data[:, FAULT:], late)
    assert min(each.time for each in decisions) > 3600
    assert decisions[0].is_abstention
    assert not decisions[-1].is_abstention
    assert all(
        each.is_abstention for each in decisions if each.onset < late[0] + stream.delay_seconds
    )


def test_repeated_chunk_is_used_once() -> None:
    data, stream = _data(), streaming()
    times = np.arange(data.shape[1]) / SFREQ
    decisions = []
    for part in np.array_split(np.arange(data.shape[1]), 200):
        decisions += stream.push(data[:, part], times[part])
        if part[0] in (0, part[0] // 700 * 700):
            decisions += stream.push(data[:, part], times[part])
        if part[0] > 900:
            decisions += stream.push(data[:, part], times[part])
    assert stream.n_repeated > 500
    expected = push_all(streaming(), data, ())
    assert [each.label for each in decisions] == [each.label for each in expected]


def test_jitter_and_drift_of_times_change_nothing() -> None:
    data, stream = _data(), streaming()
    rng = np.random.default_rng(0)
    times = np.arange(data.shape[1]) / SFREQ * (1 + 1e-4) + rng.uniform(0, 0.01, data.shape[1])
    decisions = []
    for part in np.array_split(np.arange(data.shape[1]), 100):
        decisions += stream.push(data[:, part], times[part])
    expected = push_all(streaming(), data, ())
    assert (stream.n_lost, stream.n_repeated) == (0, 0)
    assert [each.label for each in decisions] == [each.label for each in expected]
    assert decisions[-1].time == pytest.approx(expected[-1].time, abs=0.03)


def test_source_that_starts_again_with_another_clock_is_taken_up_after_a_second() -> None:
    data, stream = _data(), streaming()
    times = 600 + np.arange(data.shape[1]) / SFREQ
    for part in np.array_split(np.arange(FAULT), 20):
        stream.push(data[:, part], times[part])
    later = np.arange(data.shape[1] - FAULT)
    decisions = []
    for part in np.array_split(later, 100):  # from zero on
        decisions += stream.push(data[:, FAULT + part], part / SFREQ)
    made = [each for each in decisions if not each.is_abstention]
    assert (stream.n_lost, stream.n_repeated) == (SFREQ, 0)
    assert made[0].onset == pytest.approx(1.0 + stream.delay_seconds, abs=0.3)
    # The grid of windows is another one, so that decisions are between those of before.
    near = [_near(_reference(), each.onset + FAULT / SFREQ) for each in made]
    assert np.median(np.abs([each.probabilities for each in made] - np.array(near))) < 0.05


def test_single_wrong_time_stamp_stops_a_stream_for_a_second_only() -> None:
    data, stream = _data(), streaming()
    times = np.arange(data.shape[1]) / SFREQ
    times[FAULT] = 1e12
    decisions = []
    for part in np.array_split(np.arange(data.shape[1]), 100):
        decisions += stream.push(data[:, part], times[part])
    late = [each for each in decisions if each.onset > FAULT / SFREQ + 1.2 + stream.delay_seconds]
    assert len(late) > 20
    assert not any(each.is_abstention for each in late if each.time < 1e9)


def test_old_buffer_that_comes_again_is_never_used() -> None:
    data, stream = _data(), streaming()
    times = np.arange(data.shape[1]) / SFREQ
    decisions = []
    for stop in range(32, data.shape[1] + 1, 32):  # always the last eight seconds
        part = slice(max(stop - 1024, 0), stop)
        decisions += stream.push(data[:, part], times[part])
    expected = push_all(streaming(), data, ())
    assert stream.n_lost == 0
    assert [each.onset for each in decisions] == pytest.approx([each.onset for each in expected])
    assert [each.label for each in decisions] == [each.label for each in expected]


def test_channel_that_is_dead_for_an_hour_is_found_in_one_push() -> None:
    data = np.random.default_rng(0).normal(0, 1e-5, (22, round(3600 * SFREQ)))
    data[:4] = 0.0
    stream = streaming("windows alone", step_seconds=60.0)
    decisions = stream.push(data)
    assert len(decisions) == 60
    assert "is flat" in decisions[-1].reason


def test_masked_samples_are_missing_ones() -> None:
    data = np.ma.masked_array(_data())
    data[3, FAULT] = np.ma.masked
    decisions = streaming().push(data)
    _check_windows(decisions, FAULT, FAULT + 1, f"{recording().ch_names[3]} is not a finite number")


def test_wrong_unit_abstains_with_the_factor() -> None:
    classifier_unit = streaming()
    classifier_unit.classifier.check_signal = "raise"
    try:
        decisions = push_all(classifier_unit, _data() * 1e6, ())
    finally:
        classifier_unit.classifier.check_signal = "ignore"
    assert "multiply by" in decisions[-1].reason


@pytest.mark.parametrize("times", [[0.0], [0.0, np.nan, 0.1], "abc"])
def test_times_of_another_number_raise(times: Any) -> None:
    with pytest.raises(ValueError, match=r"times|could not convert"):
        streaming().push(np.zeros((22, 3)), times)


def test_times_of_an_empty_chunk_are_none() -> None:
    assert streaming().push(np.zeros((22, 0)), []) == []
    with pytest.raises(ValueError, match="times of 0 finite numbers"):
        streaming().push(np.zeros((22, 0)), [0.0])
