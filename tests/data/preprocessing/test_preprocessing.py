"""Preprocessing equals the corresponding MNE calls, wherever a recording starts."""

import dataclasses
import json

import mne
import numpy as np
import pytest
from scipy import signal

import eegzoo
from eegzoo.data import (
    Baseline,
    Epoch,
    EpochsDataset,
    Filter,
    Montage,
    Notch,
    Pick,
    Preprocessing,
    Reference,
    Resample,
    Scale,
    SignalWarning,
    resample_events,
    resample_raw,
)
from eegzoo.data.preprocessing.steps import STEPS
from eegzoo.data.signal.montage import named_montage
from tests.cases import channel_cases as cases

SFREQ = 100.0


def cut(tmin, tmax, l_freq=None, h_freq=None):
    """Return a preprocessing that cuts windows, after a filter if a frequency is given."""
    steps = [Filter(l_freq, h_freq)] if l_freq or h_freq else []
    return Preprocessing([*steps, Epoch(tmin, tmax)])


def filtered_by(l_freq, h_freq, raw):
    """Return the EEG channels of a recording after the filter step."""
    eeg = raw.copy().pick("eeg", exclude=())
    Filter(l_freq, h_freq).apply(eeg)
    return eeg


def make_raw(n_times=1000, first_samp=0, descriptions=(), onsets=(), durations=0.0, data=None):
    """Return two EEG channels and an EOG channel, with the sample's index in microvolts."""
    if data is None:
        data = np.tile(np.arange(n_times) * 1e-6, (3, 1))
    info = mne.create_info(["C3", "EOG", "Cz"], SFREQ, ["eeg", "eog", "eeg"])
    raw = mne.io.RawArray(data, info, first_samp=first_samp, verbose="ERROR")
    return raw.set_annotations(mne.Annotations(list(onsets), durations, list(descriptions)))


def noise(n_times=3000):
    return make_raw(data=np.random.default_rng(0).normal(0, 1e-5, (3, n_times)))


def starts_of(epochs):
    """Return the first sample of each window, read from the values of `make_raw`."""
    return np.round(epochs.get_data()[:, 0, 0] * 1e6).astype(int).tolist()


# Filter.


@pytest.mark.parametrize("band", [(8.0, 30.0), (None, 30.0), (8.0, None)])
def test_the_filter_passes_the_band_only(band):
    raw = noise()
    filtered = filtered_by(*band, raw).get_data()[:, 300:-300]
    before = raw.get_data(picks="eeg")[:, 300:-300]
    frequencies, power = signal.welch(filtered, SFREQ, nperseg=500)
    gain = power / signal.welch(before, SFREQ, nperseg=500)[1]
    low, high = band[0] or 0.0, band[1] or SFREQ
    inside = (frequencies > low + 0.5) & (frequencies < high - 1.5)
    outside = (frequencies < low - 3.5) & (frequencies > 0.5) | (frequencies > high + 9)
    assert np.all(np.abs(gain[:, inside] - 1) < 0.1)
    assert outside.any()
    assert gain[:, outside].max() < 1e-2


def test_the_filter_is_that_of_mne_for_all_eeg_channels():
    raw = noise()
    filtered = filtered_by(4.0, 38.0, raw)
    assert filtered.ch_names == ["C3", "Cz"]
    expected = mne.filter.filter_data(raw.get_data()[[0, 2]], SFREQ, 4.0, 38.0, verbose="ERROR")
    np.testing.assert_allclose(filtered.get_data(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("use", ["epochs", "windows"])
def test_the_recording_is_not_changed(use):
    raw = make_raw(descriptions=["a", "b"], onsets=[2, 5])
    raw.info["bads"] = ["Cz"]
    before = raw.copy()
    getattr(dataclasses.replace(cut(0, 1, 4.0, 38.0), bads="drop"), use)(raw)
    np.testing.assert_array_equal(raw.get_data(), before.get_data())
    assert raw.info["bads"] == ["Cz"]
    assert mne.utils.object_diff(raw.info, before.info) == ""
    assert raw.annotations == before.annotations


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("use", ["epochs", "windows"])
def test_nan_raises_by_channel_before_the_filter_spreads_it(use, value):
    raw = make_raw(descriptions=["a"], onsets=[2])
    raw._data[1] = value  # EOG is not used
    getattr(cut(0, 1), use)(raw)
    raw._data[2, 999] = value
    with pytest.raises(ValueError, match=r"NaN or infinity in channels \['Cz'\]"):
        getattr(cut(0, 1, 4.0, 38.0), use)(raw)


def test_a_recording_without_eeg_raises_with_its_channel_types():
    raw = make_raw().pick("eog")
    with pytest.raises(ValueError, match=r"expected EEG channels, got .*eog"):
        cut(0, 1).windows(raw)


@pytest.mark.parametrize(
    ("edges", "name"), [((4.0, 50.0), "h_freq"), ((None, 64.0), "h_freq"), ((60.0, None), "l_freq")]
)
def test_an_edge_above_nyquist_raises_by_name(edges, name):
    with pytest.raises(ValueError, match=f"expected {name} below half the sampling rate of 100 Hz"):
        cut(0, 1, *edges).windows(noise())


# Windows at regular intervals.


@pytest.mark.parametrize("first_samp", [0, 777])
@pytest.mark.parametrize(
    ("tmin", "tmax"),
    [(0.0, 0.99), (0.5, 1.49), (-0.5, 0.49), (2.0, 3.0), (-3.0, -2.0), (0.004, 1.006)],
)
def test_windows_tile_the_recording(first_samp, tmin, tmax):
    epochs = cut(tmin, tmax).windows(make_raw(1000, first_samp))
    n_times = epochs.times.size
    assert starts_of(epochs) == list(range(0, 1000 - n_times + 1, n_times))
    tiled = np.concatenate(list(epochs.get_data()[:, 0]))
    np.testing.assert_allclose(tiled, np.arange(len(tiled)) * 1e-6)
    onsets = (epochs.events[:, 0] - first_samp) / SFREQ + round(tmin * SFREQ) / SFREQ
    np.testing.assert_allclose(onsets * SFREQ, starts_of(epochs))  # as in `eegzoo predict`


@pytest.mark.parametrize("step_seconds", [0.01, 0.5, 1.0, 2.5])
def test_step_seconds_is_the_interval_between_windows(step_seconds):
    epochs = cut(0.0, 0.99).windows(make_raw(1000, 50), step_seconds)
    assert starts_of(epochs) == list(range(0, 901, round(step_seconds * SFREQ)))


def test_a_window_as_long_as_the_recording_fits_once():
    assert starts_of(cut(0.0, 9.99).windows(make_raw(1000))) == [0]
    with pytest.raises(ValueError, match="expected a recording of at least 10"):
        cut(0.0, 10.0).windows(make_raw(1000))


@pytest.mark.parametrize("description", ["BAD_muscle", "left"])
def test_windows_ignore_annotations(description):
    raw = make_raw(1000, 50, [description], [3.2], 2.0)
    assert starts_of(cut(0.0, 0.99).windows(raw)) == list(range(0, 1000, 100))


@pytest.mark.parametrize(
    ("description", "crossing"),
    [("EDGE boundary", {300}), ("boundary", {300}), ("BAD_ACQ_SKIP", {300, 400, 500})],
)
def test_windows_along_a_recording_cross_no_pause(description, crossing):
    raw = make_raw(1000, 50, [description], [3.2], 2.0)
    expected = [start for start in range(0, 1000, 100) if start not in crossing]
    assert starts_of(cut(0.0, 0.99).windows(raw)) == expected


@pytest.mark.parametrize("step_seconds", [0.0, -1.0, 0.001, float("nan"), "1"])
def test_a_step_of_less_than_one_sample_raises(step_seconds):
    with pytest.raises((ValueError, TypeError), match="step"):
        cut(0.0, 1.0).windows(make_raw(), step_seconds)


# Epochs around events.


@pytest.mark.parametrize("first_samp", [0, 777])
@pytest.mark.parametrize(("tmin", "tmax"), [(0.0, 1.0), (-0.5, 0.5), (0.5, 1.25)])
def test_epochs_are_around_their_events(first_samp, tmin, tmax):
    raw = make_raw(1000, first_samp, ["right", "left", "right"], [2, 4, 6])
    epochs = cut(tmin, tmax).epochs(raw)
    assert starts_of(epochs) == [round((onset + tmin) * SFREQ) for onset in (2, 4, 6)]
    labels = {code: label for label, code in epochs.event_id.items()}
    assert [labels[code] for code in epochs.events[:, 2]] == ["right", "left", "right"]
    assert epochs.times.size == round((tmax - tmin) * SFREQ) + 1
    assert epochs.ch_names == ["C3", "Cz"]
    assert epochs.baseline is None


def test_a_cropped_recording_gives_the_same_epochs():
    raw = make_raw(1000, 0, ["a", "b", "a"], [2, 4, 6])
    cropped = raw.copy().crop(3.0, 8.0)
    whole, part = (cut(-0.5, 1.0).epochs(one) for one in (raw, cropped))
    np.testing.assert_array_equal(whole.get_data()[1:], part.get_data())


def test_incomplete_and_bad_epochs_are_left_out():
    onsets = [0.1, 2, 4, 6, 9.8]
    raw = make_raw(1000, 50, ["a", "b", "a", "b", "a"], onsets)
    raw.annotations.append(4.5, 0.1, "BAD_blink")
    epochs = cut(-0.5, 1.0).epochs(raw)
    assert starts_of(epochs) == [150, 550]
    assert sum(map(bool, epochs.drop_log)) == 3


def test_event_id_selects_the_events():
    raw = make_raw(1000, 0, ["T0", "T1", "T2"], [1, 4, 7])
    epochs = cut(0, 1).epochs(raw, {"feet": "T2", "fists": "T1"})
    assert epochs.event_id == {"feet": 1, "fists": 2}
    assert starts_of(epochs) == [400, 700]


def test_a_recording_without_a_complete_epoch_raises():
    raw = make_raw(1000, 0, ["a", "a"], [9.5, 9.9])
    with pytest.raises(ValueError, match="expected events with 0 to 1 s of recording"):
        cut(0, 1).epochs(raw)


# Epochs as input.


def test_cropped_epochs_equal_those_cut_from_the_recording():
    raw = make_raw(1000, 50, ["a", "b"], [3, 6])
    longer = cut(-0.5, 2.0).epochs(raw)
    again = cut(0.0, 1.0).epochs(longer)
    np.testing.assert_array_equal(again.get_data(), cut(0.0, 1.0).epochs(raw).get_data())
    assert longer.times.size == 251


def test_epochs_that_are_too_short_raise():
    epochs = cut(0.0, 1.0).epochs(make_raw(1000, 0, ["a"], [3]))
    with pytest.raises(ValueError, match=r"expected epochs from 0 to 1.5 s, got 0 to 1 s"):
        cut(0.0, 1.5).epochs(epochs)


def test_epochs_cannot_be_filtered():
    epochs = cut(0.0, 1.0).epochs(make_raw(1000, 0, ["a"], [3]))
    with pytest.raises(ValueError, match="expected a continuous recording for the filter step"):
        cut(0.0, 1.0, 4.0).epochs(epochs)
    with pytest.raises(ValueError, match="expected event_id with a recording"):
        cut(0.0, 1.0).epochs(epochs, {"a": "a"})


# Steps and their dict.


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "expected one epoch step, got 0"),
        ([Epoch(0, 1), Epoch(0, 2)], "expected one epoch step, got 2"),
        ([Epoch(0, 1), Filter(4, 38)], "expected the filter step before the epoch step"),
        ([Baseline(), Epoch(0, 1)], "expected the baseline step after the epoch step"),
        ([Epoch(0, 1), "filter"], "expected preprocessing steps, got 'filter'"),
    ],
)
def test_invalid_steps_raise(steps, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Preprocessing(steps)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"step": "fliter"}, "unknown step 'fliter'; known are pick"),
        ({"step": "epoch", "tmin": 0, "tmax": 1, "t": 2}, "step 'epoch': .*'t'"),
        ({"tmin": 0}, "unknown step None"),
    ],
)
def test_an_invalid_dict_raises(step, message):
    with pytest.raises(ValueError, match=message):
        Preprocessing.from_dict({"steps": [step]})


ALL_STEPS = Preprocessing(
    [
        Pick(["Cz", "C3", "C4"]),
        Montage(),
        Scale(1e-3),
        Reference(),
        Notch([30.0]),
        Filter(4.0, 38.0),
        Resample(125.0),
        Epoch(-0.5, 1.0),
        Baseline(None, 0.0),
    ]
)


def big_raw():
    """Return four trials with unusual channel names, a thousand times too large."""
    ch_names = ["EEG C3..", "EOG", "EEG CZ", "EEG C4", "O1"]
    info = mne.create_info(ch_names, 100.0, ["eeg", "eog", "eeg", "eeg", "eeg"])
    data = np.random.default_rng(0).normal(0, 2e-2, (5, 3000))
    raw = mne.io.RawArray(data, info, first_samp=37, verbose="ERROR")
    onsets, labels = [3.013, 7.2, 12.777, 20.5], ["left", "right", "left", "right"]
    return raw.set_annotations(mne.Annotations(onsets, 0.0, labels))


def test_all_steps_contains_every_step():
    assert {step.name for step in ALL_STEPS.steps} | {"stretch"} == STEPS.keys()


def test_all_steps_equal_the_mne_calls_in_order():
    raw, epochs = big_raw(), ALL_STEPS.epochs(big_raw())
    raw.pick(["EEG CZ", "EEG C3..", "EEG C4"])  # in this order
    raw.rename_channels({"EEG CZ": "Cz", "EEG C3..": "C3", "EEG C4": "C4"})
    raw.apply_function(lambda data: data * 1e-3)
    raw.set_eeg_reference("average", verbose="ERROR")
    raw.notch_filter([30.0], verbose="ERROR")
    raw.filter(4.0, 38.0, verbose="ERROR")
    events, event_id = mne.events_from_annotations(raw, verbose="ERROR")
    slow = resample_raw(raw, 125.0)
    raw, events = slow, resample_events(events, raw, slow)
    expected = mne.Epochs(
        raw, events, event_id, -0.5, 1.0, baseline=(None, 0.0), preload=True, verbose="ERROR"
    )
    assert epochs.ch_names == ["Cz", "C3", "C4"]
    assert epochs.event_id == event_id
    np.testing.assert_array_equal(epochs.events[:, 2], expected.events[:, 2])
    np.testing.assert_allclose(epochs.get_data(), expected.get_data(), rtol=0, atol=1e-18)
    assert np.isfinite(epochs.info["chs"][0]["loc"][:3]).all()


@pytest.mark.parametrize(
    "preprocessing",
    [cut(-0.2, 1.0, 4.0, 38.0), cut(0.0, 2.0), ALL_STEPS],
    ids=["filtered", "plain", "all steps"],
)
def test_the_printed_code_computes_the_same(preprocessing):
    raw = big_raw().rename_channels({"EEG C3..": "C3", "EEG CZ": "Cz", "EEG C4": "C4"})
    names = {"mne": mne, "eegzoo": eegzoo, "raw": raw}
    with mne.use_log_level("ERROR"):
        exec(preprocessing.as_mne_code(), names)
    X = EpochsDataset.from_epochs(preprocessing.epochs(raw), check_signal="ignore").X
    np.testing.assert_allclose(names["X"], X, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "preprocessing",
    [
        ALL_STEPS,
        Preprocessing([Filter(np.float32(4), None), Epoch(np.int64(-1), np.float32(0.5))]),
        Preprocessing([Reference(["C3", "C4"]), Epoch(0, 1), Scale(2), Baseline(-0.5, None)]),
    ],
)
def test_json_preserves_steps_with_numbers_of_any_type(preprocessing):
    values = json.loads(json.dumps(preprocessing.to_dict()))
    assert Preprocessing.from_dict(values) == preprocessing


def test_onsets_are_correct_after_resampling():
    info = mne.create_info(["C3"], 100.0, "eeg")
    pulse = np.zeros((1, 2000))
    pulse[0, [500, 1237]] = 1.0
    raw = mne.io.RawArray(pulse, info, first_samp=321, verbose="ERROR")
    raw.set_annotations(mne.Annotations([5.0, 12.37], 0, ["a", "b"]))
    epochs = Preprocessing([Resample(250.0), Epoch(-0.5, 0.5)]).epochs(raw)
    largest = np.abs(epochs.get_data()[:, 0]).argmax(axis=1)
    np.testing.assert_allclose(epochs.times[largest], 0.0, atol=1 / 250)
    onset = EpochsDataset.from_epochs(epochs, check_signal="ignore").groups("onset")
    np.testing.assert_allclose(onset - raw.first_time, [4.5, 11.87], atol=1 / 100)


def test_nan_within_a_bad_stretch_changes_nothing_outside():
    raw = cases.nan_within_bad()
    steps = cut(0.0, 3.0, 4.0, 38.0)
    epochs = steps.epochs(raw)
    assert len(epochs) == 8
    assert np.isfinite(epochs.get_data()).all()
    intact = cases.make_raw(cases.trials(seconds=44, seed=19))
    expected = steps.epochs(intact).get_data()
    np.testing.assert_allclose(epochs.get_data()[:7], expected[:7], rtol=0, atol=1e-12)


def test_windows_with_lost_samples_are_left_out_and_said():
    raw = cases.nan_within_bad()
    with pytest.warns(SignalWarning, match="2 of 22 windows are left out, because samples are"):
        windows = cut(0.0, 2.0 - 1 / 128).windows(raw)  # 40 to 42 s and 42 to 44 s
    np.testing.assert_allclose(windows.events[:, 0] / 128, 2.0 * np.arange(20), atol=1e-9)


def test_nan_outside_bad_stretches_still_raises():
    raw = cases.nan_within_bad()
    raw._data[3, 100] = np.nan
    with pytest.raises(ValueError, match=r"NaN or infinity in channels \['C4'\]"):
        cut(0.0, 3.0).epochs(raw)


def test_channels_that_are_not_eeg_by_name_are_left_out_unless_picked():
    raw = cases.make_raw(cases.trials(4), ["Fz", "C3", "ECG", "EOG left"])
    with pytest.warns(SignalWarning, match=r"ECG \(ECG\), EOG left \(EOG\)"):
        assert cut(0.0, 3.0).epochs(raw).ch_names == ["Fz", "C3"]
    picked = Preprocessing([Pick(["Fz", "C3", "ECG", "EOG left"]), Epoch(0.0, 3.0)])
    assert picked.epochs(raw).ch_names == ["Fz", "C3", "ECG", "EOG left"]


def test_bad_channels_raise_are_interpolated_or_left_out():
    raw = cases.make_raw(cases.trials())
    raw.info["bads"] = ["Cz"]
    with pytest.raises(ValueError, match=r"expected no bad channels, got \['Cz'\]"):
        cut(0.0, 3.0).epochs(raw)
    steps = cut(0.0, 3.0)
    assert "Cz" not in dataclasses.replace(steps, bads="drop").epochs(raw).ch_names
    epochs = dataclasses.replace(steps, bads="interpolate").epochs(raw)
    # MNE's own interpolation, with the same template.
    expected = raw.copy().set_montage(named_montage()).interpolate_bads(verbose="ERROR")
    found = epochs.get_data(picks="Cz")[0, 0]
    first = epochs.events[0, 0]
    np.testing.assert_allclose(found, expected.get_data(picks="Cz")[0, first : first + 385])


def test_types_and_bads_are_saved():
    steps = Preprocessing([Epoch(0.0, 3.0)], types=["ecog"], bads="drop")
    assert Preprocessing.from_dict(steps.to_dict()) == steps
    assert Preprocessing([Epoch(0.0, 3.0)]).to_dict().keys() == {"steps"}
    with pytest.raises(ValueError, match="expected steps, types and bads"):
        Preprocessing.from_dict({"steps": [], "channels": []})
