"""MNE's SSVEP recordings have a montage and annotations with the frequencies."""

import numpy as np
import pytest

from eegzoo.data import fetch_ssvep, label_events
from tests.data.datasets.stand_ins import keep_data_in, write_ssvep


@pytest.fixture
def cache(tmp_path, monkeypatch):
    keep_data_in(tmp_path, monkeypatch)
    for subject in (1, 2):
        write_ssvep(tmp_path, subject)


@pytest.mark.usefixtures("cache")
def test_annotations_are_the_frequencies_alone():
    (recording,) = fetch_ssvep(2)
    events, codes = label_events(recording.raw)
    assert codes == {"12hz": 1, "15hz": 2}
    assert events[:, [0, 2]].tolist() == [[200, 1], [600, 2]]


@pytest.mark.usefixtures("cache")
def test_channels_are_eeg_and_have_positions():
    (recording,) = fetch_ssvep(1)
    assert recording.raw.get_channel_types() == ["eeg", "eeg"]
    places = recording.raw.get_montage().get_positions()["ch_pos"]
    assert np.isfinite([places[name] for name in recording.raw.ch_names]).all()


@pytest.mark.usefixtures("cache")
def test_recordings_are_in_the_order_of_the_subjects():
    names = [recording.metadata["recording"] for recording in fetch_ssvep([2, 1])]
    assert names == ["ssvep/02/01/1", "ssvep/01/01/1"]
    assert [recording.subject for recording in fetch_ssvep()] == ["01", "02"]
    first, second = (recording.raw.get_data() for recording in fetch_ssvep())
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("subjects", [0, 3, [1, 1], [], "1"])
def test_unknown_subjects_raise_before_anything_is_fetched(subjects, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("something was fetched")

    monkeypatch.setattr("eegzoo.data.datasets.ssvep.fetch_recordings", refuse)
    with pytest.raises((ValueError, TypeError), match="expected subjects to be"):
        fetch_ssvep(subjects)
