"""The regressor predicts numbers in the unit of y, is saved and loaded, and checks its input."""

import pickle

import mne
import numpy as np
import pytest
from sklearn.base import clone, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score

from eegzoo.data import EpochsDataset
from eegzoo.models import ShallowConvNet
from eegzoo.training import EEGClassifier, EEGRegressor
from eegzoo.training.targets.targets import Numbers
from tests.training.same_fit import assert_same_fit

SFREQ, N_TIMES = 64.0, 64
CH_NAMES = ("C3", "Cz", "C4")


def make_windows(n_windows=60, seed=0):
    """Return windows in microvolts, and the amplitudes of two of their three channels."""
    rng = np.random.default_rng(seed)
    amplitudes = rng.uniform(5, 50, (n_windows, 2))
    X = rng.normal(0, 1, (n_windows, 3, N_TIMES))
    X *= np.column_stack([amplitudes, np.full(n_windows, 20.0)])[:, :, None]
    return X.astype(np.float32), amplitudes


def make_epochs(X):
    events = np.column_stack([np.arange(len(X)) * 100, np.zeros(len(X), int), np.ones(len(X), int)])
    info = mne.create_info(list(CH_NAMES), SFREQ, "eeg")
    return mne.EpochsArray(X * 1e-6, info, events, 0.0, {"blink": 1}, verbose="ERROR")


def make_regressor(model="shallow_convnet", **changes):
    settings = {"max_epochs": 3, "random_state": 0, "sfreq": SFREQ, "normalize": "standardize"}
    if not isinstance(model, str):
        settings["sfreq"] = None
    return EEGRegressor(model, **{**settings, **changes})


X, AMPLITUDES = make_windows()
Y = AMPLITUDES[:, 0]


# Training.


@pytest.mark.parametrize("unit", [1.0, 1e6, -1e-9])
def test_a_target_is_learnt_in_any_unit(unit):
    y = Y * unit + 3 * unit
    regressor = make_regressor(max_epochs=40, lr=3e-3).fit(X, y)
    other_X, others = make_windows(seed=1)
    true = others[:, 0] * unit + 3 * unit
    predicted = regressor.predict(other_X)
    assert predicted.shape == (60,)
    assert predicted.dtype == np.float64
    assert r2_score(true, predicted) > 0.6
    assert regressor.score(other_X, true) == pytest.approx(r2_score(true, predicted))
    losses = [row["train_loss"] for row in regressor.history_]
    assert losses[-1] < 0.5 < losses[0] < 5  # for standardised targets


def test_several_targets_are_learnt_in_their_units():
    units = np.array([1.0, 1e4])
    regressor = make_regressor(max_epochs=40, lr=3e-3).fit(X, AMPLITUDES * units)
    other_X, others = make_windows(seed=1)
    predicted = regressor.predict(other_X)
    assert predicted.shape == (60, 2)
    scores = r2_score(others * units, predicted, multioutput="raw_values")
    assert scores.min() > 0.5
    assert regressor.score(other_X, others * units) == pytest.approx(scores.mean())


def test_the_unit_has_no_influence_on_training():
    one, other = make_regressor().fit(X, Y), make_regressor().fit(X, Y * 1024 - 512)
    np.testing.assert_allclose(other.predict(X), one.predict(X) * 1024 - 512, rtol=1e-4)


def test_mean_and_standard_deviation_are_those_of_the_windows_that_count():
    weight = np.ones(60)
    weight[:20] = 0
    regressor = make_regressor().fit(X, Y, sample_weight=weight)
    assert isinstance(regressor.targets_, Numbers)
    np.testing.assert_allclose(regressor.targets_.mean, [Y[20:].mean()])
    np.testing.assert_allclose(regressor.targets_.std, [Y[20:].std()])


def test_the_score_can_be_weighted():
    regressor = make_regressor().fit(X, Y)
    weight = np.random.default_rng(0).uniform(0, 2, 60)
    truth = r2_score(Y, regressor.predict(X), sample_weight=weight)
    assert regressor.score(X, Y, sample_weight=weight) == pytest.approx(truth, rel=1e-5)


# Kinds of y.


def test_predictions_have_the_shape_of_y():
    flat, column = make_regressor().fit(X, Y), make_regressor().fit(X, Y[:, None])
    assert_same_fit(flat, column)
    assert column.predict(X).shape == (60, 1)
    np.testing.assert_array_equal(column.predict(X)[:, 0], flat.predict(X))
    assert column.score(X, Y[:, None]) == column.score(X, Y) == flat.score(X, Y)


@pytest.mark.parametrize(
    "convert",
    [
        list,
        lambda y: y.astype(object),
        lambda y: y.astype(np.int16),
        lambda y: y.astype(np.float32),
    ],
    ids=["list", "object", "int16", "float32"],
)
def test_y_can_have_any_numeric_type(convert):
    whole = Y.round()
    regressor = make_regressor().fit(X, convert(whole))
    truth = make_regressor().fit(X, whole)
    np.testing.assert_allclose(regressor.predict(X), truth.predict(X), rtol=1e-5)
    assert regressor.score(X, convert(whole)) == pytest.approx(truth.score(X, whole), rel=1e-4)


def test_a_constant_target_is_learnt():
    regressor = make_regressor(max_epochs=40).fit(X, np.full(60, 500.0))
    np.testing.assert_allclose(regressor.predict(X), 500.0, atol=0.5)


def test_a_single_window_is_enough():
    assert make_regressor().fit(X[:1], Y[:1]).predict(X[:2]).shape == (2,)


@pytest.mark.parametrize(
    ("windows", "y", "message"),
    [
        (X, None, "expected y with arrays, got None"),
        (X, Y[:59], r"expected y of shape \(60,\), got \(59,\)"),
        (X, Y[:, None, None], r"expected y of shape \(60,\), got \(60, 1, 1\)"),
        (X, np.where(Y > 40, np.nan, Y), "expected finite numbers in y, got NaN or infinity"),
        (X, np.where(Y > 40, np.inf, Y), "expected finite numbers in y"),
        (X, Y.astype(str), "expected y of numbers, got <U"),
        (X, Y + 0j, "expected y of numbers, got complex128"),
        (X, np.where(Y > 40, "old", Y.astype(object)), "expected y of numbers, .* 'old'"),
        (X, np.where(Y > 40, None, Y), "expected y of numbers|expected finite numbers"),
        (X[:0], Y[:0], "expected at least one window, got none"),
        (X[:, None], Y, r"expected windows .* ShallowConvNet, .* got sequences"),
    ],
)
def test_invalid_windows_and_targets_raise(windows, y, message):
    regressor = make_regressor()
    with pytest.raises(ValueError, match=message):
        regressor.fit(windows, y)
    assert not hasattr(regressor, "model_")


def test_epochs_need_numbers_instead_of_their_names():
    epochs = make_epochs(X)
    regressor = make_regressor(sfreq=None).fit(epochs, Y)
    assert_same_fit(regressor, make_regressor(sfreq=None).fit(EpochsDataset.from_epochs(epochs), Y))
    assert regressor.signal_info_.ch_names == CH_NAMES
    arrays = make_regressor().fit(X, Y)
    np.testing.assert_allclose(regressor.predict(epochs), arrays.predict(X), rtol=1e-3)
    swapped = epochs.copy().reorder_channels(["C4", "Cz", "C3"])
    np.testing.assert_array_equal(regressor.predict(swapped), regressor.predict(epochs))
    with pytest.raises(ValueError, match="expected y of numbers"):
        make_regressor(sfreq=None).fit(epochs)


@pytest.mark.parametrize("y", [Y[:59], Y[:1], AMPLITUDES[:30]], ids=["59", "1", "30 of 2"])
@pytest.mark.parametrize("kind", ["regressor", "classifier"])
def test_a_score_with_a_wrong_number_of_targets_raises(kind, y):
    if kind == "regressor":
        fitted = make_regressor().fit(X, Y)
    else:
        fitted = EEGClassifier("shallow_convnet", sfreq=64, max_epochs=1).fit(X, Y > 30)
        y = y > 30
    with pytest.raises(ValueError, match=r"expected y of shape \(60,\), got "):
        fitted.score(X, y)
    with pytest.raises(ValueError, match="expected y with arrays, got None"):
        fitted.score(X, None)


# A given model.


def test_a_given_model_needs_an_output_for_each_target():
    model = ShallowConvNet(n_chans=3, n_times=N_TIMES, n_outputs=2, sfreq=SFREQ)
    assert make_regressor(model).fit(X, AMPLITUDES).predict(X).shape == (60, 2)
    with pytest.raises(
        ValueError, match=r"2 classes or targets for the given model, got .* 1 classes"
    ):
        make_regressor(model).fit(X, Y)


# Files and scikit-learn.


@pytest.mark.parametrize("y", [Y, AMPLITUDES[:, :1], AMPLITUDES], ids=["flat", "column", "two"])
def test_a_loaded_regressor_predicts_the_same_bit_for_bit(tmp_path, y):
    regressor = make_regressor(n_crops=2, crop_length=40).fit(make_epochs(X), y)
    regressor.save(tmp_path / "mine.safetensors")
    again = EEGRegressor.load(tmp_path / "mine.safetensors")
    np.testing.assert_array_equal(again.predict(X), regressor.predict(X))
    assert again.predict(X).shape == y.shape
    assert again.score(make_epochs(X), y) == regressor.score(make_epochs(X), y)
    assert again.signal_info_ == regressor.signal_info_
    assert again.amplitude_ == regressor.amplitude_


def test_a_file_of_another_kind_of_estimator_raises(tmp_path):
    make_regressor().fit(X, Y).save(tmp_path / "numbers.safetensors")
    classifier = EEGClassifier("shallow_convnet", sfreq=SFREQ, max_epochs=1).fit(X, Y > 30)
    classifier.save(tmp_path / "labels.safetensors")
    with pytest.raises(
        ValueError, match=r"numbers\.safetensors .* another kind than EEGClassifier"
    ):
        EEGClassifier.load(tmp_path / "numbers.safetensors")
    with pytest.raises(ValueError, match=r"labels\.safetensors .* another kind than EEGRegressor"):
        EEGRegressor.load(tmp_path / "labels.safetensors")


def test_an_unfitted_regressor_raises():
    for use in (EEGRegressor().predict, EEGRegressor().save):
        with pytest.raises(NotFittedError):
            use(X)


def test_scikit_learn_recognises_a_regressor():
    regressor = make_regressor().fit(X, Y)
    assert is_regressor(regressor)
    assert_same_fit(clone(regressor).fit(X, Y), regressor)
    again = pickle.loads(pickle.dumps(regressor))
    np.testing.assert_array_equal(again.predict(X), regressor.predict(X))
    assert "class_weight" not in regressor.get_params()


def test_cross_validation_scores_equal_those_of_predictions():
    folds = KFold(3, shuffle=True, random_state=0)
    regressor = make_regressor(max_epochs=10)
    scores = cross_val_score(regressor, X, AMPLITUDES, cv=folds)
    predicted = cross_val_predict(regressor, X, AMPLITUDES, cv=folds)
    truth = [r2_score(AMPLITUDES[test], predicted[test]) for _, test in folds.split(X)]
    np.testing.assert_allclose(scores, truth)
    errors = cross_val_score(regressor, X, Y, cv=folds, scoring="neg_mean_absolute_error")
    assert (errors < 0).all()


# partial_fit.


def test_partial_fit_keeps_the_scale_of_the_first_call():
    regressor = make_regressor(lr=3e-3).partial_fit(X, Y)
    targets = regressor.targets_
    for _ in range(30):
        regressor.partial_fit(X, Y)
    assert regressor.targets_ is targets
    assert regressor.score(*make_windows(seed=1)[:1], make_windows(seed=1)[1][:, 0]) > 0.5
    assert len(regressor.history_) == 31


def test_partial_fit_with_another_number_of_targets_raises_and_changes_nothing():
    regressor = make_regressor().partial_fit(X, Y)
    before = regressor.predict(X)
    with pytest.raises(ValueError, match=r"expected y of 1 targets, got shape \(60, 2\)"):
        regressor.partial_fit(X, AMPLITUDES)
    np.testing.assert_array_equal(regressor.predict(X), before)


def test_partial_fit_accepts_a_column_after_a_flat_y_and_vice_versa():
    flat = [make_regressor().partial_fit(X, Y).partial_fit(X, y) for y in (Y, Y[:, None])]
    assert_same_fit(*flat)
    column = make_regressor().partial_fit(X, Y[:, None]).partial_fit(X, Y)
    assert_same_fit(column, flat[0])
    assert column.predict(X).shape == (60, 1)
