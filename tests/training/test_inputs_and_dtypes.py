"""Estimators take what people have: other types of arrays and models, and say what is wrong."""

import copy
import pickle

import numpy as np
import pytest
import torch

from eegzoo.data import simulate_motor_imagery
from eegzoo.models import EEGNet
from eegzoo.training import EEGClassifier, EEGRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(0, 20, (24, 3, 128)).astype(np.float32)
Y = np.arange(24) % 2
PARAMS = {"F1": 2, "D": 2}


def make_classifier(model="eegnet", **changes):
    settings = {"max_epochs": 2, "random_state": 0, "recipe": "plain"}
    if model == "eegnet":
        settings |= {"sfreq": 64, "model_params": PARAMS}
    return EEGClassifier(model, **{**settings, **changes})


@pytest.fixture(scope="module")
def fitted():
    return make_classifier().fit(X, Y)


# Types of models.


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_type_of_a_given_model_is_kept(dtype):
    model = EEGNet(3, 128, 2, 64, **PARAMS).to(dtype)
    classifier = make_classifier(model, ema=0.9, validation=0.25).fit(X, Y)
    assert {weight.dtype for weight in classifier.model_.parameters()} == {dtype}
    probabilities = classifier.predict_proba(X)
    assert probabilities.dtype == (np.float64 if dtype == torch.float64 else np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-2)


def test_float64_trains_as_float32_does():
    model = EEGNet(3, 128, 2, 64, **PARAMS, drop_prob=0.0)
    single = make_classifier(model).fit(X, Y)
    double = make_classifier(copy.deepcopy(model).double()).fit(X, Y)
    np.testing.assert_allclose(single.predict_proba(X), double.predict_proba(X), atol=1e-3)


def test_torchs_default_type_is_followed():
    torch.set_default_dtype(torch.float64)
    try:
        classifier = make_classifier().fit(X, Y)
        regressor = EEGRegressor(
            "eegnet", sfreq=64, max_epochs=1, model_params=PARAMS, random_state=0
        ).fit(X, Y.astype(float))
        labels = make_classifier().fit(X, np.column_stack([Y, 1 - Y]))
    finally:
        torch.set_default_dtype(torch.float32)
    assert classifier.predict(X).shape == regressor.predict(X).shape == (24,)
    assert labels.predict(X).shape == (24, 2)
    assert next(classifier.model_.parameters()).dtype == torch.float64


# Modes and devices.


def test_predictions_do_not_depend_on_the_mode_of_the_module(fitted):
    expected = fitted.predict_proba(X)
    fitted.model_.train()
    before = {name: value.clone() for name, value in fitted.model_.state_dict().items()}
    np.testing.assert_array_equal(fitted.predict_proba(X), expected)
    fitted.model_.train()
    np.testing.assert_array_equal(fitted.decision_function(X) > 0, expected[:, 1] > 0.5)
    fitted.model_.train()
    fitted.transform(X)
    for name, value in fitted.model_.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_a_pickle_holds_nothing_on_a_gpu(fitted, monkeypatch):
    moved = []
    monkeypatch.setattr(EEGNet, "cpu", lambda model: moved.append(model) or model)
    classifier = make_classifier().partial_fit(X, Y, classes=[0, 1])
    again = pickle.loads(pickle.dumps(classifier))
    assert len(moved) == 1
    assert moved[0] is not classifier.model_
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert again.partial_fit(X, Y).predict(X).shape == (24,)


# Arrays.


def reversed_view(array):
    return array[..., ::-1]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "change",
    [reversed_view, read_only, np.asfortranarray, lambda X: X.astype(np.float64).astype(">f8"),
     lambda X: np.repeat(X, 2, axis=0)[::2], lambda X: X.astype(np.int16)],
)  # fmt: skip
def test_arrays_of_any_layout_give_what_a_plain_copy_gives(change):
    given = change(X)
    plain = np.ascontiguousarray(given, dtype=np.float32)
    expected = make_classifier().fit(plain, Y).predict_proba(plain)
    np.testing.assert_array_equal(make_classifier().fit(given, Y).predict_proba(given), expected)


@pytest.mark.parametrize(
    "y",
    [Y.tolist(), Y[::-1][::-1], read_only(Y), [np.int64(label) for label in Y], Y.astype(object),
     np.array(["a", "b"])[Y].astype(object), Y.astype(bool), Y.astype(np.uint8)],
)  # fmt: skip
def test_labels_of_any_kind_are_learnt(y):
    classifier = make_classifier().fit(X, y)
    assert set(classifier.predict(X).tolist()) <= set(np.asarray(y).tolist())


def test_columns_of_tables_are_learnt():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"label": np.array(["a", "b"])[Y], "number": Y * 1.5})
    assert set(make_classifier().fit(X, table["label"]).classes_) == {"a", "b"}
    EEGRegressor("eegnet", sfreq=64, max_epochs=1, model_params=PARAMS).fit(X, table["number"])


def test_numpy_numbers_are_arguments():
    classifier = make_classifier(
        max_epochs=np.int64(1), lr=np.float32(0.01), batch_size=np.int32(8), n_crops=np.int64(1),
        model_params={"F1": np.int64(2), "D": np.int32(2), "drop_prob": np.float64(0.1)},
    ).fit(X, Y)  # fmt: skip
    assert type(classifier.model_.F1) is int


# Errors that say what to do.


def test_an_unknown_argument_of_a_model_proposes_the_nearest():
    with pytest.raises(TypeError, match=r"eegnet takes no argument 'F_1' .* did you mean 'F1'"):
        make_classifier(model_params={"F_1": 4}).fit(X, Y)


def test_a_recording_in_place_of_windows_is_explained(fitted):
    raw = simulate_motor_imagery(n_trials=4, random_state=0)
    with pytest.raises(ValueError, match=r"got a continuous recording: cut it into epochs first"):
        fitted.predict(raw)
    with pytest.raises(ValueError, match=r"Preprocessing\.windows"):
        make_classifier().fit(raw, Y)


# More predictions.


def test_log_probabilities_do_not_underflow(fitted):
    np.testing.assert_allclose(
        fitted.predict_log_proba(X), np.log(fitted.predict_proba(X)), atol=1e-5
    )
    sure = copy.deepcopy(fitted)
    with torch.no_grad():
        sure.model_.head.bias += torch.tensor([0.0, 500.0])
    assert np.isfinite(sure.predict_log_proba(X)).all()
    assert (sure.predict_proba(X)[:, 0] == 0).all()


def test_the_decision_of_two_classes_is_their_log_odds(fitted):
    decision = fitted.decision_function(X)
    assert decision.shape == (24,)
    np.testing.assert_array_equal(decision > 0, fitted.predict(X) == fitted.classes_[1])
    odds = fitted.predict_log_proba(X)
    np.testing.assert_allclose(decision, odds[:, 1] - odds[:, 0], atol=1e-4)
    three = make_classifier().fit(X, np.arange(24) % 3)
    decision = three.decision_function(X)
    np.testing.assert_array_equal(decision.argmax(1), three.predict(X))
    several = make_classifier().fit(X, np.column_stack([Y, 1 - Y, Y]))
    np.testing.assert_array_equal(several.decision_function(X) > 0, several.predict(X) == 1)


def test_features_are_what_the_head_takes(fitted):
    features = fitted.transform(X)
    assert features.shape == (24, fitted.model_.num_features)
    with torch.no_grad():
        expected = fitted.model_.head(torch.from_numpy(features)).softmax(-1)
    np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-5)


def test_a_classifier_is_a_step_that_makes_features():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(make_classifier(), LogisticRegression()).fit(X, Y)
    assert pipeline.predict(X).shape == (24,)
    crops = make_classifier(crop_length=64, n_crops=5).fit(X, Y)
    assert crops.transform(X).shape == (24, crops.model_.num_features)


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_the_size_of_batches_changes_no_prediction(fitted, batch_size):
    found = fitted.predict_proba(X, batch_size=batch_size)
    np.testing.assert_allclose(found, fitted.predict_proba(X), atol=1e-6)
    np.testing.assert_array_equal(fitted.predict(X, batch_size=batch_size), fitted.predict(X))


@pytest.mark.parametrize("batch_size", [0, -1, 2.5])
def test_a_wrong_size_of_batches_raises(fitted, batch_size):
    with pytest.raises((ValueError, TypeError), match="expected batch_size"):
        fitted.predict(X, batch_size=batch_size)
