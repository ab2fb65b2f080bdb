"""The requested recordings of a BIDS folder are read with their events and metadata."""

import json
import sys
import warnings

import numpy as np
import pytest

from eegzoo.data import Epoch, Preprocessing, label_events, load_bids
from tests.data.reading.write_formats import AT, SFREQ, signals, write_brainvision, write_edf

EVENTS = "onset\tduration\ttrial_type\n{:g}\t0\tleft\n{:g}\t0\tright\n"
CHANNELS = "name\ttype\tunits\tstatus\nC3\tEEG\tµV\tgood\nCz\tEEG\tµV\tbad\n"


def write_recording(root, subject, task, session=None, run=None, suffix=".edf"):
    """Write one recording with the sidecar files of BIDS; return its path."""
    entities = [("sub", subject), ("ses", session), ("task", task), ("run", run)]
    stem = "_".join(f"{name}-{value}" for name, value in entities if value)
    folder = root / f"sub-{subject}" / (f"ses-{session}" if session else "") / "eeg"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}_eeg{suffix}"
    (write_edf if suffix == ".edf" else write_brainvision)(path, signals())
    (folder / f"{stem}_events.tsv").write_text(EVENTS.format(*np.array(AT) / SFREQ))
    (folder / f"{stem}_channels.tsv").write_text(CHANNELS, encoding="utf-8")
    (folder / f"{stem}_eeg.json").write_text(
        json.dumps({"TaskName": task, "EEGReference": "FCz", "SamplingFrequency": SFREQ,
                    "PowerLineFrequency": 50, "SoftwareFilters": "n/a"})
    )  # fmt: skip
    participants = root / "participants.tsv"
    listed = participants.read_text() if participants.exists() else "participant_id\tsex\n"
    participants.write_text(f"{listed}sub-{subject}\tn/a\n")
    return path


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "speech"
    root.mkdir()
    (root / "dataset_description.json").write_text(
        json.dumps({"Name": "Speech", "BIDSVersion": "1.8.0"})
    )
    write_recording(root, "01", "rest", "a", "1")
    write_recording(root, "01", "rest", "a", "2")
    write_recording(root, "01", "speech", "b", suffix=".vhdr")
    write_recording(root, "02", "rest", "a", "1")
    # A derivative of the same name is not a recording.
    write_recording(root / "derivatives" / "clean", "01", "rest", "a", "1")
    return root


def names(recordings):
    return [recording.metadata["recording"] for recording in recordings]


def test_all_recordings_are_returned_in_the_order_of_their_file_names(root):
    assert names(load_bids(root)) == [
        "speech/01/a/task-rest_run-1",
        "speech/01/a/task-rest_run-2",
        "speech/01/b/task-speech",
        "speech/02/a/task-rest_run-1",
    ]


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        ({"subjects": "02"}, ["02/a/task-rest_run-1"]),
        ({"tasks": ["speech"]}, ["01/b/task-speech"]),
        ({"sessions": iter(["b"])}, ["01/b/task-speech"]),
        ({"runs": ["2"]}, ["01/a/task-rest_run-2"]),
        ({"subjects": ["02", "01"], "runs": "1"}, ["01/a/task-rest_run-1", "02/a/task-rest_run-1"]),
    ],
)
def test_only_the_requested_recordings_are_returned(root, requested, expected):
    assert names(load_bids(root, **requested)) == [f"speech/{name}" for name in expected]


@pytest.mark.parametrize("task", ["rest", "speech"])
def test_signals_events_and_bad_channels_are_read(root, task):
    raw = load_bids(root, subjects="01", tasks=task)[0].raw
    np.testing.assert_allclose(raw.get_data(), signals(), atol=2e-9)
    assert raw.info["bads"] == ["Cz"]
    events, codes = label_events(raw)
    assert codes == {"left": 1, "right": 2}
    assert events[:, 0].tolist() == list(AT)
    assert len(Preprocessing([Epoch(0, 1)], bads="drop").epochs(raw)) == 2


def test_a_folder_without_sessions_has_session_1(tmp_path):
    write_recording(tmp_path, "x", "rest")
    (recording,) = load_bids(tmp_path)
    assert (recording.subject, recording.session, recording.run) == ("x", "1", "task-rest")


@pytest.mark.parametrize(
    ("requested", "message"),
    [
        ({"subjects": ["01", "07"]}, r"expected subjects with matching recordings .* \['07'\]"),
        ({"tasks": "sleep"}, r"expected tasks with matching recordings in .*, got \['sleep'\]"),
        ({"subjects": "02", "runs": "2"}, r"expected subjects with matching .*, got \['02'\]"),
        ({"runs": []}, r"expected runs to be one or more strings, got \[\]"),
        ({"runs": [1]}, r"expected runs to be one or more strings, got \[1\]"),
    ],
)
def test_names_without_a_recording_raise(root, requested, message):
    with pytest.raises(ValueError, match=message):
        load_bids(root, **requested)


def test_a_folder_without_recordings_raises(tmp_path):
    with pytest.raises(ValueError, match=r"expected EEG recordings in .*, got none"):
        load_bids(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no such folder: .*none"):
        load_bids(tmp_path / "none")


@pytest.mark.parametrize(
    ("suffix", "data", "reason"), [(".edf", ".edf", "records"), (".vhdr", ".eeg", "samples")]
)
def test_a_damaged_recording_raises_by_name(root, suffix, data, reason):
    path = write_recording(root, "03", "rest", suffix=suffix)
    samples = path.with_suffix(data)
    samples.write_bytes(samples.read_bytes()[:-1001])
    with pytest.raises(ValueError, match=rf"{path.name} cannot be read as a recording: .*{reason}"):
        load_bids(root, subjects="03")


def test_a_table_of_other_channels_raises_by_name(root):
    path = write_recording(root, "02", "rest", "a", "1")
    table = path.with_name(path.name.replace("_eeg.edf", "_channels.tsv"))
    table.write_text(CHANNELS.replace("C3", "C4"), encoding="utf-8")
    with pytest.raises(
        ValueError, match=rf"{path.name} cannot be read as a recording: Channel mismatch"
    ):
        load_bids(root)


def test_warnings_of_mne_bids_reach_the_user(root):
    path = write_recording(root, "02", "rest", "a", "1")
    path.with_name(path.name.replace("_eeg.edf", "_channels.tsv")).unlink()
    with pytest.warns(RuntimeWarning, match="channels.tsv"):
        load_bids(root, subjects="02")


def test_without_mne_bids_the_error_states_what_to_install(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "mne_bids", None)
    with pytest.raises(ImportError, match=r"pip install eegzoo\[bids\]"):
        load_bids(root)


def test_no_warning_is_issued_and_pandas_is_not_imported(root):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load_bids(root)
    assert caught == []
    assert "pandas" not in sys.modules


@pytest.mark.parametrize("pause", [0.0, 10.0])
def test_pauses_of_an_edf_d_have_their_times_in_bids(root, pause):
    path = write_recording(root, "03", "speech")
    tal = [f"+{k + pause * (k >= 5):g}\x14\x14\0".encode() for k in range(10)]
    write_edf(path, signals(), tal=tal, plus="D")
    events = path.with_name(path.name.replace("_eeg.edf", "_events.tsv"))
    events.write_text(EVENTS.format(2.0, 6.0 + pause))
    (recording,) = load_bids(root, subjects="03")
    raw = recording.raw
    assert raw.n_times == 1000 + 100 * pause
    found, _ = label_events(raw)
    assert found[:, 0].tolist() == [200, 600 + 100 * pause]
    data = raw.get_data("C3")[0, round(100 * (6 + pause)) :]
    np.testing.assert_allclose(data, signals()[0, 600:], atol=3e-9)
    assert raw.info["bads"] == ["Cz"]
    assert list(raw.annotations.description).count("BAD_ACQ_SKIP") == (pause > 0)


@pytest.mark.parametrize("suffix", [".edf", ".vhdr"])
def test_units_that_mne_does_not_know_are_volts(tmp_path, suffix):
    """With mne-bids 0.20.0 and MNE 1.13.2, C3 is a million times too large."""
    write_recording(tmp_path, "01", "rest", suffix=suffix)
    (path,) = tmp_path.rglob(f"*{suffix}")
    stated, other = (b"uV      ", b"uv      ") if suffix == ".edf" else ("µV", "\u03bcV")
    if suffix == ".edf":
        path.write_bytes(path.read_bytes().replace(stated, other, 1))
    else:
        path.write_text(path.read_text("utf-8").replace(stated, other, 1), "utf-8")
    (recording,) = load_bids(tmp_path)
    data = recording.raw.get_data(verbose="ERROR")
    np.testing.assert_allclose(data, signals(), atol=2e-9)
    assert recording.raw.get_channel_types() == ["eeg", "eeg"]
