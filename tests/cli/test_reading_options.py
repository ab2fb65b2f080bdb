"""The command line reads what users have: epochs, tables, truncated files, reader options."""

import csv
import io
import json

import mne
import numpy as np
import pytest

from eegzoo.cli.reading_options import parse_reader_options
from eegzoo.data import read_recording
from tests.cases.format_cases import EVENTS, NAMES, noise, write_latin_1, write_table
from tests.cli.test_cli import eegzoo

FAST = ("--cv", "2", "--max-epochs", "1", "--verbose", "0")


@pytest.fixture
def epochs_file(tmp_path):
    """Return a file of eight epochs of 3 s."""
    info = mne.create_info(list(NAMES), 128, "eeg")
    raw = mne.io.RawArray(noise(8, 128 * 40), info, verbose=False)
    raw.set_annotations(mne.Annotations(*zip(*EVENTS, strict=True)))
    epochs = mne.Epochs(raw, tmin=0, tmax=3, baseline=None, preload=True, verbose=False)
    epochs.save(tmp_path / "r-epo.fif", verbose=False)
    return tmp_path / "r-epo.fif"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {}),
        (["encoding=latin1"], {"encoding": "latin1"}),
        (["data_format=int32", "sfreq=250.5"], {"data_format": "int32", "sfreq": 250.5}),
        (['exclude=["ECG", "EMG"]'], {"exclude": ["ECG", "EMG"]}),
        (["time=a=b"], {"time": "a=b"}),
    ],
)
def test_reader_options_are_pairs(given, expected):
    assert parse_reader_options(given) == expected


@pytest.mark.parametrize("given", [["encoding"], ["=latin1"], ["sfreq="], ["unit=V", "unit=mV"]])
def test_wrong_reader_options_are_refused(given):
    with pytest.raises(ValueError, match="for --reader-option, got"):
        parse_reader_options(given)


def test_epochs_are_trained_on_and_predicted(epochs_file, tmp_path):
    done = eegzoo(
        "train", "--raw", epochs_file.name, *FAST, "--json", "r.json", "--out", "m.safetensors",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "epochs are not filtered, and their times from 0 to 3 s are used" in done.stderr
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["run"]["n_windows"] == 8
    assert result["confusion"]["labels"] == ["a", "b"]
    done = eegzoo("predict", "m.safetensors", epochs_file.name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    onsets = [float(row["onset"]) for row in csv.DictReader(io.StringIO(done.stdout))]
    assert onsets == [on for on, _, _ in EVENTS]


def test_events_of_epochs_are_chosen_by_name(epochs_file, tmp_path):
    done = eegzoo("train", "--raw", epochs_file.name, "--event-id", "eyes=c", *FAST, cwd=tmp_path)
    assert done.returncode == 2
    assert "expected events c, got events a, b" in done.stderr
    done = eegzoo(
        "train", "--raw", epochs_file.name, "--event-id", "left=a,right=b", *FAST, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "classes ['left', 'right']" in done.stdout


def test_epochs_and_recordings_are_not_mixed(epochs_file, tmp_path):
    (tmp_path / "r.edf").touch()
    done = eegzoo("train", "--raw", epochs_file.name, "--raw", "r.edf", *FAST, cwd=tmp_path)
    assert done.returncode == 2
    assert "expected recordings or epochs, got epochs" in done.stderr


def test_check_says_what_was_assumed(tmp_path):
    times = np.arange(1500) / 250
    write_table(tmp_path / "r.csv", times, dict(zip(NAMES, 1e6 * noise(8, 1500), strict=True)))
    done = eegzoo("check", "r.csv", cwd=tmp_path)
    assert "r.csv: 8 channels, 250 Hz, 6 s" in done.stdout
    assert "the samples are taken as microvolts; --reader-option unit=V" in done.stderr
    done = eegzoo("check", "r.csv", "--reader-option", "unit=uV", cwd=tmp_path)
    assert "microvolts" not in done.stderr


def test_an_encoding_is_an_option(tmp_path):
    write_latin_1(tmp_path / "r.edf")
    done = eegzoo("check", "r.edf", cwd=tmp_path)
    assert "read as Latin-1; --reader-option encoding=NAME" in done.stderr
    done = eegzoo("check", "r.edf", "--reader-option", "encoding=latin1", cwd=tmp_path)
    assert "Latin-1" not in done.stderr
    done = eegzoo("check", "r.edf", "--reader-option", "encodign=latin1", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown reader option 'encodign' for EDF; did you mean 'encoding'?" in done.stderr


def test_what_is_complete_in_a_truncated_file_is_kept(tmp_path):
    write_latin_1(tmp_path / "r.edf")
    content = (tmp_path / "r.edf").read_bytes()
    (tmp_path / "r.edf").write_bytes(content[:-3000])
    done = eegzoo("check", "r.edf", cwd=tmp_path)
    assert done.returncode == 2
    done = eegzoo("check", "r.edf", "--truncated", "keep", cwd=tmp_path)
    assert "38 of 40 records are kept" in done.stderr
    assert read_recording(tmp_path / "r.edf", truncated="keep").n_times == 38 * 128
