"""Weights of windows are checked, broadcast over sequences, and balanced as in scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils import compute_class_weight, compute_sample_weight

from eegzoo.training.targets.window_weights import as_mask, class_weights, window_weights

SHAPE = (3, 4)
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]], bool)

sizes = st.tuples(st.integers(1, 5), st.integers(1, 6))


# Masks.


def test_a_missing_mask_is_returned_as_none():
    assert as_mask(None, (5,)) is None
    assert as_mask(None, SHAPE) is None


@pytest.mark.parametrize("mask", [MASK, MASK.tolist()], ids=["array", "list"])
def test_a_mask_is_returned_as_an_array(mask):
    given = as_mask(mask, SHAPE)
    assert given.dtype == bool
    np.testing.assert_array_equal(given, MASK)


@pytest.mark.parametrize(
    ("mask", "shape", "message"),
    [
        (np.ones(5, bool), (5,), "expected mask with sequences of windows, got one with single"),
        (MASK[:2], SHAPE, r"expected mask of bool and shape \(3, 4\), got bool of shape \(2, 4\)"),
        (MASK.astype(int), SHAPE, r"expected mask of bool .* got int64 of shape \(3, 4\)"),
        (MASK.astype(float), SHAPE, "got float64"),
        (MASK[0], SHAPE, r"got bool of shape \(4,\)"),
        (
            MASK & [[True], [False], [False]],
            SHAPE,
            r"counts in each sequence, got none in \[1, 2\]",
        ),
    ],
)
def test_an_invalid_mask_raises(mask, shape, message):
    with pytest.raises(ValueError, match=message):
        as_mask(mask, shape)


# Weights of windows.


def test_the_default_weight_is_one():
    np.testing.assert_array_equal(window_weights(None, None, (3,)), [1, 1, 1])
    np.testing.assert_array_equal(window_weights(None, MASK, SHAPE), MASK)


@pytest.mark.parametrize("dtype", [float, np.float32, int, np.uint8, bool])
def test_weights_of_any_dtype_become_float32(dtype):
    weights = window_weights(np.array([0, 1, 1], dtype), None, (3,))
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights, [0, 1, 1])


@given(shape=sizes, data=st.data())
def test_weights_of_sequences_apply_to_their_windows_that_count(shape, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    mask = rng.random(shape) < 0.7
    mask[:, 0] = True
    of_sequences, of_windows = rng.uniform(0.1, 3, shape[0]), rng.uniform(0.1, 3, shape)
    truth = np.zeros(shape)
    for sequence, window in np.argwhere(mask):
        truth[sequence, window] = of_sequences[sequence]
    np.testing.assert_allclose(window_weights(of_sequences, mask, shape), truth, rtol=1e-6)
    np.testing.assert_allclose(
        window_weights(of_windows, mask, shape), np.where(mask, of_windows, 0), rtol=1e-6
    )


def test_a_square_array_of_weights_applies_to_single_windows():
    weights = np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(window_weights(weights, None, (2, 2)), weights)


def test_given_weights_are_not_changed():
    given = np.ones(3, np.float32)
    window_weights(given, np.array([[True], [True], [False]]) | False, (3, 1))
    np.testing.assert_array_equal(given, 1)


@pytest.mark.parametrize(
    ("weights", "shape", "message"),
    [
        (np.ones(3), (4,), r"expected sample_weight .* shape \(4,\), got float64 of shape \(3,\)"),
        (np.ones((4, 1)), (4,), r"got float64 of shape \(4, 1\)"),
        (1.0, (4,), r"got float64 of shape \(\)"),
        (np.ones(4), SHAPE, r"got float64 of shape \(4,\)"),
        (["1"] * 4, (4,), "expected sample_weight to be numbers"),
        ([1j] * 4, (4,), "got complex128"),
        ([1, -1e-9], (2,), "expected finite sample_weight of at least zero"),
        ([1, np.nan], (2,), "expected finite sample_weight"),
        ([1, np.inf], (2,), "expected finite sample_weight"),
        ([0, 0], (2,), "expected a sample_weight above zero, got only zeros"),
    ],
)
def test_invalid_weights_raise(weights, shape, message):
    with pytest.raises(ValueError, match=message):
        window_weights(weights, None, shape)


def test_weights_of_zero_for_all_windows_that_count_raise():
    with pytest.raises(ValueError, match="only zeros"):
        window_weights(np.where(MASK, 0.0, 1.0), MASK, SHAPE)


def test_an_empty_set_of_windows_has_no_weights():
    assert window_weights(None, None, (0,)).shape == (0,)
    assert window_weights([], None, (0,)).shape == (0,)


# Weights of classes.


@given(counts=st.lists(st.integers(1, 30), min_size=2, max_size=5))
def test_balanced_weights_give_all_classes_the_same_total_weight(counts):
    y = np.repeat(np.arange(len(counts)), counts)
    weights = class_weights("balanced", np.arange(len(counts)), y)
    np.testing.assert_allclose(weights * counts, len(y) / len(counts), rtol=1e-6)
    np.testing.assert_allclose(weights[y], compute_sample_weight("balanced", y), rtol=1e-6)


@pytest.mark.parametrize("names", [[0, 1, 2], ["a", "b", "c"], [1.0, 2.0, 3.0]], ids=str)
def test_a_mapping_has_weights_by_label_with_default_one(names):
    classes = np.array(names)
    weights = class_weights({names[2]: 5, names[0]: 0.5}, classes, classes)
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights, [0.5, 1, 5])
    truth = compute_class_weight({names[2]: 5, names[0]: 0.5}, classes=classes, y=classes)
    np.testing.assert_array_equal(weights, truth)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ("equal", "expected class_weight to be 'balanced' or a mapping, got 'equal'"),
        ({7: 2.0}, r"class_weight for the labels in y, \[0, 1\], got it also for \[7\]: remove"),
        ({0: -1.0}, "expected class_weight of 0 to be a number of at least 0, got -1.0"),
        ({1: np.nan}, "expected class_weight of 1 .* got nan"),
        ({0: np.inf}, "expected class_weight of 0 .* got inf"),
        ({0: "two"}, "expected class_weight of 0 to be a number"),
        ([1.0, 2.0], r"expected class_weight to be 'balanced' or a mapping, got \[1.0, 2.0\]"),
        (2.0, "expected class_weight to be 'balanced' or a mapping, got 2.0"),
    ],
)
def test_invalid_class_weights_raise(class_weight, message):
    with pytest.raises((ValueError, TypeError), match=message):
        class_weights(class_weight, np.array([0, 1]), np.array([0, 1, 1]))


def test_balanced_weights_without_a_label_raise_with_its_name():
    with pytest.raises(
        ValueError, match=r"every label in y .* no window of \['c'\]: give .*'c': 1"
    ):
        class_weights("balanced", np.array(["a", "b", "c"]), np.array(["a", "b"]))
