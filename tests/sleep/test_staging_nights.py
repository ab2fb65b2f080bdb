"""Several nights: files of their own, failures of their own, processes and clusters."""

import os
import signal
import time

import dask
import distributed
import joblib
import mne
import numpy as np
import pytest

from eegzoo.sleep import read_hypnogram, stage_nights
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


class KilledOnce(BandStager):
    """Kills the process that stages the first night, the first time."""

    def __init__(self, folder, always=False):
        super().__init__()
        self.folder, self.always = folder, always

    def probabilities(self, signals, sfreq):
        found = super().probabilities(signals, sfreq)
        (self.folder / f"{found[0].argmax()}-{os.getpid()}-{time.time_ns()}").touch()
        mark = self.folder / "killed"
        if found[0].argmax() == 0 and (self.always or not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return found


def outcomes(results):
    """Return the stages of each night, or None where it failed, by its name."""
    listed = list(results)
    assert len({night.recording for night in listed}) == len(listed)
    return {
        night.recording.name[0]: None if night.hypnogram is None else night.hypnogram.stages
        for night in listed
    }


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


@pytest.mark.slow
def test_night_that_always_kills_its_process_does_not_stop_the_rest(nights, tmp_path):
    (tmp_path / "log").mkdir()
    stager = KilledOnce(tmp_path / "log", always=True)
    listed = list(stage_nights(nights, stager, out=tmp_path / "out", n_jobs=2))
    assert outcomes(listed) == {"a": None, "b": None, "c": None, "d": tuple(STAGES[::-1])}
    (error,) = [night.error for night in listed if night.recording.name[0] == "a"]
    assert error.startswith("the process that computed it ended")


@pytest.mark.slow
@pytest.mark.parametrize(("always", "deaths"), [(False, 3), (True, 0)])
def test_cluster_stages_the_nights_of_a_killed_worker_again(nights, tmp_path, always, deaths):
    (tmp_path / "log").mkdir()
    more = [write_night(tmp_path / f"{name}_raw.fif", ["N2"] * 4) for name in "ef"]
    stager = KilledOnce(tmp_path / "log", always)
    with (
        # Number of workers that may die with a night.
        dask.config.set({"distributed.scheduler.allowed-failures": deaths}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0",
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        joblib.parallel_config(backend="dask", client=client),
    ):  # fmt: skip
        found = outcomes(stage_nights([*nights, *more], stager, out=tmp_path / "out"))
    killed = None if always else tuple(STAGES)
    expected = {"a": killed, "b": None, "c": None, "d": tuple(STAGES[::-1])}
    assert found == expected | dict.fromkeys("ef", ("N2",) * 4)
    written = {path.name[0] for path in (tmp_path / "out").iterdir()}
    assert written == set("def") | (set() if always else {"a"})


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
