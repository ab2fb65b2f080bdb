"""Tests of BrainFlow's boards, with its synthetic one."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from eegzoo.online import BrainFlowSource

pytest.importorskip("brainflow")


def test_synthetic_board_streams_volts_with_the_time_of_each_sample() -> None:
    with BrainFlowSource("synthetic") as source:
        time.sleep(1.0)
        chunk = source.read()
    assert source.sfreq == 250.0
    assert chunk.data.shape == (16, chunk.n_samples)
    assert chunk.n_samples > 100
    np.testing.assert_allclose(np.diff(chunk.times), 1 / 250)
    assert 1e-7 < np.abs(chunk.data).max() < 1e-2


@pytest.mark.parametrize(
    ("counter", "expected"),
    [
        ([7, 8, 9], [0, 1, 2]),
        ([254, 255, 0, 1], [0, 1, 2, 3]),
        ([1, 2, 6, 7], [0, 1, 5, 6]),
    ],
)
def test_counter_gives_the_times_and_shows_lost_samples(counter: Any, expected: Any) -> None:
    source = BrainFlowSource("synthetic")
    np.testing.assert_allclose(source._times(counter) * source.sfreq, expected)
    again = source._times([counter[-1] + 1])
    np.testing.assert_allclose(again * source.sfreq, [expected[-1] + 1])


def test_no_samples_are_an_empty_chunk() -> None:
    assert BrainFlowSource("synthetic")._times([]).shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"board": "toaster"}, "expected board to be one of .*cyton.*, got 'toaster'"),
        ({"board": "synthetic", "ch_names": ["Cz"]}, "ch_names of 16 channels, got 1"),
        ({"board": "synthetic", "colour": "red"}, "parameters among .*serial_port.*, got 'colour'"),
    ],
)
def test_bad_arguments_raise(arguments: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        BrainFlowSource(**arguments)
