"""Classifiers are calibrated on people that their models were not trained on."""

import pickle
import warnings

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax
from sklearn.base import clone

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.training import EEGClassifier, PseudoLabels
from eegzoo.training.adaptation.record import AdaptationWarning
from eegzoo.training.calibration.conformal import score_limit, set_scores
from eegzoo.training.calibration.folds import CalibrationWarning

SFREQ, N_TIMES, N_WINDOWS = 64.0, 128, 12


def make_people(n_people=10, seed=0, n_windows=N_WINDOWS):
    """Return windows with a rhythm over one of two channels, their labels and people."""
    rng = np.random.default_rng(seed)
    n = n_people * n_windows
    y, groups = np.arange(n) % 2, np.arange(n_people).repeat(n_windows)
    X = rng.normal(0, 10, (n, 3, N_TIMES))
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    rhythm = np.sin(2 * np.pi * 10 * np.arange(N_TIMES) / SFREQ + phase)
    X[np.arange(n), 2 * y] += rng.uniform(3, 12, n_people)[groups][:, None] * rhythm
    return X.astype(np.float32), y, groups


X, Y, GROUPS = make_people()


def make_classifier(**changes):
    settings = {
        "sfreq": SFREQ, "model_params": {"n_filters": 4}, "max_epochs": 4, "random_state": 0,
        "calibration": "temperature", **changes,
    }  # fmt: skip
    return EEGClassifier("shallow_convnet", **settings)


def make_dataset(X=X, y=Y, groups=GROUPS):
    info = SignalInfo(["C3", "Cz", "C4"], SFREQ, N_TIMES)
    return EpochsDataset(X, y, ["left", "right"], info, {"subject": groups.astype(str)})


@pytest.fixture(scope="module")
def fitted():
    return make_classifier().fit(X, Y, GROUPS)


def test_the_outputs_are_of_models_that_were_not_trained_on_the_person(fitted):
    calibration = fitted.calibration_
    assert (calibration.n_people, calibration.of_people, calibration.is_split) == (10, True, False)
    np.testing.assert_array_equal(calibration.y, Y)
    np.testing.assert_array_equal(calibration.person, GROUPS)
    # The labels of a person, turned round, do not change that person's outputs.
    turned = make_classifier().fit(X, np.where(GROUPS == 3, 1 - Y, Y), GROUPS).calibration_
    mine = GROUPS == 3
    np.testing.assert_array_equal(turned.outputs[mine], calibration.outputs[mine])
    assert (turned.outputs[~mine] != calibration.outputs[~mine]).any()


def test_probabilities_are_those_of_logits_divided_by_the_temperature(fitted):
    plain = make_classifier(calibration=None).fit(X, Y, GROUPS)
    logits = torch.from_numpy(plain.predict_log_proba(X)).double()
    expected = (logits / fitted.calibration_.temperature).softmax(-1).numpy()
    np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-6)
    log_odds = np.log(expected[:, 1] / expected[:, 0])
    np.testing.assert_allclose(fitted.decision_function(X), log_odds, atol=1e-4)
    np.testing.assert_array_equal(fitted.predict(X), plain.predict(X))


def test_sets_hold_the_prediction_and_are_the_same_in_every_call(fitted):
    sets = fitted.predict_set(X, alpha=0.1)
    assert (sets.dtype, sets.shape) == (np.dtype(bool), (len(X), 2))
    assert sets[np.arange(len(X)), fitted.predict(X)].all()
    np.testing.assert_array_equal(fitted.predict_set(X, alpha=0.1), sets)
    wider = fitted.predict_set(X, alpha=0.1, method="hierarchical")
    assert (wider >= fitted.predict_set(X, alpha=0.1, method="pooled")).all()


def test_too_few_people_raise(fitted):
    with pytest.raises(ValueError, match="expected at least 19 held-out people"):
        fitted.predict_set(X, alpha=0.05)


def test_abstaining_masks_the_windows_below_the_threshold(fitted):
    chosen = fitted.abstention(coverage=0.5)
    labels = fitted.predict_or_abstain(X, chosen)
    p = fitted.predict_proba(X).max(axis=1)
    np.testing.assert_array_equal(labels.mask, p < chosen.threshold - 1e-7)
    np.testing.assert_array_equal(labels.data, fitted.predict(X))
    assert not fitted.predict_or_abstain(X, 0.0).mask.any()


def test_a_window_at_the_threshold_gets_a_label(fitted):
    outputs = fitted._raw_outputs(X).double() / fitted.calibration_.temperature
    threshold = float(outputs.softmax(dim=-1).max(dim=-1).values[3])
    assert not fitted.predict_or_abstain(X, threshold).mask[3]


def test_limits_of_sets_are_of_outputs_without_the_temperature(fitted):
    known = fitted.calibration_
    scores = set_scores(softmax(known.outputs.astype(np.float64), axis=1))
    expected = score_limit(scores[np.arange(len(X)), known.y], known.person, 0.1)
    assert abs(np.log(known.temperature)) > 0.01
    assert known.limit(0.1, "hierarchical") == expected > 0


def test_the_calibration_is_saved_pickled_and_not_cloned(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    loaded = EEGClassifier.load(tmp_path / "model.safetensors")
    for other in (loaded, pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))
        np.testing.assert_array_equal(other.predict_set(X), fitted.predict_set(X))
        assert other.abstention(coverage=0.5) == fitted.abstention(coverage=0.5)
    assert clone(fitted).calibration_ is None


def test_a_fit_without_calibration_has_none(tmp_path):
    plain = make_classifier(calibration=None, max_epochs=1).fit(X, Y)
    assert plain.calibration_ is None
    plain.save(tmp_path / "model.safetensors")
    assert EEGClassifier.load(tmp_path / "model.safetensors").calibration_ is None
    with pytest.raises(ValueError, match="expected a calibrated classifier, got one without"):
        plain.predict_set(X)


def test_subjects_of_a_data_set_are_the_people():
    fitted = make_classifier().fit(make_dataset())
    np.testing.assert_array_equal(fitted.calibration_.person, GROUPS)
    again = make_classifier().fit(make_dataset(), groups="subject")
    np.testing.assert_array_equal(again.calibration_.outputs, fitted.calibration_.outputs)


@pytest.mark.parametrize("groups", [None, np.zeros(len(X), int)])
def test_one_person_is_said_and_has_no_sets(groups):
    with pytest.warns(CalibrationWarning, match="not those of new people"):
        fitted = make_classifier(max_epochs=1).fit(X, Y, groups)
    assert not fitted.calibration_.of_people
    assert fitted.calibration_.outputs.shape == (len(X), 2)
    with pytest.raises(ValueError, match="windows of one person"):
        fitted.predict_set(X)


def test_overlapping_windows_of_one_person_are_held_out_together():
    rng = np.random.default_rng(0)
    signal = rng.normal(0, 10, (3, 40 * 64 + 64)).astype(np.float32)
    windows = np.stack([signal[:, 64 * k : 64 * k + 128] for k in range(40)])
    with pytest.warns(CalibrationWarning):
        fitted = make_classifier(max_epochs=1).fit(windows, np.arange(40) % 2)
    assert len(fitted.calibration_.y) == 40


def test_windows_of_weight_zero_are_not_used():
    weight = np.where(np.arange(len(X)) % 3 == 0, 0.0, 1.0)
    fitted = make_classifier(max_epochs=1).fit(X, Y, GROUPS, sample_weight=weight)
    np.testing.assert_array_equal(fitted.calibration_.person, GROUPS[weight > 0])


def test_a_label_of_one_person_alone_raises():
    y = np.where(GROUPS == 0, 2, Y)
    with pytest.raises(ValueError, match=r"\[2\] only in one fold"):
        make_classifier(max_epochs=1).fit(X, y, GROUPS)


def test_a_failed_calibration_does_not_change_a_fitted_classifier(fitted):
    before = fitted.predict_proba(X)
    with pytest.raises(ValueError, match="only in one fold"):
        fitted.fit(X, np.where(GROUPS == 0, 2, Y), GROUPS)
    np.testing.assert_array_equal(fitted.predict_proba(X), before)


def test_a_fitted_classifier_is_calibrated_on_other_people():
    plain = make_classifier(calibration=None).fit(X, Y)
    other_X, other_y, others = make_people(n_people=20, seed=1)
    logits = plain.predict_log_proba(other_X)
    plain.fit_calibration(other_X, other_y, others)
    assert plain.calibration_.is_split
    # Averages over crops are normalised by the softmax only.
    outputs = log_softmax(plain.calibration_.outputs, axis=1)
    np.testing.assert_allclose(outputs, logits, atol=1e-6)
    # Calibrating again starts from the same outputs, not from those that were divided.
    temperature = plain.calibration_.temperature
    assert plain.fit_calibration(other_X, other_y, others).calibration_.temperature == temperature
    new_X, new_y, _ = make_people(n_people=40, seed=2)
    covered = plain.predict_set(new_X)[np.arange(len(new_X)), new_y]
    assert covered.mean() > 0.87
    with pytest.raises(ValueError, match="expected groups with the person of each window"):
        plain.fit_calibration(other_X, other_y)


def test_several_labels_have_a_temperature_and_no_sets():
    several = np.column_stack([Y, 1 - Y])
    fitted = make_classifier(max_epochs=1).fit(X, several, GROUPS)
    assert fitted.calibration_.outputs.shape == (len(X), 2)
    with pytest.raises(ValueError, match="one label for each window"):
        fitted.predict_set(X)


def test_alignment_by_person_is_that_of_the_held_out_person():
    fitted = make_classifier(align="euclid", max_epochs=1).fit(X, Y, GROUPS)
    scaled = X * np.where(GROUPS == 3, 2.0, 1.0)[:, None, None].astype(np.float32)
    again = make_classifier(align="euclid", max_epochs=1).fit(scaled, Y, GROUPS)
    np.testing.assert_allclose(again.calibration_.outputs, fitted.calibration_.outputs, atol=1e-3)


def test_adapted_people_have_a_calibration_of_their_own(tmp_path):
    fitted = make_classifier(calibration="adapted").fit(X, Y, GROUPS)
    mine = X[GROUPS == 3]
    assert sorted(fitted.calibrations_) == ["adapted", "as_is"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AdaptationWarning)
        adapted = fitted.adapt(mine)
    assert adapted.calibration_ is fitted.calibrations_["adapted"]
    assert (adapted.calibration_.outputs != fitted.calibration_.outputs).any()
    assert adapted.predict_set(mine).shape == (N_WINDOWS, 2)
    adapted.save(tmp_path / "adapted.safetensors")
    loaded = EEGClassifier.load(tmp_path / "adapted.safetensors")
    np.testing.assert_array_equal(loaded.predict_set(mine), adapted.predict_set(mine))
    with pytest.raises(ValueError, match="expected a classifier for anyone"):
        adapted.fit_calibration(X, Y, GROUPS)


@pytest.mark.filterwarnings("ignore:the classifier learns")
def test_adapted_people_are_calibrated_as_new_people_will_be_adapted():
    # The temperature decides which labels of its own a classifier learns.
    options = PseudoLabels(0.6, smallest_share=0.1)
    unsure = make_classifier(calibration=None, pseudo_labels=options).fit(X, Y, GROUPS)
    with torch.no_grad():
        for weight in unsure.model_.head.parameters():
            weight *= 0.1
    other_X, other_y, others = make_people(n_people=4, seed=1)
    unsure.fit_calibration(other_X, other_y, others, adapted=True)
    learnt = []
    for person in range(4):
        mine = others == person
        one = pickle.loads(pickle.dumps(unsure))
        one.fit_calibration(other_X[~mine], other_y[~mine], others[~mine])
        adapted = one.adapt(other_X[mine])
        learnt.append(adapted.adaptation_.stepped_back == "")
        expected = adapted._raw_outputs(other_X[mine]).numpy()
        np.testing.assert_array_equal(unsure.calibrations_["adapted"].outputs[mine], expected)
    assert any(learnt)


def test_people_held_out_are_adapted_with_the_calibration_of_the_others(monkeypatch):
    used, adapt = [], EEGClassifier.adapt

    def noted(self, X, **options):
        used.append(self.calibrations_["as_is"].n_people)
        return adapt(self, X, **options)

    monkeypatch.setattr(EEGClassifier, "adapt", noted)
    make_classifier(calibration="adapted", max_epochs=1).fit(X, Y, GROUPS)
    assert used == [9] * 10


@pytest.mark.filterwarnings("ignore:the classifier learns no labels")
def test_a_calibration_for_others_gives_adapted_people_no_sets(fitted):
    mine = X[GROUPS == 3]
    with pytest.raises(ValueError, match="one calibrated for people as_is"):
        fitted.adapt(mine).predict_set(mine)
    with pytest.raises(ValueError, match="learnt no labels of the person"):
        fitted.calibrate(mine, Y[GROUPS == 3]).predict_set(mine)
    again = make_classifier(calibration=None).fit(X, Y, GROUPS)
    again.fit_calibration(*make_people(n_people=12, seed=1), adapted=True)
    assert again.adapt(mine).predict_set(mine).any(axis=1).all()


def test_a_person_who_is_only_aligned_is_like_those_of_the_calibration():
    fitted = make_classifier(align="euclid", max_epochs=1).fit(X, Y, GROUPS)
    mine = X[GROUPS == 3]
    adapted = fitted.adapt(mine, how=["align"])
    np.testing.assert_array_equal(adapted.predict_set(mine), fitted.predict_set(mine))


@pytest.mark.parametrize("calibration", ["sigmoid", True])
def test_unknown_calibrations_raise(calibration):
    with pytest.raises(ValueError, match="expected calibration to be one of 'temperature'"):
        make_classifier(calibration=calibration).fit(X, Y, GROUPS)


def test_partial_fit_holds_out_no_people():
    with pytest.raises(ValueError, match="expected calibration None with partial_fit"):
        make_classifier().partial_fit(X, Y, classes=[0, 1])


def test_training_further_drops_the_calibration_and_says_so():
    fitted = make_classifier(calibration=None, max_epochs=1).fit(X, Y)
    fitted.fit_calibration(*make_people(seed=1))
    with pytest.warns(CalibrationWarning, match="is dropped"):
        fitted.partial_fit(X, Y)
    assert fitted.calibration_ is None
    fitted.partial_fit(X, Y)  # no warning: there is none
