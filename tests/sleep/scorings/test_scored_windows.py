"""Windows of a network, or of a second scorer, are paired with a scorer's by time."""

import datetime

import mne
import numpy as np
import pytest

from eegzoo.data import Scoring, read_scoring, scoring_of
from eegzoo.sleep import Hypnogram, compare_scorings, compare_staging, stages_at

SFREQ = 16.0
STAGES = np.array(["W", "N1", "N2", "N3", "R"])


def make_raw(seconds, stage_of_second, first=0.0):
    """Return a recording whose samples are numbers of stages."""
    times = np.arange(round(seconds * SFREQ)) / SFREQ
    values = np.array([stage_of_second(t) for t in times], dtype=float)
    raw = mne.io.RawArray(values[None], mne.create_info(1, SFREQ, "eeg"), verbose="ERROR")
    return raw.crop(first)


def staging(raw):
    """Stage windows of 30 s by the number in their middle."""
    values = raw.get_data()[0]
    n_windows = int(len(values) // (30 * SFREQ))
    middles = (30 * np.arange(n_windows) + 15) * SFREQ
    return 30.0 * np.arange(n_windows), STAGES[values[middles.astype(int)].astype(int)]


def of_20(t):
    return int(t // 20) % 5


def scoring_of_20(n_epochs, offset=0.0):
    return Scoring.of(
        offset + 20.0 * np.arange(n_epochs),
        np.full(n_epochs, 20.0),
        STAGES[np.arange(n_epochs) % 5],
    )


def test_windows_of_a_20_s_scoring_are_staged_on_both_grids():
    raw, scoring = make_raw(300, of_20), scoring_of_20(15)
    windows, epochs = compare_staging(raw, staging, scoring)
    assert windows.onset.tolist() == list(range(0, 300, 30))
    assert not windows.pure.any()
    assert windows.predicted.tolist() == [STAGES[of_20(t + 15)] for t in range(0, 300, 30)]
    # Windows that are centred on the scorer's epochs see the right stage in their middle.
    assert epochs.onset.tolist() == list(range(0, 300, 20))
    assert epochs.true.tolist() == scoring.stages.tolist()
    assert epochs.predicted[1:-1].tolist() == scoring.stages[1:-1].tolist()
    assert epochs.pure.all()


def test_the_offset_of_the_scorer_is_followed():
    raw = make_raw(310, lambda t: of_20(t - 10))
    _, epochs = compare_staging(raw, staging, scoring_of_20(15, offset=10.0))
    assert epochs.onset.tolist() == list(range(10, 310, 20))
    assert epochs.predicted[1:].tolist() == epochs.true[1:].tolist()


def test_windows_on_the_scorers_grid_are_staged_once():
    calls = []

    def counted(raw):
        calls.append(len(raw))
        return staging(raw)

    raw = make_raw(300, lambda t: int(t // 30) % 5)
    scoring = Scoring.of(30.0 * np.arange(10), np.full(10, 30.0), STAGES[np.arange(10) % 5])
    windows, epochs = compare_staging(raw, counted, scoring)
    assert epochs is None
    assert len(calls) == 1
    assert windows.pure.all()
    assert windows.true.tolist() == windows.predicted.tolist()


def test_what_nobody_scored_is_not_the_last_stage():
    raw = make_raw(300, lambda t: 2)
    raw.set_annotations(mne.Annotations([60, 120], [60, 60], ["Sleep stage 2", "Movement time"]))
    windows, _ = compare_staging(raw, staging, scoring_of(raw))
    assert windows.true.tolist() == [*"??", "N2", "N2", *"??????"]


def test_stages_are_found_at_any_onset_and_windows_beyond_the_ends_get_the_nearest():
    raw = make_raw(300, lambda t: int(t // 60))
    found = stages_at(raw, staging, [-20.0, 7.3, 47.5, 215.0, 290.0])
    assert found.tolist() == ["W", "W", "N1", "N3", "R"]
    cropped = make_raw(300, lambda t: int(t // 60), first=60)
    assert stages_at(cropped, staging, [0.0, 95.0]).tolist() == ["N1", "N2"]
    with pytest.raises(ValueError, match="a recording of at least 30 s, got 20 s"):
        stages_at(make_raw(20, of_20), staging, [0.0])


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (([0.0], ["W", "N1"]), "an onset and a stage of each window"),
        (([0.0], ["left"]), r"sleep stages in stages, got \['left'\]"),
        (([], []), "an onset and a stage of each window"),
    ],
)
def test_a_staging_that_returns_something_else_is_refused(returned, message):
    with pytest.raises(ValueError, match=message):
        stages_at(make_raw(60, of_20), lambda raw: returned, [0.0])


def at(hour, minute=0, second=0):
    return datetime.datetime(2020, 1, 1, hour, minute, second, tzinfo=datetime.UTC)


def scored(stages, start=None, epoch=30.0):
    onset = epoch * np.arange(len(stages))
    return Scoring.of(onset, np.full(len(stages), epoch), list(stages), start)


def test_two_scorings_are_aligned_by_the_clock():
    one = scored(["W", "N1", "N2", "N3", "R"], at(22, 0, 0))
    other = scored(["N1", "N2", "N3", "R", "W"], at(22, 0, 30))
    found = compare_scorings(one, other)
    assert found.predicted.tolist() == ["?", "N1", "N2", "N3", "R"]
    with pytest.raises(ValueError, match="expected scorings of the same time, got 0 to 150 s and"):
        compare_scorings(one, scored(["N1", "N2"], at(23)))


def test_a_scoring_without_a_clock_is_said():
    one, other = scored(["W", "N1"], at(22)), scored(["W", "N1"])
    with pytest.warns(RuntimeWarning, match="only one of the scorings knows the clock"):
        assert compare_scorings(one, other).predicted.tolist() == ["W", "N1"]


def test_scorings_on_other_grids_are_compared_on_the_epochs_of_the_first():
    one = scored(["W", "N1", "N1", "N2", "N2", "N3"])
    other = scored(["W", "W", "N1", "N1", "N2", "N2", "N2", "N3", "N3"], epoch=20.0)
    found = compare_scorings(one, other)
    assert found.predicted.tolist() == ["W", "N1", "N1", "N2", "N2", "N3"]
    assert found.pure.tolist() == [True, False, False, True, False, True]


def test_lengths_that_differ_are_said():
    with pytest.warns(RuntimeWarning, match="different lengths, 0 to 60 s and 0 to 150 s"):
        compare_scorings(scored(["W", "N1"]), scored(["W", "N1", "N2", "N2", "N2"]))


@pytest.mark.parametrize("ending", ["csv", "tsv", "edf"])
def test_saved_hypnograms_are_scorings(tmp_path, ending):
    stages = ["W", "N1", "N2", "N2", "unscored", "N3", "R"]
    hypnogram = Hypnogram(stages, onset=15.0, meas_date=at(22))
    hypnogram.save(tmp_path / f"night.{ending}")
    scoring = read_scoring(tmp_path / f"night.{ending}")
    assert (scoring.epoch_seconds, scoring.offset_seconds) == (30.0, 15.0)
    assert scoring.epochs()[1].tolist() == ["W", "N1", "N2", "N2", "?", "N3", "R"]
    assert scoring.start == (at(22) if ending == "edf" else None)
