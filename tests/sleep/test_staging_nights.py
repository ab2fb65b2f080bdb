"""Several nights: files of their own, failures of their own, processes and clusters."""

import mne
import numpy as np
import pytest

from eegzoo.data.tasks.outcome import lost, outcome_of
from eegzoo.sleep import read_hypnogram, stage_nights, staging_nights
from tests.sleep.band_stager import SFREQ, BandStager, planted

STAGES = ["W", "N1", "N2", "N3", "R"]


def write_night(path, stages=STAGES, name="C4-M1"):
    raw = mne.io.RawArray(planted(stages), mne.create_info([name], SFREQ, "eeg"), verbose="ERROR")
    raw.save(path, verbose="ERROR")
    return path


@pytest.fixture
def nights(tmp_path):
    """Four nights; the second is no recording, and the third has no EEG."""
    folder = tmp_path / "nights"
    folder.mkdir()
    paths = [folder / f"{name}_raw.fif" for name in "abcd"]
    write_night(paths[0])
    paths[1].write_bytes(b"no recording")
    write_night(paths[2], name="ECG")
    write_night(paths[3], STAGES[::-1])
    return paths


def test_each_failure_is_its_own_and_the_rest_go_on(nights, tmp_path):
    out = tmp_path / "out"
    listed = list(stage_nights(nights, BandStager(), out=out))
    errors = {night.recording.name[0]: night.error for night in listed}
    assert (errors["a"], errors["d"]) == (None, None)
    assert "cannot be read as a recording" in errors["b"]
    assert "got the channels ECG" in errors["c"]
    assert sorted(path.name for path in out.iterdir()) == ["a_raw.csv", "d_raw.csv"]
    assert read_hypnogram(out / "a_raw.csv").stages == tuple(STAGES)
    assert read_hypnogram(out / "d_raw.csv").stages == tuple(STAGES[::-1])


def test_night_whose_process_ends_is_a_failure_of_its_own(nights, monkeypatch):
    """What happens to the tasks of dead processes is tested with `run_tasks`."""

    def run_tasks(function, tasks, n_jobs):
        assert n_jobs == 3
        yield lost(0, OSError("killed\nby signal 9"))
        yield outcome_of(function, 3, tasks[3])

    monkeypatch.setattr(staging_nights, "run_tasks", run_tasks)
    dead, alive = stage_nights(nights, BandStager(), n_jobs=3)
    assert (dead.recording, dead.hypnogram) == (nights[0], None)
    assert dead.error == "the process that computed it ended: killed by signal 9"
    assert alive.hypnogram.stages == tuple(STAGES[::-1])


@pytest.mark.parametrize(
    ("names", "arguments", "message"),
    [
        (["a/n.edf", "b/n.edf"], {"out": "out"}, r"file of its own for each night, got out.n\.csv"),
        (["a.edf", "a.bdf"], {"plot": "out"}, r"got out.a\.png for a\.bdf and for a\.edf"),
        (["a.edf", "x/../a.edf"], {}, r"expected different recordings, got .*a\.edf twice"),
        (["a.edf", "b.edf"], {"out": "out.csv"}, r"a folder for 2 nights, got out\.csv"),
        (["a.edf"], {"out": "out.txt"}, r"ends in \.csv, \.tsv, \.edf, or a folder, got out\.txt"),
        (["a.edf"], {"out": "a.edf"}, r"a file of its own for each night, got a\.edf for a\.edf"),
        (["a.edf"], {"out": ".", "ending": ".edf"}, "a file of its own for each night"),
        (["a.edf"], {"out": "out", "ending": ".txt"}, "expected ending to be one of"),
        ([], {}, "expected at least one recording, got none"),
    ],
)  # fmt: skip
def test_no_two_files_are_written_to_one_place(tmp_path, monkeypatch, names, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    with pytest.raises(ValueError, match=message):
        stage_nights(names, BandStager(), **arguments)


def test_one_path_is_no_sequence_of_nights(nights):
    with pytest.raises(TypeError, match="expected recordings to be a sequence of paths, got '"):
        stage_nights(str(nights[0]), BandStager())


def test_unknown_model_is_an_error_before_anything_is_staged(nights):
    with pytest.raises(ValueError, match="did you mean 'robustsleepnet"):
        stage_nights(nights, "robustsleepnett.mesa")


def test_notes_of_a_night_contain_what_reading_warned_of(tmp_path):
    path = write_night(tmp_path / "a_raw.fif")
    raw = mne.io.read_raw_fif(path, preload=True, verbose="ERROR")
    raw.apply_function(lambda x: 1e6 * x)
    raw.save(tmp_path / "b_raw.fif", verbose="ERROR")
    (night,) = stage_nights([tmp_path / "b_raw.fif"], BandStager())
    assert any("multiply by 1e-06" in note for note in night.notes)
    assert "derivations: C4-M1" in night.notes
    assert np.isfinite(night.hypnogram.probabilities).all()
