"""Blocks lie at their onsets, joined by a line."""

import mne
import numpy as np
import pytest

from eegzoo.data.reading.formats.pauses import with_pauses

INFO = mne.create_info(["C3", "STI"], 10.0, ["eeg", "stim"])
DATA = np.array([[1.0, 2, 3, 7, 8], [5, 5, 5, 6, 6]])


def test_a_line_joins_the_blocks_and_stim_channels_are_zero():
    raw = with_pauses(DATA, INFO, [0.0, 0.6], [3, 2])
    assert raw.get_data().tolist() == [[1, 2, 3, 4, 5, 6, 7, 8], [5, 5, 5, 0, 0, 0, 6, 6]]
    assert raw.annotations.onset.tolist() == [pytest.approx(0.3)]
    assert raw.annotations.duration.tolist() == [pytest.approx(0.3)]
    assert list(raw.annotations.description) == ["BAD_ACQ_SKIP"]


@pytest.mark.parametrize("onset", [0.3, 0.25, 0.38])
def test_jitter_of_less_than_a_sample_is_no_pause(onset):
    raw = with_pauses(DATA, INFO, [0.0, onset], [3, 2])
    np.testing.assert_array_equal(raw.get_data(), DATA)
    assert not raw.annotations


def test_jitter_does_not_add_up():
    onsets = np.arange(100) * 0.1002
    raw = with_pauses(np.zeros((2, 100)), INFO, onsets, np.ones(100, int))
    assert raw.n_times == 100


@pytest.mark.parametrize("onset", [0.1, -1.0])
def test_blocks_that_overlap_are_refused(onset):
    with pytest.raises(ValueError, match="expected blocks one after the other"):
        with_pauses(DATA, INFO, [0.0, onset], [3, 2])


@pytest.mark.parametrize("lengths", [[3, 3], []])
def test_blocks_that_are_not_the_samples_are_refused(lengths):
    with pytest.raises(ValueError, match="expected blocks of 5 samples"):
        with_pauses(DATA, INFO, [0.0] * len(lengths), lengths)
