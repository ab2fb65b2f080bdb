"""`EEGClassifier.from_weights`: fitted classifiers with trained weights."""

import copy
import dataclasses
import shutil

import mne
import numpy as np
import pytest
import torch

from eegzoo import create_model
from eegzoo.data import fetch_eegbci
from eegzoo.training import EEGClassifier
from eegzoo.weights import Weights, find_weights, list_weights, weights_in
from eegzoo.weights.authors.authors_file import AuthorsFile
from tests.shared_data import MNE_DATA, SHARED, needs

NAME = "eegnet.ssvep_exo"
SHIPPED = [
    name for name in list_weights() if not isinstance(find_weights(name).source, AuthorsFile)
]


def windows(name=NAME, n_windows=5, scale=1.0):
    """Return noise with the size and amplitude of the training windows."""
    weights = find_weights(name)
    size = (n_windows, len(weights.signal.ch_names), weights.signal.n_times)
    noise = np.random.default_rng(0).normal(scale=weights.metadata.amplitude, size=size)
    return scale * noise.astype(np.float32)


@pytest.fixture
def published():
    """Return weights of an authors' file that was published without its normalisation."""
    model = create_model(NAME, weights=True)
    card = dataclasses.replace(find_weights(NAME).metadata, normalization="standardize")

    class Published(AuthorsFile):
        def load(self):
            return copy.deepcopy(model)

    return Weights("eegnet.published", card, Published(card, "published.h5", dict))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_weights_give_the_saved_classifier(name):
    weights = find_weights(name)
    classifier, saved = EEGClassifier.from_weights(name), EEGClassifier.load(weights.source)
    X = windows(name)
    probabilities = classifier.predict_proba(X)
    np.testing.assert_array_equal(probabilities, saved.predict_proba(X))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)
    assert classifier.classes_.tolist() == list(weights.metadata.labels)
    assert classifier.signal_info_ == weights.signal
    assert classifier.trained_preprocessing() == weights.preprocessing
    assert classifier.normalizer_.how == weights.metadata.normalization
    assert not classifier.model_.training


def test_weights_object_gives_the_same_classifier(tmp_path):
    path = tmp_path / "mine.safetensors"
    shutil.copy(find_weights(NAME).source, path)
    expected = EEGClassifier.from_weights(NAME).predict_proba(windows())
    for weights in (find_weights(NAME), weights_in(path)):
        found = EEGClassifier.from_weights(weights).predict_proba(windows())
        np.testing.assert_array_equal(found, expected)


def test_authors_weights_take_their_card(published):
    weights = dataclasses.replace(
        published, metadata=dataclasses.replace(published.metadata, normalization="none")
    )
    classifier = EEGClassifier.from_weights(weights)
    assert classifier.classes_.tolist() == list(weights.metadata.labels)
    assert classifier.signal_info_ == weights.signal
    assert classifier.trained_preprocessing() == weights.preprocessing
    assert classifier.amplitude_ == weights.metadata.amplitude
    X = windows()[:, :, : classifier.model_.n_times]
    with torch.no_grad():
        expected = classifier.model_(torch.from_numpy(X)).softmax(dim=1)
    np.testing.assert_allclose(classifier.predict_proba(X), expected, rtol=1e-5, atol=1e-6)


# Normalisation.


def test_unpublished_normalisation_is_fitted_on_given_windows(published):
    with pytest.raises(ValueError, match=r"expected fit_on: eegnet\.published was trained on"):
        EEGClassifier.from_weights(published)
    X = windows()
    classifier = EEGClassifier.from_weights(published, fit_on=X)
    scaled = (X - X.mean(axis=(0, 2), keepdims=True)) / X.std(axis=(0, 2), keepdims=True)
    np.testing.assert_allclose(classifier.normalizer_.transform(X), scaled, rtol=1e-3, atol=1e-4)
    x = torch.from_numpy(scaled[:, :, : classifier.model_.n_times])
    with torch.no_grad():
        expected = classifier.model_(x).softmax(dim=1)
    found = classifier.predict_proba(X[:, :, : classifier.model_.n_times])
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_saved_normalisation_is_replaced_by_one_fitted_on_given_windows():
    loud = windows(scale=3.0)
    saved = EEGClassifier.from_weights(NAME).normalizer_
    fitted = EEGClassifier.from_weights(NAME, fit_on=loud).normalizer_
    assert fitted.how == saved.how == "whiten"
    whitened = fitted.transform(loud).transpose(1, 0, 2).reshape(loud.shape[1], -1)
    np.testing.assert_allclose(np.cov(whitened), np.eye(len(whitened)), atol=0.05)
    assert np.std(saved.transform(loud)) > 1.5


# Subjects.


def test_unseen_takes_the_fold_that_left_out_the_subject(monkeypatch):
    loaded = []

    def load(file):
        loaded.append(file.file)
        return create_model(file.card.architecture, **file.card.arguments).eval()

    monkeypatch.setattr(AuthorsFile, "load", load)
    for unseen in (None, "eegbci/S030", ["eegbci/S022", "eegbci/S030"], "eegbci/S109"):
        EEGClassifier.from_weights("eegnet.physionet_mi2", unseen=unseen)
    assert loaded == [f"global_class_2_split_{fold}_v1.h5" for fold in (0, 1, 1, 4)]


def test_unseen_raises_for_a_training_subject():
    assert EEGClassifier.from_weights(NAME, unseen="ssvep_exo/07").model_.n_chans == 8
    with pytest.raises(ValueError, match=f"known not to be in the training data of {NAME}"):
        EEGClassifier.from_weights(NAME, unseen="ssvep_exo/01")


def test_unseen_requires_a_name():
    with pytest.raises(ValueError, match="expected unseen with the name of weights"):
        EEGClassifier.from_weights(find_weights(NAME), unseen="ssvep_exo/07")


# Errors and parameters.


def test_unknown_name_proposes_a_near_one():
    with pytest.raises(ValueError, match=r"unknown weights 'eegnet\.ssvep'; did you mean 'eegnet"):
        EEGClassifier.from_weights("eegnet.ssvep")


@pytest.mark.parametrize("kind", ["shipped", "published"])
def test_parameters_are_set(kind, published):
    weights = NAME if kind == "shipped" else published
    parameters = {"max_epochs": 1, "lr": 1e-4, "check_signal": "warn", "random_state": 3}
    classifier = EEGClassifier.from_weights(weights, fit_on=windows(), **parameters)
    assert {name: classifier.get_params()[name] for name in parameters} == parameters
    with pytest.raises(ValueError, match="Invalid parameter 'epochs'"):
        EEGClassifier.from_weights(weights, fit_on=windows(), epochs=1)


def test_training_continues_from_the_weights():
    classifier = EEGClassifier.from_weights(NAME, max_epochs=1, lr=1e-5, random_state=0)
    start = copy.deepcopy(classifier.model_.state_dict())
    y = np.resize(classifier.classes_, 16)
    trained = classifier.fit(windows(n_windows=16), y).model_.state_dict()
    moved = (trained["front.temporal.weight"] - start["front.temporal.weight"]).abs().max()
    assert 0 < moved < 1e-3


# Recordings of PhysioNet.


@needs(SHARED / "weights")
@needs(MNE_DATA)
def test_accuracy_on_a_subject_of_eegmmidb(monkeypatch):
    monkeypatch.setenv("MNE_DATA", str(MNE_DATA))
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(SHARED / "weights"))
    weights = find_weights("eegnet.physionet_mi2")
    events = {label: label for label in weights.metadata.labels}
    parts = [weights.epochs(recording.raw, events) for recording in fetch_eegbci(1, [4, 8, 12])]
    epochs = mne.concatenate_epochs(parts, verbose="ERROR")
    score = EEGClassifier.from_weights("eegnet.physionet_mi2").score(epochs)
    assert round(score, 3) == 0.956
