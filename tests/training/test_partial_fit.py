"""partial_fit continues training, is reproducible, and changes nothing if it fails."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback

from eegzoo.training import EEGClassifier, EEGRegressor
from tests.training.same_fit import assert_same_fit

SFREQ, N_TIMES = 64.0, 96


def make_windows(n_windows=40, seed=0):
    """Return windows in microvolts: a rhythm of 10 Hz over one of three channels, the class."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_windows) % 3
    phase = rng.uniform(0, 2 * np.pi, (n_windows, 1))
    X = rng.normal(0, 10, (n_windows, 3, N_TIMES))
    X[np.arange(n_windows), y] += 30 * np.sin(2 * np.pi * 10 * np.arange(N_TIMES) / SFREQ + phase)
    return X.astype(np.float32), np.array(["a", "b", "c"])[y]


def make_classifier(**changes):
    settings = {"sfreq": SFREQ, "random_state": 0, "lr": 3e-3, "crop_length": 64}
    return EEGClassifier("shallow_convnet", **{**settings, **changes})


class Fail(Callback):
    """Raise an error after a step of the optimizer."""

    def on_batch_end(self, net, **_):
        raise RuntimeError("power failure")


X, Y = make_windows()
NAMES = ["a", "b", "c"]


def train_passes(classifier, n_passes, X=X, Y=Y, **options):
    for _ in range(n_passes):
        classifier.partial_fit(X, Y, **options)
    return classifier


def test_an_easy_problem_is_learnt():
    classifier = train_passes(make_classifier(), 15, classes=NAMES)
    assert classifier.score(*make_windows(seed=1)) > 0.9
    assert [row["epoch"] for row in classifier.history_] == list(range(1, 16))
    assert classifier.history_[-1]["train_loss"] < classifier.history_[0]["train_loss"]
    assert {row["lr"] for row in classifier.history_} == {3e-3}


def test_a_call_need_not_have_all_classes():
    classifier = make_classifier()
    for _ in range(15):
        for name in NAMES:
            mine = name == Y
            classifier.partial_fit(X[mine], Y[mine], classes=NAMES)
    assert classifier.classes_.tolist() == NAMES
    assert classifier.predict_proba(X).shape == (40, 3)


def test_only_the_first_call_needs_the_classes():
    classifier = make_classifier()
    with pytest.raises(ValueError, match="expected classes in the first call of partial_fit"):
        classifier.partial_fit(X, Y)
    assert not hasattr(classifier, "model_")
    one = train_passes(classifier.partial_fit(X, Y, classes=NAMES), 2)
    assert_same_fit(one, train_passes(make_classifier(), 3, classes=NAMES))
    EEGRegressor("shallow_convnet", sfreq=SFREQ).partial_fit(X, np.arange(40.0))


def test_it_is_reproducible_whatever_was_drawn_before():
    one = train_passes(make_classifier(), 2, classes=NAMES)
    torch.rand(17)
    np.random.rand(17)  # noqa: NPY002
    before = torch.get_rng_state()
    other = train_passes(make_classifier(), 2, classes=NAMES)
    torch.testing.assert_close(torch.get_rng_state(), before)
    assert_same_fit(one, other)
    assert one.history_ == other.history_
    another = train_passes(make_classifier(random_state=1), 2, classes=NAMES)
    assert not torch.equal(one.model_.head.weight, another.model_.head.weight)


def test_each_pass_draws_other_crops_and_another_order():
    one, other = (make_classifier(batch_size=8, lr=1e-12) for _ in range(2))
    for classifier in (one, other):  # the weights hardly change, but dropout and crops do
        train_passes(classifier, 4, classes=NAMES)
    losses = [row["train_loss"] for row in one.history_]
    assert len(set(losses)) == 4
    assert losses == [row["train_loss"] for row in other.history_]


def test_the_normalisation_is_fitted_in_the_first_call():
    classifier = make_classifier(normalize="standardize").partial_fit(X, Y, classes=NAMES)
    before = classifier.normalizer_.to_dict()
    classifier.partial_fit(X * 2 + 5, Y)
    assert classifier.normalizer_.to_dict() == before


def test_it_continues_after_fit():
    fitted = make_classifier(max_epochs=3).fit(X, Y)
    before = fitted.model_.head.weight.clone()
    fitted.partial_fit(X, Y)
    assert len(fitted.history_) == 4
    assert fitted.history_[-1]["train_loss"] < fitted.history_[0]["train_loss"]
    assert not torch.equal(fitted.model_.head.weight, before)
    assert_same_fit(fitted.fit(X, Y), make_classifier(max_epochs=3).fit(X, Y))


@pytest.mark.parametrize("how", ["pickle", "copy"])
def test_pickles_and_copies_continue_in_the_same_way(how):
    classifier = train_passes(make_classifier(), 2, classes=NAMES)
    copied = pickle.loads(pickle.dumps(classifier)) if how == "pickle" else copy.copy(classifier)
    before = pickle.loads(pickle.dumps(classifier))
    train_passes(copied, 2)
    assert_same_fit(classifier, before)  # the copy shares nothing with it
    assert len(classifier.history_) == 2
    assert_same_fit(copied, train_passes(classifier, 2))


def test_the_state_of_the_optimizer_is_kept():
    one = train_passes(make_classifier(), 2, classes=NAMES)
    other = pickle.loads(pickle.dumps(one))
    del other._optimizer
    train_passes(one, 1), train_passes(other, 1)
    assert not torch.equal(one.model_.head.weight, other.model_.head.weight)


def test_a_loaded_classifier_continues(tmp_path):
    classifier = train_passes(make_classifier(), 5, classes=NAMES)
    classifier.save(tmp_path / "mine.safetensors")
    losses = []
    again, other = (EEGClassifier.load(tmp_path / "mine.safetensors") for _ in range(2))
    for loaded in (again, other):
        train_passes(loaded.set_params(lr=3e-3), 10)
        losses.append([row["train_loss"] for row in loaded.history_])
        assert [row["epoch"] for row in loaded.history_] == list(range(1, 11))
    assert_same_fit(again, other)
    assert losses[0] == losses[1]
    assert losses[0][-1] < classifier.history_[-1]["train_loss"]
    assert again.score(*make_windows(seed=1)) > 0.9


def test_sample_weights_and_class_weights_are_used():
    weight = np.ones(40)
    weight[::4] = 0
    one = make_classifier().partial_fit(X, Y, classes=NAMES, sample_weight=weight)
    kept = weight > 0
    assert_same_fit(one, make_classifier().partial_fit(X[kept], Y[kept], classes=NAMES))
    heavy = make_classifier().partial_fit(
        X, Y, classes=NAMES, sample_weight=np.where(Y == "a", 9.0, 1.0)
    )
    weighted = make_classifier(class_weight={"a": 9.0}).partial_fit(X, Y, classes=NAMES)
    assert_same_fit(heavy, weighted)


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    ("windows", "labels", "changes", "message"),
    [
        (X, np.where(Y == "c", "d", Y), {}, r"labels of classes \['a', 'b', 'c'\], got \['d'\]"),
        (X[..., :20], Y, {}, "crop_length of at most 20|expected X .* got .40, 3, 20"),
        (np.where(X > 30, np.nan, X), Y, {}, "NaN"),
        (X, Y[:39], {}, r"expected y of shape \(40,\)"),
        (X * 1e6, Y, {}, "expected amplitudes of EEG in microvolts"),
        (X, Y, {"class_weight": {"e": 1.0}}, r"got it also for \['e'\]"),
        (X[Y == "a"], Y[Y == "a"], {"class_weight": "balanced"}, "expected every label in y"),
        (X[Y == "a"], Y[Y == "a"], {"class_weight": {"a": 0}}, "a class_weight above zero"),
        (X, Y, {"lr": -1.0}, "expected lr"),
        (X, Y, {"lr": 1e30, "clip_norm": 0.0, "batch_size": 4}, "expected finite losses"),
        (X, Y, {"callbacks": [Fail()]}, "power failure"),
    ],
)
def test_a_call_that_fails_changes_nothing(windows, labels, changes, message, is_first):
    classifier = make_classifier()
    if not is_first:
        train_passes(classifier, 2, classes=NAMES)
    before = pickle.dumps(vars(classifier))
    good = {name: getattr(classifier, name) for name in changes}
    with pytest.raises((ValueError, RuntimeError), match=message):
        classifier.set_params(**changes).partial_fit(windows, labels, classes=NAMES)
    classifier.set_params(**good)
    assert set(vars(classifier)) == set(pickle.loads(before))
    again = train_passes(classifier, 2, classes=NAMES)
    assert_same_fit(again, train_passes(make_classifier(), 2 if is_first else 4, classes=NAMES))


@pytest.mark.parametrize("windows", [X[:, :2], X[..., :80], X[:, None], X[0]], ids=np.shape)
def test_windows_of_another_shape_raise_in_later_calls(windows):
    classifier = make_classifier().partial_fit(X, Y, classes=NAMES)
    with pytest.raises(ValueError, match=r"expected X .*n_windows|got sequences"):
        classifier.partial_fit(windows, Y)


def test_a_clone_is_not_fitted():
    classifier = train_passes(make_classifier(), 1, classes=NAMES)
    assert not hasattr(clone(classifier), "model_")
