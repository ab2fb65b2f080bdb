"""Hypnograms: their windows, annotations and files, as MNE and pandas-like readers see them."""

import csv
import datetime

import mne
import numpy as np
import pytest

from eegzoo.data import read_label_file
from eegzoo.sleep import Hypnogram, read_hypnogram
from eegzoo.sleep.stages import EDF_TEXTS, STAGES, UNSCORED

DATE = datetime.datetime(2024, 3, 9, 22, 47, 30, 250_000, tzinfo=datetime.UTC)
CODE = ["W", "N1", "N2", "N3", UNSCORED, "R", "W", UNSCORED]
TEXTS = [EDF_TEXTS[stage] for stage in CODE]
ONSETS = [12.5 + 30 * place for place in range(8)]


@pytest.fixture
def hypnogram():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(5), 8)
    return Hypnogram(CODE, probabilities, onset=12.5, last_seconds=10.0, meas_date=DATE)


def recording(seconds, meas_date=DATE, first_samp=0):
    info = mne.create_info(["C4-M1"], 100.0, "eeg")
    with info._unlock():
        info["meas_date"] = meas_date
    data = np.zeros((1, round(seconds * 100)))
    return mne.io.RawArray(data, info, first_samp=first_samp, verbose="ERROR")


@pytest.mark.parametrize("meas_date", [DATE, None])
@pytest.mark.parametrize("first_samp", [0, 700])
def test_annotations_lie_at_their_windows_in_the_recording(hypnogram, meas_date, first_samp):
    raw = recording(300, meas_date, first_samp)
    start = None if meas_date is None else meas_date + datetime.timedelta(seconds=raw.first_time)
    own = Hypnogram(CODE, onset=12.5, last_seconds=10.0, meas_date=start)
    raw.set_annotations(own.to_annotations())
    assert raw.annotations.description.tolist() == TEXTS
    events, event_id = mne.events_from_annotations(raw, chunk_duration=None, verbose="ERROR")
    found = (events[:, 0] - raw.first_samp) / 100
    assert found == pytest.approx(ONSETS, abs=0.01)
    names = {number: text for text, number in event_id.items()}
    assert [names[number] for number in events[:, 2]] == TEXTS


@pytest.mark.parametrize("meas_date", [DATE, DATE.replace(microsecond=0), None])
def test_edf_is_read_back_by_mne_with_equal_onsets_and_labels(tmp_path, meas_date):
    Hypnogram(CODE, onset=12.5, last_seconds=10.0, meas_date=meas_date).save(tmp_path / "a.edf")
    found = mne.read_annotations(tmp_path / "a.edf")
    assert found.onset.tolist() == ONSETS
    assert found.duration.tolist() == [30.0] * 7 + [10.0]
    assert found.description.tolist() == TEXTS


def test_fif_annotations_are_read_back_by_mne(tmp_path, hypnogram):
    hypnogram.to_annotations().save(tmp_path / "night-annot.fif")
    found = mne.read_annotations(tmp_path / "night-annot.fif")
    assert found.onset.tolist() == ONSETS
    assert found.description.tolist() == TEXTS
    assert found.orig_time == DATE


@pytest.mark.parametrize(("ending", "separator", "empty"), [("csv", ",", ""), ("tsv", "\t", "n/a")])
def test_table_has_the_stated_columns(tmp_path, hypnogram, ending, separator, empty):
    hypnogram.save(tmp_path / f"night.{ending}")
    with (tmp_path / f"night.{ending}").open(newline="") as file:
        header, *rows = csv.reader(file, delimiter=separator)
    assert header == ["onset", "duration", "stage", *STAGES]
    assert [float(row[0]) for row in rows] == ONSETS
    assert [float(row[1]) for row in rows] == [30.0] * 7 + [10.0]
    assert [row[2] for row in rows] == CODE
    assert rows[4][3:] == [empty] * 5
    numbers = np.array([[float(cell) for cell in row[3:]] for row in rows[:4]])
    assert numbers == pytest.approx(hypnogram.probabilities[:4], abs=5e-5)


@pytest.mark.parametrize("ending", ["csv", "tsv", "edf"])
def test_read_hypnogram_returns_what_was_saved(tmp_path, hypnogram, ending):
    hypnogram.save(tmp_path / f"night.{ending}")
    found = read_hypnogram(tmp_path / f"night.{ending}")
    assert found.stages == tuple(CODE)
    assert found.onsets.tolist() == ONSETS
    assert (found.window_seconds, found.last_seconds) == (30.0, 10.0)
    if ending == "edf":
        # MNE reads the start of a recording to the second.
        assert (found.probabilities, found.meas_date) == (None, DATE.replace(microsecond=0))
    else:
        assert found.probabilities == pytest.approx(hypnogram.probabilities, abs=5e-5, nan_ok=True)


@pytest.mark.parametrize("ending", ["csv", "tsv", "edf"])
def test_file_gives_labels_to_train_on(tmp_path, hypnogram, ending):
    hypnogram.save(tmp_path / f"night.{ending}")
    labelled = read_label_file(tmp_path / f"night.{ending}", recording(300))
    spelt = [text.replace("stage N", "stage ") for text in labelled.annotations.description]
    assert spelt == [text.replace("stage N", "stage ") for text in TEXTS]
    first = labelled.annotations.onset - labelled.first_time
    assert first == pytest.approx(ONSETS)


def test_unscored_windows_have_no_probabilities(hypnogram):
    unscored = np.array(CODE) == UNSCORED
    assert np.isnan(hypnogram.probabilities[unscored]).all()
    assert np.isfinite(hypnogram.probabilities[~unscored]).all()


def test_statistics_start_at_lights_off(hypnogram):
    night = Hypnogram(CODE, onset=12.5, lights_off=42.5, lights_on=222.5)
    assert night.statistics().time_in_bed == 3.0
    assert night.statistics().sleep_onset_latency == 0.0
    assert night.statistics(lights_off=12.5).sleep_onset_latency == 0.5
    assert hypnogram.statistics().time_in_bed == pytest.approx(220 / 60)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"stages": []}, ValueError, "at least one window"),
        ({"stages": ["REM"]}, ValueError, "expected stages to be one of .*, got 'REM'"),
        ({"stages": "W"}, TypeError, "expected stages to be a sequence of str, got 'W'"),
        ({"stages": ["W"], "probabilities": [[1, 0, 0, 0]]}, ValueError, r"shape \(1, 5\)"),
        ({"stages": ["W"], "probabilities": [[0.5, 0, 0, 0, 0]]}, ValueError, "sum to 1"),
        ({"stages": ["W"], "probabilities": [[np.nan] * 5]}, ValueError, "from 0 to 1"),
        ({"stages": ["W"], "window_seconds": 0}, ValueError, "window_seconds"),
        ({"stages": ["W"], "last_seconds": 31}, ValueError, "last_seconds"),
        ({"stages": ["W"], "reasons": ["", "flat"]}, ValueError, "as many reasons as stages"),
        ({"stages": ["W"], "lights_off": 9, "lights_on": 9}, ValueError, "lights_on after"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Hypnogram(**arguments)


def test_unknown_ending_and_impossible_date_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"one of '.csv', '.tsv', '.edf', got '.txt'"):
        Hypnogram(["W"]).save(tmp_path / "night.txt")
    with pytest.raises(ValueError, match="expected a date from 1985 to 2084"):
        Hypnogram(["W"], meas_date=DATE.replace(year=1970)).save(tmp_path / "night.edf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the columns"),
        ("onset,duration,stage\n", "expected windows, got none"),
        ("onset,duration,stage\n0,30,W\n60,30,W\n", "expected consecutive windows"),
        ("onset,duration,stage\n0,30,REM\n", "got 'REM'"),
        ("onset,duration,stage\n0,30\n", "expected 3 cells in row 1, got 2"),
        ("onset,duration,stage\nzero,30,W\n", "could not convert"),
    ],
)
def test_other_tables_are_refused(tmp_path, text, message):
    path = tmp_path / "night.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_hypnogram(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file: .*night\.csv"):
        read_hypnogram(tmp_path / "night.csv")
