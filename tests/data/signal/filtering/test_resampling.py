"""Resampling moves neither signal nor events; the truth is a bump at a known time."""

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Resample
from eegzoo.data.signal.filtering.polyphase import resample
from eegzoo.data.signal.filtering.resampling import (
    resample_epochs,
    resample_events,
    resample_raw,
    same_rate,
)

RATES = [(250.0, 128.0), (500.0, 250.0), (512.0, 150.15), (100.0, 128.0), (128.0005, 100.0)]


def bump(times, at):
    return np.exp(-0.5 * ((times - at) / 0.02) ** 2)


def center(signal, times, at):
    """Return the centre of gravity around a time."""
    near = np.abs(times - at) < 0.1
    return (times * signal)[near].sum() / signal[near].sum()


def make_raw(sfreq, n_times, at, first_samp=0):
    times = (first_samp + np.arange(n_times)) / sfreq
    info = mne.create_info(["C3"], sfreq, "eeg")
    raw = mne.io.RawArray(bump(times, at)[None], info, first_samp, verbose="ERROR")
    return raw.set_annotations(mne.Annotations(at - raw.first_time, 0, "bump"))


def test_a_bump_at_60_s_stays_there():
    slow = resample(bump(np.arange(30_000) / 250, 60.0), 250.0, 128.0)
    assert slow.shape == (15_360,)
    assert slow.argmax() == 60 * 128
    assert abs(center(slow, np.arange(15_360) / 128, 60.0) - 60.0) < 2e-5


@pytest.mark.parametrize("rates", RATES)
@settings(max_examples=10, deadline=None)
@given(n_times=st.integers(3000, 40_000), place=st.floats(0.1, 0.9))
def test_a_bump_stays_at_its_time_whatever_the_length(rates, n_times, place):
    old, new = rates
    at = place * n_times / old
    resampled = resample(bump(np.arange(n_times) / old, at), old, new)
    times = np.arange(len(resampled)) / new
    assert len(resampled) == round(n_times * new / old)
    assert abs(center(resampled, times, at) - at) < 0.02 / new


@pytest.mark.parametrize("frequency", [1.0, 10.0, 40.0, 53.0])
def test_frequencies_in_the_pass_band_keep_their_amplitude_and_phase(frequency):
    times = np.arange(5000) / 250
    slow = resample(np.cos(2 * np.pi * frequency * times), 250.0, 128.0)
    expected = np.cos(2 * np.pi * frequency * np.arange(len(slow)) / 128)
    np.testing.assert_allclose(slow[100:-100], expected[100:-100], atol=0.01)


def test_frequencies_above_the_new_nyquist_frequency_do_not_alias():
    times = np.arange(5000) / 250
    slow = resample(np.cos(2 * np.pi * 80 * times), 250.0, 128.0)
    assert np.abs(slow[100:-100]).max() < 0.005


@pytest.mark.parametrize(("old", "new"), RATES)
@pytest.mark.parametrize("first_samp", [0, 1, 777])
def test_events_stay_within_half_a_sample_of_the_signal(old, new, first_samp):
    at = first_samp / old + 20.3217
    raw = make_raw(old, round(45 * old), at, first_samp)
    epochs = Preprocessing([Resample(new), Epoch(-0.5, 0.5)]).epochs(raw)
    found = center(epochs.get_data()[0, 0], epochs.times, 0.0)
    assert abs(found) <= 0.5 / new + 0.5 / old  # the annotation itself is rounded to old samples
    onset = EpochsDataset.from_epochs(epochs, check_signal="ignore").groups("onset") + 0.5
    assert abs(onset - at) <= 1 / new + 0.5 / old


@pytest.mark.parametrize("date", [None, 0])
def test_annotations_stay_at_their_places_in_a_cropped_recording(date):
    raw = make_raw(250.0, 10_000, 20.0)
    raw.set_meas_date(date).crop(3.1237, None)
    slow = resample_raw(raw, 128.0)
    place = slow.annotations.onset[0] - slow.first_time
    assert abs(center(slow.get_data()[0], slow.times, place) - place) < 1e-3


def test_epochs_keep_their_first_sample_events_and_metadata():
    raw = make_raw(250.0, 10_000, 20.0)
    events, event_id = mne.events_from_annotations(raw, verbose="ERROR")
    epochs = mne.Epochs(
        raw, events, event_id, -0.3, 0.701, baseline=None, preload=True, verbose="ERROR"
    )
    slow = resample_epochs(epochs, 128.0)
    assert slow.tmin == epochs.tmin
    assert slow.event_id == epochs.event_id
    assert abs(center(slow.get_data()[0, 0], slow.times, 0.0)) < 1e-4
    datasets = [EpochsDataset.from_epochs(x, check_signal="ignore") for x in (epochs, slow)]
    assert datasets[0].groups("onset") == datasets[1].groups("onset")


def test_an_event_after_the_last_new_sample_is_moved_onto_it():
    raw = make_raw(250.0, 1001, 2.0)
    slow = resample_raw(raw, 125.0)
    assert resample_events(np.array([[1000, 0, 1]]), raw, slow).tolist() == [[499, 0, 1]]


def test_rates_that_differ_by_less_than_a_clock_are_the_same():
    assert same_rate(128.0, 128.00002)
    assert not same_rate(128.0, 128.02)
    raw = make_raw(128.00002, 1000, 2.0)
    assert resample_raw(raw, 128.0) is raw


def test_absurd_rates_raise():
    with pytest.raises(ValueError, match="new_sfreq within a factor of 10000 of 250 Hz"):
        resample(np.zeros(100), 250.0, 1e-3)
