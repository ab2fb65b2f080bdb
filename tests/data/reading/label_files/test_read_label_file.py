"""Labels in another file are read, in whatever way the file spells them."""

import datetime

import mne
import numpy as np
import pytest

from eegzoo.data import label_events, read_label_file
from eegzoo.data.reading.label_files.safe_xml import parse_xml
from eegzoo.data.reading.label_files.stages import stage_of
from tests.cases.event_cases import noise, raw_with, write_edf

BOUTS = [("W", 60), ("1", 30), ("2", 90), ("3", 60), ("2", 30), ("R", 60), ("W", 30)]
ONSETS = [0, 60, 90, 180, 240, 270, 330]
NIGHT = [(on, d, f"Sleep stage {s}") for on, (s, d) in zip(ONSETS, BOUTS, strict=True)]
EPOCHS = [stage for stage, seconds in BOUTS for _ in range(seconds // 30)]


def night():
    return raw_with(seconds=360, sfreq=16)


def dated():
    return night().set_meas_date(datetime.datetime(2020, 1, 1, 22, tzinfo=datetime.UTC))


def rows(raw):
    notes = raw.annotations
    onset = notes.onset - raw.first_time
    return list(zip(onset.tolist(), notes.duration.tolist(), notes.description, strict=True))


def per_epoch(raw):
    """Return the stage of each 30 s."""
    stages = np.full(12, "", dtype=object)
    for onset, duration, text in rows(raw):
        stages[round(onset / 30) : round((onset + duration) / 30)] = text.removeprefix(
            "Sleep stage "
        )
    return stages.tolist()


def nsrr(folder):
    code = {"W": "Wake|0", "R": "REM sleep|5"}
    events = "".join(
        "<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>"
        f"{code.get(s, f'Stage {s} sleep|{s}')}</EventConcept><Start>{on}.0</Start>"
        f"<Duration>{d}.0</Duration></ScoredEvent>"
        for on, (s, d) in zip(ONSETS, BOUTS, strict=True)
    )
    other = "<ScoredEvent><EventType>Respiratory|Respiratory</EventType></ScoredEvent>"
    text = f"<PSGAnnotation><ScoredEvents>{other}{events}</ScoredEvents></PSGAnnotation>"
    return write(folder / "nsrr.xml", text)


def profusion(folder):
    code = {"W": "0", "R": "5"}
    stages = "".join(f"<SleepStage>{code.get(s, s)}</SleepStage>" for s in EPOCHS)
    text = f"<EpochLength>30</EpochLength><SleepStages>{stages}</SleepStages>"
    return write(folder / "profusion.xml", f"<CMPStudyConfig>{text}</CMPStudyConfig>")


def csv(folder):
    lines = [f"{on},{d},{s}" for on, (s, d) in zip(ONSETS, BOUTS, strict=True)]
    return write(folder / "night.csv", "\n".join(["onset,duration,stage", *lines]))


def tsv(folder):
    lines = [f"{on}\t{d}\tSleep stage {s}" for on, (s, d) in zip(ONSETS, BOUTS, strict=True)]
    return write(folder / "x_events.tsv", "\n".join(["onset\tduration\ttrial_type", *lines]))


def lines(folder):
    return write(folder / "hypnogram.txt", "\n".join(EPOCHS))


def yasa(folder):
    names = {"W": "WAKE", "R": "REM"}
    rows = [f"{k},{names.get(s, f'N{s}')}" for k, s in enumerate(EPOCHS)]
    return write(folder / "yasa.csv", "\n".join(["Epoch,Stage", *rows]))


def edf(folder):
    return write_edf(folder / "hypnogram.edf", NIGHT, noise(360, 16, 1) * 1e6, ["void"], sfreq=16)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("make", [nsrr, profusion, csv, tsv, lines, yasa, edf])
def test_all_kinds_of_hypnogram_give_the_same_night(tmp_path, make):
    labelled = read_label_file(make(tmp_path), night())
    assert per_epoch(labelled) == EPOCHS


def test_profusion_nine_is_not_scored(tmp_path):
    text = "<EpochLength>30</EpochLength>" + "<SleepStage>9</SleepStage><SleepStage>0</SleepStage>"
    path = write(tmp_path / "p.xml", f"<CMPStudyConfig>{text}</CMPStudyConfig>")
    labelled = read_label_file(path, night().crop(0, 60, include_tmax=False))
    assert per_epoch(labelled)[:2] == ["?", "W"]
    assert label_events(labelled)[1] == {"Sleep stage W": 1}


def test_mnes_events_are_read(tmp_path):
    path = tmp_path / "trials-eve.fif"
    mne.write_events(path, np.array([[160, 0, 1], [320, 0, 2]]), verbose="ERROR")
    assert rows(read_label_file(path, night())) == [(10.0, 0.0, "1"), (20.0, 0.0, "2")]


@pytest.mark.parametrize("dated", [False, True])
def test_onsets_count_from_the_start_of_a_cropped_recording(tmp_path, dated):
    raw = night()
    if dated:
        raw.set_meas_date(1_000_000)
    raw.set_annotations(raw.annotations.append(50.0, 2.0, "BAD_move").append(60.0, 0.0, "left"))
    cropped = raw.crop(40.0, 300.0)
    path = write(tmp_path / "a.csv", "onset,duration,description\n5,2,go\n")
    labelled = read_label_file(path, cropped)
    assert rows(labelled) == [(5.0, 2.0, "go"), (10.0, 2.0, "BAD_move")]
    assert label_events(labelled)[0][:, 0].tolist() == [45 * 16]


def test_rows_without_a_description_or_duration(tmp_path):
    text = "onset\tduration\ttrial_type\n1\tn/a\tgo\n2\t1\tn/a\n3\t1\tstop, now\n"
    labelled = read_label_file(write(tmp_path / "events.tsv", text), night())
    assert rows(labelled) == [(1.0, 0.0, "go"), (3.0, 1.0, "stop, now")]


def test_labels_outside_the_recording_are_counted(tmp_path):
    path = write(tmp_path / "a.csv", "onset,description\n5,go\n500,go\n-3,go\n")
    with pytest.warns(RuntimeWarning, match=r"2 of 3 labels in .* left out"):
        assert rows(read_label_file(path, night())) == [(5.0, 0.0, "go")]


def test_stages_without_times_that_end_early_are_said(tmp_path):
    path = write(tmp_path / "a.txt", "\n".join(EPOCHS[:9]))
    with pytest.warns(RuntimeWarning, match=r"9 stages of 30 s in .* 270 s, .* recording is 360 s"):
        labelled = read_label_file(path, night())
    assert per_epoch(labelled) == [*EPOCHS[:9], "", "", ""]


def test_stages_without_times_that_are_too_long_are_refused(tmp_path):
    path = write(tmp_path / "a.txt", "\n".join([*EPOCHS, "W", "W"]))
    with pytest.raises(ValueError, match=r"stages for 360 s of recording in .*, got 14 of 30 s"):
        read_label_file(path, night())


def test_a_length_of_epochs_that_is_too_long_is_refused(tmp_path):
    path = write(tmp_path / "a.txt", "\n".join(["W"] * 18))
    with pytest.raises(ValueError, match=r"stages for 360 s of recording in .*, got 18 of 30 s"):
        read_label_file(path, night(), epoch_seconds=30)
    with pytest.warns(RuntimeWarning, match="18 stages of 10 s in .* are 180 s"):
        read_label_file(path, night(), epoch_seconds=10)


def test_stages_of_20_s_are_known_by_the_length_of_the_recording(tmp_path):
    path = write(tmp_path / "a.txt", "\n".join(["W"] * 6 + ["2"] * 12))
    with pytest.warns(RuntimeWarning, match="18 stages in .* epochs of 20 s, which fill"):
        labelled = read_label_file(path, night())
    assert rows(labelled)[6] == (120.0, 20.0, "Sleep stage 2")
    again = read_label_file(path, night(), epoch_seconds=20)
    assert rows(again) == rows(labelled)
    with pytest.raises(ValueError, match="epoch_seconds"):
        read_label_file(path, night(), epoch_seconds=0)


@pytest.mark.parametrize(
    "onsets",
    [
        ("23:59:00", "23:59:30", "00:00:30"),
        ("11:59:00 PM", "11:59:30 PM", "12:00:30 AM"),
        ("2020-01-01T23:59:00", "2020-01-01T23:59:30", "2020-01-02 00:00:30.0"),
    ],
)
def test_clock_times_are_found_in_a_dated_recording(tmp_path, onsets):
    raw = night().set_meas_date(datetime.datetime(2020, 1, 1, 23, 58, tzinfo=datetime.UTC))
    lines = [f"{on},30,{s}" for on, s in zip(onsets, "W12", strict=True)]
    path = write(tmp_path / "a.csv", "\n".join(["onset,duration,stage", *lines]))
    assert [row[0] for row in rows(read_label_file(path, raw))] == [60.0, 90.0, 150.0]
    later = raw.copy().crop(30)
    assert [row[0] for row in rows(read_label_file(path, later))] == [30.0, 60.0, 120.0]
    with pytest.raises(ValueError, match="expected a recording with a date"):
        read_label_file(path, night())


def test_a_stage_that_began_before_the_recording_lasts_into_it(tmp_path):
    path = write(tmp_path / "a.csv", "onset,duration,stage\n-60,90,W\n30,60,2\n")
    found = rows(read_label_file(path, night()))
    assert found == [(0.0, 30.0, "Sleep stage W"), (30.0, 60.0, "Sleep stage 2")]


def write_dated(path, year, hour, minute=0):
    """Write the night as an EDF+ hypnogram that starts at a time of 1 January."""
    edf(path.parent)
    content = bytearray((path.parent / "hypnogram.edf").read_bytes())
    content[168:184] = f"01.01.{year}{hour:02}.{minute:02}.00".encode()
    path.write_bytes(content)
    return path


def test_a_hypnogram_is_aligned_by_the_clock_not_by_its_start(tmp_path):
    # The recording starts at 22:00, the hypnogram two minutes earlier: its first 60 s are before.
    path = write_dated(tmp_path / "early.edf", "20", 21, 58)
    with pytest.warns(RuntimeWarning, match="2 of 7 labels in .* outside the recording"):
        found = read_label_file(path, dated())
    assert per_epoch(found) == [*EPOCHS[4:], *[""] * 4]
    later = read_label_file(write_dated(tmp_path / "late.edf", "20", 22, 0), dated().crop(30))
    assert per_epoch(later)[:3] == EPOCHS[1:4]


def test_a_hypnogram_of_another_night_is_refused_with_both_dates(tmp_path):
    path = write_dated(tmp_path / "other.edf", "21", 22)
    with pytest.raises(ValueError, match=r"file starts at 2021-.* the recording at 2020-01-01"):
        read_label_file(path, dated())


def test_a_placeholder_for_the_date_leaves_the_time_of_day(tmp_path):
    path = write_dated(tmp_path / "anonymous.edf", "85", 21, 59)
    with (
        pytest.warns(RuntimeWarning, match="by the time of day"),
        pytest.warns(RuntimeWarning, match="1 of 7 labels"),
    ):
        assert per_epoch(read_label_file(path, dated()))[:10] == EPOCHS[2:]
    nothing = read_label_file(write_dated(tmp_path / "none.edf", "85", 0), dated())
    assert per_epoch(nothing) == EPOCHS


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "onset,description\n25:61:00,go\n", "cannot be read in row 1: expected a clock"),
        ("a.csv", "onset,duration\n1,2\n", "expected a column description"),
        ("a.csv", "onset,description\nsoon,go\n", "expected seconds in column onset .* 'soon'"),
        ("a.csv", "onset,duration,description\n1,-2,go\n", "expected durations of at least 0"),
        ("a.csv", "onset,description\n1e9,go\n", "expected labels within 360 s"),
        ("a.csv", "time,what\n1,go\n", "expected columns onset and description"),
        ("a.txt", "W\nN1\nbanana\n", "expected sleep stages in .* 'banana'"),
        ("a.txt", "0\n1\n2\n4\n", "4 may be REM or stage 4"),
        ("a.txt", "", "empty file"),
        ("a.xml", "<Other/>", "the element Other"),
        ("a.xml", "<PSGAnnotation/>", "expected sleep stages .* got none"),
        ("a.xml", "<open>", "cannot be read as XML"),
        ("a.edf", "no EDF", "expected labels in .* got none"),
        ("a.fif", "no FIF", "cannot be read as labels"),
    ],
)
def test_other_files_are_refused(tmp_path, name, text, message):
    with pytest.raises(ValueError, match=message):
        read_label_file(write(tmp_path / name, text), dated())


def test_entities_are_refused(tmp_path):
    text = '<!DOCTYPE a [<!ENTITY greeting "hello">]><a>&greeting;</a>'
    with pytest.raises(ValueError, match="declares the XML entity 'greeting'"):
        parse_xml(write(tmp_path / "a.xml", text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_label_file(tmp_path / "none.csv", night())


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Sleep stage W", "W"), ("wake", "W"), ("0", "W"), ("Stage N3", "3"), ("S4", "4"),
        ("NREM2", "2"), ("REM sleep", "R"), ("R", "R"), ("5", "R"), ("9", "?"), ("Unscored", "?"),
        ("Movement", "?"),
    ],
)  # fmt: skip
def test_spellings_of_stages(text, stage):
    assert stage_of(text) == f"Sleep stage {stage}"


@pytest.mark.parametrize("text", ["left", "10", "N5", "stage"])
def test_other_texts_are_no_stages(text):
    assert stage_of(text) is None
