"""Events that readers lose or mix up are found, or the fault is named."""

import warnings

import mne
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.data import EventSource, label_events, list_events, read_recording
from eegzoo.data.reading.events.stim_channels import code_changes
from tests.cases.event_cases import (
    EIGHT,
    NAMES,
    pulses,
    raw_with,
    status_bits,
    stim_never_zero,
    write_brainvision,
    write_edf,
)


def counts(raw, event_id=None, source=None):
    events, codes = label_events(raw, event_id, source)
    return {label: int((events[:, 2] == code).sum()) for label, code in codes.items()}


# Stim channels.


def test_codes_that_do_not_return_to_zero_are_all_found():
    assert counts(stim_never_zero()) == {"1": 3, "2": 3, "3": 2}


def test_biosemi_codes_that_follow_each_other_are_all_found():
    stim = np.full(40 * 128, float(0xFF00))
    stim[300:400] = 0xFF06
    stim[400:500] = 0xFF02
    events, codes = label_events(raw_with(stims={"Status": stim}))
    assert codes == {"2": 1, "6": 2}
    assert events.tolist() == [[300, 0, 2], [400, 0, 1]]


def test_status_channels_are_read_without_the_amplifiers_bits():
    assert counts(status_bits()) == {"1": 4, "2": 4}


def test_a_mask_chooses_the_bits_of_any_channel():
    raw = raw_with(stims={"Trig": pulses({2: 1, 4: 2}, base=0x1F0000)})
    assert counts(raw, source=EventSource(stim_mask=0xFF)) == {"1": 1, "2": 1}


def test_status_bits_above_the_eighth_are_said():
    raw = raw_with(stims={"Status": pulses({2: 0x101, 4: 0x201})})
    with pytest.warns(RuntimeWarning, match="--stim-mask 0xFFFF"):
        assert counts(raw) == {"1": 2}
    assert counts(raw, source=EventSource(stim_mask=0xFFFF)) == {"257": 1, "513": 1}


def test_each_trigger_line_is_a_class():
    raw = raw_with(stims={"DIN1": pulses({2: 1, 9: 1}), "DIN2": pulses({5: 1, 12: 1, 15: 1})})
    assert counts(raw) == {"DIN1": 2, "DIN2": 3}
    assert counts(raw, source=EventSource(stim="DIN2")) == {"1": 3}


def test_a_channel_that_repeats_the_lines_is_read_alone():
    lines = {"STI 001": pulses({2: 1, 9: 1}), "STI 002": pulses({5: 1})}
    raw = raw_with(stims={**lines, "STI 014": pulses({2: 1, 5: 2, 9: 1})})
    assert counts(raw) == {"1": 2, "2": 1}


def test_two_channels_of_codes_are_named():
    four = pulses({2: 1, 4: 2, 6: 1, 8: 2})
    raw = raw_with(stims={"STI 014": four, "STI 101": pulses({3: 1, 5: 2, 7: 3})})
    with pytest.raises(ValueError, match=r"STI 014: 4 events.*STI 101: 3 events.*--stim NAME"):
        label_events(raw)
    assert counts(raw, source=EventSource(stim="STI 014")) == {"1": 2, "2": 2}


def test_an_analogue_line_is_refused_with_its_values():
    raw = raw_with(stims={"Trig": pulses({2: 1.37, 4: 2.81})})
    with pytest.raises(ValueError, match=r"whole numbers in stim channel 'Trig', got 0, 1.37, 2"):
        label_events(raw)


def test_an_unknown_stim_channel_raises():
    with pytest.raises(ValueError, match="unknown stim channel 'STI'; did you mean 'STI 014'"):
        label_events(stim_never_zero(), source=EventSource(stim="STI"))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=60))
def test_code_changes_equal_mnes_events(codes):
    codes = np.array([0, *codes])
    raw = mne.io.RawArray(codes[None], mne.create_info(1, 100.0, "stim"), verbose="ERROR")
    expected = mne.find_events(raw, consecutive=True, shortest_event=1, verbose="ERROR")
    starts, values, lengths = code_changes(codes)
    assert starts.tolist() == expected[:, 0].tolist()
    assert values.tolist() == expected[:, 2].tolist()
    held = [np.full(length, value) for value, length in zip(values, lengths, strict=True)]
    assert sum(map(len, held)) == np.count_nonzero(codes)


def test_codes_rescaled_in_edf_are_said(tmp_path):
    codes = pulses({2: 1, 4: 2, 6: 3})
    rows = [np.random.default_rng(0).normal(0, 10, 40 * 128), codes]
    path = write_edf(tmp_path / "stim.edf", [], rows, ["Cz", "TRIGGER"])
    raw = read_recording(path)
    assert "stim" in raw.get_channel_types()
    with pytest.warns(RuntimeWarning, match="TRIGGER were rescaled by .* read: "):
        label_events(raw)


# Annotations.


def test_a_code_held_for_several_samples_is_one_event():
    notes = [(2 + k / 128, 0.0, "DIN1") for k in range(5)] + [(4.0, 0.0, "DIN1")]
    events, _ = label_events(raw_with(notes))
    assert events[:, 0].tolist() == [256, 512]


def test_a_condition_named_bad_is_said_and_wins_by_name():
    notes = [(2.0 + 3 * k, 0.0, name) for k, name in enumerate(["good", "bad", "neutral"] * 3)]
    raw = raw_with(notes)
    with pytest.warns(RuntimeWarning, match="left out .* 3 of 'bad'"):
        assert counts(raw) == {"good": 3, "neutral": 3}
    assert counts(raw, {"good": "good", "bad": "bad"}) == {"good": 3, "bad": 3}


@pytest.mark.parametrize("name", ["edges", "badge", "Badminton", "bads", "EDGES", "12", "5 Hz"])
def test_names_that_only_begin_like_a_mark_are_classes(name):
    assert counts(raw_with([(2.0, 0.0, name), (5.0, 0.0, "other")])) == {name: 1, "other": 1}


@pytest.mark.parametrize(
    "name",
    ["Comment/BAD_move", "BAD_ACQ_SKIP", "BADmuscle", "REC START Fp1", "+12.0", "10:31:02",
     "2020-01-01 10:31:02.5", "New Segment/", "boundary", "BAD boundary", "EDGE boundary",
     "Sleep stage ?"],
)  # fmt: skip
def test_marks_pauses_and_time_stamps_are_no_classes(name):
    assert counts(raw_with([(2.0, 0.0, name), (5.0, 0.0, "other")])) == {"other": 1}


def test_two_sources_are_listed_and_the_one_with_more_events_is_read():
    codes = {onset: 1 + (label == "b") for onset, label in EIGHT}
    notes = [(3.0, 0.0, "blink"), (8.0, 0.0, "comment: patient moved")]
    raw = raw_with(notes, {"STI 014": pulses(codes)})
    with pytest.warns(RuntimeWarning, match=r'annotations have blink \(1\), "comment: .*1 \(4\)'):
        assert counts(raw) == {"1": 4, "2": 4}
    by_name = EventSource("annotations")
    assert counts(raw, source=by_name) == {"blink": 1, "comment: patient moved": 1}
    assert counts(raw, {"blink": "blink", "one": 1}) == {"blink": 1, "one": 4}


def test_annotations_that_repeat_a_stim_channel_are_read_in_silence():
    notes = [(onset, 0.0, f"S{1 + (label == 'b')}") for onset, label in EIGHT]
    codes = {onset: 1 + (label == "b") for onset, label in EIGHT}
    assert counts(raw_with(notes, {"STI 014": pulses(codes)})) == {"S1": 4, "S2": 4}


def test_brainvision_markers_after_the_end_are_counted(tmp_path):
    with pytest.warns(RuntimeWarning, match=r"Omitted 1 annotation"):
        raw = read_recording(write_brainvision(tmp_path))
    assert counts(raw) == {"Stimulus/S  1": 4, "Stimulus/S  2": 4}


def test_the_list_of_events_has_what_event_id_takes():
    notes = [(2.0, 20.0, "Stimulus/S  1"), (30.0, 2.0, "press, left"), (35.0, 0.0, "boundary")]
    first, second, third = list_events(raw_with(notes, {"STI 014": pulses({3: 7})}))[1:]
    assert (first.name, first.count, first.duration) == ("boundary", 1, 0.0) or first
    table = {event.name: event for event in (first, second, third)}
    assert table["press, left"].event_id == '"press, left"="press, left"'
    assert table["7"].source == "stim"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list_events(raw_with()) == []


def test_a_channel_name_does_not_matter_for_edf_events(tmp_path):
    path = write_edf(tmp_path / "eight.edf", [(on, 0.0, label) for on, label in EIGHT])
    assert read_recording(path).ch_names == list(NAMES)
    assert counts(read_recording(path)) == {"a": 4, "b": 4}
