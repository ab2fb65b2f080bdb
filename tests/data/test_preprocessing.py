"""Filter and windows do what they say, wherever a recording starts."""

import json

import mne
import numpy as np
import pytest
from scipy import signal

from eegzoo.data import Preprocessing

SFREQ = 100.0


def make_raw(n_times=1000, first_samp=0, descriptions=(), onsets=(), durations=0.0, data=None):
    """Two EEG channels that hold the sample's number in microvolts, and an EOG channel."""
    if data is None:
        data = np.tile(np.arange(n_times) * 1e-6, (3, 1))
    info = mne.create_info(["C3", "EOG", "Cz"], SFREQ, ["eeg", "eog", "eeg"])
    raw = mne.io.RawArray(data, info, first_samp=first_samp, verbose="ERROR")
    return raw.set_annotations(mne.Annotations(list(onsets), durations, list(descriptions)))


def noise(n_times=3000):
    return make_raw(data=np.random.default_rng(0).normal(0, 1e-5, (3, n_times)))


def starts_of(epochs):
    """First sample of each window, as the data themselves tell it."""
    return np.round(epochs.get_data()[:, 0, 0] * 1e6).astype(int).tolist()


# The filter.


@pytest.mark.parametrize("band", [(8.0, 30.0), (None, 30.0), (8.0, None)])
def test_the_band_is_passed_and_the_rest_is_not(band):
    raw = noise()
    filtered = Preprocessing(0, 1, *band).filter(raw).get_data()[:, 300:-300]
    before = raw.get_data(picks="eeg")[:, 300:-300]
    frequencies, power = signal.welch(filtered, SFREQ, nperseg=500)
    gain = power / signal.welch(before, SFREQ, nperseg=500)[1]
    low, high = band[0] or 0.0, band[1] or SFREQ
    inside = (frequencies > low + 0.5) & (frequencies < high - 1.5)
    outside = (frequencies < low - 3.5) & (frequencies > 0.5) | (frequencies > high + 9)
    assert np.all(np.abs(gain[:, inside] - 1) < 0.1)
    assert outside.any()
    assert gain[:, outside].max() < 1e-2


def test_the_filter_is_mnes_own_for_every_eeg_channel_bads_too():
    raw = noise()
    raw.info["bads"] = ["Cz"]
    filtered = Preprocessing(0, 1, 4.0, 38.0).filter(raw)
    assert filtered.ch_names == ["C3", "Cz"]
    expected = mne.filter.filter_data(raw.get_data()[[0, 2]], SFREQ, 4.0, 38.0, verbose="ERROR")
    np.testing.assert_allclose(filtered.get_data(), expected, rtol=0, atol=1e-12)


def test_without_edges_nothing_is_filtered():
    raw = noise()
    np.testing.assert_array_equal(
        Preprocessing(0, 1).filter(raw).get_data(), raw.get_data(picks="eeg")
    )


@pytest.mark.parametrize("use", ["filter", "epochs", "windows"])
def test_the_recording_is_not_changed(use):
    raw = make_raw(descriptions=["a", "b"], onsets=[2, 5])
    raw.info["bads"] = ["Cz"]
    before = raw.copy()
    getattr(Preprocessing(0, 1, 4.0, 38.0), use)(raw)
    np.testing.assert_array_equal(raw.get_data(), before.get_data())
    assert raw.info["bads"] == ["Cz"]
    assert mne.utils.object_diff(raw.info, before.info) == ""
    assert raw.annotations == before.annotations


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("use", ["filter", "epochs", "windows"])
def test_nan_raises_by_channel_before_the_filter_spreads_it(use, value):
    raw = make_raw(descriptions=["a"], onsets=[2])
    raw._data[1] = value  # EOG is not used
    getattr(Preprocessing(0, 1), use)(raw)
    raw._data[2, 999] = value
    with pytest.raises(ValueError, match=r"NaN or infinity in channels \['Cz'\]"):
        getattr(Preprocessing(0, 1, 4.0, 38.0), use)(raw)


def test_no_eeg_raises_and_says_what_is_there():
    raw = make_raw().pick("eog")
    with pytest.raises(ValueError, match=r"expected EEG channels, got .*eog"):
        Preprocessing(0, 1).windows(raw)


@pytest.mark.parametrize(
    ("edges", "name"), [((4.0, 50.0), "h_freq"), ((None, 64.0), "h_freq"), ((60.0, None), "l_freq")]
)
def test_an_edge_above_nyquist_raises_by_name(edges, name):
    with pytest.raises(ValueError, match=f"expected {name} below half the sampling rate of 100 Hz"):
        Preprocessing(0, 1, *edges).filter(noise())


# Windows along a recording.


@pytest.mark.parametrize("first_samp", [0, 777])
@pytest.mark.parametrize(
    ("tmin", "tmax"),
    [(0.0, 0.99), (0.5, 1.49), (-0.5, 0.49), (2.0, 3.0), (-3.0, -2.0), (0.004, 1.006)],
)
def test_windows_tile_the_recording(first_samp, tmin, tmax):
    epochs = Preprocessing(tmin, tmax).windows(make_raw(1000, first_samp))
    n_times = epochs.times.size
    assert starts_of(epochs) == list(range(0, 1000 - n_times + 1, n_times))
    tiled = np.concatenate(list(epochs.get_data()[:, 0]))
    np.testing.assert_allclose(tiled, np.arange(len(tiled)) * 1e-6)
    onsets = (epochs.events[:, 0] - first_samp) / SFREQ + round(tmin * SFREQ) / SFREQ
    np.testing.assert_allclose(onsets * SFREQ, starts_of(epochs))  # as `eegzoo predict` counts


@pytest.mark.parametrize("step_seconds", [0.01, 0.5, 1.0, 2.5])
def test_a_step_moves_the_windows_by_so_much(step_seconds):
    epochs = Preprocessing(0.0, 0.99).windows(make_raw(1000, 50), step_seconds)
    assert starts_of(epochs) == list(range(0, 901, round(step_seconds * SFREQ)))


def test_a_window_as_long_as_the_recording_fits_once():
    assert starts_of(Preprocessing(0.0, 9.99).windows(make_raw(1000))) == [0]
    with pytest.raises(ValueError, match="expected a recording of at least 10"):
        Preprocessing(0.0, 10.0).windows(make_raw(1000))


@pytest.mark.parametrize("description", ["BAD_muscle", "EDGE boundary", "left"])
def test_windows_are_there_whatever_happens_in_them(description):
    raw = make_raw(1000, 50, [description], [3.2], 2.0)
    assert starts_of(Preprocessing(0.0, 0.99).windows(raw)) == list(range(0, 1000, 100))


@pytest.mark.parametrize("step_seconds", [0.0, -1.0, 0.001, float("nan"), "1"])
def test_a_step_of_no_sample_raises(step_seconds):
    with pytest.raises((ValueError, TypeError), match="step"):
        Preprocessing(0.0, 1.0).windows(make_raw(), step_seconds)


# Windows at events.


@pytest.mark.parametrize("first_samp", [0, 777])
@pytest.mark.parametrize(("tmin", "tmax"), [(0.0, 1.0), (-0.5, 0.5), (0.5, 1.25)])
def test_epochs_are_around_their_events(first_samp, tmin, tmax):
    raw = make_raw(1000, first_samp, ["right", "left", "right"], [2, 4, 6])
    epochs = Preprocessing(tmin, tmax).epochs(raw)
    assert starts_of(epochs) == [round((onset + tmin) * SFREQ) for onset in (2, 4, 6)]
    labels = {code: label for label, code in epochs.event_id.items()}
    assert [labels[code] for code in epochs.events[:, 2]] == ["right", "left", "right"]
    assert epochs.times.size == round((tmax - tmin) * SFREQ) + 1
    assert epochs.ch_names == ["C3", "Cz"]
    assert epochs.baseline is None


def test_a_cropped_recording_gives_the_same_epochs():
    raw = make_raw(1000, 0, ["a", "b", "a"], [2, 4, 6])
    cropped = raw.copy().crop(3.0, 8.0)
    whole, part = (Preprocessing(-0.5, 1.0).epochs(one) for one in (raw, cropped))
    np.testing.assert_array_equal(whole.get_data()[1:], part.get_data())


def test_epochs_that_are_not_whole_or_marked_bad_are_left_out():
    onsets = [0.1, 2, 4, 6, 9.8]
    raw = make_raw(1000, 50, ["a", "b", "a", "b", "a"], onsets)
    raw.annotations.append(4.5, 0.1, "BAD_blink")
    epochs = Preprocessing(-0.5, 1.0).epochs(raw)
    assert starts_of(epochs) == [150, 550]
    assert sum(map(bool, epochs.drop_log)) == 3


def test_event_id_chooses_the_events():
    raw = make_raw(1000, 0, ["T0", "T1", "T2"], [1, 4, 7])
    epochs = Preprocessing(0, 1).epochs(raw, {"feet": "T2", "fists": "T1"})
    assert epochs.event_id == {"feet": 1, "fists": 2}
    assert starts_of(epochs) == [400, 700]


def test_no_whole_epoch_raises():
    raw = make_raw(1000, 0, ["a", "a"], [9.5, 9.9])
    with pytest.raises(ValueError, match=r"expected events with 0\.0 to 1\.0 s of recording"):
        Preprocessing(0, 1).epochs(raw)


# The description.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 1), "tmin below tmax"),
        ((2, 1), "tmin below tmax"),
        ((float("nan"), 1), "tmin"),
        (("0", 1), "tmin"),
        ((0, float("inf")), "tmax"),
        ((0, 1, 0.0), "l_freq"),
        ((0, 1, -4.0, 8.0), "l_freq"),
        ((0, 1, 4.0, float("nan")), "h_freq"),
        ((0, 1, 30.0, 30.0), "l_freq below h_freq"),
        ((0, 1, 38.0, 4.0), "l_freq below h_freq"),
    ],
)
def test_what_cannot_be_raises_by_name(arguments, message):
    with pytest.raises((ValueError, TypeError), match=f"expected {message}"):
        Preprocessing(*arguments)


def test_it_goes_through_json_whatever_numbers_it_was_given():
    given = Preprocessing(np.float32(-0.5), np.int64(4), np.float32(4), None)
    again = Preprocessing.from_dict(json.loads(json.dumps(given.to_dict())))
    assert again == given == Preprocessing(-0.5, 4.0, 4.0)
