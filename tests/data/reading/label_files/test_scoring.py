"""A scorer's epochs are found from the labels, and windows of one stage told from mixed ones."""

import datetime

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.data import (
    Epoch,
    Preprocessing,
    Scoring,
    annotate_stages,
    label_events,
    read_scoring,
    scoring_of,
)
from eegzoo.data.reading.label_files.stages import aasm_stage
from tests.cases.event_cases import raw_with
from tests.shared_data import SHARED, needs

DREAMS = SHARED / "data" / "dreams_spindles" / "dreams_excerpts.npz"
CODES = dict(zip((5, 4, 3, 2, 1, 0), ("W", "REM", "S1", "S2", "S3", "S4"), strict=True))


def night(stages, epoch, offset=0.0):
    """Return a scoring with a label for each run of equal stages."""
    starts = [k for k in range(len(stages)) if k == 0 or stages[k] != stages[k - 1]]
    ends = [*starts[1:], len(stages)]
    return Scoring.of(
        [offset + epoch * start for start in starts],
        [epoch * (end - start) for start, end in zip(starts, ends, strict=True)],
        [stages[start] for start in starts],
    )


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Sleep stage W", "W"), ("S1", "N1"), ("2", "N2"), ("Sleep stage 3", "N3"), ("S4", "N3"),
        ("Stage 4 sleep", "N3"), ("N3", "N3"), ("5", "R"), ("REM", "R"), ("Movement time", "?"),
        ("Sleep stage ?", "?"), ("9", "?"), ("artefact", "?"), ("left", None), ("BAD_move", None),
    ],
)  # fmt: skip
def test_stages_of_rechtschaffen_and_kales_are_the_aasms(text, stage):
    assert aasm_stage(text) == stage


@pytest.mark.parametrize("epoch", [20.0, 30.0])
@pytest.mark.parametrize("offset", [0.0, 10.0, 17.25])
@pytest.mark.parametrize("as_rows", [True, False])
def test_the_epoch_and_its_offset_are_found(epoch, offset, as_rows):
    stages = ["W", "W", "N1", "N2", "N2", "N2", "N3", "N2", "W", "N1", "N2", "N2", "R", "W"]
    if as_rows:
        onset = offset + epoch * np.arange(len(stages))
        scoring = Scoring.of(onset, np.full(len(stages), epoch), stages)
    else:
        scoring = night(stages, epoch, offset)
    assert scoring.epoch_seconds == epoch
    assert scoring.offset_seconds == pytest.approx(offset % epoch)
    onsets, found = scoring.epochs()
    np.testing.assert_allclose(onsets, offset + epoch * np.arange(len(stages)))
    assert found.tolist() == stages


def test_rows_finer_than_the_epoch_do_not_hide_it():
    stages = np.repeat(["W", "N1", "N2", "W", "N2", "N2", "N3"], 4)[2:]  # begins in an epoch
    scoring = Scoring.of(5.0 * np.arange(len(stages)), np.full(len(stages), 5.0), stages)
    assert (scoring.epoch_seconds, scoring.offset_seconds) == (20.0, 10.0)
    assert scoring.epochs()[1].tolist() == ["N1", "N2", "W", "N2", "N2", "N3"]


def test_other_epochs_are_found_as_well_and_changes_off_any_grid_are_refused():
    assert night(["W", "N1", "W", "N1", "N2"], 15.0).epoch_seconds == 15.0
    with pytest.raises(ValueError, match="change at whole epochs of a scorer"):
        Scoring.of([0, 31.3, 40.07, 99.9], [31.3, 8.77, 59.83, 30], ["W", "N1", "N2", "W"])


@settings(max_examples=30, deadline=None)
@given(
    stages=st.lists(st.sampled_from(["W", "N1", "N2", "N3", "R", "?"]), min_size=2, max_size=40),
    epoch=st.sampled_from([20.0, 30.0]),
    offset=st.floats(0, 29),
    begin=st.floats(-50, 1200),
)
def test_the_stage_of_a_window_is_that_of_most_of_its_seconds(stages, epoch, offset, begin):
    onset = offset + epoch * np.arange(len(stages))
    scoring = Scoring(onset, np.full(len(stages), epoch), np.array(stages), epoch, 0.0)
    found, pure = scoring.of_windows([begin], 30.0)
    steps = begin + (np.arange(3000) + 0.5) * 0.01
    place = np.floor((steps - offset) / epoch).astype(int)
    inside = (place >= 0) & (place < len(stages))
    names = np.where(inside, np.array(stages)[np.clip(place, 0, len(stages) - 1)], "?")
    seconds = {name: 0.01 * (names == name).sum() for name in ("W", "N1", "N2", "N3", "R", "?")}
    assert seconds[found[0]] >= max(seconds.values()) - 0.03
    if abs(seconds[found[0]] - 30) > 0.03:
        assert not pure[0]


def test_before_between_and_after_the_labels_nothing_is_scored():
    scoring = Scoring.of([60, 180], [60, 60], ["N2", "R"])
    stages, pure = scoring.of_windows(np.arange(0, 330, 30), 30.0)
    assert stages.tolist() == [*"??", "N2", "N2", *"??", "R", "R", *"???"]
    assert pure.tolist() == [stage != "?" for stage in stages]


def test_a_label_that_spans_many_windows_gives_as_many_stages():
    scoring = Scoring.of([0, 7200], [7200, 3600], ["Sleep stage 2", "Sleep stage R"])
    stages, pure = scoring.of_windows(np.arange(0, 10800, 30), 30.0)
    assert stages.tolist() == ["N2"] * 240 + ["R"] * 120
    assert pure.all()


def test_labels_without_duration_last_until_the_next():
    scoring = Scoring.of([0, 30, 90, 120], [0, 0, 0, 0], ["W", "N1", "N2", "R"])
    assert scoring.duration.tolist() == [30, 60, 30, 30]


def test_windows_are_centred_on_the_scorers_epochs():
    scoring = night(["W", "N1", "N2", "N1"], 20.0, 10.0)
    middles = scoring.epochs()[0] + 10
    np.testing.assert_allclose(scoring.centred_windows(30.0) + 15, middles)
    with pytest.raises(ValueError, match="seconds"):
        scoring.centred_windows(0)


def test_annotations_of_a_cropped_dated_recording_are_placed_from_its_first_sample():
    raw = raw_with(seconds=300, sfreq=16)
    raw.set_meas_date(datetime.datetime(2020, 1, 1, 22, tzinfo=datetime.UTC))
    notes = mne.Annotations([0, 60, 120], 60, ["Sleep stage W", "Sleep stage 1", "Movement time"])
    raw.set_annotations(notes.append(10, 1, "BAD_blink"))
    scoring = scoring_of(raw.crop(60))
    assert scoring.stages.tolist() == ["N1", "?"]
    assert scoring.onset.tolist() == [0, 60]
    assert scoring.start == datetime.datetime(2020, 1, 1, 22, 1, tzinfo=datetime.UTC)
    later = scoring.shifted(10)
    assert later.onset.tolist() == [10, 70]
    assert later.start == datetime.datetime(2020, 1, 1, 22, 0, 50, tzinfo=datetime.UTC)


@pytest.mark.parametrize("start", [0, 45])
def test_bouts_become_windows_and_marks_stay(start):
    raw = raw_with(seconds=300, sfreq=16).set_meas_date(1_600_000_000)
    bouts = mne.Annotations(
        [0, 90, 160, 250], [90, 70, 90, 50], ["Sleep stage W", "S3", "S4", "Movement time"]
    )
    raw.set_annotations(bouts.append(70, 5, "BAD_move").append(20, 0, "left")).crop(start)
    annotated = annotate_stages(raw)
    windows = np.arange(0, 300 - start - 29, 30)
    expected, pure = scoring_of(raw).of_windows(windows, 30.0)
    kept = expected != "?"
    stages = [d for d in annotated.annotations.description if d != "BAD_move"]
    assert stages == expected[kept].tolist()
    assert set(stages) == {"W", "N3"}
    assert annotated.annotations.onset[-1] - raw.first_time == windows[kept][-1]
    assert annotated.annotations.description.tolist().count("BAD_move") == 1
    epochs = Preprocessing([Epoch(0, seconds=30)]).epochs(annotated)
    assert len(epochs) == kept.sum() - 1  # without the window of the movement
    alone = annotate_stages(raw, mixed=False)
    assert len(label_events(alone)[0]) == (pure & kept).sum()
    with pytest.raises(ValueError, match="expected windows of 30 s with a stage, got none"):
        annotate_stages(raw, Scoring.of([1e4], [30], ["W"]))


@pytest.mark.parametrize(
    ("onset", "duration", "stages", "message"),
    [
        ([0, 20], [30, 30], ["W", "N1"], "one stage at a time, got W until 30 s and N1 from 20 s"),
        ([0], [30, 30], ["W", "N1"], "an onset, a duration and a stage of each"),
        ([], [], [], "an onset, a duration and a stage of each"),
        ([0, np.nan], [30, 30], ["W", "N1"], "finite onsets"),
        ([0, 30], [30, -1], ["W", "N1"], "durations of at least 0"),
        ([0, 30], [30, 30], ["W", "left"], "expected sleep stages, got 'left'"),
    ],
)
def test_other_labels_are_refused(onset, duration, stages, message):
    with pytest.raises(ValueError, match=message):
        Scoring.of(onset, duration, stages)


def test_files_without_stages_are_refused_and_odd_stages_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("onset,duration,description\n0,30,left\n")
    with pytest.raises(ValueError, match=r"expected sleep stages in .*a.csv, got \['left'\]"):
        read_scoring(path)
    path.write_text("onset,duration,description\n0,30,N1\n30,30,Sleep stage N\n")
    with pytest.warns(RuntimeWarning, match=r"not known as sleep stages.*'Sleep stage N'"):
        assert read_scoring(path).stages.tolist() == ["N1"]


def dreams(number):
    """Return an excerpt's scoring from its labels every 5 s."""
    with np.load(DREAMS) as data:
        steps = data[f"hyp5s_{number}"]
    stages = [CODES[int(code)] for code in steps]
    return Scoring.of(5.0 * np.arange(len(steps)), np.full(len(steps), 5.0), stages)


@needs(DREAMS)
def test_the_grid_of_dreams_is_20_s_and_begins_at_10_s_in_excerpt_8():
    scorings = [dreams(number) for number in range(1, 9)]
    grids = [(scoring.epoch_seconds, scoring.offset_seconds) for scoring in scorings]
    assert grids == [(20.0, 0.0)] * 7 + [(20.0, 10.0)]
    assert sum(len(scoring.epochs()[0]) for scoring in scorings) == 719
    pure = [scoring.of_windows(np.arange(0, 1800, 30), 30.0)[1].sum() for scoring in scorings]
    assert sum(pure) == 340
