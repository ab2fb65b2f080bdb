"""Windows at events: none crosses a pause, and what is left out is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    Resample,
    Stretch,
    read_recording,
)
from tests.cases.event_cases import (
    EIGHT,
    SFREQ,
    blocks,
    raw_with,
    write_brainvision,
    write_edf,
)

NOTES = [(onset, 0.0, label) for onset, label in EIGHT]


def at(raw, step, event_id=None, *before):
    return Preprocessing([*before, step]).at_events(raw, event_id)


@pytest.mark.parametrize(
    ("name", "duration"),
    [("boundary", 0.0), ("boundary", 12.5), ("New Segment/", 1 / SFREQ), ("EDGE boundary", 0.0),
     ("REC START", 0.0)],
)  # fmt: skip
def test_no_window_crosses_a_pause(name, duration):
    cut = at(raw_with([*NOTES, (19.0, duration, name)]), Epoch(0, 4))
    assert cut.onset.tolist() == [2, 6.5, 11, 20, 24.5, 29, 33.5]
    assert [(left.onset, left.reason) for left in cut.left_out] == [
        (15.5, f"cross the pause {name!r}")
    ]


def test_windows_may_begin_and_end_at_a_pause():
    notes = [(2.0, 0.0, "a"), (4.0, 0.0, "b"), (4.0, 0.0, "boundary")]
    cut = at(raw_with(notes), Epoch(0, 2 - 1 / SFREQ))
    assert cut.onset.tolist() == [2, 4]


def test_the_start_of_a_recording_is_no_obstacle():
    notes = [(0.0, 0.0, "New Segment/"), (0.0, 0.0, "a"), (2.0, 0.0, "b")]
    assert at(raw_with(notes), Epoch(0, 1)).onset.tolist() == [0, 2]


def test_acquisition_skips_are_not_touched():
    cut = at(raw_with([*NOTES, (12.0, 3.5, "BAD_ACQ_SKIP")]), Epoch(0, 4))
    assert [left.onset for left in cut.left_out] == [11]
    assert len(cut.onset) == 7


def test_a_brainvision_pause_and_a_late_marker(tmp_path):
    with pytest.warns(RuntimeWarning, match="Omitted 1"):
        raw = read_recording(write_brainvision(tmp_path))
    cut = at(raw, Epoch(0, 4), {"1": "S  1", "2": "Stimulus/S  2"})
    assert len(cut.onset) == 7
    assert cut.summary().startswith("1 of 8 events are left out: 1 cross the pause 'New Segment")


def test_a_condition_named_bad_is_not_rejected_when_it_is_asked_for():
    notes = [(2.0 + 3 * k, 1.0, name) for k, name in enumerate(["good", "bad"] * 3)]
    cut = at(raw_with(notes), Epoch(0, 1), {"good": "good", "bad": "bad"})
    assert len(cut.onset) == 6


def test_events_at_the_edges_are_left_out_with_a_reason(tmp_path):
    notes = [(0.2, 0.0, "b"), *NOTES, (38.5, 0.0, "b")]
    raw = read_recording(write_edf(tmp_path / "edges.edf", notes))
    cut = at(raw, Epoch(-0.5, 3))
    assert len(cut.onset) == 8
    assert [(left.name, round(left.onset, 1), left.reason) for left in cut.left_out] == [
        ("b", 0.2, "begin before the recording"),
        ("b", 38.5, "end after the recording"),
    ]


def test_events_that_coincide_after_resampling_keep_their_times():
    notes = [(2.0, 0.0, "a"), (2.002, 0.0, "button"), (6.5, 0.0, "b"), (6.502, 0.0, "button")]
    raw = raw_with(notes, sfreq=512, seconds=12)
    cut = at(raw, Epoch(0, 2), None, Resample(128))
    np.testing.assert_allclose(cut.onset, [2, 2.002, 6.5, 6.502], atol=1 / 512)
    labels = EpochsDataset.from_epochs(cut.epochs).labels.tolist()
    assert labels == ["a", "button", "b", "button"]
    data = cut.epochs.get_data()
    np.testing.assert_array_equal(data[0], data[1])
    np.testing.assert_array_equal(data[2], data[3])
    assert (data[0] != data[2]).any()


def test_nan_within_a_bad_stretch_is_no_fault():
    raw = raw_with([*NOTES, (36.75, 3.0, "BAD_lost")], seconds=42)
    raw._data[:, 37 * SFREQ : 39 * SFREQ] = np.nan
    cut = at(raw, Epoch(0, 3), None, Filter(4.0, 38.0))
    assert len(cut.onset) == 8
    assert np.isfinite(cut.epochs.get_data()).all()
    raw._data[:, SFREQ] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        at(raw, Epoch(0, 3))


# Labelled stretches.


def test_blocks_are_cut_into_as_many_windows_as_fit():
    cut = at(blocks(), Stretch(4.0))
    labels = EpochsDataset.from_epochs(cut.epochs).labels
    assert [(labels == name).sum() for name in ("rest", "task")] == [10, 10]
    assert cut.epochs.times.size == 512
    assert cut.onset[:6].tolist() == [2, 6, 10, 14, 18, 24]
    assert cut.index.tolist() == [0] * 5 + [1] * 5 + [2] * 5 + [3] * 5


def test_each_window_knows_its_block():
    recording = Recording(blocks(), "S1")
    dataset = EpochsDataset.from_recordings([recording], Preprocessing([Stretch(4.0)]))
    assert sorted(set(dataset.groups("block").tolist())) == [f"S1/1/1/{k}" for k in range(4)]
    events = EpochsDataset.from_recordings([recording], Preprocessing([Epoch(0, 4)]))
    assert "block" not in events.metadata


def test_windows_of_a_block_hold_its_samples():
    raw = blocks()
    cut = at(raw, Stretch(1.5, 0.5))
    data = raw.get_data(picks="eeg")
    for onset, window in zip(cut.onset, cut.epochs.get_data(), strict=True):
        start = round(onset * SFREQ)
        np.testing.assert_allclose(window, data[:, start : start + 192])


@given(
    duration=st.floats(0.1, 40), seconds=st.floats(0.1, 5), stride=st.floats(0.1, 5),
    sfreq=st.sampled_from([100.0, 128.0, 250.0]),
)  # fmt: skip
def test_windows_never_cross_the_end_of_their_event(duration, seconds, stride, sfreq):
    step = Stretch(seconds, stride)
    starts = step.starts(duration, sfreq)
    last = round(duration * sfreq) - step.n_times(sfreq)
    assert (starts <= last).all()
    assert (np.diff(starts) > 0).all()
    following = round((len(starts)) * stride * sfreq)
    assert following > last


def test_events_without_a_duration_are_counted():
    raw = raw_with([(2.0, 8.0, "rest"), (20.0, 0.0, "rest"), (24.0, 8.0, "task")])
    cut = at(raw, Stretch(4.0))
    assert cut.summary() == "1 of 5 windows are left out: 1 last less than 4 s"
    with pytest.raises(ValueError, match="none among 8 events: 8 last less than 4 s"):
        at(raw_with(NOTES), Stretch(4.0))


@pytest.mark.parametrize("arguments", [(0,), (-1,), (1, 0), (float("nan"),), ("1",)])
def test_wrong_lengths_raise(arguments):
    with pytest.raises((ValueError, TypeError), match=r"expected (stride_)?seconds to be"):
        Stretch(*arguments)
