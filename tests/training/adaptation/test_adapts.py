"""A classifier adapts to one person without labels, and to nobody else."""

import dataclasses
import pickle
import warnings

import mne
import numpy as np
import pytest
import torch
from sklearn.base import clone

from eegzoo.data import EpochsDataset, PersonAlignment, SignalInfo
from eegzoo.data.preprocessing.by_person.covariance_means import riemannian_mean
from eegzoo.training import EEGClassifier
from eegzoo.training.adaptation.adapts import HOW
from eegzoo.training.adaptation.pseudo_labels import PseudoLabels
from eegzoo.training.adaptation.record import AdaptationWarning
from eegzoo.training.by_person.statistics import with_person_statistics
from tests.training.simulated_people import CH_NAMES, SFREQ, make_dataset, make_people

X, Y, PEOPLE = make_people()
NEW_X, NEW_Y, _ = make_people(n_people=1, n_windows=30, seed=1)
NO_LABELS = "ignore:the classifier learns no labels"
OTHER_X, _, _ = make_people(n_people=1, n_windows=30, seed=2)


def make_classifier(model="shallow_convnet", **changes):
    settings = {
        "sfreq": SFREQ, "model_params": {"n_filters": 4}, "max_epochs": 10, "random_state": 0,
        "align": "euclid", "normalize": "none", "n_crops": 2, **changes,
    }  # fmt: skip
    return EEGClassifier(model, **settings)


@pytest.fixture(scope="module")
def fitted():
    return make_classifier().fit(X, Y, PEOPLE)


@pytest.fixture(scope="module")
def plain():
    """A classifier without alignment, as weights that were trained before there was any."""
    return make_classifier(align=None, normalize="whiten", max_epochs=20).fit(X, Y)


@pytest.fixture(scope="module")
def wholly(fitted):
    """A classifier all of whose weights learn its own labels."""
    return clone_of(fitted, pseudo_labels=PseudoLabels(which="all"))


@pytest.fixture(scope="module", params=["fitted", "plain", "wholly"])
def either(request):
    return request.getfixturevalue(request.param)


def clone_of(classifier, **parameters):
    """Return a fitted copy with other parameters."""
    return pickle.loads(pickle.dumps(classifier)).set_params(**parameters)


def state(classifier):
    return {name: value.clone() for name, value in classifier.model_.state_dict().items()}


def assert_same(one, other):
    np.testing.assert_array_equal(one.predict_proba(NEW_X), other.predict_proba(NEW_X))


def test_adapting_helps_a_person_who_differs(plain):
    strong_X, strong_y, people = make_people(n_people=6, n_windows=30, seed=3, strength=1.3)
    scores = []
    for person in range(6):
        mine = people == person
        adapted = plain.adapt(strong_X[mine])
        scores.append([one.score(strong_X[mine], strong_y[mine]) for one in (plain, adapted)])
    before, after = np.mean(scores, axis=0)
    assert after > before + 0.02


def test_the_original_is_not_changed(either):
    before, p = state(either), either.predict_proba(NEW_X)
    either.adapt(NEW_X)
    torch.testing.assert_close(state(either), before, rtol=0, atol=0)
    np.testing.assert_array_equal(either.predict_proba(NEW_X), p)
    assert either.adaptation_ is None
    assert either.alignment_ is None


@pytest.mark.parametrize("method", ["euclid", "riemann"])
def test_the_aligned_covariance_is_the_identity(fitted, method):
    classifier = clone_of(fitted)
    classifier.align_ = PersonAlignment(method, shrinkage=0.0)
    # Windows that differ, so that a part of them has another mean.
    windows = NEW_X * np.linspace(0.7, 1.5, len(NEW_X), dtype=np.float32)[:, None, None]
    adapted = classifier.adapt(windows, how=["align"])
    aligned = adapted.alignment_.transform(windows.astype(np.float64))
    aligned -= aligned.mean(axis=(0, 2), keepdims=True)
    covariances = aligned @ aligned.transpose(0, 2, 1) / aligned.shape[-1]
    mean = covariances.mean(axis=0) if method == "euclid" else riemannian_mean(covariances)
    np.testing.assert_allclose(mean, np.eye(4), atol=1e-5)


def test_adapting_twice_is_adapting_once(either):
    once = either.adapt(NEW_X)
    assert_same(once.adapt(NEW_X), once)
    torch.testing.assert_close(state(once.adapt(NEW_X)), state(once), rtol=0, atol=0)
    # Also when it was adapted to another person in between.
    assert_same(either.adapt(OTHER_X).adapt(NEW_X), once)


@pytest.mark.parametrize("how", [["align"], ["statistics"]])
def test_what_an_adaptation_does_not_renew_is_that_of_the_training(either, how):
    again = either.adapt(OTHER_X).adapt(NEW_X, how=how)
    once = either.adapt(NEW_X, how=how)
    assert_same(again, once)
    torch.testing.assert_close(state(again), state(once), rtol=0, atol=0)


def test_the_order_of_the_windows_does_not_matter(either):
    once = either.adapt(NEW_X)
    order = np.random.default_rng(0).permutation(len(NEW_X))
    assert_same(either.adapt(NEW_X[order]), once)
    assert_same(either.adapt(NEW_X[::-1]), once)


def test_labels_are_never_read(either):
    people = np.zeros(len(NEW_X), int)
    dataset = make_dataset(NEW_X, NEW_Y, people)
    shuffled = make_dataset(NEW_X, np.random.default_rng(0).permutation(NEW_Y), people)
    one = make_dataset(NEW_X, np.zeros(len(NEW_X), int), people)
    for other in (shuffled, one):
        assert_same(either.adapt(other), either.adapt(dataset))


def test_adapting_to_one_person_does_not_change_another(either):
    first = either.adapt(NEW_X)
    p = first.predict_proba(NEW_X)
    either.adapt(OTHER_X)
    first.adapt(OTHER_X)
    np.testing.assert_array_equal(first.predict_proba(NEW_X), p)


def test_parameters_of_a_copy_are_its_own(fitted):
    adapted = fitted.adapt(NEW_X)
    adapted.set_params(batch_size=8, optimizer__betas=(0.5, 0.9))
    assert fitted.batch_size is None
    assert "optimizer__betas" not in fitted.get_params()


@pytest.mark.filterwarnings(NO_LABELS)
@pytest.mark.parametrize("how", [None, ("align",), ("statistics",), ("pseudo_labels",), HOW])
def test_an_adapted_classifier_is_saved_like_any_other(either, how, tmp_path):
    adapted = either.adapt(NEW_X, how=how)
    adapted.save(tmp_path / "adapted.safetensors")
    for other in (
        EEGClassifier.load(tmp_path / "adapted.safetensors"),
        pickle.loads(pickle.dumps(adapted)),
    ):
        assert_same(other, adapted)
        assert other.adaptation_ == adapted.adaptation_
        assert_same(other.adapt(OTHER_X), either.adapt(OTHER_X))
        assert other.pseudo_labels == either.pseudo_labels
    assert not hasattr(clone(adapted), "model_")


def test_the_record_says_what_was_done(fitted):
    record = fitted.adapt(NEW_X).adaptation_
    assert (record.how, record.n_windows, record.first) == (HOW, 30, None)
    assert record.n_confident >= 0.4 * 30
    assert record.threshold == 0.8
    assert record.regime(NEW_X) == "transductive"
    assert record.regime(OTHER_X) == "inductive"
    assert record.regime(np.concatenate([NEW_X, OTHER_X])) == "transductive for 30 of 60 windows"
    assert "on 30 windows without labels: align, statistics, pseudo_labels" in record.in_words()


def test_windows_are_recognised_in_any_form():
    classifier = make_classifier(align=None, normalize="whiten", max_epochs=1)
    classifier.fit(make_dataset(X, Y, PEOPLE))
    info = SignalInfo(CH_NAMES[::-1], SFREQ, NEW_X.shape[-1])
    turned = EpochsDataset(NEW_X[:, ::-1], NEW_Y, ["0", "1"], info)
    recorded = mne.create_info(list(CH_NAMES), SFREQ, "eeg")
    epochs = mne.EpochsArray(NEW_X.astype(float) * 1e-6, recorded, verbose="ERROR")
    for windows in (NEW_X, turned, epochs):
        adapted = classifier.adapt(windows, how=["align"])
        assert [adapted.regime(other) for other in (NEW_X, turned, epochs)] == ["transductive"] * 3
    assert adapted.regime(OTHER_X) == "inductive"
    for other in (turned, epochs):
        with pytest.raises(TypeError, match="expected an array of windows in microvolts, got E"):
            adapted.adaptation_.regime(other)


def test_what_is_taken_from_windows_in_use_is_transductive(fitted, plain):
    assert (fitted.regime(NEW_X), plain.regime(NEW_X)) == ("transductive", "inductive")
    assert fitted.adapt(NEW_X, how=["statistics"]).regime(OTHER_X) == "transductive"  # aligned
    assert fitted.adapt(NEW_X, how=["align"]).regime(OTHER_X) == "inductive"


def test_the_first_windows_are_the_first_in_time(fitted):
    people, onset = np.zeros(30, int), np.arange(30.0)
    dataset = make_dataset(NEW_X, NEW_Y, people, onset=onset)
    expected = fitted.adapt(NEW_X[:12])
    found = fitted.adapt(NEW_X, first=12)
    assert_same(found, expected)
    assert (found.adaptation_.n_windows, found.adaptation_.first) == (12, 12)
    assert found.adaptation_.regime(NEW_X) == "transductive for 12 of 30 windows"
    order = np.random.default_rng(0).permutation(30)
    assert_same(fitted.adapt(dataset.subset(order), first=12), expected)


def test_statistics_are_those_of_the_person(fitted):
    adapted = fitted.adapt(NEW_X, how=["align", "statistics"])
    outputs = []
    norm = next(part for part in adapted.model_.modules() if hasattr(part, "running_mean"))
    hook = norm.register_forward_hook(lambda _, __, output: outputs.append(output))
    adapted.predict_proba(NEW_X)
    hook.remove()
    maps = torch.cat(outputs).transpose(0, 1).flatten(1)
    weight, bias = norm.weight.detach(), norm.bias.detach()
    torch.testing.assert_close(maps.mean(1), bias, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(maps.std(1), weight.abs(), rtol=2e-3, atol=2e-3)


def test_without_alignment_the_normalisation_is_fitted_to_the_person(plain):
    adapted = plain.adapt(NEW_X, how=["align"])
    normalized = np.concatenate(list(adapted.normalizer_.transform(NEW_X)), axis=1)
    covariance = np.cov(normalized)
    assert abs(covariance - np.eye(4)).max() < 0.35  # shrunk by a tenth
    assert plain.normalizer_ is not adapted.normalizer_


def weights_that_differ(one, other):
    before, after = (dict(part.model_.named_parameters()) for part in (one, other))
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_the_head_or_all_weights_learn(fitted, wholly):
    head, everything = fitted.adapt(NEW_X), wholly.adapt(NEW_X)
    assert weights_that_differ(fitted, head) == {"head.weight", "head.bias"}
    assert weights_that_differ(fitted, everything) == dict(fitted.model_.named_parameters()).keys()
    assert (head.adaptation_.which, everything.adaptation_.which) == ("head", "all")
    assert everything.adaptation_.in_words().endswith("above 0.8, all weights)")
    # An argument takes precedence over the parameter of the classifier.
    assert_same(wholly.adapt(NEW_X, pseudo_labels=PseudoLabels()), head)
    assert_same(fitted.adapt(NEW_X, pseudo_labels=PseudoLabels(which="all")), everything)


def test_all_weights_that_learn_keep_their_constraints(wholly):
    adapted = wholly.adapt(NEW_X)
    kernels = adapted.model_.front.spatial.weight.flatten(1)
    assert kernels.norm(dim=1).max() <= 2.0 + 1e-5
    assert adapted.model_.head.weight.norm(dim=1).max() <= 0.5 + 1e-5


def test_statistics_follow_the_weights_that_learnt(wholly):
    adapted = wholly.adapt(NEW_X)
    windows = wholly._windows_of_person(NEW_X, None, None).X
    again = with_person_statistics(adapted.model_, adapted._crops(windows).flatten(0, 1))
    torch.testing.assert_close(again.norm.running_var, adapted.model_.norm.running_var)


def test_statistics_stay_if_they_are_not_to_be_those_of_the_person(wholly):
    adapted = wholly.adapt(NEW_X, how=("align", "pseudo_labels"))
    assert adapted.adaptation_.how == ("align", "pseudo_labels")
    for name, value in wholly.model_.named_buffers():
        torch.testing.assert_close(adapted.model_.get_buffer(name), value, rtol=0, atol=0)


def test_the_seed_of_torch_does_not_matter(wholly):
    torch.manual_seed(0)
    once = wholly.adapt(NEW_X)
    torch.manual_seed(1)
    assert_same(wholly.adapt(NEW_X), once)


def test_a_model_of_half_precision_is_adapted_as_well(either):
    half = clone_of(either)
    half.model_.bfloat16()
    adapted = half.adapt(NEW_X)
    assert {value.dtype for value in adapted.model_.parameters()} == {torch.bfloat16}
    assert (adapted.predict(NEW_X) == either.adapt(NEW_X).predict(NEW_X)).mean() > 0.8


def test_of_a_model_whose_head_alone_learns_all_weights_are_the_head():
    settings = {
        "model_params": {"bands": [(4, 8), (8, 13)], "power_bands": None}, "max_epochs": 2,
        "align": None,
    }  # fmt: skip
    classifier = make_classifier("tangent_net", people_per_batch=2, **settings).fit(X, Y, PEOPLE)
    options = PseudoLabels(0.51, smallest_share=0.0)
    head = classifier.adapt(NEW_X, pseudo_labels=options)
    everything = dataclasses.replace(options, which="all")
    assert_same(classifier.adapt(NEW_X, pseudo_labels=everything), head)


@pytest.mark.filterwarnings("ignore:a person is aligned by")
@pytest.mark.parametrize("n_windows", [2, 3])
def test_very_few_windows_warn(fitted, n_windows):
    with pytest.warns(AdaptationWarning, match=f"adapted on {n_windows} windows"):
        fitted.adapt(NEW_X[:n_windows], how=["align"])


@pytest.mark.parametrize("n_windows", [0, 1])
def test_one_window_raises(either, n_windows):
    with pytest.raises(ValueError, match=f"at least 2 windows to adapt on, .* got {n_windows}"):
        either.adapt(NEW_X[:n_windows])


def test_copies_of_a_window_are_no_further_windows(either):
    with pytest.raises(ValueError, match=r"at least 2 windows to adapt on, .* got 1 different"):
        either.adapt(np.repeat(NEW_X[:1], 12, axis=0))
    with pytest.warns(AdaptationWarning, match="adapted on 2 different windows"):
        either.adapt(np.repeat(NEW_X[:2], 6, axis=0), how=["statistics"])


def test_windows_without_a_signal_raise(either):
    flat = np.broadcast_to(np.arange(12.0)[:, None, None], (12, *NEW_X.shape[1:]))
    with pytest.raises(ValueError, match="expected windows that vary to adapt on"):
        either.adapt(flat)


@pytest.mark.parametrize("which", ["head", "all"])
def test_a_stretch_with_one_state_warns(which):
    # Classes that are told apart by the power of a rhythm: without one of them, none is confident.
    X, y, people = make_people(n_people=8, n_windows=30, strength=3.0)
    options = PseudoLabels(which=which)
    classifier = make_classifier(max_epochs=20, pseudo_labels=options).fit(X, y, people)
    new_X, new_y, _ = make_people(n_people=1, n_windows=40, seed=5, strength=3.0)
    both = classifier.adapt(new_X)
    assert both.adaptation_.stepped_back == ""
    with pytest.warns(AdaptationWarning, match="or one only"):
        one = classifier.adapt(new_X[new_y == 0])
    assert "pseudo_labels" not in one.adaptation_.how
    assert "or one only" in one.adaptation_.stepped_back
    assert weights_that_differ(classifier, one) == set()


def test_doubt_is_about_the_windows_before_they_are_learnt(fitted):
    before = fitted.adapt(NEW_X, how=["align", "statistics"]).predict_proba(NEW_X).max(axis=1)
    options = PseudoLabels(float(np.quantile(before, 0.55)), smallest_share=0.1)
    with pytest.warns(AdaptationWarning, match="learns labels of its own, but 14 of 30 windows"):
        fitted.adapt(NEW_X, pseudo_labels=options)


@pytest.mark.parametrize("which", ["head", "all"])
def test_weights_are_those_before_when_too_many_labels_changed(fitted, which, monkeypatch):
    monkeypatch.setattr("eegzoo.training.adaptation.pseudo_labels._MOST_CHANGED", -1.0)
    with pytest.warns(AdaptationWarning, match="labels changed while they were learnt"):
        adapted = fitted.adapt(NEW_X, pseudo_labels=PseudoLabels(which=which))
    without = fitted.adapt(NEW_X, how=["align", "statistics"])
    torch.testing.assert_close(state(adapted), state(without), rtol=0, atol=0)
    assert adapted.adaptation_.how == ("align", "statistics")


@pytest.mark.parametrize("which", ["head", "all"])
def test_noise_stays_at_chance(which):
    rng = np.random.default_rng(0)
    y, people = np.arange(160) % 2, np.arange(8).repeat(20)
    scores, options = [], PseudoLabels(0.55, which=which)
    for draw in range(20):
        noise = rng.normal(0, 10, (190, 4, 128)).astype(np.float32)
        classifier = make_classifier(max_epochs=2, random_state=draw).fit(noise[:160], y, people)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AdaptationWarning)
            adapted = classifier.adapt(noise[160:], pseudo_labels=options)
        scores.append(adapted.score(noise[160:], np.arange(30) % 2))
    assert abs(np.mean(scores) - 0.5) < 3 * 0.5 / np.sqrt(20 * 30)


def test_several_people_raise(fitted):
    people = np.repeat(["S1", "S2"], 15)
    for X, groups in ((NEW_X, people), (make_dataset(NEW_X, NEW_Y, people), None)):
        with pytest.raises(ValueError, match="windows of one person to adapt to, got those of 2"):
            fitted.adapt(X, groups=groups)
    fitted.adapt(NEW_X, groups=np.repeat("S1", 30))


@pytest.mark.filterwarnings(NO_LABELS)
@pytest.mark.parametrize("how", [["align"], ["statistics"], ["pseudo_labels"]])
def test_several_people_are_refused_by_a_classifier_for_one(either, how):
    adapted, people = either.adapt(NEW_X, how=how), np.repeat(["S1", "S2"], 15)
    for windows, groups in ((NEW_X, people), (make_dataset(NEW_X, NEW_Y, people), None)):
        with pytest.raises(ValueError, match="one person for an estimator that is adapted to one"):
            adapted.predict(windows, groups=groups)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ("align", TypeError, r"such as \('align',\)"),
        (3, TypeError, r"expected how to be a collection such as \('align',\), got 3"),
        (("whiten",), ValueError, r"got \['whiten'\]"),
    ],
)
def test_unknown_steps_raise(fitted, how, error, message):
    with pytest.raises(error, match=message):
        fitted.adapt(NEW_X, how=how)


def test_options_of_another_type_raise(fitted):
    with pytest.raises(TypeError, match="expected pseudo_labels to be PseudoLabels"):
        fitted.adapt(NEW_X, pseudo_labels="all")
    with pytest.raises(TypeError, match="expected pseudo_labels to be PseudoLabels"):
        make_classifier(pseudo_labels={"which": "all"}).fit(X, Y, PEOPLE)


@pytest.mark.filterwarnings(NO_LABELS)
def test_steps_that_cannot_be_done_raise_only_when_they_are_asked_for():
    classifier = make_classifier(align=None, normalize="window", max_epochs=1).fit(X, Y)
    assert "align" not in classifier.adapt(NEW_X).adaptation_.how
    with pytest.raises(ValueError, match="expected how without 'align'"):
        classifier.adapt(NEW_X, how=["align"])
    several = make_classifier(max_epochs=1).fit(X, np.column_stack([Y, 1 - Y]), PEOPLE)
    assert several.adapt(NEW_X).adaptation_.how == ("align", "statistics")
    with pytest.raises(ValueError, match="expected how without 'pseudo_labels'"):
        several.adapt(NEW_X, how=["pseudo_labels"])


def test_windows_that_do_not_match_raise(fitted):
    with pytest.raises(ValueError, match="expected X of shape"):
        fitted.adapt(NEW_X[:, :3])
    with pytest.raises(ValueError, match="volts"):
        fitted.adapt(NEW_X * 1e-6)


def test_a_new_fit_is_for_anyone_again(fitted):
    adapted = fitted.adapt(NEW_X)
    again = clone(adapted).fit(X, Y, PEOPLE)
    np.testing.assert_array_equal(again.predict_proba(NEW_X), fitted.predict_proba(NEW_X))
    adapted.fit(X, Y, PEOPLE)
    assert adapted.adaptation_ is None
    assert adapted.source_ is None
    np.testing.assert_array_equal(adapted.predict_proba(NEW_X), fitted.predict_proba(NEW_X))


def test_an_adapted_classifier_that_is_trained_further_is_adapted_from_there(plain):
    adapted = plain.adapt(NEW_X, how=["align"])
    adapted.partial_fit(NEW_X, NEW_Y)
    head = adapted.model_.head.weight.clone()
    again = adapted.adapt(NEW_X, how=["align"])
    torch.testing.assert_close(again.model_.head.weight, head, rtol=0, atol=0)


def test_gradients_may_be_switched_off_around_it(plain):
    expected = plain.adapt(NEW_X)
    with torch.inference_mode():
        assert_same(plain.adapt(NEW_X), expected)
