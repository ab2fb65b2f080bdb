"""Recordings of EEGMMIDB get channel names, a montage and annotations with their meaning."""

import mne
import numpy as np
import pytest

from eegzoo.data import fetch_eegbci, label_events
from eegzoo.data.signal.montage import named_montage
from tests.data.datasets.stand_ins import checksums_of, keep_data_in, write_eegbci
from tests.shared_data import MNE_DATA, needs

FOLDER = MNE_DATA / "MNE-eegbci-data/files/eegmmidb/1.0.0/S001"
needs_files = needs(FOLDER)


@pytest.fixture
def files(monkeypatch):
    keep_data_in(MNE_DATA, monkeypatch)


@pytest.fixture
def no_fetching(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("something was fetched")

    monkeypatch.setattr(mne.datasets.eegbci, "load_data", refuse)


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    paths = [write_eegbci(tmp_path, subject, run) for subject in (1, 20) for run in (4, 5)]
    known = checksums_of(paths, "sha256")
    keep_data_in(tmp_path, monkeypatch)
    monkeypatch.setattr("eegzoo.data.datasets.eegbci.checksums", lambda *_: known)


@needs_files
@pytest.mark.usefixtures("files", "no_fetching")
def test_channels_have_names_and_positions_of_the_10_05_system():
    raw = fetch_eegbci(1, 6)[0].raw
    assert raw.get_channel_types(unique=True) == ["eeg"]
    assert len(raw.ch_names) == 64
    places = named_montage().get_positions()["ch_pos"]
    assert set(raw.ch_names) <= set(places)
    found = raw.get_montage().get_positions()["ch_pos"]
    assert not np.isnan([found[name] for name in raw.ch_names]).any()
    assert raw.ch_names[8:13:2] == ["C3", "Cz", "C4"]
    x, y, z = found["Cz"]
    assert z > abs(x) + abs(y)
    assert found["C3"][0] < -0.03 < 0.03 < found["C4"][0]


@needs_files
@pytest.mark.usefixtures("files", "no_fetching")
def test_amplitudes_are_plausible_in_volts():
    deviations = fetch_eegbci(1, 6)[0].raw.get_data(verbose="ERROR").std(axis=1)
    assert 5e-6 < deviations.min() < deviations.max() < 3e-4


@needs_files
@pytest.mark.usefixtures("files", "no_fetching")
@pytest.mark.parametrize(
    ("runs", "labels"),
    [
        ([4, 8, 12], {"rest", "left_fist", "right_fist"}),
        ([6, 10, 14], {"rest", "fists", "feet"}),
    ],
)
def test_annotations_have_the_meaning_of_their_run(runs, labels):
    recordings = [recording.raw for recording in fetch_eegbci([1], runs)]
    assert [set(raw.annotations.description) for raw in recordings] == [labels] * 3
    wanted = {label: label for label in labels - {"rest"}}
    assert sum(len(label_events(raw, wanted)[0]) for raw in recordings) == 45


@needs_files
@pytest.mark.usefixtures("files", "no_fetching")
def test_annotations_and_data_equal_those_of_the_files():
    recordings = fetch_eegbci(np.array([1]), iter([14, 4]))
    meanings = ({"T1": "fists", "T2": "feet"}, {"T1": "left_fist", "T2": "right_fist"})
    for recording, run, names in zip(recordings, (14, 4), meanings, strict=True):
        raw = recording.raw
        plain = mne.io.read_raw_edf(FOLDER / f"S001R{run:02d}.edf", verbose="ERROR")
        expected = [{"T0": "rest", **names}[code] for code in plain.annotations.description]
        assert raw.annotations.description.tolist() == expected
        np.testing.assert_array_equal(raw.annotations.onset, plain.annotations.onset)
        np.testing.assert_array_equal(raw[:, :100][0], plain[:, :100][0])


@pytest.mark.usefixtures("stand_ins", "no_fetching")
def test_recordings_have_their_subject_and_run():
    recordings = fetch_eegbci([20, 1], [4, 5])
    assert [recording.metadata["recording"] for recording in recordings] == [
        "eegbci/S020/1/4",
        "eegbci/S020/1/5",
        "eegbci/S001/1/4",
        "eegbci/S001/1/5",
    ]
    assert [set(recording.raw.annotations.description) for recording in recordings[:2]] == [
        {"rest", "left_fist"},
        {"rest", "fists"},
    ]


@pytest.mark.usefixtures("no_fetching")
@pytest.mark.parametrize(
    ("subjects", "runs", "name"),
    [
        (0, 6, "subjects"),
        (110, 6, "subjects"),
        ([1, 2, 200], 6, "subjects"),
        ([1, 1], 6, "subjects"),
        ([], 6, "subjects"),
        (1.5, 6, "subjects"),
        ("1", 6, "subjects"),
        (True, 6, "subjects"),
        (1, 0, "runs"),
        (1, 15, "runs"),
        (1, [6, -1], "runs"),
        (1, [6, 6], "runs"),
        (1, [], "runs"),
        (1, "6,10", "runs"),
    ],
)
def test_unknown_subjects_and_runs_raise_before_anything_is_fetched(subjects, runs, name):
    with pytest.raises((ValueError, TypeError), match=f"expected {name} to be"):
        fetch_eegbci(subjects, runs)
