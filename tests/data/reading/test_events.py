"""Events are found in annotations and stim channels, at the right samples."""

import mne
import numpy as np
import pytest

from eegzoo.data import label_events, labels_among_events
from tests.data.reading.write_formats import CH_NAMES, SFREQ


def make_raw(descriptions=(), onsets=(), stim=None, first_samp=0, n_times=2000):
    data = np.random.default_rng(0).normal(0, 1e-5, (2, n_times))
    types = ["eeg", "eeg"]
    if stim is not None:
        data = np.vstack([data, np.zeros(n_times)])
        data[2, list(stim)] = list(stim.values())
        types.append("stim")
    info = mne.create_info([*CH_NAMES, "STI 014"][: len(types)], SFREQ, types)
    raw = mne.io.RawArray(data, info, first_samp=first_samp, verbose="ERROR")
    return raw.set_annotations(mne.Annotations(list(onsets), 0.0, list(descriptions)))


def test_each_description_is_a_label():
    raw = make_raw(["right", "left", "right"], [5, 1, 9])
    events, event_id = label_events(raw)
    assert event_id == {"left": 1, "right": 2}
    assert events.tolist() == [[100, 0, 1], [500, 0, 2], [900, 0, 2]]


def test_event_id_chooses_and_renames_descriptions():
    raw = make_raw(["T0", "T1", "T2", "T1"], [1, 2, 3, 4])
    events, event_id = label_events(raw, {"fists": "T2", "feet": "T1"})
    assert event_id == {"fists": 1, "feet": 2}
    assert events.tolist() == [[200, 0, 2], [300, 0, 1], [400, 0, 2]]


@pytest.mark.parametrize("code", [int, str, np.int64])
def test_codes_of_a_stim_channel_are_chosen_as_numbers_or_text(code):
    raw = make_raw(stim={300: 7, 800: 12, 1200: 7})
    assert label_events(raw)[1] == {"12": 1, "7": 2}
    events, event_id = label_events(raw, {"left": code(7), "right": code(12)})
    assert event_id == {"left": 1, "right": 2}
    assert events.tolist() == [[300, 0, 1], [800, 0, 2], [1200, 0, 1]]


def test_a_stim_channel_is_read_in_addition_to_annotations():
    raw = make_raw(["recording starts"], [0.5], stim={300: 1, 800: 2})
    events, _ = label_events(raw, {"left": 1, "right": 2})
    assert events.tolist() == [[300, 0, 1], [800, 0, 2]]


def test_an_annotation_takes_precedence_over_a_code_of_the_same_name():
    raw = make_raw(["1"], [5.0], stim={300: 1})
    assert label_events(raw, {"left": 1})[0].tolist() == [[500, 0, 1]]


@pytest.mark.parametrize("description", ["BAD_muscle", "bad", "Bad segment", "EDGE boundary"])
@pytest.mark.filterwarnings("ignore:events are left out")
def test_bad_segments_and_edges_are_events_only_by_name(description):
    raw = make_raw(["left", description], [1, 5])
    assert label_events(raw)[1] == {"left": 1}
    assert label_events(raw, {"x": description})[0].tolist() == [[500, 0, 1]]


@pytest.mark.parametrize("first_samp", [0, 1234])
def test_events_include_the_first_sample_of_the_recording(first_samp):
    raw = make_raw(["left", "right"], [4, 9], first_samp=first_samp)
    assert label_events(raw)[0][:, 0].tolist() == [first_samp + 400, first_samp + 900]


@pytest.mark.parametrize("dated", [False, True])
@pytest.mark.parametrize("stim", [None, {400: 1, 900: 2}], ids=["annotations", "stim"])
def test_events_of_a_cropped_recording_have_the_right_samples(dated, stim):
    raw = make_raw(["1", "2"], [4, 9], stim) if stim is None else make_raw(stim=stim)
    if dated:
        raw.set_meas_date(1_000_000)
    raw._data[0] = 0
    raw._data[0, [400, 900]] = 1e-3  # a pulse at each event
    cropped = raw.copy().crop(2.5, 15.0)
    events, _ = label_events(cropped)
    assert cropped.first_samp == 250
    np.testing.assert_array_equal(cropped.get_data()[0, events[:, 0] - cropped.first_samp], 1e-3)
    assert label_events(raw.copy().crop(5.0))[0][:, 0].tolist() == [900]


@pytest.mark.parametrize("stim", [None, {}], ids=["no stim channel", "silent stim channel"])
def test_a_recording_without_events_raises(stim):
    with pytest.raises(ValueError, match="expected annotations or a stim channel"):
        label_events(make_raw(["BAD_x"], [1], stim))


def test_all_missing_events_are_named():
    with pytest.raises(ValueError, match="expected events T3, 9, got events T1, T2"):
        label_events(make_raw(["T1", "T2"], [1, 2]), {"a": "T1", "b": "T3", "c": 9})


def test_an_empty_event_id_raises():
    with pytest.raises(ValueError, match="expected event_id to hold labels"):
        label_events(make_raw(["T1"], [1]), {})


@pytest.mark.parametrize(
    ("descriptions", "event_id"),
    [(["T1", "press"], None), (["T1", "T2"], {"left": "T1", "links": "T1"})],
)
def test_two_labels_at_one_sample_raise(descriptions, event_id):
    with pytest.raises(ValueError, match=r"one label at a time, got '.*' and '.*' at 3 s"):
        label_events(make_raw(descriptions, [3, 3]), event_id)


def test_a_repeated_annotation_counts_once():
    assert label_events(make_raw(["T1", "T1"], [3, 3]))[0].tolist() == [[300, 0, 1]]


def test_labels_among_events_are_those_of_annotations_and_the_stim_channel():
    raw = make_raw(["left", "BAD_x"], [1, 5], stim={300: 7})
    assert labels_among_events(raw, ["7", "left", "right", "BAD_x"]) == {"7": "7", "left": "left"}
    assert labels_among_events(raw, ["right"]) is None


def test_labels_among_events_of_epochs_are_none():
    epochs = mne.make_fixed_length_epochs(make_raw(["left"], [1]), 1.0, verbose="ERROR")
    assert labels_among_events(epochs, ["left", "1"]) is None
