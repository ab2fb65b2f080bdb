"""Fitted classifiers are saved and loaded unchanged, and damaged files raise clear errors."""

import dataclasses
import os

import mne
import numpy as np
import pytest
import torch

from eegzoo.data import Epoch, Filter, Preprocessing, SignalInfo
from eegzoo.models import EEGNet, load_model, save_model
from eegzoo.training import EEGClassifier
from eegzoo.training.targets.targets import Classes

SFREQ, N_TIMES = 64.0, 128
X = np.random.default_rng(0).normal(0, 20, (12, 3, N_TIMES)).astype(np.float32)
Y = np.arange(12) % 2


def make_epochs(ch_names=("C3", "Cz", "C4")):
    events = np.column_stack([np.arange(12) * 200, np.zeros(12, int), Y])
    info = mne.create_info(list(ch_names), SFREQ, "eeg")
    return mne.EpochsArray(X * 1e-6, info, events, 0.5, {"left": 0, "right": 1}, verbose="ERROR")


def make_classifier(**changes):
    return EEGClassifier("eegnet", **{"max_epochs": 1, "random_state": 0, **changes})


def fit_on_arrays(X=X, y=Y, **changes):
    return make_classifier(sfreq=128, **changes).fit(X, y)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("normalize", ["whiten", "standardize", "none"])
def test_probabilities_are_restored_bit_for_bit(path, normalize):
    classifier = make_classifier(normalize=normalize, n_crops=3).fit(make_epochs())
    before = classifier.predict_proba(make_epochs())
    classifier.save(path)
    np.testing.assert_array_equal(classifier.predict_proba(make_epochs()), before)
    again = EEGClassifier.load(path)
    np.testing.assert_array_equal(again.predict_proba(make_epochs()), before)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    again.save(path)
    np.testing.assert_array_equal(EEGClassifier.load(path).predict_proba(make_epochs()), before)


def test_the_signal_is_restored_and_checked(path):
    make_classifier().fit(make_epochs()).save(path)
    again = EEGClassifier.load(path)
    known = dataclasses.replace(again.signal_info_, processing=None)
    assert known == SignalInfo(["C3", "Cz", "C4"], SFREQ, N_TIMES, 0.5)
    other = make_epochs().reorder_channels(["C4", "C3", "Cz"])
    np.testing.assert_array_equal(again.predict_proba(other), again.predict_proba(make_epochs()))
    with pytest.raises(ValueError, match="missing"):
        again.predict(make_epochs(("C3", "Cz", "O1")))
    with pytest.raises(ValueError, match=r"expected X of shape \(n_windows, 3, 128\)"):
        again.predict(X[..., 1:])


def test_windows_without_an_amplitude_can_be_saved(path):
    still = np.zeros_like(X)
    fit_on_arrays(still, normalize="none").save(path)
    assert EEGClassifier.load(path).amplitude_ is None


def test_a_classifier_fitted_on_arrays_has_no_signal(path):
    fit_on_arrays().save(path)
    assert EEGClassifier.load(path).signal_info_ is None


@pytest.mark.parametrize(
    "names",
    [[1, 2], [-1, 1], [False, True], ["left", "right"], [1.0, 2.0], np.array(["a", "b"], object)],
    ids=repr,
)
def test_labels_are_restored_with_their_type(path, names):
    labels = np.asarray(names)[Y]
    classifier = fit_on_arrays(y=labels)
    classifier.save(path)
    again = EEGClassifier.load(path)
    assert [type(name) for name in again.classes_.tolist()] == [type(name) for name in names[:2]]
    np.testing.assert_array_equal(again.predict(X), classifier.predict(X))
    assert again.score(X, labels) == classifier.score(X, labels)


def test_the_preprocessing_is_restored_and_saved_again(path):
    preprocessing = Preprocessing([Filter(4.0, 38.0), Epoch(0.5, 2.5)])
    classifier = make_classifier().fit(make_epochs())
    classifier.save(path, preprocessing)
    again = EEGClassifier.load(path)
    assert again.trained_preprocessing() == preprocessing
    again.save(path)
    assert EEGClassifier.load(path).trained_preprocessing() == preprocessing
    again.fit(make_epochs())  # these epochs may have had another preprocessing
    for without in (again, classifier):
        with pytest.raises(ValueError, match="saved without its preprocessing"):
            without.trained_preprocessing()


@pytest.mark.parametrize("n_crops", [3, np.int64(3)])
def test_the_number_of_crops_is_restored(path, n_crops):
    fit_on_arrays(n_crops=n_crops).save(path)
    assert EEGClassifier.load(path).n_crops == 3


def test_training_a_loaded_classifier_starts_from_its_weights(path):
    make_classifier().fit(make_epochs()).save(path)
    loaded = EEGClassifier.load(path).set_params(lr=1e-9, max_epochs=1, random_state=0)
    before = dict(loaded.model_.named_parameters())
    after = dict(loaded.fit(make_epochs()).model_.named_parameters())
    torch.testing.assert_close(after, before, rtol=0, atol=1e-6)


def test_the_model_can_be_loaded_without_the_classifier(path):
    classifier = fit_on_arrays()
    classifier.save(path)
    model = load_model(path)
    torch.testing.assert_close(dict(model.state_dict()), dict(classifier.model_.state_dict()))


def test_a_loaded_classifier_does_not_depend_on_its_file(path):
    fit_on_arrays().save(path)
    again = EEGClassifier.load(path)
    before = again.predict_proba(X)
    path.write_bytes(bytes(path.stat().st_size))
    np.testing.assert_array_equal(again.predict_proba(X), before)


# Errors.


def test_a_missing_file_raises_with_its_name(path):
    with pytest.raises(FileNotFoundError, match=r"no such file: .*model\.safetensors"):
        EEGClassifier.load(path)


def test_a_file_of_a_model_without_classifier_raises(path):
    save_model(EEGNet(3, 64, 2, sfreq=128), path)
    with pytest.raises(ValueError, match=r"model\.safetensors holds a model, but no estimator"):
        EEGClassifier.load(path)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "bit", "metadata"])
def test_a_damaged_file_raises_with_its_name(path, damage):
    make_classifier().fit(make_epochs()).save(path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-5] ^= 1
    damaged = {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "text": b"onset,label\n" * 30,
        "bit": bytes(flipped),
        "metadata": whole.replace(b"left", b"lift"),
    }[damage]
    assert damaged != whole
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"model\.safetensors .*(damaged|not a model)"):
        EEGClassifier.load(path)


def test_an_error_in_save_keeps_the_old_file(path):
    classifier = fit_on_arrays()
    classifier.save(path)
    before = path.read_bytes()
    classifier.targets_ = Classes(np.array([object(), object()]))
    with pytest.raises(TypeError):
        classifier.save(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_missing_folder_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        fit_on_arrays().save(tmp_path / "missing" / "model.safetensors")
