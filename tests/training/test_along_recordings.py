"""Predictions along recordings: sliding windows, and sequences with their context."""

import mne
import numpy as np
import pytest
import torch

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    Sequences,
    simulate_motor_imagery,
    simulate_sleep,
)
from eegzoo.training import EEGClassifier, EEGRegressor

CUT = Preprocessing([Filter(4.0, 38.0), Epoch(0.0, 2.01)])  # 258 samples
SIZES = {"tinysleepnet": {"n_filters": 4, "hidden_size": 8}, "usleep": {"depth": 2}}


@pytest.fixture(scope="module")
def nights():
    naps = [Recording(simulate_sleep(0.2, random_state=seed), f"S{seed}") for seed in range(2)]
    return EpochsDataset.from_recordings(naps, Preprocessing([Epoch(0, seconds=30)]))


@pytest.fixture(scope="module", params=SIZES)
def classifier(request, nights):
    sequences = Sequences.of(nights, n_windows=8)
    return EEGClassifier(
        request.param, sfreq=100, model_params=SIZES[request.param], max_epochs=2, random_state=0
    ).fit(sequences.X, sequences.y, mask=sequences.mask)


def run_alone(classifier, windows):
    """Outputs of consecutive windows in one sequence, by the model itself."""
    x = torch.from_numpy(classifier.normalizer_.transform(windows.X))
    with torch.no_grad():
        return classifier.model_(x.unsqueeze(0))[0].softmax(-1).numpy()


def test_windows_are_predicted_in_the_context_of_their_recording(classifier, nights):
    found = classifier.predict_proba(nights)
    subject = nights.groups("subject")
    for name in np.unique(subject):
        mine = np.flatnonzero(subject == name)
        expected = run_alone(classifier, nights[mine])
        np.testing.assert_allclose(found[mine], expected, atol=1e-5)


def test_the_order_of_windows_does_not_matter(classifier, nights):
    order = np.random.default_rng(0).permutation(len(nights))
    found = classifier.predict_proba(nights)
    np.testing.assert_allclose(classifier.predict_proba(nights[order]), found[order], atol=1e-5)


def test_a_gap_begins_a_new_sequence(classifier, nights):
    mine = np.flatnonzero(nights.groups("subject") == nights.groups("subject")[0])
    kept = np.delete(mine, 10)
    found = classifier.predict_proba(nights[kept])
    expected = np.concatenate(
        [run_alone(classifier, nights[mine[:10]]), run_alone(classifier, nights[mine[11:]])]
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_single_windows_without_onsets_raise(classifier, nights):
    with pytest.raises(ValueError, match="because the model was trained on sequences"):
        classifier.predict(nights.X)
    assert classifier.predict(nights.X[:3, None]).shape == (3, 1)


def test_scores_and_saved_classifiers_do_the_same(classifier, nights, tmp_path):
    expected = float((classifier.predict(nights) == nights.labels).mean())
    assert classifier.score(nights) == pytest.approx(expected)
    classifier.save(tmp_path / "sleep.safetensors")
    again = EEGClassifier.load(tmp_path / "sleep.safetensors")
    np.testing.assert_array_equal(again.predict_proba(nights), classifier.predict_proba(nights))
    with pytest.raises(ValueError, match="because the model was trained on sequences"):
        again.predict(nights.X)


def test_features_have_the_same_context(classifier, nights):
    features = torch.from_numpy(classifier.transform(nights))
    with torch.no_grad():
        expected = classifier.model_.head(features).softmax(-1).numpy()
    np.testing.assert_allclose(classifier.predict_proba(nights), expected, atol=1e-5)


def test_a_model_trained_on_single_windows_takes_them_alone(nights):
    single = EEGClassifier(
        "tinysleepnet", model_params=SIZES["tinysleepnet"], max_epochs=1, random_state=0
    ).fit(nights)
    found = single.predict_proba(nights)
    np.testing.assert_allclose(single.predict_proba(nights.X), found, atol=1e-6)


# Sliding windows.


@pytest.fixture(scope="module")
def recording():
    return simulate_motor_imagery(n_trials=12, random_state=0)


@pytest.fixture(scope="module")
def sliding(recording):
    settings = {"recipe": "plain", "max_epochs": 1, "random_state": 0}
    return EEGClassifier("eegnet", **settings).fit(CUT.epochs(recording))


@pytest.mark.parametrize("step_seconds", [None, 0.5, 1.3])
@pytest.mark.parametrize("start", [0.0, 7.25])
def test_sliding_windows_are_predicted_as_windows_cut_by_hand(
    recording, sliding, step_seconds, start
):
    raw = recording.copy().crop(start)
    onsets, probabilities = sliding.predict_recording(raw, step_seconds, preprocessing=CUT)
    step = round((258 / 128 if step_seconds is None else step_seconds) * 128)
    starts = np.arange(0, raw.n_times - 257, step)
    np.testing.assert_allclose(onsets, starts / 128, atol=1e-9)
    filtered = raw.copy().pick("eeg").load_data().filter(4.0, 38.0).get_data() * 1e6
    windows = np.stack([filtered[:, first : first + 258] for first in starts])
    np.testing.assert_allclose(probabilities, sliding.predict_proba(windows), atol=1e-4)


def test_a_saved_estimator_knows_its_preprocessing(recording, sliding, tmp_path):
    path = tmp_path / "model.safetensors"
    sliding.save(path, CUT)
    onsets, probabilities = EEGClassifier.load(path).predict_recording(recording, 1.0)
    expected = sliding.predict_recording(recording, 1.0, preprocessing=CUT)
    np.testing.assert_array_equal(onsets, expected[0])
    np.testing.assert_allclose(probabilities, expected[1], atol=1e-6)


def test_trained_weights_predict_along_a_recording():
    classifier = EEGClassifier.from_weights("eegnet.ssvep_exo")
    info = mne.create_info(list(classifier.signal_info_.ch_names), 256.0, "eeg")
    volts = 1e-2 * np.random.default_rng(0).normal(size=(8, 256 * 12))  # in the unit of its files
    raw = mne.io.RawArray(volts, info, verbose=False)
    _, probabilities = classifier.predict_recording(raw, 0.5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)


def test_a_regressor_returns_numbers_along_a_recording(recording):
    epochs = CUT.epochs(recording)
    regressor = EEGRegressor("eegnet", recipe="plain", max_epochs=1, random_state=0)
    regressor.fit(epochs, np.arange(len(epochs), dtype=float))
    onsets, numbers = regressor.predict_recording(recording, 2.0, preprocessing=CUT)
    assert onsets.shape == numbers.shape


def test_windows_along_a_recording_have_context(classifier, nights):
    raw, cut = simulate_sleep(0.2, random_state=0), Preprocessing([Epoch(0, seconds=30)])
    onsets, probabilities = classifier.predict_recording(raw, preprocessing=cut)
    first = nights.groups("subject") == "S0"
    np.testing.assert_allclose(onsets, np.arange(len(onsets)) * 30.0, atol=1e-9)
    expected = classifier.predict_proba(nights.subset(np.flatnonzero(first)))
    np.testing.assert_allclose(probabilities[: first.sum()], expected, atol=1e-5)
    with pytest.raises(ValueError, match="overlap"):
        classifier.predict_recording(raw, 15.0, preprocessing=cut)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "expected preprocessing, which cuts the recording into windows"),
        ({"preprocessing": Preprocessing([Epoch(0.0, 1.0)])}, "258"),
        ({"preprocessing": Preprocessing([Epoch(0.0, 2.01)]), "step_seconds": 0.0}, "step_seconds"),
    ],
)
def test_a_recording_that_cannot_be_cut_raises(recording, sliding, changes, message):
    with pytest.raises(ValueError, match=message):
        sliding.predict_recording(recording, **changes)


def test_predict_says_how_to_predict_from_a_recording(recording, sliding):
    with pytest.raises(ValueError, match=r"predict_recording\(raw\)"):
        sliding.predict(recording)
