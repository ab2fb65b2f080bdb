"""Windows are converted to another signal only in the ways that the arguments allow."""

import warnings

import mne
import numpy as np
import pytest

from eegzoo.data import SignalInfo, SignalWarning, align, simulate_motor_imagery
from eegzoo.data.signal.alignment import interpolation

TEN = ("F3", "Fz", "F4", "C3", "Cz", "C4", "P3", "Pz", "P4", "Oz")


def info(ch_names=TEN, sfreq=200.0, n_times=400, tmin=0.0):
    return SignalInfo(ch_names, sfreq, n_times, tmin)


def windows(n_chans=10, n_times=400):
    return np.random.default_rng(0).normal(0, 20, (3, n_chans, n_times)).astype(np.float32)


def test_equal_signals_are_unchanged():
    np.testing.assert_array_equal(align(info(), info())(windows()), windows())


def test_channels_are_ordered_by_name():
    available = info(["EEG Cz", "P3..", "EEG-C4", "T3"])
    ordered = align(available, info(["T7", "C4", "Cz", "P3"]))(windows(4))
    np.testing.assert_array_equal(ordered, windows(4)[:, [3, 2, 0, 1]])


def test_extra_channels_are_left_out_with_a_warning():
    with pytest.warns(SignalWarning, match=r"channels \['EOG', 'Oz'\] are left out"):
        alignment = align(info(["EOG", "C3", "Oz", "C4"]), info(["C4", "C3"]))
    np.testing.assert_array_equal(alignment(windows(4)), windows(4)[:, [3, 1]])


def test_missing_channels_raise_by_name_before_any_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=r"channels \['Cz', 'Oz'\] are missing"):
            align(info(["C3", "EOG", "C4"]), info(["C3", "Cz", "Oz"]))


def test_missing_channels_can_be_set_to_zero():
    alignment = align(info(["C4", "C3"]), info(["C3", "Cz", "C4"]), missing="zero")
    X = windows(2)
    np.testing.assert_array_equal(alignment(X), np.stack([X[:, 1], 0 * X[:, 0], X[:, 0]], axis=1))


def test_missing_channels_are_interpolated_as_mne_does():
    raw = simulate_motor_imagery(n_trials=2, random_state=0)
    epochs = mne.make_fixed_length_epochs(raw, 2.0, preload=True, verbose="ERROR")
    X = epochs.get_data() * 1e6
    for name in ("Cz", "CP3"):
        one = epochs.copy()
        one.info["bads"] = [name]
        one.interpolate_bads(verbose="ERROR")
        kept = [channel for channel in raw.ch_names if channel != name]
        available, target = (info(names, 128.0, X.shape[2]) for names in (kept, raw.ch_names))
        aligned = align(available, target, missing="interpolate")(
            X[:, [raw.ch_names.index(channel) for channel in kept]].astype(np.float32)
        )
        expected = one.get_data() * 1e6
        place = raw.ch_names.index(name)
        np.testing.assert_allclose(aligned, expected, atol=2e-2)
        # It is also close to the original channel.
        assert np.corrcoef(aligned[:, place].ravel(), X[:, place].ravel())[0, 1] > 0.9


def test_channels_without_a_position_have_no_weight_in_an_interpolation():
    weights = interpolation([*TEN[:4], "ECG", *TEN[5:]], "Cz")
    assert weights[4] == 0
    assert (weights[[0, 1, 2, 3]] != 0).all()


@pytest.mark.parametrize(
    ("available", "wanted"),
    [(TEN, "Wrist"), (("C3", "C4", "Pz"), "Cz"), (("a", "b", "c", "d"), "Cz")],
)
def test_an_impossible_interpolation_raises(available, wanted):
    with pytest.raises(ValueError, match="at least four other channels in the 10-05 system"):
        align(info(available), info([*available, wanted]), missing="interpolate")


def test_another_sampling_rate_raises_or_is_resampled():
    target = info(sfreq=100.0, n_times=200)
    with pytest.raises(ValueError, match="expected sfreq of 100 Hz, got 200 Hz"):
        align(info(), target)
    times = np.arange(400) / 200
    slow = np.sin(2 * np.pi * 7 * times)
    fast = np.sin(2 * np.pi * 70 * times)  # above the new Nyquist
    X = np.tile(slow + fast, (1, 10, 1)).astype(np.float32)
    resampled = align(info(), target, resample=True)(X)
    assert resampled.shape == (1, 10, 200)
    np.testing.assert_allclose(resampled[0, 0, 20:-20], slow[::2][20:-20], atol=0.05)


def test_a_longer_window_raises_or_is_cropped():
    target = info(n_times=100, tmin=0.5)
    with pytest.raises(ValueError, match="expected n_times of 100"):
        align(info(), target)
    np.testing.assert_array_equal(
        align(info(), target, crop=True)(windows()), windows()[:, :, 100:200]
    )


@pytest.mark.parametrize("change", [{"n_times": 401}, {"tmin": -0.1}, {"tmin": 1.9}])
def test_a_window_that_exceeds_the_available_one_cannot_be_cropped(change):
    with pytest.raises(ValueError, match=r"expected (n_times|tmin)"):
        align(info(), info(**{"n_times": 100, **change}), crop=True)


def test_an_unknown_treatment_of_missing_channels_raises():
    with pytest.raises(ValueError, match="expected missing to be one of"):
        align(info(), info(), missing="guess")
