"""The classifier learns, is reproducible, detects wrong signals, and works with scikit-learn."""

import functools
import pickle
import re

import mne
import numpy as np
import pytest
import torch
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneGroupOut,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch.callbacks import Callback

from eegzoo.data import EpochsDataset, SignalWarning, simulate_motor_imagery
from eegzoo.data.preprocessing.normalization import HOW
from eegzoo.data.signal import amplitude
from eegzoo.layers import NormConstraint
from eegzoo.models import EEGNet, create_model
from eegzoo.training import EEGClassifier, EEGRegressor
from eegzoo.training.callbacks import progress
from eegzoo.training.inputs.crops import count_batches, even_crops
from tests.training.same_fit import assert_same_fit

SFREQ, N_TIMES = 64.0, 128
CH_NAMES = ("C3", "Cz", "C4")
PARAMS = {"F1": 2, "D": 2}


def make_windows(n_windows=40, seed=0):
    """Return windows in microvolts: a rhythm of 10 Hz over C3 for class 0, over C4 for class 1."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_windows) % 2
    phase = rng.uniform(0, 2 * np.pi, (n_windows, 1))
    rhythm = 30 * np.sin(2 * np.pi * 10 * np.arange(N_TIMES) / SFREQ + phase)
    X = rng.normal(0, 10, (n_windows, 3, N_TIMES))
    X[np.arange(n_windows), 2 * y] += rhythm
    return X.astype(np.float32), y


def make_epochs(X, y, ch_names=CH_NAMES, sfreq=SFREQ, tmin=0.5, event_id=None):
    events = np.column_stack([np.arange(len(y)) * 200, np.zeros(len(y), int), np.asarray(y) + 1])
    info = mne.create_info(list(ch_names), sfreq, "eeg")
    event_id = event_id or {"right": 2, "left": 1}
    return mne.EpochsArray(X * 1e-6, info, events, tmin, event_id, verbose="ERROR")


def make_classifier(model="eegnet", **changes):
    settings = {"max_epochs": 2, "random_state": 0, "sfreq": SFREQ, "model_params": PARAMS}
    if not isinstance(model, str):
        settings |= {"sfreq": None, "model_params": None}
    return EEGClassifier(model, **{**settings, **changes})


def make_model(**changes):
    sizes = {"n_chans": 3, "n_times": 64, "n_outputs": 2, "sfreq": SFREQ, **PARAMS}
    return EEGNet(**{**sizes, **changes})


def weights(classifier):
    return {key: value.clone() for key, value in classifier.model_.state_dict().items()}


def norm_constraints(model):
    return [layer for layer in model.modules() if isinstance(layer, NormConstraint)]


class Stop(Callback):
    """Raise KeyboardInterrupt in the second epoch, after a batch or after the epoch."""

    def __init__(self, moment):
        self.moment = moment

    def notify(self, moment, net, **_):
        if moment == self.moment and len(net.history) == 2:
            raise KeyboardInterrupt

    def on_batch_end(self, net, **_):
        self.notify("batch", net)

    def on_epoch_end(self, net, **_):
        self.notify("epoch", net)


DATA = make_windows()


# Training.


@pytest.mark.parametrize("normalize", ["whiten", "standardize", "none"])
def test_an_easy_problem_is_learnt(normalize):
    X, y = make_windows(60)
    classifier = make_classifier(max_epochs=25, normalize=normalize).fit(X, y)
    assert classifier.score(*make_windows(60, seed=1)) > 0.9
    losses = [row["train_loss"] for row in classifier.history_]
    assert [row["epoch"] for row in classifier.history_] == list(range(1, 26))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("n_windows", "batch_size", "n_epochs"),
    [(8, 16, 100), (36, 16, 100), (80, 16, 50), (99, 3, 20)],
)
def test_the_recipe_makes_250_batches_in_20_to_100_passes(n_windows, batch_size, n_epochs):
    settings = make_classifier(max_epochs=None, batch_size=batch_size).settings()
    assert settings.epochs(count_batches(n_windows, batch_size)) == n_epochs


def test_norm_constraints_hold_in_the_trained_model():
    classifier = make_classifier(lr=0.5, max_epochs=3).fit(*DATA)
    layers = norm_constraints(classifier.model_)
    limits = [layer.max_norm for layer in layers]
    assert 1.0 in limits  # spatial filters
    assert 0.25 in limits  # head
    for layer in layers:
        if layer.max_norm is not None:
            norms = layer.weight.flatten(1).norm(dim=1)
            assert norms.max() <= layer.max_norm * (1 + 1e-5)
            assert norms.max() > 0.9 * layer.max_norm  # large steps make the constraint necessary


def test_the_statistics_of_batch_normalisation_belong_to_the_final_weights():
    classifier = make_classifier(normalize="none", crop_length=N_TIMES, lr=0.05).fit(*DATA)
    front = classifier.model_.front
    with torch.no_grad():
        filtered = front.temporal(torch.from_numpy(DATA[0])[:, None])
    torch.testing.assert_close(front.norm.running_mean, filtered.mean((0, 2, 3)), atol=1e-3, rtol=0)
    variance = filtered.var((0, 2, 3))
    torch.testing.assert_close(front.norm.running_var, variance, rtol=1e-2, atol=0)


# Labels.


@pytest.mark.parametrize(
    "names",
    [
        [1, 2], [-1, 1], [2, 1], [False, True], ["right", "left"], [1.0, 2.0], [769, 770],
        np.array([3, 4], np.uint8), np.array(["l", "r"], object),
    ],
    ids=repr,
)  # fmt: skip
def test_classes_and_predictions_have_the_labels_of_y(names):
    X, y = DATA
    labels = np.asarray(names)[y]
    classifier = make_classifier(max_epochs=20).fit(X, labels)
    np.testing.assert_array_equal(classifier.classes_, np.unique(labels))
    predicted = classifier.predict(X)
    assert predicted.dtype == labels.dtype
    assert accuracy_score(labels, predicted) > 0.9
    best = classifier.predict_proba(X).argmax(axis=1)
    np.testing.assert_array_equal(classifier.classes_[best], predicted)
    assert classifier.score(X, labels) == accuracy_score(labels, predicted)


def test_labels_can_be_a_list():
    classifier = make_classifier().fit(DATA[0], [("left", "right")[index] for index in DATA[1]])
    assert classifier.classes_.tolist() == ["left", "right"]


def test_y_replaces_the_labels_of_epochs():
    classifier = make_classifier().fit(make_epochs(*DATA), DATA[1] * 10)
    assert classifier.classes_.tolist() == [0, 10]


def test_probabilities_of_three_classes_sum_to_one():
    X, _ = DATA
    y = np.resize(["a", "b", "c"], len(X))
    probabilities = make_classifier().fit(X, y).predict_proba(X)
    assert probabilities.shape == (40, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert probabilities.min() >= 0


# Reproducibility.


def test_epochs_a_dataset_and_arrays_give_the_same_fit():
    epochs = make_epochs(*DATA)
    dataset = EpochsDataset.from_epochs(epochs)
    names = np.array(["left", "right"])[DATA[1]]
    fitted = [
        make_classifier().fit(epochs),
        make_classifier().fit(dataset),
        make_classifier().fit(dataset.X, names),
        make_classifier().fit(dataset.X.astype(np.float64), names.tolist()),
    ]
    for other in fitted[1:]:
        assert_same_fit(fitted[0], other)
        np.testing.assert_array_equal(fitted[0].predict_proba(epochs), other.predict_proba(dataset))
    assert fitted[0].classes_.tolist() == ["left", "right"]
    assert fitted[0].score(epochs) == fitted[2].score(dataset.X, names)
    assert fitted[0].signal_info_ == dataset.info
    assert fitted[2].signal_info_ is None


def test_the_model_has_the_sampling_rate_of_epochs():
    classifier = make_classifier(sfreq=None).fit(make_epochs(*DATA))
    assert classifier.model_.sfreq == SFREQ
    assert classifier.model_.ch_names == CH_NAMES
    with pytest.raises(ValueError, match="expected sfreq 64, the sampling rate of X, got 128"):
        make_classifier(sfreq=128).fit(make_epochs(*DATA))


def test_a_fit_is_reproducible_whatever_was_drawn_before():
    one = make_classifier().fit(*DATA)
    torch.rand(17)
    np.random.rand(17)  # noqa: NPY002
    other = make_classifier().fit(*DATA)
    assert_same_fit(one, other)
    assert_same_fit(one, one.fit(*DATA))  # a second fit starts from new weights
    assert one.history_ == other.history_


def test_another_seed_gives_another_fit():
    one, other = (make_classifier(random_state=seed).fit(*DATA) for seed in (0, 1))
    assert not torch.equal(one.model_.front.temporal.weight, other.model_.front.temporal.weight)


def test_the_seed_is_drawn_from_a_random_state():
    state = np.random.RandomState(3)
    one, other = (make_classifier(random_state=state).fit(*DATA) for _ in range(2))
    again = make_classifier(random_state=np.random.RandomState(3)).fit(*DATA)
    assert_same_fit(one, again)
    assert not torch.equal(one.model_.head.weight, other.model_.head.weight)


def test_the_callers_random_generators_are_not_changed():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    make_classifier().fit(*DATA).predict(DATA[0])
    torch.testing.assert_close(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_the_data_are_not_changed():
    X, y = (part.copy() for part in DATA)
    X.flags.writeable = y.flags.writeable = False  # like joblib's memory maps
    make_classifier().fit(X, y).predict(X)
    np.testing.assert_array_equal(X, DATA[0])


def test_a_prediction_does_not_depend_on_the_other_windows():
    X, y = DATA
    classifier = make_classifier(check_signal="ignore").fit(X[:20], y[:20])
    before = weights(classifier)
    together = classifier.predict_proba(np.concatenate([X[20:], X * 100]))
    alone = classifier.predict_proba(X[25:26])
    np.testing.assert_allclose(together[5], alone[0], rtol=1e-5)
    assert classifier.predict(X[:0]).shape == (0,)
    torch.testing.assert_close(weights(classifier), before, rtol=0, atol=0)


def test_normalisation_is_fitted_on_the_training_windows_only():
    X, y = DATA
    classifier = make_classifier(normalize="standardize").fit(X[:20], y[:20])
    np.testing.assert_allclose(classifier.normalizer_.mean, X[:20].mean((0, 2)), rtol=1e-4)
    np.testing.assert_allclose(classifier.normalizer_.std, X[:20].std((0, 2)), rtol=1e-4)


@pytest.mark.parametrize("n_crops", [1, 4])
def test_a_prediction_averages_the_log_probabilities_of_crops(n_crops):
    X, y = DATA
    classifier = make_classifier(n_crops=n_crops).fit(X, y)
    windows = torch.from_numpy(classifier.normalizer_.transform(X))
    crops = even_crops(windows, 64, n_crops)
    assert crops.shape == (40, n_crops, 3, 64)
    with torch.no_grad():
        logs = torch.stack([classifier.model_(crop).log_softmax(1) for crop in crops.unbind(1)])
    expected = logs.mean(0).softmax(1).numpy()
    np.testing.assert_allclose(classifier.predict_proba(X), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("n_times", "sfreq", "crop_length", "expected"),
    [(128, 64.0, None, 64), (126, 64.0, None, 126), (128, 64.0, 100, 100), (128, 64.0, 128, 128)],
)
def test_a_crop_is_half_a_window_if_half_is_a_second(n_times, sfreq, crop_length, expected):
    X, y = DATA
    classifier = make_classifier(sfreq=sfreq, crop_length=crop_length).fit(X[..., :n_times], y)
    assert classifier.model_.n_times == expected
    assert classifier.n_times_ == n_times


# A given model.


def test_a_given_model_is_copied_and_not_changed():
    model = make_model()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    classifier = make_classifier(model).fit(*DATA)
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)
    assert model.training
    assert classifier.model_ is not model
    assert not classifier.model_.training


def test_fine_tuning_starts_from_the_given_weights():
    model = make_model()
    for layer in norm_constraints(model):
        layer.scale_norm()  # as after training
    classifier = make_classifier(model, lr=1e-9, random_state=5).fit(*DATA)
    for name, value in model.named_parameters():
        torch.testing.assert_close(
            dict(classifier.model_.named_parameters())[name], value, rtol=0, atol=1e-6
        )


def test_channels_are_put_in_the_order_of_a_given_models_weights():
    model = make_model(ch_names=("C4", "C3", "Cz"))
    epochs = make_epochs(*DATA)
    X = EpochsDataset.from_epochs(epochs).X
    classifier = make_classifier(model).fit(epochs)
    assert_same_fit(classifier, make_classifier(model).fit(X[:, [2, 0, 1]], DATA[1]))
    assert classifier.signal_info_.ch_names == ("C4", "C3", "Cz")
    np.testing.assert_array_equal(
        classifier.predict_proba(epochs),
        classifier.predict_proba(epochs.copy().reorder_channels(["Cz", "C4", "C3"])),
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_chans": 4}, "expected windows of 4 channels"),
        ({"n_outputs": 3}, "3 classes or targets for"),
        ({"n_times": 200}, "at least 200 samples"),
        ({"sfreq": 128.0}, "expected sfreq of 128 Hz, the sampling rate of the model, got 64 Hz"),
        ({"ch_names": ("C3", "Cz", "Oz")}, r"channels \['Oz'\] are missing"),
    ],
)
def test_a_given_model_that_does_not_fit_raises(changes, message):
    with pytest.raises(ValueError, match=message):
        make_classifier(make_model(**changes)).fit(make_epochs(*DATA))


# Signals in predictions.


@pytest.fixture(scope="module")
def fitted():
    return make_classifier().fit(make_epochs(*DATA))


@pytest.mark.parametrize(
    "names", [("C4", "C3", "Cz"), ("eeg c4", "EEG C3", "CZ.."), ("C4", "C3", "Cz", "O1")]
)
@pytest.mark.filterwarnings("ignore:channels .'O1'. are left out")
def test_channels_are_matched_by_name_in_predictions(fitted, names):
    X = DATA[0][:, [2, 0, 1, 0][: len(names)]]
    np.testing.assert_array_equal(
        fitted.predict_proba(make_epochs(X, DATA[1], names)),
        fitted.predict_proba(make_epochs(*DATA)),
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ch_names": ("C3", "Cz", "O1")}, r"channels \['C4'\] are missing"),
        ({"sfreq": 128.0}, "expected sfreq of 64 Hz, got 128 Hz"),
        ({"tmin": 0.0}, "expected tmin of 0.5 s, got 0 s"),
    ],
)
def test_another_signal_raises_in_predictions(fitted, changes, message):
    with pytest.raises(ValueError, match=message):
        fitted.predict(make_epochs(*DATA, **changes))


@pytest.mark.parametrize("factor", [1e-6, 1e-3, 1e3])
def test_another_unit_raises_with_the_factor(fitted, factor):
    X, y = DATA
    message = re.escape(f"multiply by {1 / factor:g}")
    epochs = make_epochs(X * factor, y)
    with pytest.raises(ValueError, match=message):
        fitted.predict(epochs)
    with pytest.raises(ValueError, match=message):
        make_classifier().fit(X * factor, y)
    warning = clone(fitted).set_params(check_signal="warn")
    with pytest.warns(SignalWarning, match=message):
        warning.fit(X * factor, y)
    ignoring = clone(fitted).set_params(check_signal="ignore").fit(X * factor, y)
    assert ignoring.amplitude_ == pytest.approx(fitted.amplitude_ * factor, rel=1e-3)


def test_an_amplitude_far_from_training_raises_in_predictions(fitted):
    X, y = DATA
    with pytest.raises(ValueError, match="as in the training"):
        fitted.predict(X / 40)
    with pytest.raises(ValueError, match="as in the training"):
        make_classifier().fit(X / 40, y).predict(X)


@pytest.mark.parametrize("how", HOW)
def test_windows_on_disk_give_the_same_fit_as_in_memory(tmp_path, how):
    path = tmp_path / "mine_raw.fif"
    simulate_motor_imagery(12, random_state=0).save(path, verbose="ERROR")
    raw = mne.io.read_raw_fif(path, preload=False, verbose="ERROR")
    lazy, loaded = (
        EpochsDataset.from_epochs(
            mne.Epochs(raw, tmin=0, tmax=2, baseline=None, preload=preload, verbose="ERROR")
        )
        for preload in (False, True)
    )
    classifiers = [make_classifier(normalize=how, sfreq=None).fit(one) for one in (lazy, loaded)]
    probabilities = [one.predict_proba(data) for one in classifiers for data in (lazy, loaded)]
    for other in probabilities[1:]:
        np.testing.assert_allclose(other, probabilities[0], rtol=1e-4, atol=1e-5)
    assert not lazy.X.epochs.preload


def test_cross_validation_works_with_a_data_set_and_its_groups():
    X, y = DATA
    dataset = EpochsDataset.from_epochs(make_epochs(X, y), subject=np.arange(40) // 10)
    scores = cross_val_score(
        make_classifier(sfreq=None), dataset, dataset.labels, cv=LeaveOneGroupOut(),
        groups=dataset.groups("subject"),
    )  # fmt: skip
    arrays = cross_val_score(
        make_classifier(), X, dataset.labels, cv=LeaveOneGroupOut(),
        groups=dataset.groups("subject"),
    )  # fmt: skip
    np.testing.assert_array_equal(scores, arrays)


def test_cross_validation_works_with_epochs():
    epochs = make_epochs(*DATA)
    names = np.array(["left", "right"])[DATA[1]]
    scores = cross_val_score(make_classifier(), epochs, names, cv=4)
    np.testing.assert_array_equal(scores, cross_val_score(make_classifier(), DATA[0], names, cv=4))


def test_another_window_length_raises_in_predictions(fitted):
    with pytest.raises(ValueError, match="expected n_times of 128 samples, got 100 samples"):
        fitted.predict(make_epochs(DATA[0][..., :100], DATA[1]))


@pytest.mark.parametrize("shape", [(5, 3, 127), (5, 2, 128), (3, 128), (128,), (1, 5, 3, 128)])
def test_arrays_of_another_shape_raise_in_predictions(fitted, shape):
    with pytest.raises(ValueError, match=r"expected X .*n_windows"):
        fitted.predict(np.zeros(shape))


def test_epochs_of_another_sampling_rate_raise_after_a_fit_on_arrays():
    classifier = make_classifier().fit(*DATA)
    classifier.predict(make_epochs(*DATA))
    with pytest.raises(ValueError, match="expected sfreq of 64 Hz, the sampling rate of the model"):
        classifier.predict(make_epochs(*DATA, sfreq=128.0))


def test_nan_raises_in_predictions(fitted):
    X = DATA[0].copy()
    X[3, 1, 5] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        fitted.predict(X)
    with pytest.raises(ValueError, match=r"NaN or infinity in channels \['Cz'\]"):
        fitted.predict(make_epochs(X, DATA[1]))


def test_an_unfitted_classifier_raises():
    for use in (EEGClassifier().predict, EEGClassifier().predict_proba, EEGClassifier().save):
        with pytest.raises(NotFittedError):
            use(DATA[0])


# Invalid input to a fit.


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (DATA[0], np.ones(40), r"at least two classes, got \[1.0\]"),
        (DATA[0], DATA[1][:39], r"expected y of shape \(40,\), got \(39,\)"),
        (DATA[0], DATA[1][:, None, None], r"expected y of shape \(40,\), got \(40, 1, 1\)"),
        (DATA[0], None, "expected y with arrays"),
        pytest.param(
            DATA[0],
            np.where(DATA[1], np.nan, 1.0),
            "NaN",
            marks=pytest.mark.filterwarnings("ignore:invalid value.*cast:RuntimeWarning"),
        ),
        (DATA[0], np.linspace(0.1, 0.9, 40), "continuous"),
        (DATA[0], np.array([1, "a"] * 20, object), "unknown"),
        (DATA[0][0], DATA[1][:3], r"expected X .* shape \(3, 128\)"),
        (DATA[0][:, None], DATA[1], r"expected windows .* EEGNet, .* got sequences"),
        (DATA[0].astype(str), DATA[1], "expected X"),
        (DATA[0] * 1j, DATA[1], "expected X .* complex"),
        (DATA[0].astype(np.float64) * 1e300, DATA[1], "infinity"),
        (np.where(DATA[0] > 30, np.nan, DATA[0]), DATA[1], "NaN"),
        (DATA[0] * np.array([[1], [0], [1]]), DATA[1], r"constant channels \[1\]"),
        (DATA[0][:0], DATA[1][:0], "at least two classes"),
    ],
)
def test_windows_and_labels_that_cannot_be_learnt_raise(X, y, message):
    classifier = make_classifier()
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, y)
    assert not hasattr(classifier, "model_")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "egnet"}, "unknown model 'egnet'; did you mean 'eegnet'"),
        ({"model": EEGClassifier}, "expected model to be a name, a module of torch or a class"),
        ({"normalize": "zscore"}, "expected normalize"),
        ({"crop_length": 0}, "expected crop_length"),
        ({"crop_length": 129}, "expected crop_length of at most 128, got 129"),
        ({"n_crops": 0}, "expected n_crops"),
        ({"max_epochs": 0}, "expected max_epochs"),
        ({"max_epochs": 2.5}, "expected max_epochs"),
        ({"lr": 0.0}, "expected lr"),
        ({"lr": float("nan")}, "expected lr"),
        ({"weight_decay": -1.0}, "expected weight_decay"),
        ({"batch_size": 0}, "expected batch_size"),
        ({"batch_size": "16"}, "expected batch_size"),
        ({"sfreq": "128"}, "expected sfreq"),
        ({"sfreq": -1}, "expected sfreq"),
        ({"device": "gpu"}, "cannot compute on device 'gpu'"),
        ({"model_params": {"F3": 2}}, "F3"),
        ({"model_params": {"drop_prob": 2.0}}, "expected drop_prob"),
        ({"random_state": "zero"}, "seed"),
    ],
    ids=str,
)
def test_invalid_parameters_raise_with_their_name_in_fit(changes, message):
    classifier = EEGClassifier(**{"max_epochs": 1, "sfreq": 128, **changes})
    with pytest.raises((ValueError, TypeError), match=message):
        classifier.fit(*DATA)


@pytest.mark.parametrize("kind", [EEGClassifier, EEGRegressor])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_arrays_without_a_sampling_rate_raise_before_anything_is_computed(
    monkeypatch, kind, method
):
    monkeypatch.setattr(amplitude, "check_amplitude", lambda *_, **__: pytest.fail("too late"))
    estimator = kind("shallow_convnet", max_epochs=1)
    arguments = {"classes": [0, 1]} if (kind, method) == (EEGClassifier, "partial_fit") else {}
    with pytest.raises(ValueError, match=r"expected sfreq with arrays, got None: .* in Hz"):
        getattr(estimator, method)(*DATA, **arguments)
    assert not hasattr(estimator, "model_")


def test_epochs_and_given_models_need_no_sampling_rate():
    names = np.array(["left", "right"])[DATA[1]]
    make_classifier(sfreq=None).fit(make_epochs(*DATA)).partial_fit(DATA[0], names)
    make_classifier(make_model()).fit(*DATA)


def test_a_fitted_classifier_is_trained_on_epochs_of_its_sampling_rate_only():
    classifier = make_classifier().fit(*DATA)
    with pytest.raises(ValueError, match="expected sfreq of 64 Hz, the sampling rate of the model"):
        classifier.partial_fit(make_epochs(*DATA, sfreq=128.0), DATA[1])


def test_parameters_of_a_named_model_raise_with_a_given_model():
    for changes in ({"sfreq": 64.0}, {"model_params": PARAMS}):
        with pytest.raises(ValueError, match="expected model_params and sfreq with a model's name"):
            make_classifier(make_model(), **changes).fit(*DATA)
    with pytest.raises(ValueError, match="expected crop_length 64"):
        make_classifier(make_model(), crop_length=50).fit(*DATA)


# Tools of scikit-learn.


def test_scikit_learn_recognises_a_classifier():
    assert is_classifier(EEGClassifier())
    assert make_classifier().fit(*DATA).fit(*DATA, groups=DATA[1]).n_chans_ == 3


@pytest.mark.parametrize("model", ["eegnet", make_model()], ids=["name", "model"])
def test_a_clone_has_the_parameters_and_is_not_fitted(model):
    classifier = make_classifier(model).fit(*DATA)
    copy = clone(classifier)
    assert not hasattr(copy, "model_")
    parameters = {key: value for key, value in copy.get_params().items() if key != "model"}
    expected = {key: value for key, value in classifier.get_params().items() if key != "model"}
    assert parameters == expected
    assert_same_fit(copy.fit(*DATA), classifier)


def test_parameters_are_stored_unchanged():
    params = {"F1": 2}
    classifier = EEGClassifier(model_params=params, lr="unchecked until fit")
    assert classifier.get_params()["model_params"] is params
    assert classifier.set_params(lr=0.1).lr == 0.1


@pytest.mark.parametrize("model", ["eegnet", make_model()], ids=["name", "model"])
def test_fitted_and_unfitted_classifiers_can_be_pickled(model):
    unfitted = pickle.loads(pickle.dumps(make_classifier(model)))
    classifier = make_classifier(model).fit(*DATA)
    assert_same_fit(unfitted.fit(*DATA), classifier)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(DATA[0]), classifier.predict_proba(DATA[0]))
    assert_same_fit(again.fit(*DATA), classifier)


def test_cross_val_score_with_groups_and_scorers():
    X, y = DATA
    groups = np.arange(40) // 10
    classifier = make_classifier(max_epochs=20)
    folds = {"groups": groups, "cv": LeaveOneGroupOut()}
    scores = cross_val_score(classifier, X, y, scoring="roc_auc", **folds)
    assert scores.shape == (4,)
    assert scores.mean() > 0.9
    probabilities = cross_val_predict(classifier, X, y, method="predict_proba", **folds)
    by_fold = [roc_auc_score(y[groups == g], probabilities[groups == g, 1]) for g in range(4)]
    np.testing.assert_allclose(by_fold, scores)


@pytest.mark.slow
def test_grid_search_works_in_two_processes_and_its_best_estimator_can_be_saved(tmp_path):
    X, y = DATA
    grid = {"n_crops": np.array([1, 3]), "model_params": [{"F1": 2, "D": 1}]}
    search = GridSearchCV(make_classifier(), grid, cv=2, n_jobs=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    alone = GridSearchCV(make_classifier(), grid, cv=2).fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )
    assert search.best_estimator_.model_.D == 1
    search.best_estimator_.save(tmp_path / "best.safetensors")
    again = EEGClassifier.load(tmp_path / "best.safetensors")
    np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))


def test_a_classifier_can_be_the_last_step_of_a_pipeline():
    volts = DATA[0] * 1e-6
    pipeline = make_pipeline(FunctionTransformer(lambda X: X * 1e6), make_classifier())
    pipeline.set_params(eegclassifier__max_epochs=20).fit(volts, DATA[1])
    assert pipeline.score(volts, DATA[1]) > 0.9
    assert pipeline.predict_proba(volts).shape == (40, 2)


@pytest.mark.parametrize("name", ["eegnet", "eegnet_4_2", "tinysleepnet"])
def test_models_are_built_by_name(name):
    classifier = EEGClassifier(name, sfreq=SFREQ, max_epochs=1, random_state=0).fit(*DATA)
    like = create_model(name, n_chans=3, n_times=64, n_outputs=2, sfreq=SFREQ)
    shapes = {key: value.shape for key, value in like.state_dict().items()}
    assert {key: value.shape for key, value in weights(classifier).items()} == shapes
    assert classifier.predict_proba(DATA[0]).shape == (40, 2)


# Progress bar, callbacks and interrupts.


@pytest.mark.parametrize("verbose", [0, 1])
def test_a_progress_bar_is_shown_only_if_verbose(capsys, monkeypatch, verbose):
    # These epochs are shorter than the interval at which tqdm refreshes.
    monkeypatch.setattr(progress, "tqdm", functools.partial(progress.tqdm, mininterval=0))
    make_classifier(verbose=verbose, max_epochs=3).fit(*DATA).predict(DATA[0])
    out, err = capsys.readouterr()
    assert out == ""
    if verbose:
        assert "training" in err
        assert "3/3" in err
        assert "loss=" in err
        assert "kept the weights of epoch 3 of 3\n" in err
    else:
        assert err == ""


def test_callbacks_are_called_during_training():
    seen = []

    class RecordLoss(Callback):
        def on_epoch_end(self, net, **_):
            seen.append(net.history[-1, "train_loss"])

    classifier = make_classifier(callbacks=[RecordLoss()]).fit(*DATA)
    assert seen == [row["train_loss"] for row in classifier.history_]


def test_ctrl_c_is_raised_by_fit():
    classifier = make_classifier(max_epochs=4, callbacks=[Stop("batch")])
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(*DATA)
    assert not hasattr(classifier, "model_")


def test_a_callback_can_stop_training_after_an_epoch():
    classifier = make_classifier(max_epochs=4, callbacks=[Stop("epoch")]).fit(*DATA)
    assert len(classifier.history_) == 2
    assert classifier.predict(DATA[0]).shape == (40,)


def test_a_failed_fit_keeps_the_earlier_one():
    classifier = make_classifier().fit(*DATA)
    before = classifier.predict_proba(DATA[0])
    with pytest.raises(ValueError, match="constant"):
        classifier.fit(DATA[0] * 0, DATA[1])
    np.testing.assert_array_equal(classifier.predict_proba(DATA[0]), before)


@pytest.mark.slow
def test_compiled_training_equals_eager_training(monkeypatch):
    compiled = []
    compiler = torch.compile
    monkeypatch.setattr(torch, "compile", lambda *a, **k: compiled.append(a) or compiler(*a, **k))
    X, y = make_windows()
    # Dropout draws different numbers in a compiled graph.
    params = PARAMS | {"drop_prob": 0.0}
    eager = make_classifier(model_params=params).fit(X, y)
    assert not compiled
    fast = make_classifier(model_params=params, compile=True).fit(X, y)
    assert compiled
    assert type(fast.model_) is EEGNet
    np.testing.assert_allclose(fast.predict_proba(X), eager.predict_proba(X), atol=1e-3)
    again = pickle.loads(pickle.dumps(fast))
    np.testing.assert_array_equal(again.predict_proba(X), fast.predict_proba(X))
