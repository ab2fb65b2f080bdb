"""A classifier learns, predicts and saves several labels for each window."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import KFold, cross_val_score

from eegzoo.training import EEGClassifier

SFREQ, N_TIMES = 64.0, 64


def make_windows(n_windows=60, seed=0):
    """Return windows in microvolts: a rhythm of 10 Hz over each of three channels, or not."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, (n_windows, 3))
    phase = rng.uniform(0, 2 * np.pi, (n_windows, 3, 1))
    rhythm = 30 * np.sin(2 * np.pi * 10 * np.arange(N_TIMES) / SFREQ + phase)
    return rng.normal(0, 10, (n_windows, 3, N_TIMES)) + y[:, :, None] * rhythm, y


def make_classifier(**changes):
    settings = {"sfreq": SFREQ, "max_epochs": 2, "random_state": 0}
    return EEGClassifier("shallow_convnet", **{**settings, **changes})


X, Y = make_windows()


def test_labels_are_learnt_independently():
    classifier = make_classifier(max_epochs=40).fit(X, Y)
    other_X, other = make_windows(seed=1)
    probabilities = classifier.predict_proba(other_X)
    assert probabilities.shape == (60, 3)
    assert min(roc_auc_score(other, probabilities, average=None)) > 0.9
    assert classifier.classes_.tolist() == [0, 1, 2]
    predicted = classifier.predict(other_X)
    np.testing.assert_array_equal(predicted, probabilities > 0.5)
    assert predicted.dtype.kind == "i"
    assert classifier.score(other_X, other) == accuracy_score(other, predicted) > 0.6
    weight = np.arange(60.0)
    assert classifier.score(other_X, other, sample_weight=weight) == pytest.approx(
        accuracy_score(other, predicted, sample_weight=weight)
    )


@pytest.mark.parametrize("convert", [list, lambda y: y.astype(bool), lambda y: y.astype(float)])
def test_an_indicator_can_have_any_type(convert):
    one, other = make_classifier().fit(X, Y), make_classifier().fit(X, convert(Y))
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    assert one.score(X, Y) == other.score(X, convert(Y))


def test_a_label_that_no_window_has_is_improbable():
    y = Y.copy()
    y[:, 1] = 0
    assert make_classifier(max_epochs=20).fit(X, y).predict_proba(X)[:, 1].mean() < 0.2


def test_files_and_pickles_give_the_same_predictions(tmp_path):
    classifier = make_classifier().fit(X, Y)
    classifier.save(tmp_path / "mine.safetensors")
    for again in (
        EEGClassifier.load(tmp_path / "mine.safetensors"), pickle.loads(pickle.dumps(classifier)),
    ):  # fmt: skip
        np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
        np.testing.assert_array_equal(again.predict(X), classifier.predict(X))
        assert again.classes_.tolist() == [0, 1, 2]


def test_validation_and_cross_validation_work():
    classifier = make_classifier(validation=0.25).fit(X, Y)
    assert 0 <= classifier.history_[-1]["valid_score"] <= 1
    scores = cross_val_score(
        make_classifier(max_epochs=20), X, Y, cv=KFold(3), scoring="roc_auc_ovr"
    )
    assert scores.min() > 0.6


def test_windows_of_weight_zero_are_not_used():
    weight = np.ones(60)
    weight[:20] = 0
    one = make_classifier().fit(X, Y, sample_weight=weight)
    other = make_classifier().fit(X[20:], Y[20:])
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_partial_fit_learns_several_labels():
    classifier = make_classifier()
    for _ in range(20):
        classifier.partial_fit(X, Y, classes=[0, 1, 2])
    assert roc_auc_score(Y, classifier.predict_proba(X)) > 0.8
    before = {key: value.clone() for key, value in classifier.model_.state_dict().items()}
    with pytest.raises(ValueError, match=r"with 3 labels, as in the first call, got \(60, 2\)"):
        classifier.partial_fit(X, Y[:, :2])
    with pytest.raises(ValueError, match="expected y with 3 columns, got labels"):
        classifier.partial_fit(X, Y[:, 0])
    torch.testing.assert_close(dict(classifier.model_.state_dict()), before, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("y", "changes", "message"),
    [
        (Y + 1, {}, "one label for each window, or an indicator of zeros and ones, got"),
        (Y * 2 - 1, {}, "an indicator of zeros and ones, got"),
        (Y * [1, 2, 3], {}, "an indicator of zeros and ones, got multiclass-multioutput"),
        (Y + 0.5, {}, "an indicator of zeros and ones, got continuous-multioutput"),
        (np.where(Y, np.nan, 0.0), {}, "expected finite numbers in y"),
        (Y[:59], {}, r"expected y of shape \(60,\), got \(59, 3\)"),
        (Y[:, :, None], {}, r"expected y of shape \(60,\), got \(60, 3, 1\)"),
        (Y, {"class_weight": "balanced"}, "expected class_weight with one label for each window"),
        (Y.astype(str), {}, "an indicator of zeros and ones"),
    ],
)
def test_invalid_indicators_raise(y, changes, message):
    classifier = make_classifier(**changes)
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, y)
    assert not hasattr(classifier, "model_")
