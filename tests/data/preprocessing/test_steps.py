"""Each preprocessing step checks its arguments and changes the signal as documented."""

import mne
import numpy as np
import pytest
from scipy import signal

from eegzoo.data import (
    Baseline,
    Epoch,
    Filter,
    Montage,
    Notch,
    Pick,
    Reference,
    Resample,
    Scale,
)


def make_raw(ch_names=("Fz", "C3", "Cz", "C4", "Pz"), sfreq=200.0):
    data = np.random.default_rng(0).normal(0, 2e-5, (len(ch_names), 2000))
    return mne.io.RawArray(data, mne.create_info(list(ch_names), sfreq, "eeg"), verbose="ERROR")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Epoch(1, 1), "tmin below tmax"),
        (lambda: Epoch(2, 1), "tmin below tmax"),
        (lambda: Epoch(float("nan"), 1), "tmin"),
        (lambda: Epoch("0", 1), "tmin"),
        (lambda: Epoch(0), "either tmax or seconds"),
        (lambda: Epoch(0, 1, 1), "either tmax or seconds"),
        (lambda: Epoch(0, seconds=0), "seconds"),
        (lambda: Epoch(0, float("inf")), "tmax"),
        (lambda: Filter(0.0, None), "l_freq"),
        (lambda: Filter(-4.0, 8.0), "l_freq"),
        (lambda: Filter(4.0, float("nan")), "h_freq"),
        (lambda: Filter(30.0, 30.0), "l_freq below h_freq"),
        (lambda: Filter(None, None), "l_freq or h_freq"),
        (lambda: Notch([]), "freqs"),
        (lambda: Notch([50.0, -1.0]), "freqs"),
        (lambda: Resample(0), "sfreq"),
        (lambda: Scale(0.0), "factor"),
        (lambda: Scale(float("inf")), "factor"),
        (lambda: Pick([]), "ch_names"),
        (lambda: Pick("C3"), "ch_names"),
        (lambda: Reference("C3"), "channels"),
        (lambda: Montage("standard_1006"), "montage"),
        (lambda: Baseline("0", None), "tmin"),
    ],
)
def test_invalid_arguments_raise_by_name(make, message):
    with pytest.raises((ValueError, TypeError), match=f"expected {message}"):
        make()


def test_pick_selects_reorders_and_renames_channels():
    raw = make_raw(("EEG Cz-REF", "fc5.", "EEG T3"))
    Pick(["T7", "FC5", "Cz"]).apply(raw)
    assert raw.ch_names == ["T7", "FC5", "Cz"]
    np.testing.assert_array_equal(raw.get_data(), make_raw(("a", "b", "c")).get_data()[[2, 1, 0]])


def test_pick_raises_with_the_missing_channels():
    with pytest.raises(ValueError, match=r"channels \['Oz'\] are missing"):
        Pick(["Cz", "Oz"]).apply(make_raw())


@pytest.mark.parametrize("montage", ["standard_1005", "standard_1020", "biosemi64"])
def test_montage_sets_the_electrode_positions(montage):
    raw = make_raw()
    Montage(montage).apply(raw)
    places = np.array([channel["loc"][:3] for channel in raw.info["chs"]])
    assert np.isfinite(places).all()
    assert places[1, 0] < places[2, 0] < places[3, 0]  # C3, Cz, C4 from left to right


def test_montage_raises_with_unknown_channels():
    with pytest.raises(ValueError, match=r"montage standard_1005(?s:.*)Wrist"):
        Montage().apply(make_raw(("C3", "Wrist")))


def test_average_reference_makes_the_mean_zero():
    raw = make_raw()
    Reference().apply(raw)
    np.testing.assert_allclose(raw.get_data().mean(axis=0), 0, atol=1e-20)


def test_bad_channels_get_the_same_reference_and_are_not_part_of_it():
    info = mne.create_info(list("ABCDEFGH"), 100.0, "eeg")
    constants = np.repeat(np.arange(1.0, 9.0)[:, None], 50, axis=1)
    raw = mne.io.RawArray(1e-6 * constants, info, verbose="ERROR")
    raw.info["bads"] = ["H"]
    referenced = 1e6 * Reference().apply(raw).get_data()[:, 0]
    np.testing.assert_allclose(referenced, [-3, -2, -1, 0, 1, 2, 3, 4], atol=1e-9)


def test_an_average_reference_needs_a_good_channel():
    raw = make_raw()
    raw.info["bads"] = raw.ch_names
    with pytest.raises(ValueError, match="expected good channels for an average reference"):
        Reference().apply(raw)


def test_reference_channels_must_exist():
    with pytest.raises(ValueError, match=r"expected reference channels \['M1'\], got"):
        Reference(["C3", "M1"]).apply(make_raw())


def test_windows_in_seconds_follow_each_other_at_any_rate():
    for sfreq in (100.0, 128.0, 200.0, 250.0, 256.0, 512.0):
        assert Epoch(0, seconds=30).n_times(sfreq) == 30 * sfreq
        assert Epoch(0, seconds=30).last_time(sfreq) == 30 - 1 / sfreq


def test_reference_subtracts_the_mean_of_the_named_channels():
    raw, before = make_raw(), make_raw().get_data()
    Reference(["C3", "C4"]).apply(raw)
    np.testing.assert_allclose(raw.get_data(), before - before[[1, 3]].mean(axis=0), atol=1e-20)


def test_notch_removes_its_frequency_only():
    raw = make_raw()
    times = raw.times
    raw._data += 1e-4 * np.sin(2 * np.pi * 50 * times)
    Notch([50.0]).apply(raw)
    frequencies, power = signal.welch(raw.get_data(), 200.0, nperseg=400)
    assert power[:, frequencies == 50].max() < 3 * np.median(power)
    assert power[:, np.abs(frequencies - 40) < 5].mean() > np.median(power) / 2


@pytest.mark.parametrize("step", [Notch([60.0, 100.0]), Filter(None, 100.0), Filter(120.0, None)])
def test_frequencies_above_nyquist_raise(step):
    with pytest.raises(ValueError, match=r"below half the sampling rate of 200 Hz, got 1[02]0"):
        step.apply(make_raw())


def test_resample_keeps_the_samples_of_an_equal_rate():
    raw = make_raw()
    assert Resample(200.0).apply(raw) is raw
    assert Resample(200.00002).apply(raw) is raw


def test_scale_multiplies_by_its_factor():
    raw, before = make_raw(), make_raw().get_data()
    Scale(1e-3).apply(raw)
    np.testing.assert_array_equal(raw.get_data(), before * 1e-3)
