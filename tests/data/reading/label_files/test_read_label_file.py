"""Labels in another file are read, in whatever way the file spells them."""

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
    labelled = read_label_file(path, night())
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


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
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
        read_label_file(write(tmp_path / name, text), night())


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
