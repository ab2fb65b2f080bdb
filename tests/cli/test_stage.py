"""Command ``eegzoo stage``: files, messages and exit statuses."""

import csv
import datetime

import edfio
import mne
import numpy as np
import pytest

from eegzoo.cli import main
from eegzoo.sleep import read_hypnogram, staging_nights
from eegzoo.sleep.stages import UNSCORED
from tests.sleep.band_stager import SFREQ, BandStager, planted

STAGES = ["W", "N1", "N2", "N3", "R", "R", "W"]


def write_edf(path, data, names=("EEG C4-M1",)):
    signals = [
        edfio.EdfSignal(
            1e6 * row, SFREQ, label=name, physical_dimension="uV", physical_range=(-500, 500)
        )
        for name, row in zip(names, data, strict=True)
    ]
    recording = edfio.Recording(startdate=datetime.date(2024, 3, 9))
    edfio.Edf(signals, recording=recording, starttime=datetime.time(23, 58)).write(path)
    return path


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run the command in a folder with one night, and return status, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(staging_nights, "load_stager", lambda _: BandStager())
    staging_nights._stager.cache_clear()
    write_edf("night.edf", planted(STAGES))

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["eegzoo", "stage", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        return (stop.value.code, *capsys.readouterr())

    yield run
    staging_nights._stager.cache_clear()


def test_hypnogram_goes_to_standard_output_and_the_report_to_the_terminal(run):
    status, output, errors = run("night.edf")
    rows = list(csv.DictReader(output.splitlines()))
    assert status == 0
    assert [row["stage"] for row in rows] == STAGES
    assert list(rows[0]) == ["onset", "duration", "stage", "W", "N1", "N2", "N3", "R"]
    assert "night.edf: derivations: C4-M1 (EEG C4-M1)" in errors
    assert "total sleep time (TST)                 2.5 min" in errors


@pytest.mark.parametrize("ending", ["csv", "tsv", "edf"])
def test_files_of_one_night(run, tmp_path, ending):
    status, output, _ = run("night.edf", "--out", f"out.{ending}")
    assert status == 0
    assert f"wrote out.{ending}" in output
    assert "sleep efficiency (SE, TST/TIB)        71.4 %" in output
    assert read_hypnogram(tmp_path / f"out.{ending}").stages == tuple(STAGES)


def test_picture_of_one_night(run, tmp_path):
    _, output, _ = run("night.edf", "--out", "out.csv", "--plot", "out.png")
    assert "wrote out.csv\nwrote out.png" in output
    assert (tmp_path / "out.png").stat().st_size > 5000


def test_edf_lies_on_the_recording(run, tmp_path):
    run("night.edf", "--out", "out.edf")
    raw = mne.io.read_raw_edf(tmp_path / "night.edf", verbose="ERROR")
    raw.set_annotations(mne.read_annotations(tmp_path / "out.edf"))
    assert raw.annotations.onset.tolist() == [30.0 * place for place in range(7)]
    assert raw.annotations.description[1] == "Sleep stage N1"
    assert (
        mne.io.read_raw_edf(tmp_path / "out.edf", verbose="ERROR").info["meas_date"]
        == (raw.info["meas_date"])
    )


def test_lights_by_the_clock_after_midnight(run):
    _, output, _ = run(
        "night.edf", "--lights-off", "23:58:30", "--lights-on", "00:01", "--out", "n.csv"
    )
    assert "time in bed (TIB)                      2.5 min" in output


def test_several_nights_and_one_failure(run, tmp_path):
    write_edf("ecg.edf", planted(STAGES), ["ECG"])
    (tmp_path / "empty.edf").touch()
    write_edf("other.edf", planted(STAGES[::-1]))
    nights = ["night.edf", "ecg.edf", "empty.edf", "missing.edf", "other.edf"]
    status, output, errors = run(*nights, "--out", "out", "--statistics", "nights.csv")
    assert status == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["night.csv", "other.csv"]
    assert "night.edf: TST 2.5 min, SE 71.4 %, wrote out/night.csv" in output
    failures = [line for line in errors.splitlines() if line.startswith("eegzoo: error: ")]
    assert len(failures) == 3
    assert "ecg.edf: expected channels of EEG" in failures[0]
    assert "got the channels ECG" in failures[0]
    assert "no such file: missing.edf" in failures[2]
    assert "staged 2 of 5 nights" in errors
    rows = list(csv.DictReader((tmp_path / "nights.csv").read_text().splitlines()))
    assert [row["recording"] for row in rows] == nights
    assert [row["total_sleep_time"] for row in rows] == ["2.5", "", "", "", "2.5"]
    assert rows[1]["error"].startswith("expected channels of EEG")
    assert rows[0]["error"] == ""


def test_folder_takes_the_format(run, tmp_path):
    (tmp_path / "out").mkdir()
    assert run("night.edf", "--out", "out", "--format", "edf")[0] == 0
    assert read_hypnogram(tmp_path / "out" / "night.edf").stages == tuple(STAGES)


def test_flat_channel_is_left_out_and_a_gap_is_unscored(run, tmp_path):
    data = planted(STAGES, n_chans=2)
    data[0] = 0.0
    data[1, round(60 * SFREQ) : round(90 * SFREQ)] = 0.0
    write_edf("gap.edf", data, ["EEG C4-M1", "EEG F4-M1"])
    _, _, errors = run("gap.edf", "--out", "gap.csv")
    assert "gap.edf: left out: C4-M1: flat" in errors
    assert "gap.edf: unscored: 1 of 7 windows (flat 1)" in errors
    expected = (*STAGES[:2], UNSCORED, *STAGES[3:])
    assert read_hypnogram(tmp_path / "gap.csv").stages == expected


def test_channels_are_chosen_and_computed(run):
    data = np.concatenate([planted(STAGES), 1e-6 * np.ones((1, 13440))])
    data[1] *= np.sin(np.arange(13440))
    write_edf("single.edf", data, ["C3", "A2"])
    _, _, errors = run("single.edf", "--channels", "C3-M2", "--out", "n.csv")
    assert "single.edf: derivations: C3-M2 (C3 minus A2)" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["night.edf", "night.edf", "--out", "out"], "expected different recordings"),
        (["night.edf", "b.edf"], "expected --out FOLDER, --plot FOLDER or --statistics"),
        (["night.edf", "b.edf", "--out", "out.csv"], "a folder for 2 nights"),
        (["night.edf", "--out", "night.edf"], "a file of its own for each night"),
        (["night.edf", "--statistics", "night.edf"], "different files for input and output"),
        (["night.edf", "--out", "n.csv", "--statistics", "n.csv"], "different files for input and"),
        (["night.edf", "--out", ".", "--statistics", "night.csv"], "different files for input and"),
        (["night.edf", "--out", "no/such/x.csv"], "no such folder"),
        (["night.edf", "--out", "o.csv", "--plot", "o.gif"], "ends in .png, .svg, .pdf"),
        (["night.edf", "--format", "xml"], "expected --format to be one of"),
        (["night.edf", "--jobs", "0"], "expected --jobs to be a positive integer, got 0"),
        (["night.edf", "--jobs", "2", "--cluster", "tcp://x:1"], "got both"),
        (["night.edf", "--truncated", "no"], "expected --truncated to be one of"),
        ([], "Missing argument"),
    ],
)
def test_wrong_options_are_one_line(run, arguments, message):
    status, _, errors = run(*arguments)
    assert status == 2
    assert message in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--channels", "C3-M2"], "expected a channel for 'C3-M2', got the channels EEG C4-M1"),
        (["--lights-off", "12:00"], "expected lights_off within the recording"),
        (["--lights-off", "noon"], "expected lights_off to be a clock time such as 23:10"),
        (["--lights-off", "60", "--lights-on", "30"], "expected lights_on after lights_off"),
    ],
)
def test_faults_of_a_night_are_one_line(run, tmp_path, arguments, message):
    status, _, errors = run("night.edf", "--out", "n.csv", *arguments)
    assert status == 1
    assert f"eegzoo: error: night.edf: {message}" in errors
    assert len(errors.splitlines()) == 1
    assert not (tmp_path / "n.csv").exists()


def test_cluster_that_does_not_answer_is_one_line(run):
    status, _, errors = run("night.edf", "--out", "n.csv", "--cluster", "nonsense://x")
    assert status == 2
    assert "nonsense://x" in errors
    assert len(errors.splitlines()) == 1
