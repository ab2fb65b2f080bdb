"""Tests of recordings that are played."""

from __future__ import annotations

import time

import numpy as np
import pytest

from eegzoo.online import Playback
from tests.online.running import recording


def test_chunks_are_the_recording() -> None:
    raw = recording()
    with Playback(raw, speed=np.inf, chunk_size=100) as source:
        chunks = [source.read() for _ in range(raw.n_times // 100 + 1)]
        assert source.read() is None
    data = np.concatenate([chunk.data for chunk in chunks], axis=1)
    times = np.concatenate([chunk.times for chunk in chunks])
    np.testing.assert_array_equal(data, raw.get_data())
    np.testing.assert_allclose(times, raw.times)
    assert (source.ch_names, source.sfreq) == (raw.ch_names, 128.0)


def test_speed_sets_the_time_that_playing_takes() -> None:
    with Playback(recording(), speed=64.0, chunk_size=128) as source:
        started = time.monotonic()
        for _ in range(20):
            source.read()
    assert time.monotonic() - started >= 20 / 64 - 0.01


@pytest.mark.parametrize(
    ("options", "expected"), [({"speed": 0}, "speed"), ({"chunk_size": 0}, "chunk_size")]
)
def test_bad_arguments_raise(options: dict[str, int], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Playback(recording(), **options)
