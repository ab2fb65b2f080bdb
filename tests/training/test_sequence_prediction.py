"""A model that was trained on sequences predicts along recordings, never without context."""

import numpy as np
import pytest
import torch

from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording, Sequences, simulate_sleep
from eegzoo.training import EEGClassifier

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
