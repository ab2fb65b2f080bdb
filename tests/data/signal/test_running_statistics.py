"""Statistics block by block equal those of the whole recording, in little memory."""

import itertools
import tracemalloc

import mne
import numpy as np
import pytest

from eegzoo.data.signal.quality import check_recording
from eegzoo.data.signal.running_statistics import RunningStatistics


def clipped_share(channel):
    """Count samples in runs of at least three at an extreme value, run by run."""
    n = 0
    for extreme in {channel.max(), channel.min()}:
        for at, run in itertools.groupby(channel == extreme):
            length = len(list(run))
            n += length if at and length >= 3 else 0
    return n / len(channel)


@pytest.mark.parametrize("n_seconds", [1, 3, 40])
@pytest.mark.parametrize("seed", range(4))
def test_blocks_yield_the_statistics_of_the_whole(n_seconds, seed):
    rng = np.random.default_rng(seed)
    data = rng.integers(-2, 3, (4, 400)).astype(float) + 1000.0
    data[1] = np.clip(rng.normal(0, 2, 400), -1.0, 1.5)
    data[2, 100:350] = 3.0
    data[3] = 2 * data[1] - 5
    statistics = RunningStatistics(4, second=10)
    for start in range(0, 400, 10 * n_seconds):
        statistics.update(data[:, start : start + 10 * n_seconds])
    np.testing.assert_allclose(statistics.clipped_share, [clipped_share(row) for row in data])
    seconds = data.reshape(4, 40, 10)
    np.testing.assert_allclose(statistics.flat_share, (np.ptp(seconds, axis=2) == 0).mean(axis=1))
    np.testing.assert_allclose(statistics.correlation, np.corrcoef(data), rtol=0, atol=1e-12)
    assert statistics.finite.all()


def test_ignored_samples_may_be_lost():
    data = np.ones((2, 20))
    data[0, 5] = data[1, 15] = np.nan
    ignored = np.arange(20) < 10
    statistics = RunningStatistics(2, second=10)
    statistics.update(data, ignored)
    assert statistics.finite.tolist() == [True, False]


def test_a_long_recording_is_checked_in_a_fraction_of_its_memory(tmp_path):
    n_times = 400_000
    info = mne.create_info([f"Ch{k}" for k in range(16)], 250.0, "eeg")
    data = 1e-5 * np.random.default_rng(0).standard_normal((16, n_times))
    mne.io.RawArray(data, info, verbose="ERROR").save(
        tmp_path / "long_raw.fif", buffer_size_sec=10, verbose="ERROR"
    )
    raw = mne.io.read_raw(tmp_path / "long_raw.fif", verbose="ERROR")
    size = data.nbytes
    del data
    tracemalloc.start()
    try:
        assert check_recording(raw) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size / 1.2  # 49 MiB as float64; blocks do not grow with the recording
