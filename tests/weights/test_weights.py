"""Weights with their preprocessing: from a recording to probabilities."""

import dataclasses

import mne
import numpy as np
import pytest
import torch

import eegzoo
from eegzoo import create_model
from eegzoo.data import EpochsDataset, SignalWarning, fetch_eegbci
from eegzoo.models import save_model
from eegzoo.training import EEGClassifier
from eegzoo.weights import find_weights, list_weights, weights_in
from eegzoo.weights.zoo import load_weights
from tests.shared_data import MNE_DATA, SHARED, needs

CACHE = SHARED / "weights"
FISTS = ("left_fist", "right_fist")
BY_NAME = {name: name for name in FISTS}


def noise(weights, n_trials=6, sfreq=None, ch_names=None, scale=20e-6):
    """Return a recording of noise with events, in volts."""
    signal = weights.signal
    names = list(ch_names or signal.ch_names)
    info = mne.create_info(names, sfreq or signal.sfreq, "eeg")
    rng = np.random.default_rng(0)
    n_times = int((6 * n_trials + 6) * info["sfreq"])
    raw = mne.io.RawArray(scale * rng.standard_normal((len(names), n_times)), info, verbose="ERROR")
    onsets = 6.0 * np.arange(1, n_trials + 1)
    labels = [weights.metadata.labels[trial % 2] for trial in range(n_trials)]
    return raw.set_annotations(mne.Annotations(onsets, 0.0, labels))


def run_code(code, raw):
    names = {"mne": mne, "eegzoo": eegzoo, "raw": raw}
    with mne.use_log_level("ERROR"):
        exec(code, names)
    return names["X"]


@needs(CACHE)
@pytest.mark.parametrize("name", ["eegnet.physionet_mi2", "eegsym.mi_8", "eegnet.sample_audvis"])
def test_model_takes_the_windows_of_preprocess(name):
    weights = find_weights(name)
    raw = noise(weights)
    before = raw.get_data()
    dataset = weights.preprocess(raw)
    np.testing.assert_array_equal(raw.get_data(), before)
    with torch.no_grad():
        logits = create_model(name, weights=True)(torch.as_tensor(dataset.X))
    estimator = EEGClassifier.from_weights(weights)
    epochs = weights.preprocessing.epochs(raw)
    np.testing.assert_allclose(
        estimator.predict_proba(epochs), logits.softmax(dim=1), rtol=1e-4, atol=1e-6
    )
    assert estimator.classes_.tolist() == list(weights.metadata.labels)
    assert estimator.signal_info_ == weights.signal
    assert estimator.trained_preprocessing() == weights.preprocessing


@pytest.mark.parametrize("name", ["eegnet.physionet_mi2", "eegsym.mi_16", "eegnet.sample_audvis"])
def test_mne_code_does_the_same_as_preprocess(name):
    weights = find_weights(name)
    raw = noise(weights, sfreq=160.0 if name == "eegsym.mi_16" else None)
    X = run_code(weights.as_mne_code(), raw)
    epochs = weights.preprocessing.epochs(raw)
    np.testing.assert_allclose(X, 1e6 * epochs.get_data(), rtol=1e-6, atol=1e-6)
    if weights.metadata.normalization == "none":
        np.testing.assert_allclose(X, weights.preprocess(raw).X, rtol=1e-5, atol=1e-4)


def test_windows_are_normalised_as_in_training():
    weights = find_weights("eegsym.mi_8")
    dataset = weights.preprocess(noise(weights, sfreq=160.0))
    assert dataset.info.unit == "normalized"
    np.testing.assert_allclose(dataset.X.mean(axis=2), 0, atol=1e-5)
    np.testing.assert_allclose(dataset.X.std(axis=2), 1, atol=1e-4)
    assert dataset.X.shape[1:] == (8, 384)


@needs(CACHE)
def test_estimator_refuses_normalised_windows():
    weights = find_weights("eegsym.mi_8")
    dataset = weights.preprocess(noise(weights))
    with pytest.raises(ValueError, match="expected unit 'uV', got 'normalized'"):
        EEGClassifier.from_weights(weights).predict(dataset)


def test_an_unpublished_normalisation_of_sleep_names_what_needs_none():
    with pytest.raises(ValueError, match=r"expected fit_on: robustsleepnet\.mesa .*eegzoo stage,"):
        find_weights("robustsleepnet.mesa").normalizer()


@needs(CACHE)
def test_unpublished_normalisation_requires_fit_on():
    weights = find_weights("atcnet.bci2a_s1")
    with pytest.raises(
        ValueError, match=r"expected fit_on: atcnet\.bci2a_s1 was trained on windows"
    ):
        EEGClassifier.from_weights(weights)
    raw = noise(weights)
    epochs = weights.preprocessing.epochs(raw)
    estimator = EEGClassifier.from_weights(weights, fit_on=epochs)
    dataset = weights.preprocess(raw, fit_on=epochs)
    np.testing.assert_allclose(dataset.X.mean(axis=(0, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(dataset.X.std(axis=(0, 2)), 1, atol=1e-3)
    with torch.no_grad():
        expected = estimator.model_(torch.as_tensor(dataset.X)).softmax(dim=1)
    np.testing.assert_allclose(estimator.predict_proba(epochs), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scale": 20.0}, "multiply by 1e-06"),
        ({"scale": 20e-3}, "multiply by 0.001"),
        ({"scale": 20e-9}, "multiply by 1000"),
        ({"scale": 0.9e-6}, "expected amplitudes of about 44 microvolts, as in the training"),
        ({"sfreq": 128.0}, "expected sfreq of 160 Hz, got 128 Hz"),
        ({"ch_names": ["C3", "Cz", "C4"]}, "are missing"),
    ],
)
def test_different_signal_raises(changes, message):
    weights = find_weights("eegnet.physionet_mi2")
    with pytest.raises(ValueError, match=message):
        weights.preprocess(noise(weights, **changes))


def test_signal_checks_can_be_relaxed():
    weights = find_weights("eegnet.physionet_mi2")
    loud = noise(weights, scale=20e-3)
    assert weights.preprocess(loud, check_signal="ignore").X.std() > 1e4
    with pytest.warns(SignalWarning, match="multiply by 0.001"):
        weights.preprocess(loud, check_signal="warn")
    few = noise(weights, ch_names=weights.signal.ch_names[2:])
    assert weights.preprocess(few, missing="zero").X[:, :2].any() == np.False_
    events = {"left_fist": "right_fist"}
    assert weights.preprocess(noise(weights), event_id=events).classes == ("left_fist",)


@needs(CACHE)
def test_estimator_fine_tunes_the_weights():
    weights = find_weights("eegnet.physionet_mi2")
    raw = noise(weights)
    estimator = EEGClassifier.from_weights(weights, max_epochs=1, lr=1e-5, random_state=0)
    start = load_weights(weights).state_dict()["front.temporal.weight"]
    trained = estimator.fit(weights.preprocessing.epochs(raw)).model_
    moved = (trained.state_dict()["front.temporal.weight"] - start).abs().max()
    assert 0 < moved < 1e-3
    with pytest.raises(ValueError, match="Invalid parameter 'epochs'"):
        EEGClassifier.from_weights(weights, epochs=1)


@needs(CACHE)
def test_classifier_saved_with_a_card_loads_as_weights(tmp_path):
    weights = find_weights("eegnet.physionet_mi2")
    epochs = weights.preprocessing.epochs(noise(weights))
    path = tmp_path / "mine.safetensors"
    first = EEGClassifier.from_weights(weights)
    first.save(path, card=weights.metadata)
    again = weights_in(path)
    assert again.name == "mine"
    assert again.metadata.training == weights.metadata.training
    expected = first.predict_proba(epochs)
    np.testing.assert_array_equal(EEGClassifier.from_weights(again).predict_proba(epochs), expected)
    assert again.preprocess(noise(weights)).X.shape == (6, 64, 480)


def test_fitted_normalisation_is_loaded_or_fitted_again(tmp_path):
    weights = find_weights("eegnet.physionet_mi2")
    card = weights.metadata
    epochs = weights.preprocessing.epochs(noise(weights))
    classifier = EEGClassifier(
        create_model(card.architecture, **card.arguments), max_epochs=1, random_state=0
    ).fit(epochs)
    card = dataclasses.replace(card, normalization="whiten")
    classifier.save(tmp_path / "mine.safetensors", weights.preprocessing, card)
    mine = weights_in(tmp_path / "mine.safetensors")
    expected = classifier.predict_proba(epochs)
    np.testing.assert_array_equal(EEGClassifier.from_weights(mine).predict_proba(epochs), expected)
    louder = epochs.copy().apply_function(lambda x: 2 * x)
    refitted = EEGClassifier.from_weights(mine, fit_on=louder, check_signal="ignore")
    np.testing.assert_allclose(refitted.predict_proba(louder), expected, rtol=1e-3, atol=1e-5)
    assert mine.preprocess(noise(weights)).X.std() < 3


def test_windows_for_a_model_that_aligns_are_aligned(tmp_path):
    weights = find_weights("eegnet.physionet_mi2")
    card = weights.metadata
    epochs = weights.preprocessing.epochs(noise(weights))
    classifier = EEGClassifier(
        create_model(card.architecture, **card.arguments), align="euclid", max_epochs=1,
        random_state=0,
    ).fit(epochs)  # fmt: skip
    card = dataclasses.replace(card, normalization="whiten")
    classifier.save(tmp_path / "mine.safetensors", weights.preprocessing, card)
    mine = weights_in(tmp_path / "mine.safetensors")
    assert mine.alignment == classifier.align_
    assert find_weights("eegnet.physionet_mi2").alignment is None
    windows = torch.from_numpy(mine.preprocess(noise(weights)).X)
    with torch.inference_mode():
        found = load_weights(mine)(windows).softmax(-1)
    expected = EEGClassifier.from_weights(mine).set_params(n_crops=1).predict_proba(epochs)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_model_file_without_a_card_raises(tmp_path):
    save_model(
        create_model("eegnet", n_chans=3, n_times=64, n_outputs=2, sfreq=128), tmp_path / "m.st"
    )
    with pytest.raises(ValueError, match=r"model with a card in .*, got a model without"):
        weights_in(tmp_path / "m.st")


# Recordings of PhysioNet.


@pytest.fixture(scope="module")
def recordings():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNE_DATA", str(MNE_DATA))
        return [recording.raw for recording in fetch_eegbci(1, [4, 8, 12])]


def accuracy(name, recordings, **arguments):
    weights = find_weights(name)
    parts = [weights.preprocessing.epochs(raw, BY_NAME) for raw in recordings]
    dataset = EpochsDataset.concatenate([EpochsDataset.from_epochs(part) for part in parts])
    return EEGClassifier.from_weights(weights, **arguments).score(dataset)


@needs(CACHE)
@needs(MNE_DATA)
@pytest.mark.parametrize(
    ("name", "n_right"),
    [
        ("eegnet.physionet_mi2", 43),
        ("eegnet.physionet_mi2_fold3", 44),
        ("eegsym.mi_8", 41),
        ("eegsym.mi_16", 42),
    ],
)
def test_accuracy_on_a_subject_of_eegmmidb(name, n_right, recordings):
    assert accuracy(name, recordings) == pytest.approx(n_right / 45)


@needs(CACHE)
@needs(MNE_DATA)
def test_measured_metrics_are_reproduced(recordings):
    for name in ("eegnet.physionet_mi2", "eegsym.mi_8", "eegsym.mi_16"):
        measured = [
            metric.value
            for metric in find_weights(name).metadata.metrics
            if metric.protocol.startswith("EEGMMIDB S001, runs 4, 8, 12, measured here")
        ]
        assert measured == [pytest.approx(accuracy(name, recordings))]


@needs(CACHE)
@needs(MNE_DATA)
def test_mne_code_gives_the_same_accuracy(recordings):
    weights = find_weights("eegnet.physionet_mi2")
    model, right = load_weights(weights), 0
    for raw in recordings:
        raw = raw.copy()
        raw.annotations.delete(np.flatnonzero(raw.annotations.description == "rest"))
        X = torch.as_tensor(run_code(weights.as_mne_code(), raw), dtype=torch.float32)
        with torch.no_grad():
            predicted = model(X).argmax(dim=1)
        right += sum(
            weights.metadata.labels[place] == label
            for place, label in zip(predicted, raw.annotations.description, strict=True)
        )
    assert right == 43


@needs(CACHE)
@needs(MNE_DATA)
@pytest.mark.parametrize("missing", ["raise", "interpolate"])
def test_adapted_weights_equal_aligned_windows(recordings, missing):
    weights = find_weights("eegnet.physionet_mi2")
    lost = {"interpolate": ["C5", "Fp1"], "raise": []}[missing]
    cap = [name for name in reversed(weights.signal.ch_names) if name not in lost]
    mine = [raw.copy().pick(cap) for raw in recordings]
    parts = [weights.preprocess(raw, BY_NAME, missing=missing) for raw in mine]
    if lost:
        with pytest.warns(SignalWarning, match="interpolated"):
            model = create_model(weights.name, weights=True, ch_names=cap, missing=missing)
    else:
        model = create_model(weights.name, weights=True, ch_names=cap)
    for raw, dataset in zip(mine, parts, strict=True):
        epochs = weights.preprocessing.epochs(raw, BY_NAME)
        X = torch.as_tensor(1e6 * epochs.get_data(picks=cap), dtype=torch.float32)
        with torch.no_grad():
            found, expected = model(X), load_weights(weights)(torch.as_tensor(dataset.X))
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-3)


def test_every_preprocessing_has_mne_code():
    for name in list_weights():
        assert find_weights(name).as_mne_code().startswith("raw = raw.copy()")
