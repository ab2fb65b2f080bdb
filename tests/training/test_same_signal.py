"""A classifier refuses windows and labels of another kind than those of its training."""

import mne
import numpy as np
import pytest
import torch

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    SignalWarning,
    simulate_motor_imagery,
)
from eegzoo.training import EEGClassifier

RAW = simulate_motor_imagery(n_trials=12, random_state=0)
WINDOW = Epoch(0.0, seconds=2.0)


def windows(*steps):
    return Preprocessing([*steps, WINDOW]).epochs(RAW)


@pytest.fixture(scope="module")
def classifier():
    fitted = EEGClassifier("eegnet", max_epochs=1, random_state=0)
    return fitted.fit(windows(Filter(4.0, 38.0)))


def test_unfiltered_windows_raise_unless_the_check_is_skipped(classifier):
    plain = windows()
    for method in (classifier.predict, classifier.score, classifier.transform):
        with pytest.raises(ValueError, match="a high-pass filter at 4 Hz, got 0 Hz"):
            method(plain)
    try:
        with pytest.warns(SignalWarning, match="a low-pass filter at 38 Hz"):
            classifier.set_params(check_signal="warn").predict(plain)
        classifier.set_params(check_signal="ignore").predict(plain)
    finally:
        classifier.set_params(check_signal="raise")


def test_another_baseline_raises(classifier):
    raw = RAW.copy().filter(4.0, 38.0, verbose="ERROR")
    epochs = mne.Epochs(
        raw, tmin=0, tmax=2 - 1 / 128, baseline=(0.0, 0.2), preload=True, verbose="ERROR"
    )
    with pytest.raises(ValueError, match="no baseline correction, got a baseline correction"):
        classifier.predict(epochs)


def test_a_saved_classifier_knows_its_processing(classifier, tmp_path):
    classifier.save(tmp_path / "c.safetensors")
    loaded = EEGClassifier.load(tmp_path / "c.safetensors")
    assert loaded.signal_info_ == classifier.signal_info_
    with pytest.raises(ValueError, match="a high-pass filter at 4 Hz"):
        loaded.predict(windows())


def test_weights_know_their_processing_from_their_preprocessing():
    classifier = EEGClassifier.from_weights("eegnet.eegmat")
    assert classifier.signal_info_.processing.highpass == 1.0
    assert classifier.signal_info_.processing.lowpass == 45.0


def test_scores_of_unknown_labels_raise(classifier):
    dataset = EpochsDataset.from_epochs(windows(Filter(4.0, 38.0)))
    y = np.where(np.arange(len(dataset)) < 2, "feet", dataset.labels)
    with pytest.raises(ValueError, match=r"got \['feet'\], which the classifier was not trained"):
        classifier.score(dataset, y)
    assert 0 <= classifier.score(dataset, y, sample_weight=y != "feet") <= 1


@pytest.mark.parametrize("without_gradients", [torch.no_grad, torch.inference_mode])
def test_fit_works_while_gradients_are_switched_off(classifier, without_gradients):
    X = windows(Filter(4.0, 38.0))
    with without_gradients():
        again = EEGClassifier("eegnet", max_epochs=1, random_state=0).fit(X)
        again.partial_fit(X)
    once = EEGClassifier("eegnet", max_epochs=1, random_state=0).fit(X).partial_fit(X)
    np.testing.assert_array_equal(again.predict_proba(X), once.predict_proba(X))
