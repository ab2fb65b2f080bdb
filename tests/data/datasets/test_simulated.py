"""Simulated recordings resemble EEG, can be decoded imperfectly, and are reproducible."""

import itertools

import mne
import numpy as np
import pytest
from scipy import signal
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from eegzoo.data.datasets.simulated import simulate_motor_imagery, simulate_sleep

FRONT_TO_BACK = ("Fp1", "Fp2", "Fz", "C3", "Cz", "C4", "Pz", "O1", "O2")
STAGES = ["W", "N1", "N2", "N3", "REM"]


def labels_of(raw):
    return np.array([str(label) for label in raw.annotations.description])


def windows_of(raw, start, stop):
    """Return windows from `start` to `stop` seconds after each annotation in microvolts."""
    sfreq = raw.info["sfreq"]
    begins = np.round((raw.annotations.onset + start) * sfreq).astype(int)
    n_times = round((stop - start) * sfreq)
    data = raw.get_data() * 1e6
    return np.stack([data[:, begin : begin + n_times] for begin in begins])


def band_power(x, sfreq, low, high):
    frequencies, power = signal.welch(x, sfreq, nperseg=min(x.shape[-1], int(4 * sfreq)))
    return power[..., (frequencies >= low) & (frequencies < high)].mean(-1)


@pytest.fixture(scope="module")
def imagery():
    return simulate_motor_imagery(100, ch_names=FRONT_TO_BACK, random_state=0)


@pytest.fixture(scope="module")
def sleep():
    return simulate_sleep(2, ch_names=("Fpz-Cz", "Pz-Oz", "Cz", "Oz"), random_state=0)


def test_motor_imagery_has_the_requested_channels_rate_and_length():
    raw = simulate_motor_imagery(
        3, sfreq=160.0, rest_seconds=1.0, imagery_seconds=2.5, random_state=0
    )
    assert raw.info["sfreq"] == 160
    assert len(raw.ch_names) == 22
    assert raw.n_times == 3 * 3.5 * 160
    np.testing.assert_allclose(raw.annotations.onset, [0.5, 4.0, 7.5])
    np.testing.assert_allclose(raw.annotations.duration, 2.5)


def test_motor_imagery_has_a_montage():
    positions = simulate_motor_imagery(2, random_state=0).get_montage().get_positions()["ch_pos"]
    assert len(positions) == 22
    assert np.isfinite(list(positions.values())).all()
    assert positions["C3"][0] < 0 < positions["C4"][0]


@pytest.mark.parametrize(
    "classes", [("left_hand", "right_hand"), ("left_hand", "right_hand", "feet", "rest")]
)
def test_motor_imagery_labels_are_balanced_and_shuffled(classes):
    kwargs = {"classes": classes, "ch_names": ("C3",)}
    labels = labels_of(simulate_motor_imagery(26, random_state=0, **kwargs))
    counts = [np.sum(labels == name) for name in classes]
    assert sum(counts) == 26
    assert max(counts) - min(counts) <= 1
    other = labels_of(simulate_motor_imagery(26, random_state=1, **kwargs))
    assert not np.array_equal(labels, other)
    assert not np.array_equal(labels, np.resize(classes, 26))


def test_motor_imagery_has_amplitudes_of_scalp_eeg(imagery):
    rms = imagery.get_data().std(axis=1) * 1e6
    assert (rms > 5).all()
    assert (rms < 50).all()


@pytest.mark.parametrize("low", [9.0, 18.0])
def test_mu_and_its_harmonic_desynchronise_contralaterally(imagery, low):
    labels = labels_of(imagery)
    rest = band_power(windows_of(imagery, -1, 0.4), 128, low, 1.35 * low)
    power = band_power(windows_of(imagery, 1, 3.9), 128, low, 1.35 * low)
    c3, c4 = imagery.ch_names.index("C3"), imagery.ch_names.index("C4")
    left, right = labels == "left_hand", labels == "right_hand"
    assert power[left, c4].mean() < 0.7 * power[left, c3].mean() * (
        rest[:, c4].mean() / rest[:, c3].mean()
    )
    assert power[right, c3].mean() < 0.7 * rest[right, c3].mean()
    assert power[left, c4].mean() < 0.7 * rest[left, c4].mean()
    # The ipsilateral side keeps most of its power.
    assert power[left, c3].mean() > power[right, c3].mean() / 0.8
    assert power[right, c4].mean() > power[left, c4].mean() / 0.8


def test_mu_stays_until_half_a_second_after_the_cue():
    raw = simulate_motor_imagery(200, power_drop=1, ch_names=("C3", "C4"), random_state=0)
    labels = labels_of(raw)
    raw = raw.filter(8, 13, verbose="ERROR")
    envelope = np.abs(signal.hilbert(windows_of(raw, -1, 3)))[labels == "right_hand", 0]
    power = (envelope**2).mean(0)
    before, early, late = power[:128].mean(), power[140:180].mean(), power[320:].mean()
    assert early > 0.75 * before
    assert late < 0.5 * before


def test_background_has_a_1_over_f_spectrum(imagery):
    frontal = imagery.get_data(picks="Fz")[0] * 1e6
    frequencies, power = signal.welch(frontal, 128, nperseg=1024)
    clean = ((frequencies > 1) & (frequencies < 7)) | ((frequencies > 28) & (frequencies < 45))
    slope = np.polyfit(np.log(frequencies[clean]), np.log(power[clean]), 1)[0]
    assert -1.4 < slope < -0.7


def test_line_noise_has_a_peak_at_50_hz(imagery):
    data = imagery.get_data() * 1e6
    mains = band_power(data, 128, 49.75, 50.5)
    beside = band_power(data, 128, 46, 48)
    assert (mains > 5 * beside).all()


def test_posterior_alpha_is_strongest_at_the_back(imagery):
    rest = band_power(windows_of(imagery, -1, 0), 128, 8, 12).mean(0)
    power = dict(zip(imagery.ch_names, rest, strict=True))
    assert min(power["O1"], power["O2"]) > 5 * max(power["Fp1"], power["Fp2"])


def test_blinks_are_frontal_and_about_100_microvolts(imagery):
    slow = imagery.copy().filter(None, 6, verbose="ERROR").get_data() * 1e6
    peaks, _ = signal.find_peaks(slow[0], height=45, distance=64)
    per_minute = 60 * len(peaks) / imagery.times[-1]
    assert 5 < per_minute < 20
    at_blinks = np.median(slow[:, peaks], axis=1)
    assert 60 < at_blinks[:2].mean() < 140
    assert (np.abs(at_blinks[2:]) < 0.4 * at_blinks[:2].mean()).all()
    assert (at_blinks[-2:] < 0).all()  # the other end of the dipole


def csp_accuracy(raw):
    raw = raw.copy().filter(8, 30, verbose="ERROR")
    events, event_id = mne.events_from_annotations(raw, verbose="ERROR")
    epochs = mne.Epochs(
        raw, events, event_id, 0.5, 3.5, baseline=None, preload=True, verbose="ERROR"
    )
    model = make_pipeline(mne.decoding.CSP(4), LinearDiscriminantAnalysis())
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    with mne.use_log_level("ERROR"):
        return cross_val_score(model, epochs.get_data(), epochs.events[:, 2], cv=cv).mean()


@pytest.mark.parametrize("seed", [0, 1])
def test_motor_imagery_can_be_decoded_but_not_perfectly(seed):
    assert 0.78 < csp_accuracy(simulate_motor_imagery(random_state=seed)) < 0.94


def test_power_drop_of_zero_leaves_nothing_to_decode():
    assert 0.35 < csp_accuracy(simulate_motor_imagery(power_drop=0, random_state=0)) < 0.62


@pytest.mark.parametrize("simulate", [simulate_motor_imagery, simulate_sleep])
def test_equal_seeds_give_equal_recordings_and_others_differ(simulate):
    size = 4 if simulate is simulate_motor_imagery else 0.1
    first, again = simulate(size, random_state=7), simulate(size, random_state=7)
    np.testing.assert_array_equal(first.get_data(), again.get_data())
    np.testing.assert_array_equal(labels_of(first), labels_of(again))
    generator = simulate(size, random_state=np.random.default_rng(7))
    np.testing.assert_array_equal(first.get_data(), generator.get_data())
    assert not np.allclose(first.get_data(), simulate(size, random_state=8).get_data())
    assert not np.allclose(simulate(size).get_data(), simulate(size).get_data())


@pytest.mark.parametrize("simulate", [simulate_motor_imagery, simulate_sleep])
def test_the_global_random_state_is_unchanged_and_nothing_is_printed(simulate, capfd):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    simulate(1, ch_names=("Cz",), random_state=0)
    simulate(1, ch_names=("Cz",))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert capfd.readouterr() == ("", "")


def test_sleep_stages_are_contiguous_windows_of_30_seconds(sleep):
    assert len(sleep.annotations) == 240
    np.testing.assert_allclose(sleep.annotations.onset, 30 * np.arange(240))
    np.testing.assert_allclose(sleep.annotations.duration, 30)
    assert sleep.n_times == 240 * 3000
    labels = labels_of(sleep)
    assert labels[0] == "W"
    assert set(labels) == set(STAGES)
    # These transitions do not occur.
    steps = set(itertools.pairwise(labels))
    assert not steps & {("W", "N3"), ("W", "REM"), ("N3", "REM"), ("REM", "N3")}
    assert np.mean(labels[:-1] == labels[1:]) > 0.6


def test_sleep_has_amplitudes_of_scalp_eeg(sleep):
    rms = sleep.get_data().std(axis=1) * 1e6
    assert (rms > 5).all()
    assert (rms < 50).all()
    deep = windows_of(sleep, 0, 30)[labels_of(sleep) == "N3", 0]
    slow = signal.sosfiltfilt(signal.butter(2, [0.5, 2], "bandpass", fs=100, output="sos"), deep)
    assert np.median(np.ptp(slow[:, 200:-200], axis=1)) > 75


@pytest.mark.parametrize(
    ("sign", "channel", "low", "high", "stage"),
    [
        ("slow waves", "Fpz-Cz", 0.5, 2, "N3"),
        ("alpha", "Oz", 8, 12, "W"),
        ("spindles", "Cz", 12, 15.5, "N2"),
        ("slow eye movements", "Fpz-Cz", 0.2, 0.45, "N1"),
        ("muscle", "Cz", 30, 45, "W"),
    ],
)
def test_each_stage_has_its_characteristic_activity(sleep, sign, channel, low, high, stage):
    windows = windows_of(sleep, 0, 30)[:, sleep.ch_names.index(channel)]
    power, labels = band_power(windows, 100, low, high), labels_of(sleep)
    by_stage = {name: power[labels == name].mean() for name in STAGES}
    assert max(by_stage, key=by_stage.get) == stage, (sign, by_stage)
    second = sorted(by_stage.values())[-2]
    assert by_stage[stage] > 1.3 * second


def test_saccades_are_steep_in_rem_and_k_complexes_deep_in_n2(sleep):
    labels = labels_of(sleep)
    lowpass = signal.butter(2, 6, fs=100, output="sos")
    slow = signal.sosfiltfilt(lowpass, windows_of(sleep, 0, 30))
    frontal, central = slow[:, 0], slow[:, 2]
    steepest = np.abs(frontal[:, 15:] - frontal[:, :-15]).max(1)
    assert np.median(steepest[labels == "REM"]) > 1.2 * np.median(steepest[labels == "N1"])
    # K-complexes are outliers in N2; in N3 all troughs are deep.
    outlier = -central.min(1) / central.std(1)
    assert np.median(outlier[labels == "N2"]) > 1.2 * np.median(outlier[labels == "N3"])


def test_sleep_can_be_staged_but_not_perfectly(sleep):
    windows = windows_of(sleep, 0, 30)[:, :2]
    edges = (0.5, 2, 4, 8, 11, 16, 30, 48)
    powers = [band_power(windows, 100, *band) for band in itertools.pairwise(edges)]
    X = np.log(np.concatenate(powers, axis=1))
    y = np.searchsorted(sorted(STAGES), labels_of(sleep))
    accuracy = cross_val_score(RandomForestClassifier(random_state=0), X, y, cv=KFold(5)).mean()
    assert 0.7 < accuracy < 0.92


def test_a_bipolar_channel_is_the_difference_of_its_electrodes():
    one = simulate_sleep(0.5, ch_names=("Oz", "Pz", "Pz-Oz"), random_state=0).get_data() * 1e6
    # The residual is the sensor noise of three channels, 0.7 microvolts each.
    assert (one[1] - one[0] - one[2]).std() == pytest.approx(0.7 * np.sqrt(3), rel=0.02)


@pytest.mark.parametrize(
    ("simulate", "name", "value"),
    [
        (simulate_motor_imagery, "n_trials", 0),
        (simulate_motor_imagery, "n_trials", -1),
        (simulate_motor_imagery, "n_trials", 2.5),
        (simulate_motor_imagery, "classes", ("left_hand",)),
        (simulate_motor_imagery, "classes", ("left_hand", "left_hand")),
        (simulate_motor_imagery, "classes", ("left_hand", "tongue")),
        (simulate_motor_imagery, "power_drop", 1.1),
        (simulate_motor_imagery, "power_drop", -0.1),
        (simulate_motor_imagery, "power_drop", "much"),
        (simulate_motor_imagery, "rest_seconds", -1),
        (simulate_motor_imagery, "imagery_seconds", 0.5),
        (simulate_sleep, "n_hours", 0),
        (simulate_sleep, "n_hours", float("nan")),
        *(
            (simulate, name, value)
            for simulate in (simulate_motor_imagery, simulate_sleep)
            for name, value in [
                ("sfreq", 32.0),
                ("sfreq", None),
                ("ch_names", ()),
                ("ch_names", "Cz"),
                ("ch_names", ("Cz", "Cz")),
                ("ch_names", ("Cz", "EEG 001")),
                ("ch_names", ("Fpz-Cz-Oz",)),
                ("random_state", -1),
                ("random_state", "seed"),
            ]
        ),
    ],
)
def test_invalid_arguments_raise(simulate, name, value):
    with pytest.raises(ValueError, match=f"expected {name} to be .*, got ") as caught:
        simulate(**{name: value})
    assert repr(value) in str(caught.value)
