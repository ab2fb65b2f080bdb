"""Stagers by name, and their accuracy on nights that none of them was trained on."""

import mne
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from eegzoo.sleep import Stager, load_stager
from eegzoo.sleep.stagers.robustsleepnet import RobustSleepNetStager
from tests.shared_data import SHARED, needs

CACHE = SHARED / "weights"
DREAMS = SHARED / "data" / "dreams_spindles" / "dreams_excerpts.npz"
# DREAMS' stages in steps of 5 s, as indices of W, N1, N2, N3, R.
STAGE_OF = {5: 0, 3: 1, 2: 2, 1: 3, 0: 3, 4: 4}


@pytest.fixture(autouse=True)
def _cache(monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(CACHE))


@pytest.fixture(scope="module")
def excerpts():
    """Signals in volts with their sampling rates; stages of 30 s; which windows have one stage."""
    signals, stages, pure = [], [], []
    with np.load(DREAMS) as arrays:
        for number in range(1, 9):
            volts = 1e-6 * float(arrays["scale_uv"]) * arrays[f"eeg_{number}"]
            signals.append((volts[None], float(arrays[f"fs_{number}"])))
            steps = np.vectorize(STAGE_OF.get)(arrays[f"hyp5s_{number}"]).reshape(-1, 6)
            counts = [np.bincount(row, minlength=5) for row in steps]
            stages.append(np.argmax(counts, axis=1))
            pure.append(np.max(counts, axis=1) == 6)
    return signals, np.concatenate(stages), np.concatenate(pure)


def scored(stager, excerpts):
    """Return the number of right windows; accuracy, kappa and macro-F1; and the first for pure."""
    signals, truth, pure = excerpts
    found = [stager.probabilities(x, sfreq)[:60] for x, sfreq in signals]
    predicted = np.concatenate(found).argmax(axis=1)
    right = predicted == truth
    f1 = f1_score(truth, predicted, average="macro", labels=range(5), zero_division=0)
    kappa = cohen_kappa_score(truth, predicted)
    return int(right.sum()), right.mean(), kappa, f1, right[pure].mean()


@needs(DREAMS)
@needs(CACHE)
def test_default_meets_its_goals(excerpts):
    _, accuracy, kappa, f1, pure = scored(load_stager(), excerpts)
    assert accuracy >= 0.765
    assert kappa >= 0.58
    assert f1 >= 0.565
    assert pure >= 0.86


@needs(DREAMS)
@needs(CACHE)
@pytest.mark.parametrize("resample", ["polyphase", "fft", "linear"])
def test_stages_of_a_slow_recording_do_not_depend_on_its_resampling(excerpts, resample):
    signals, _, _ = excerpts
    x, sfreq = signals[2]
    assert sfreq == 50
    info = mne.create_info(1, sfreq, "eeg")
    raw = mne.io.RawArray(x.copy(), info, verbose="ERROR")
    if resample == "linear":
        times = np.arange(int(x.shape[1] * 512 / sfreq)) / 512
        fast = np.interp(times, np.arange(x.shape[1]) / sfreq, x[0])[None]
    else:
        fast = raw.resample(512, method=resample, verbose="ERROR").get_data()
    stager = load_stager()
    expected = stager.probabilities(x, sfreq).argmax(axis=1)
    found = stager.probabilities(fast, 512.0).argmax(axis=1)
    assert (found != expected).sum() <= 2  # 21 of 60 by the Fourier transform with empty bins


@needs(DREAMS)
@needs(CACHE)
@pytest.mark.slow
def test_authors_recipe_gives_the_known_figures(excerpts):
    networks = load_stager().networks
    everything = RobustSleepNetStager("all", networks, lengths=[21], exact=True)
    n_right, _, kappa, f1, pure = scored(everything, excerpts)
    assert n_right == pytest.approx(0.765 * 480, abs=2)
    assert kappa == pytest.approx(0.584, abs=0.005)
    assert f1 == pytest.approx(0.569, abs=0.005)
    assert pure == pytest.approx(0.868, abs=0.006)


@needs(DREAMS)
@needs(CACHE)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("tag", "accuracy"),
    [
        ("mass", 0.748), ("dodh", 0.748), ("mesa", 0.777), ("dodo", 0.762),
        ("sleep_edf", 0.742), ("shhs", 0.771), ("mros", 0.748),
    ],
)  # fmt: skip
def test_each_network_gives_the_known_figure(excerpts, tag, accuracy):
    stager = load_stager(f"robustsleepnet.{tag}")
    exact = RobustSleepNetStager(tag, stager.networks, lengths=[21], exact=True)
    assert scored(exact, excerpts)[0] == pytest.approx(accuracy * 480, abs=2)
    assert scored(stager, excerpts)[0] == pytest.approx(accuracy * 480, abs=4)


@needs(DREAMS)
@needs(CACHE)
@pytest.mark.parametrize(
    ("name", "accuracy"), [("seqsleepnet.physioex", 0.706), ("chambon2018.physioex", 0.665)]
)
def test_physioex_networks_give_the_known_figures(excerpts, name, accuracy):
    assert scored(load_stager(name), excerpts)[0] == pytest.approx(accuracy * 480, abs=2)


@needs(CACHE)
@pytest.mark.parametrize(
    ("name", "n_chans"),
    [
        ("robustsleepnet.mesa", 1), ("robustsleepnet.mesa", 4), ("seqsleepnet.physioex", 1),
        ("seqsleepnet.physioex_eeg_eog_emg", 3), ("chambon2018.physioex", 1),
        ("chambon2018.physioex_eeg_eog_emg", 3),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("sfreq", "seconds"), [(100.0, 100.0), (256.0, 30.0), (50.0, 91.3)])
def test_every_complete_window_has_probabilities(name, n_chans, sfreq, seconds):
    stager = load_stager(name)
    assert isinstance(stager, Stager)
    assert stager.name == name
    x = 2e-5 * np.random.default_rng(0).standard_normal((n_chans, round(seconds * sfreq)))
    probabilities = stager.probabilities(x, sfreq)
    assert probabilities.shape == (seconds // 30, 5)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert stager.probabilities(x[:, : int(29 * sfreq)], sfreq).shape == (0, 5)


@needs(CACHE)
def test_gain_and_order_of_channels_have_no_influence_on_robustsleepnet():
    stager = load_stager("robustsleepnet.mesa")
    x = 2e-5 * np.random.default_rng(0).standard_normal((2, 12000)).cumsum(axis=1)
    expected = stager.probabilities(x, 100.0)
    np.testing.assert_allclose(stager.probabilities(1e3 * x[::-1], 100.0), expected, atol=1e-4)


@needs(CACHE)
@pytest.mark.parametrize("name", ["robustsleepnet.mesa", "seqsleepnet.physioex"])
def test_flat_signals_give_finite_probabilities(name):
    stager = load_stager(name)
    assert np.isfinite(stager.probabilities(np.zeros((1, 9000)), 100.0)).all()


@needs(CACHE)
@pytest.mark.parametrize(
    ("x", "sfreq", "message"),
    [
        (np.zeros(3000), 100.0, r"expected signals of shape \(n_chans=1, n_samples\)"),
        (np.zeros((2, 3000)), 100.0, r"got \(2, 3000\)"),
        (np.full((1, 3000), np.nan), 100.0, "finite numbers"),
        (np.zeros((1, 3000)), 0.0, "sfreq"),
    ],
)
def test_wrong_signals_raise(x, sfreq, message):
    with pytest.raises(ValueError, match=message):
        load_stager("seqsleepnet.physioex").probabilities(x, sfreq)


def test_unknown_names_raise():
    with pytest.raises(ValueError, match=r"did you mean 'robustsleepnet\.mesa'"):
        load_stager("robustsleepnet.mesas")
    with pytest.raises(FileNotFoundError):
        load_stager("no_such_file.safetensors")
