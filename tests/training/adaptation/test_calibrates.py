"""A few labels of one person help, are never scored, and change nobody else."""

import numpy as np
import pytest
import torch

from eegzoo.training import EEGClassifier
from eegzoo.training.adaptation.record import AdaptationWarning
from tests.training.simulated_people import SFREQ, make_dataset, make_people

X, Y, PEOPLE = make_people(strength=1.3)
NEW_X, NEW_Y, _ = make_people(n_people=1, n_windows=40, seed=1, strength=1.3)


def make_classifier(model="shallow_convnet", **changes):
    settings = {
        "sfreq": SFREQ, "model_params": {"n_filters": 4}, "max_epochs": 10, "random_state": 0,
        "n_crops": 2, **changes,
    }  # fmt: skip
    return EEGClassifier(model, **settings)


@pytest.fixture(scope="module")
def fitted():
    return make_classifier().fit(X, Y)


def test_a_person_whose_states_are_swapped_is_learnt(fitted):
    # Without labels, this person cannot be told from others.
    swapped = 1 - NEW_Y
    before = fitted.score(NEW_X[20:], swapped[20:])
    scores = [before]
    for which in ("head", "all"):
        calibrated = fitted.calibrate(NEW_X[:20], swapped[:20], which=which)
        scores.append(calibrated.score(NEW_X[20:], swapped[20:]))
    assert before < 0.4
    assert scores[1] > before + 0.3
    assert scores[2] > before


@pytest.mark.parametrize("which", ["head", "all"])
def test_the_result_depends_on_no_seed_and_no_order(fitted, which):
    p = fitted.calibrate(NEW_X[:8], NEW_Y[:8], which=which).predict_proba(NEW_X)
    torch.manual_seed(5)
    order = np.array([3, 1, 7, 0, 2, 6, 5, 4])
    again = fitted.calibrate(NEW_X[order], NEW_Y[order], which=which)
    np.testing.assert_array_equal(again.predict_proba(NEW_X), p)


@pytest.mark.parametrize("which", ["head", "all"])
def test_only_what_was_asked_for_changes(fitted, which):
    before = {name: value.clone() for name, value in fitted.model_.state_dict().items()}
    calibrated = fitted.calibrate(NEW_X[:8], NEW_Y[:8], which=which)
    torch.testing.assert_close(dict(fitted.model_.state_dict()), before, rtol=0, atol=0)
    after = calibrated.model_.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    weights = {name for name, _ in fitted.model_.named_parameters()}
    heads = {name for name in weights if name.startswith("head.")}
    assert changed == (heads if which == "head" else weights & changed)
    assert changed >= heads
    assert not {name for name in changed if "running" in name}
    assert not calibrated.model_.training


def test_no_labels_are_no_reason_to_change_much(fitted):
    confident = fitted.predict(NEW_X)
    few = [np.flatnonzero(confident == 0)[0], np.flatnonzero(confident == 1)[0]]
    calibrated = fitted.calibrate(NEW_X[few], confident[few])
    assert (calibrated.predict(NEW_X) == confident).mean() > 0.7


def test_the_record_counts_labels_and_their_windows_are_not_scored(fitted, tmp_path):
    adapted = fitted.adapt(NEW_X, how=["align"])
    once = adapted.calibrate(NEW_X[:4], NEW_Y[:4])
    twice = once.calibrate(NEW_X[4:8], NEW_Y[4:8])
    assert (once.adaptation_.n_labelled, twice.adaptation_.n_labelled) == (4, 8)
    assert twice.adaptation_.how == ("align",)
    assert "calibrated on 8 windows with labels" in twice.adaptation_.in_words()
    assert twice.adaptation_.regime(NEW_X[8:]) == "transductive"
    with pytest.raises(ValueError, match="got 1 that the classifier was calibrated on"):
        twice.adaptation_.regime(NEW_X[7:])
    twice.save(tmp_path / "model.safetensors")
    loaded = EEGClassifier.load(tmp_path / "model.safetensors")
    assert loaded.adaptation_ == twice.adaptation_
    np.testing.assert_array_equal(loaded.predict_proba(NEW_X), twice.predict_proba(NEW_X))
    # What was learnt with labels is kept by a later adaptation.
    later = loaded.adapt(NEW_X, how=["align"])
    assert later.adaptation_.n_labelled == 8
    torch.testing.assert_close(later.model_.head.weight, twice.model_.head.weight)


@pytest.mark.parametrize("settings", [
    {"align": "euclid", "normalize": "none"}, {"people_per_batch": 4},
])  # fmt: skip
def test_statistics_of_a_few_windows_are_refused(settings):
    fitted = make_classifier(max_epochs=1, **settings).fit(X, Y, PEOPLE)
    with pytest.raises(ValueError, match="expected a classifier that is adapted to the person"):
        fitted.calibrate(NEW_X[:4], NEW_Y[:4])
    adapted = fitted.adapt(NEW_X, how=["align", "statistics"])
    assert adapted.calibrate(NEW_X[:4], NEW_Y[:4]).adaptation_.n_labelled == 4


def test_labels_of_one_class_warn(fitted):
    with pytest.warns(AdaptationWarning, match="all 2 labels are 0"):
        fitted.calibrate(NEW_X[:4:2], NEW_Y[:4:2])


@pytest.mark.parametrize(
    ("y", "which", "message"),
    [
        ([0, 2], "head", r"expected labels of classes \[0, 1\], got \[2\]"),
        ([0, None], "head", r"expected labels of classes \[0, 1\], got \[None\]"),
        ([0, "1"], "head", r"expected labels of classes \[0, 1\], got \['0', '1'\]"),
        ([0, 1], "front", "expected which to be one of 'head', 'all'"),
        ([0, 1, 1], "head", r"expected y of shape \(2,\)"),
    ],
)
def test_bad_arguments_raise(fitted, y, which, message):
    with pytest.raises(ValueError, match=message):
        fitted.calibrate(NEW_X[:2], y, which=which)


def test_several_people_raise(fitted):
    people = np.repeat(["S1", "S2"], 4)
    for X, groups in ((NEW_X[:8], people), (make_dataset(NEW_X[:8], NEW_Y[:8], people), None)):
        with pytest.raises(ValueError, match="expected windows of one person"):
            fitted.calibrate(X, NEW_Y[:8], groups=groups)


def test_no_windows_raise(fitted):
    with pytest.raises(ValueError, match="expected one label for each of some windows"):
        fitted.calibrate(NEW_X[:0], NEW_Y[:0])
