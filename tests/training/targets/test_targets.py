"""Losses, predictions and scores of all targets equal those of NumPy and scikit-learn."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from sklearn.metrics import accuracy_score, log_loss, r2_score

from eegzoo.training.targets.targets import (
    Classes,
    LabelSets,
    Numbers,
    check_finite,
    targets_from_dict,
)

NAMES = np.array(["left", "none", "right"])
KINDS = {
    "classes": Classes(NAMES),
    "label sets": LabelSets(3),
    "a number": Numbers.fit(np.array([1.0, 5.0, 6.0])),
    "numbers": Numbers.fit(np.array([[1.0, 200.0], [5.0, 100.0], [6.0, 300.0]])),
}
ANY_KIND = pytest.mark.parametrize("targets", KINDS.values(), ids=KINDS)
SHAPES = pytest.mark.parametrize("shape", [(7,), (4, 5)], ids=["windows", "sequences"])
seeds = st.integers(0, 2**32 - 1)


def make_y(targets, shape, rng):
    if isinstance(targets, Classes):
        return rng.choice(targets.classes, shape)
    if isinstance(targets, LabelSets):
        return rng.integers(0, 2, (*shape, targets.n_outputs))
    axes = () if targets.is_flat else (targets.n_outputs,)
    return rng.normal(3, 50, (*shape, *axes))


def make_outputs(targets, shape, rng):
    return torch.from_numpy(rng.normal(0, 2, (*shape, targets.n_outputs)).astype(np.float32))


def numpy_losses(targets, outputs, y):
    """Return the loss of each window in float64, computed in a loop."""
    outputs, losses = outputs.double().numpy(), np.empty(outputs.shape[:-1])
    for place in np.ndindex(losses.shape):
        z, target = outputs[place], y[place]
        if isinstance(targets, Classes):
            p = np.exp(z) / np.exp(z).sum()
            losses[place] = -np.log(p[targets.classes.tolist().index(target)])
        elif isinstance(targets, LabelSets):
            p = 1 / (1 + np.exp(-z))
            losses[place] = -np.mean(target * np.log(p) + (1 - target) * np.log(1 - p))
        else:
            losses[place] = np.mean((z - (target - targets.mean) / targets.std) ** 2)
    return losses


# All kinds.


@SHAPES
@ANY_KIND
def test_losses_equal_the_formulas_for_each_window(targets, shape):
    rng = np.random.default_rng(0)
    y, outputs = make_y(targets, shape, rng), make_outputs(targets, shape, rng)
    losses = targets.loss(outputs, targets.encode(y))
    assert losses.shape == shape
    np.testing.assert_allclose(losses, numpy_losses(targets, outputs, y), rtol=1e-5)


@SHAPES
@ANY_KIND
def test_perfect_outputs_score_one_and_predict_y(targets, shape):
    rng = np.random.default_rng(0)
    y = make_y(targets, shape, rng)
    encoded, weight = targets.encode(y), torch.ones(shape)
    if isinstance(targets, Classes):
        outputs = 20.0 * torch.nn.functional.one_hot(encoded, targets.n_outputs)
        predicted = targets.classes[targets.predictions(outputs).argmax(-1)]
    elif isinstance(targets, LabelSets):
        outputs = 40.0 * (encoded - 0.5)
        predicted = targets.predictions(outputs) > 0.5
    else:
        outputs = encoded.clone()
        predicted = targets.predictions(outputs)
        np.testing.assert_allclose(predicted, y, rtol=1e-5, atol=1e-4)
        predicted = y
    np.testing.assert_array_equal(predicted, y)
    assert targets.score(outputs, encoded, weight) == 1.0
    # A window of weight 0 has no influence.
    outputs[0], weight[0] = -outputs[0] - 1, 0.0
    assert targets.score(outputs, encoded, weight) == 1.0
    weight[0] = 1.0
    assert targets.score(outputs, encoded, weight) < 1.0


@ANY_KIND
def test_targets_are_restored_from_json(targets):
    again = targets_from_dict({**json.loads(json.dumps(targets.to_dict())), "amplitude": 3.0})
    assert type(again) is type(targets)
    assert again.n_outputs == targets.n_outputs
    assert again.to_dict() == targets.to_dict()
    rng = np.random.default_rng(0)
    y, outputs = make_y(targets, (5,), rng), make_outputs(targets, (5,), rng)
    np.testing.assert_array_equal(again.encode(y), targets.encode(y))
    predicted = targets.predictions(outputs)
    np.testing.assert_array_equal(again.predictions(outputs), predicted)
    assert again.predictions(outputs).dtype == predicted.dtype


def test_a_dict_without_targets_gives_none():
    assert targets_from_dict({"normalizer": {}, "n_crops": 3}) is None


@ANY_KIND
@given(seed=seeds)
def test_equal_crops_average_to_the_same_prediction(targets, seed):
    outputs = make_outputs(targets, (4,), np.random.default_rng(seed))
    averaged = targets.average_crops(outputs[:, None].expand(-1, 6, -1))
    np.testing.assert_allclose(
        targets.predictions(averaged), targets.predictions(outputs), rtol=1e-4, atol=1e-5
    )


@given(seed=seeds, n_crops=st.integers(1, 5))
def test_each_kind_has_its_average_over_crops(seed, n_crops):
    rng = np.random.default_rng(seed)
    crops = rng.normal(0, 2, (4, n_crops, 3))
    given = torch.from_numpy(crops)
    geometric = special.softmax(special.log_softmax(crops, axis=2).mean(axis=1), axis=1)
    classes = Classes(NAMES)
    np.testing.assert_allclose(
        classes.predictions(classes.average_crops(given)), geometric, rtol=1e-9
    )
    sets = LabelSets(3)
    np.testing.assert_allclose(
        sets.predictions(sets.average_crops(given)), special.expit(crops.mean(axis=1)), rtol=1e-9
    )
    numbers = Numbers(np.zeros(3), np.ones(3), is_flat=False)
    np.testing.assert_allclose(
        numbers.predictions(numbers.average_crops(given)), crops.mean(axis=1), rtol=1e-9
    )


# Classes.


def test_classes_by_manual_calculation():
    targets = Classes(np.array([10, 20]))
    assert targets.encode(np.array([[20, 10], [10, 10]])).tolist() == [[1, 0], [0, 0]]
    outputs = torch.tensor([[0.0, np.log(3.0)], [np.log(4.0), 0.0]])
    np.testing.assert_allclose(targets.predictions(outputs), [[0.25, 0.75], [0.8, 0.2]], rtol=1e-6)
    y = targets.encode(np.array([20, 20]))
    np.testing.assert_allclose(targets.loss(outputs, y), -np.log([0.75, 0.2]), rtol=1e-6)
    assert targets.score(outputs, y, torch.tensor([3.0, 1.0])) == 0.75


@given(seed=seeds)
def test_weighted_loss_and_score_equal_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    targets, y, weight = Classes(NAMES), rng.choice(NAMES, 30), rng.uniform(0.1, 2, 30)
    outputs, encoded = make_outputs(targets, (30,), rng), targets.encode(y)
    probabilities = targets.predictions(outputs.double())
    loss = np.average(targets.loss(outputs, encoded), weights=weight)
    truth = log_loss(y, probabilities, labels=NAMES, sample_weight=weight)
    np.testing.assert_allclose(loss, truth, rtol=1e-4)
    score = targets.score(outputs, encoded, torch.from_numpy(weight))
    predicted = NAMES[probabilities.argmax(axis=1)]
    np.testing.assert_allclose(score, accuracy_score(y, predicted, sample_weight=weight), rtol=1e-5)


# Sets of labels.


def test_the_score_counts_windows_with_all_labels_right():
    targets = LabelSets(2)
    outputs = torch.tensor([[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0], [-1.0, 1.0]])
    y = np.array([[1, 0], [1, 0], [0, 0], [1, 0]])
    predicted = targets.predictions(outputs) > 0.5
    score = targets.score(outputs, targets.encode(y), torch.ones(4))
    assert score == accuracy_score(y, predicted) == 0.5
    assert targets.score(outputs, targets.encode(y), torch.tensor([3.0, 1, 3, 1])) == 0.75


@pytest.mark.parametrize("dtype", [int, bool, np.uint8, float])
def test_an_indicator_of_any_dtype_is_encoded(dtype):
    encoded = LabelSets(2).encode(np.array([[1, 0], [0, 1]], dtype))
    assert encoded.dtype == torch.float32
    assert encoded.tolist() == [[1, 0], [0, 1]]


def test_the_loss_of_large_outputs_is_finite():
    loss = LabelSets(2).loss(torch.tensor([[1e4, -1e4]]), torch.tensor([[0.0, 0.0]]))
    np.testing.assert_allclose(loss, [5e3])


# Numbers.


def test_numbers_by_manual_calculation():
    targets = Numbers.fit(np.array([[1.0, 10.0], [3.0, 30.0]]))
    assert targets.mean.tolist() == [2.0, 20.0]
    assert targets.std.tolist() == [1.0, 10.0]
    encoded = targets.encode(np.array([[4.0, 20.0]]))
    assert encoded.tolist() == [[2.0, 0.0]]
    assert targets.loss(torch.tensor([[0.0, 1.0]]), encoded).tolist() == [2.5]
    assert targets.predictions(torch.tensor([[0.5, -1.0]])).tolist() == [[2.5, 10.0]]


@pytest.mark.parametrize("shape", [(9,), (3, 4), (9, 2), (3, 4, 2)], ids=str)
def test_encoded_numbers_have_mean_zero_and_variance_one(shape):
    rng = np.random.default_rng(0)
    y = rng.normal(40, 7, shape)
    # Training passes the windows that count as rows.
    rows = y.reshape(-1, 2) if shape[-1] == 2 else y.ravel()
    targets = Numbers.fit(rows)
    assert targets.is_flat == (shape[-1] != 2)
    encoded = targets.encode(y)
    assert encoded.shape == (*shape[: len(shape) - (shape[-1] == 2)], targets.n_outputs)
    assert encoded.dtype == torch.float32
    flat = encoded.reshape(-1, targets.n_outputs).double()
    np.testing.assert_allclose(flat.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(flat.std(0, correction=0), 1, rtol=1e-6)
    again = targets.predictions(encoded)
    assert again.dtype == np.float64
    np.testing.assert_allclose(again, y, rtol=1e-5)


@given(seed=seeds, offset=st.floats(-1e9, 1e9), scale=st.floats(1e-3, 1e6))
def test_numbers_of_any_offset_and_scale_are_restored(seed, offset, scale):
    y = offset + scale * np.random.default_rng(seed).normal(size=20)
    targets = Numbers.fit(y)
    again = targets.predictions(targets.encode(y))
    np.testing.assert_allclose(again, y, rtol=1e-12, atol=1e-5 * scale)


def test_a_constant_target_is_only_centred():
    targets = Numbers.fit(np.array([[7.0, 1.0], [7.0, 3.0]]))
    assert targets.std.tolist() == [1.0, 1.0]
    assert targets.encode(np.array([[7.0, 2.0], [8.0, 2.0]]))[:, 0].tolist() == [0.0, 1.0]


@given(number=st.floats(-1e6, 1e6), n_windows=st.integers(1, 50))
def test_a_target_that_varies_only_by_rounding_is_only_centred(number, n_windows):
    y = np.full(n_windows, number)
    assert abs(Numbers.fit(y).encode(y)).max() < 1e-6


@pytest.mark.parametrize("dtype", [int, np.int16, bool, np.float32])
def test_numbers_of_any_kind_are_encoded(dtype):
    y = np.array([0, 1, 1, 0], dtype)
    np.testing.assert_allclose(Numbers.fit(y).encode(y)[:, 0], [-1, 1, 1, -1], rtol=1e-6)


@given(seed=seeds, n_targets=st.integers(1, 3))
def test_the_score_is_scikit_learns_in_any_unit(seed, n_targets):
    rng = np.random.default_rng(seed)
    y = rng.normal(30, 5, (25, n_targets)) * 10.0 ** rng.integers(-3, 3, n_targets)
    targets, weight = Numbers.fit(y), rng.uniform(0.1, 2, 25)
    outputs = make_outputs(targets, (25,), rng)
    score = targets.score(outputs, targets.encode(y), torch.from_numpy(weight))
    truth = r2_score(y, targets.predictions(outputs), sample_weight=weight)
    np.testing.assert_allclose(score, truth, rtol=1e-4)


@pytest.mark.parametrize("exact", [True, False])
def test_the_score_of_a_target_that_does_not_vary_is_scikit_learns(exact):
    y = np.array([[7.0, 1.0], [7.0, 3.0], [7.0, 2.0]])
    targets = Numbers.fit(y)
    encoded = targets.encode(y)
    outputs = encoded if exact else encoded + 0.5
    truth = r2_score(y, targets.predictions(outputs))
    assert targets.score(outputs, encoded, torch.ones(3)) == pytest.approx(truth, abs=1e-6)


# Invalid input.


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_raise(bad):
    check_finite(np.array([1, 2]))
    check_finite(np.array(["nan"]))
    check_finite(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="expected finite numbers in y, got NaN or infinity"):
        check_finite(np.array([[1.0, bad]]))
