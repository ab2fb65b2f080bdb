"""Band, reference and baseline are part of a signal, and are compared where both are known."""

import warnings

import mne
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eegzoo.data import (
    Baseline,
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Reference,
    SignalInfo,
    SignalWarning,
    as_inputs,
)
from eegzoo.data.signal.processing import Processing, common_processing


def make_raw(sfreq=128.0):
    rng = np.random.default_rng(0)
    info = mne.create_info(["C3", "Cz", "C4"], sfreq, "eeg")
    raw = mne.io.RawArray(2e-5 * rng.standard_normal((3, 4000)), info, verbose="ERROR")
    return raw.set_annotations(mne.Annotations(np.arange(2.0, 25.0, 4.0), 0.0, ["a", "b"] * 3))


def dataset(*steps, after=()):
    preprocessing = Preprocessing([*steps, Epoch(-0.5, 1.0), *after])
    return EpochsDataset.from_epochs(preprocessing.epochs(make_raw()))


PLAIN = dataset()
FILTERED = dataset(Filter(4.0, 38.0))
REFERENCED = dataset(Reference())
CORRECTED = dataset(after=[Baseline(None, 0.0)])


def test_epochs_bring_their_processing():
    assert PLAIN.info.processing == Processing(0.0, 64.0, False, ())
    assert FILTERED.info.processing == Processing(4.0, 38.0, False, ())
    assert REFERENCED.info.processing == Processing(0.0, 64.0, True, ())
    assert CORRECTED.info.processing == Processing(0.0, 64.0, False, (-0.5, 0.0))


def test_an_applied_average_projection_is_a_reference():
    raw = make_raw().set_eeg_reference("average", projection=True, verbose="ERROR")
    epochs = mne.make_fixed_length_epochs(raw, 1.0, preload=True, verbose="ERROR")
    assert Processing.of(epochs).rereferenced


@pytest.mark.parametrize(
    ("trained", "used", "message"),
    [
        (FILTERED, PLAIN, "high-pass filter at 4 Hz, got 0 Hz; a low-pass filter at 38 Hz, got 60"),
        (PLAIN, FILTERED, "a high-pass filter at 0 Hz, got 4 Hz"),
        (REFERENCED, PLAIN, "a new reference .* got that of the recording"),
        (PLAIN, REFERENCED, "the reference of the recording, got a new one"),
        (CORRECTED, PLAIN, "baseline correction from -0.5 to 0 s, got no baseline correction"),
        (PLAIN, CORRECTED, "no baseline correction, got a baseline correction from -0.5 to 0 s"),
    ],
)
def test_windows_that_were_processed_otherwise_raise_or_warn(trained, used, message):
    with pytest.raises(ValueError, match=message):
        as_inputs(used, trained.info)
    with pytest.warns(SignalWarning, match=message):
        as_inputs(used, trained.info, "warn")
    as_inputs(used, trained.info, "ignore")


@pytest.mark.parametrize("used", [PLAIN, FILTERED, REFERENCED, CORRECTED])
def test_equal_and_unknown_processing_passes(used):
    unknown = SignalInfo(["C3", "Cz", "C4"], 128.0, used.info.n_times, -0.5)
    for signal in (used.info, unknown):
        as_inputs(used, signal)


@pytest.mark.parametrize(
    ("trained", "used"),
    [
        (Processing(0.0, 100.0), Processing(0.1, 250.0)),  # two amplifiers
        (Processing(0.5, 40.0), Processing(0.3, 38.0)),
        (Processing(baseline=(-0.5, 0.0)), Processing(baseline=(-0.504, 0.0))),
    ],
)
def test_small_differences_between_amplifiers_are_none(trained, used):
    assert trained.differences(used) == used.differences(trained) == []


@given(
    st.lists(st.none() | st.floats(0, 200), min_size=4, max_size=4),
    st.sampled_from([None, (), (-0.2, 0.0), (-0.5, 0.0)]),
    st.sampled_from([None, False, True]),
)
def test_a_difference_is_one_in_both_directions(edges, baseline, rereferenced):
    one = Processing(edges[0], edges[1], rereferenced, baseline)
    other = Processing(edges[2], edges[3], True, (-0.2, 0.0))
    assert len(one.differences(other)) == len(other.differences(one))
    assert one.differences(one) == one.differences(Processing()) == []


def test_joined_data_sets_know_what_they_have_in_common():
    with pytest.warns(SignalWarning, match="a high-pass filter at 0 Hz, got 4 Hz"):
        joined = EpochsDataset.concatenate([PLAIN, FILTERED])
    assert joined.info.processing == Processing(None, None, False, ())
    assert common_processing([PLAIN.info.processing, None]) is None


def test_a_signal_with_its_processing_survives_json():
    assert SignalInfo.from_dict(CORRECTED.info.to_dict()) == CORRECTED.info


def test_a_preprocessing_says_what_it_determines():
    steps = [Filter(1.0, None), Filter(4.0, 38.0), Reference(), Epoch(0, seconds=2), Baseline()]
    assert Preprocessing(steps).processing == Processing(4.0, 38.0, True, (0.0, 0.0), False)
    assert Preprocessing([Epoch(0, 2)]).processing == Processing(baseline=(), is_causal=True)


def test_no_warning_is_given_for_windows_processed_alike():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        EpochsDataset.concatenate([FILTERED, dataset(Filter(4.0, 38.0))])
