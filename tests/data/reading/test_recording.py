"""Recordings of one session get different names."""

import mne
import numpy as np
import pytest

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Preprocessing,
    Recording,
    WindowStore,
    check_leakage,
    simulate_motor_imagery,
)
from eegzoo.data.reading.recording import numbered_runs


def raws(n):
    return [simulate_motor_imagery(4, ch_names=("C3", "C4"), random_state=k) for k in range(n)]


def names(recordings):
    return [recording.metadata["recording"] for recording in numbered_runs(recordings)]


def test_recordings_without_a_run_are_numbered():
    one, two, three = raws(3)
    assert names([Recording(one, "S1"), Recording(two, "S1"), Recording(three, "S2")]) == [
        "S1/1/1", "S1/1/2", "S2/1/1",
    ]  # fmt: skip
    assert names([Recording(one, "S1", run="1"), Recording(two, "S1")]) == ["S1/1/1", "S1/1/2"]


def test_two_recordings_with_the_same_run_raise():
    one, two = raws(2)
    with pytest.raises(ValueError, match=r"different names, got S1/1/3 twice .*: set run="):
        names([Recording(one, "S1", run="3"), Recording(two, "S1", run="3")])


def test_a_recording_that_is_repeated_keeps_its_name():
    one, two = raws(2)
    given = [Recording(one, "S1"), Recording(two, "S1"), Recording(one, "S1"), Recording(two, "S1")]
    assert names(given) == ["S1/1/1", "S1/1/2"] * 2


@pytest.mark.parametrize("stored", [False, True])
def test_windows_of_two_recordings_do_not_overlap(tmp_path, stored):
    recordings = [Recording(raw, "S1") for raw in raws(2)]
    cut = Preprocessing([Epoch(0, 2)])
    if stored:
        dataset = WindowStore.write(tmp_path / "store", recordings, cut, verbose=0).dataset()
    else:
        dataset = EpochsDataset.from_recordings(recordings, cut)
    assert sorted(set(dataset.groups("recording"))) == ["S1/1/1", "S1/1/2"]
    check_leakage(dataset, np.arange(4), np.arange(4, 8))


@pytest.mark.parametrize("chosen", [slice(None), slice(0, 9, 2), slice(3, 8)])
def test_numbers_of_epochs_are_no_times(chosen):
    X = np.random.default_rng(0).normal(0, 2e-5, (10, 2, 200))
    info = mne.create_info(["C3", "C4"], 100.0, "eeg")
    numbered = mne.EpochsArray(X, info, verbose="ERROR")[chosen]
    dataset = EpochsDataset.from_epochs(numbered, recording="r")
    assert np.isnan(dataset.groups("onset")).all()
    check_leakage(dataset, [0, 1], [2, 3], apart=None)
    events = np.c_[np.arange(10) * 100, np.zeros(10, int), np.ones(10, int)]
    timed = mne.EpochsArray(X, info, events=events, verbose="ERROR")[chosen]
    dataset = EpochsDataset.from_epochs(timed, recording="r")
    np.testing.assert_allclose(dataset.groups("onset"), np.arange(10)[chosen])
