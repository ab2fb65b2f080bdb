"""Normalisation equals its textbook form, and is fitted on what it was given alone."""

import json

import numpy as np
import pytest
from scipy.linalg import sqrtm
from sklearn.preprocessing import StandardScaler

from eegzoo.training import Normalizer
from eegzoo.training.normalization import HOW


@pytest.fixture(name="X")
def correlated():
    """Correlated channels of different size and offset, float32."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(0, 10, (4, 4)) * np.array([[1], [5], [0.2], [1]])
    offset = np.array([[0], [100], [-3], [20]])
    return (mixing @ rng.normal(size=(12, 4, 200)) + offset).astype(np.float32)


def by_channel(X):
    return X.transpose(0, 2, 1).reshape(-1, X.shape[1]).astype(np.float64)


def test_standardize_is_scikit_learns_standard_scaler(X):
    normalizer, scaler = Normalizer.fit(X, "standardize"), StandardScaler().fit(by_channel(X))
    other = X[:3] * 2 + 1
    transformed = by_channel(normalizer.transform(other))
    np.testing.assert_allclose(transformed, scaler.transform(by_channel(other)), atol=1e-5)


def test_whitening_makes_the_covariance_the_identity(X):
    whitened = by_channel(Normalizer.fit(X, "whiten", shrinkage=0.0).transform(X))
    np.testing.assert_allclose(np.cov(whitened.T, bias=True), np.eye(4), atol=1e-4)
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=1e-4)


@pytest.mark.parametrize("shrinkage", [0.0, 0.1, 0.7, 1.0])
def test_whitening_is_the_inverse_square_root_of_the_shrunk_covariance(X, shrinkage):
    covariance = np.cov(by_channel(X).T, bias=True)
    target = np.trace(covariance) / 4 * np.eye(4)
    shrunk = (1 - shrinkage) * covariance + shrinkage * target
    matrix = Normalizer.fit(X, "whiten", shrinkage).matrix
    np.testing.assert_allclose(matrix, np.linalg.inv(sqrtm(shrunk)), rtol=1e-6, atol=1e-9)


def test_the_shrinkage_by_default_is_a_tenth(X):
    default, tenth = Normalizer.fit(X, "whiten"), Normalizer.fit(X, "whiten", 0.1)
    np.testing.assert_array_equal(default.matrix, tenth.matrix)


@pytest.mark.parametrize("shrinkage", [0.0, 0.1])
def test_channels_that_depend_on_each_other_stay_finite(X, shrinkage):
    X = X - X.mean(axis=1, keepdims=True)  # an average reference: rank 3
    whitened = Normalizer.fit(X, "whiten", shrinkage).transform(X)
    assert np.isfinite(whitened).all()
    if shrinkage:
        assert np.abs(whitened).max() < 20


def test_none_changes_nothing(X):
    np.testing.assert_array_equal(Normalizer.fit(X, "none").transform(X), X)


@pytest.mark.parametrize("how", HOW)
def test_a_window_is_mapped_alike_alone_and_in_company(X, how):
    normalizer = Normalizer.fit(X[:6], how)
    before = X.copy()
    together = normalizer.transform(np.concatenate([X, X * 1000]))
    assert together.dtype == np.float32
    np.testing.assert_allclose(together[7], normalizer.transform(X[7:8])[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(X, before)
    assert normalizer.transform(X[:0]).shape == (0, 4, 200)


@pytest.mark.parametrize("how", ["whiten", "standardize"])
def test_large_offsets_cost_no_precision(how):
    rng = np.random.default_rng(0)
    offset = rng.uniform(-2e5, 2e5, (16, 1))  # an amplifier without a high-pass
    X = (rng.normal(0, 20, (10, 16, 300)) + offset).astype(np.float32)
    normalizer = Normalizer.fit(X, how)
    exact = normalizer.matrix @ (X.astype(np.float64) - normalizer.mean[:, None])
    np.testing.assert_allclose(normalizer.transform(X), exact, atol=1e-3)


@pytest.mark.parametrize("how", ["whiten", "standardize"])
@pytest.mark.parametrize("rounding", [0.0, 1e-15])
@pytest.mark.parametrize("value", [0.0, 5.1])
def test_constant_channels_raise_by_place(X, how, value, rounding):
    X = X.astype(np.float64)
    X[:, 1:4:2] = value + rounding * np.random.default_rng(0).normal(size=(12, 2, 200))
    with pytest.raises(ValueError, match=r"got constant channels \[1, 3\]"):
        Normalizer.fit(X, how)


def test_a_small_channel_is_not_taken_for_a_constant_one(X):
    X[:, 2] *= 1e-3
    assert np.isfinite(Normalizer.fit(X, "standardize").matrix).all()


@pytest.mark.parametrize(
    ("how", "shrinkage", "name"), [("z", 0.1, "how"), ("whiten", 1.5, "shrinkage")]
)
def test_what_cannot_be_raises_by_name(X, how, shrinkage, name):
    with pytest.raises(ValueError, match=f"expected {name}"):
        Normalizer.fit(X, how, shrinkage)


@pytest.mark.parametrize("how", HOW)
def test_it_goes_through_json_bit_for_bit(X, how):
    normalizer = Normalizer.fit(X, how)
    again = Normalizer.from_dict(json.loads(json.dumps(normalizer.to_dict())))
    np.testing.assert_array_equal(again.transform(X), normalizer.transform(X))
