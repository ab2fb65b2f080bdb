"""Tests of the clock of a stream: what its time stamps tell of its samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eegzoo.online.running_signal.sample_clock import SampleClock


def _places(times: Any, clock: SampleClock, first: float = 0.0, chunk: int = 20) -> Any:
    """Return the index of each sample, of which all are different; -1 is not used."""
    times, found = np.asarray(times), []
    samples = first + np.arange(float(len(times)))[None]
    for part in np.array_split(np.arange(len(times)), max(len(times) // chunk, 1)):
        placed = clock.place(len(part), times[part], samples[:, part])
        index = np.full(len(part), -1)
        index[placed.kept] = placed.index
        found.append(index)
    return np.concatenate(found)


def test_amplifier_whose_rate_is_not_quite_the_nominal_one_loses_nothing_in_an_hour() -> None:
    clock, n_samples = SampleClock(100.0, 0.02), 360_000
    found = _places(7.0 + np.arange(n_samples) / 100.0012, clock, chunk=1000)
    np.testing.assert_array_equal(found, np.arange(n_samples))
    assert (clock.n_lost, clock.n_repeated) == (0, 0)
    assert clock.time_of(n_samples) == pytest.approx(7.0 + n_samples / 100.0012, abs=0.01)


def test_bursts_within_the_jitter_lose_nothing() -> None:
    clock = SampleClock(100.0, 0.2)
    times = np.repeat(np.arange(50) * 0.1 + 0.1, 10)  # ten samples at a time, with one time
    assert (_places(times, clock) == np.arange(500)).all()
    assert (clock.n_lost, clock.n_repeated) == (0, 0)


def test_times_that_go_back_a_little_are_jitter() -> None:
    clock, rng = SampleClock(100.0, 0.05), np.random.default_rng(0)
    times = np.arange(500) / 100 + rng.uniform(-0.02, 0.02, 500)
    assert (np.diff(times) < 0).any()
    np.testing.assert_array_equal(_places(times, clock), np.arange(500))


@pytest.mark.parametrize("back", [0.5, 5.0, 500.0])
def test_other_clock_counts_after_a_second_of_new_samples(back: float) -> None:
    clock = SampleClock(100.0, 0.02)
    _places(1000 + np.arange(300) / 100, clock)
    found = _places(1003 - back + np.arange(300) / 100, clock, first=5000.0)
    if back == 0.5:  # they come up with the last time before
        assert (found[:48] == -1).all()
        np.testing.assert_array_equal(np.diff(found[52:]), 1)
        assert abs(found[52] - 302) <= 2  # up to the jitter
        return
    assert (found[:100] == -1).all()
    np.testing.assert_array_equal(np.diff(found[100:]), 1)
    assert found[100] > 300 + 60 * 100
    assert clock.time_of(int(found[-1])) == pytest.approx(1003 - back + 2.99)
    assert (clock.n_lost, clock.n_repeated) == (100, 0)


def test_samples_that_come_again_are_used_once_however_often() -> None:
    clock = SampleClock(100.0, 0.02)
    times, samples = np.arange(900) / 100, np.arange(900.0)[None]
    clock.place(900, times, samples)
    for _ in range(5):
        assert len(clock.place(900, times, samples).index) == 0
    assert clock.n_repeated == 4500
    assert clock.place(1, [9.0], np.array([[900.0]])).index.tolist() == [900]


def test_wrong_time_far_ahead_is_bounded_and_recovered_from() -> None:
    clock = SampleClock(100.0, 0.02)
    _places(np.arange(100) / 100, clock)
    assert _places([1e300], clock, first=5000.0)[0] < 2e11
    found = _places(1.01 + np.arange(300) / 100, clock, first=6000.0)
    assert (found[:100] == -1).all()
    np.testing.assert_array_equal(np.diff(found[100:]), 1)
    assert clock.time_of(int(found[-1])) == pytest.approx(1.01 + 2.99, abs=1e-3)
