"""The tools of scikit-learn and MNE work with the classifier, on windows as users have them."""

import joblib
import mne.decoding
import numpy as np
import pytest
from sklearn import config_context
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import balanced_accuracy_score, log_loss, recall_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.utils import compute_class_weight

from eegzoo.training import EEGClassifier
from tests.training.same_fit import assert_same_fit

SFREQ, N_TIMES = 64.0, 96


def make_windows(n_windows=40, seed=0, amplitude=30.0, share=0.5):
    """Return windows in microvolts: 10 Hz over the first (class 0) or last channel (class 1)."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n_windows) >= round(share * n_windows)).astype(int)
    phase = rng.uniform(0, 2 * np.pi, (n_windows, 1))
    X = rng.normal(0, 10, (n_windows, 3, N_TIMES))
    rhythm = np.sin(2 * np.pi * 10 * np.arange(N_TIMES) / SFREQ + phase)
    X[np.arange(n_windows), 2 * y] += amplitude * rhythm
    return X.astype(np.float32), y


def make_classifier(**changes):
    settings = {"sfreq": SFREQ, "max_epochs": 2, "random_state": 0}
    return EEGClassifier("shallow_convnet", **{**settings, **changes})


def make_quick(**changes):
    """Return a classifier that learns the rhythms in half a second."""
    return make_classifier(**{"max_epochs": 10, **changes})


X, Y = make_windows()
GROUPS = np.arange(40) // 8


# Weights.


@pytest.mark.parametrize(
    "changes", [{}, {"validation": 0.25}, {"class_weight": "balanced"}], ids=str
)
def test_windows_of_weight_zero_are_not_used(changes):
    weight = np.ones(40)
    weight[::3] = 0
    noise = X.copy()
    noise[weight == 0] *= 40  # larger than EEG
    labels = np.where(weight > 0, Y, 7)
    one = make_classifier(**changes).fit(noise, labels, sample_weight=weight)
    other = make_classifier(**changes).fit(X[weight > 0], Y[weight > 0])
    assert_same_fit(one, other)
    assert one.amplitude_ == other.amplitude_
    assert one.history_ == other.history_
    assert one.normalizer_.to_dict() == other.normalizer_.to_dict()
    assert one.classes_.tolist() == [0, 1]


def test_equal_weights_have_no_effect():
    one, other = (make_classifier().fit(X, Y, sample_weight=w) for w in (None, np.full(40, 4.0)))
    assert_same_fit(one, other)


def test_class_weights_equal_sample_weights():
    weight = np.where(Y == 1, 5.0, 1.0)
    one = make_classifier(class_weight={1: 5.0}).fit(X, Y)
    assert_same_fit(one, make_classifier().fit(X, Y, sample_weight=weight))
    both = make_classifier(class_weight={1: 5.0}).fit(X, Y, sample_weight=1 / weight)
    assert_same_fit(both, make_classifier().fit(X, Y))


@pytest.mark.parametrize("favoured", [0, 1])
def test_the_class_of_larger_weight_is_predicted_for_noise(favoured):
    noise, y = make_windows(amplitude=0.0)
    heavy = np.where(y == favoured, 1000.0, 1.0)
    by_window = make_quick().fit(noise, y, sample_weight=heavy)
    by_class = make_quick(class_weight={favoured: 1000.0}).fit(noise, y)
    for classifier in (by_window, by_class):
        predicted = classifier.predict(make_windows(seed=1, amplitude=0.0)[0])
        assert (predicted == favoured).mean() > 0.9


def test_balanced_weights_equal_those_of_scikit_learn_and_find_a_rare_class():
    rare_X, rare = make_windows(60, amplitude=7.0, share=0.85)
    other_X, other = make_windows(60, amplitude=7.0, seed=1)
    weights = compute_class_weight("balanced", classes=np.array([0, 1]), y=rare)
    balanced = make_quick(class_weight="balanced").fit(rare_X, rare)
    mapped = make_quick(class_weight=dict(enumerate(weights))).fit(rare_X, rare)
    assert_same_fit(balanced, mapped)
    plain = make_quick().fit(rare_X, rare)
    assert recall_score(other, balanced.predict(other_X)) > recall_score(
        other, plain.predict(other_X)
    )


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(39), r"expected sample_weight .* shape \(40,\), got float64 of shape \(39,\)"),
        (-np.ones(40), "expected finite sample_weight of at least zero"),
        (np.zeros(40), "expected a sample_weight above zero"),
        (np.where(Y == 0, 0.0, 1.0), "expected at least two classes"),
    ],
)
def test_invalid_sample_weights_raise_and_keep_the_earlier_fit(weight, message):
    classifier = make_classifier().fit(X, Y)
    before = classifier.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, Y, sample_weight=weight)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ("equal", "expected class_weight to be 'balanced'"),
        ({0: 1.0, 2: 1.0}, r"labels in y, \[0, 1\], got it also for \[2\]: remove"),
        ({0: 0.0, 1: 0.0}, "expected a class_weight above zero"),
    ],
)
def test_invalid_class_weights_raise(class_weight, message):
    with pytest.raises(ValueError, match=message):
        make_classifier(class_weight=class_weight).fit(X, Y)


def test_a_class_of_weight_zero_is_still_a_class():
    classifier = make_classifier(class_weight={0: 0.0}, batch_size=1).fit(X, Y)
    assert np.isfinite(classifier.history_[-1]["train_loss"])
    assert classifier.classes_.tolist() == [0, 1]
    assert classifier.predict_proba(X)[Y == 1, 1].mean() > 0.6


def test_labels_in_a_column_give_the_warning_of_scikit_learn():
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        classifier = make_classifier().fit(X, Y[:, None])
    assert_same_fit(classifier, make_classifier().fit(X, Y))


# Files and processes.


def test_joblib_saves_a_fitted_classifier(tmp_path):
    classifier = make_classifier().fit(X, Y)
    joblib.dump(classifier, tmp_path / "mine.joblib")
    again = joblib.load(tmp_path / "mine.joblib")
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert again.history_ == classifier.history_
    assert_same_fit(again.fit(X, Y), classifier)


@pytest.mark.slow
def test_cross_validation_in_two_processes_gives_the_same_scores():
    scores = [
        cross_val_score(make_classifier(), X, Y, cv=3, n_jobs=n_jobs, scoring="neg_log_loss")
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


# Pipelines, folds, scorers and searches.


def test_transformers_of_mne_work_in_a_pipeline():
    pipeline = make_pipeline(
        mne.decoding.FilterEstimator(mne.create_info(3, SFREQ, "eeg"), 4, 30, method="iir"),
        mne.decoding.Scaler(scalings="median"),
        make_quick(check_signal="ignore"),
    )
    volts, (other, labels) = X.astype(np.float64) * 1e-6, make_windows(seed=1)
    pipeline.fit(volts, Y, eegclassifier__sample_weight=np.ones(40))
    assert pipeline.score(other.astype(np.float64) * 1e-6, labels) > 0.9


def test_cross_validation_of_mne_gives_the_same_scores():
    scores = mne.decoding.cross_val_multiscore(
        make_classifier(), X, Y, cv=StratifiedKFold(3), verbose="ERROR"
    )
    np.testing.assert_array_equal(scores, cross_val_score(make_classifier(), X, Y, cv=3))


def test_predictions_of_a_fold_come_from_a_fit_without_it():
    classifier, folds = make_classifier(), GroupKFold(5)
    found = cross_val_predict(classifier, X, Y, groups=GROUPS, cv=folds, method="predict_proba")
    for group in range(5):
        alone = make_classifier().fit(X[group != GROUPS], Y[group != GROUPS])
        mine = group == GROUPS
        np.testing.assert_array_equal(found[mine], alone.predict_proba(X[mine]))


def test_several_scorers_equal_the_scores_of_the_predictions():
    names = ("roc_auc", "balanced_accuracy", "neg_log_loss")
    scores = cross_validate(
        make_quick(), X, Y, cv=3, scoring=names, return_estimator=True, return_indices=True
    )
    for fold, fitted in enumerate(scores["estimator"]):
        test = scores["indices"]["test"][fold]
        probabilities, true = fitted.predict_proba(X[test]), Y[test]
        truth = (
            roc_auc_score(true, probabilities[:, 1]),
            balanced_accuracy_score(true, fitted.predict(X[test])),
            -log_loss(true, probabilities),
        )
        found = [scores[f"test_{name}"][fold] for name in names]
        np.testing.assert_allclose(found, truth, rtol=1e-6, atol=1e-6)
        assert min(found[:2]) > 0.8


def test_grid_search_finds_good_settings():
    grid = {"lr": [1e-9, 1e-2], "augment": [(), ("time_shift",)], "n_crops": [1, 3]}
    search = GridSearchCV(make_quick(max_epochs=6), grid, cv=2).fit(X, Y)
    assert search.best_params_["lr"] == 1e-2
    assert search.best_score_ > 0.9
    assert len(search.cv_results_["params"]) == 8
    assert search.best_estimator_.settings().n_crops == search.best_params_["n_crops"]
    assert search.score(*make_windows(seed=1)) > 0.9


def test_metadata_routing_passes_groups_and_weights_to_fit():
    weight = np.where(np.arange(40) % 3, 1.0, 0.0)
    own = GroupShuffleSplit(1, test_size=0.3, random_state=0)
    with config_context(enable_metadata_routing=True):
        classifier = (
            make_classifier(validation=own)
            .set_fit_request(sample_weight=True, groups=True)
            .set_score_request(sample_weight=True, groups=True)
        )
        scores = cross_val_score(
            classifier, X, Y, cv=GroupKFold(2), params={"sample_weight": weight, "groups": GROUPS}
        )
    truth = []
    for train, test in GroupKFold(2).split(X, Y, GROUPS):
        fitted = make_classifier(validation=own).fit(
            X[train], Y[train], groups=GROUPS[train], sample_weight=weight[train]
        )
        truth.append(fitted.score(X[test], Y[test], sample_weight=weight[test]))
    np.testing.assert_array_equal(scores, truth)


# Ensembles.


def test_soft_voting_averages_probabilities():
    several = [(str(seed), make_classifier(random_state=seed)) for seed in (0, 1)]
    voting = VotingClassifier(several, voting="soft").fit(X, Y)
    mean = np.mean([one.predict_proba(X) for one in voting.estimators_], axis=0)
    np.testing.assert_allclose(voting.predict_proba(X), mean, rtol=1e-6)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_probabilities_can_be_calibrated(method):
    calibrated = CalibratedClassifierCV(make_quick(), method=method, cv=2).fit(X, Y)
    probabilities = calibrated.predict_proba(make_windows(seed=1)[0])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert calibrated.score(*make_windows(seed=1)) > 0.9
