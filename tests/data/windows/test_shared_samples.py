"""Times of arrays are found by their samples."""

import numpy as np
import pytest

from eegzoo.data.windows.shared_samples import timeline_of_samples


def noise(n_chans, n_times, seed=0):
    return np.random.default_rng(seed).normal(0, 20, (n_chans, n_times)).astype(np.float32)


@pytest.mark.parametrize("n_chans", [1, 3])
def test_onsets_of_shuffled_windows_are_found(n_chans):
    signal = noise(n_chans, 5000)
    onset = np.random.default_rng(1).permutation(np.arange(0, 4800, 25))
    found = timeline_of_samples(np.stack([signal[:, start : start + 200] for start in onset]))
    assert set(found.recording) == {0}
    np.testing.assert_array_equal(found.start, onset)


def test_windows_of_different_signals_are_of_different_recordings():
    signals = [noise(2, 300, seed) for seed in (0, 1)]
    X = np.stack([signal[:, start : start + 100] for signal in signals for start in (0, 50, 150)])
    found = timeline_of_samples(X)
    assert found.recording.tolist() == [0, 0, 1, 2, 2, 3]
    assert found.start.tolist() == [0, 50, 0] * 2
    assert found.chains().tolist() == [0, 0, 1, 2, 2, 3]


def test_sequences_that_share_windows_overlap():
    windows = np.stack(np.split(noise(2, 3000), 30, axis=1))  # without overlap
    sequences = np.stack([windows[start : start + 10] for start in (0, 5, 20)])
    found = timeline_of_samples(sequences)
    assert found.chains().tolist() == [0, 0, 1]
    assert found.start.tolist() == [0, 500, 0]


def test_constants_and_short_windows_are_not_taken_for_shared_samples():
    assert len(set(timeline_of_samples(np.zeros((5, 2, 50), np.float32)).recording)) == 5
    X = np.random.default_rng(0).integers(-3, 4, (50, 1, 400)).astype(np.float32)
    assert len(set(timeline_of_samples(X).recording)) > 40  # small whole numbers repeat by chance
    assert len(timeline_of_samples(noise(6, 3).reshape(6, 1, 3))) == 6


def test_more_samples_than_are_compared_at_once(monkeypatch):
    monkeypatch.setattr("eegzoo.data.windows.shared_samples._AT_MOST", 2000)
    signal = noise(2, 6000)
    X = np.stack([signal[:, start : start + 400] for start in range(0, 5600, 200)])
    assert set(timeline_of_samples(X).recording) == {0}
