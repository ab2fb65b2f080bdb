"""Normalisations equal their textbook form and are fitted to the training windows only."""

import json

import numpy as np
import pytest
from scipy.linalg import sqrtm
from sklearn.preprocessing import StandardScaler

from eegzoo.data import fit_normalizer
from eegzoo.data.preprocessing.normalization import (
    HOW,
    ExponentialStandardizer,
    Whitener,
    normalizer_from_dict,
)
from eegzoo.data.windows.lazy_windows import Windows


@pytest.fixture(name="X")
def correlated():
    """Return correlated channels of different scale and offset, in float32."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(0, 10, (4, 4)) * np.array([[1], [5], [0.2], [1]])
    offset = np.array([[0], [100], [-3], [20]])
    return (mixing @ rng.normal(size=(12, 4, 200)) + offset).astype(np.float32)


def by_channel(X):
    return X.transpose(0, 2, 1).reshape(-1, X.shape[1]).astype(np.float64)


def test_standardize_is_scikit_learns_standard_scaler(X):
    normalizer, scaler = fit_normalizer(X, "standardize"), StandardScaler().fit(by_channel(X))
    other = X[:3] * 2 + 1
    transformed = by_channel(normalizer.transform(other))
    np.testing.assert_allclose(transformed, scaler.transform(by_channel(other)), atol=1e-5)


def test_whitening_makes_the_covariance_the_identity(X):
    whitened = by_channel(Whitener.fit(X, shrinkage=0.0).transform(X))
    np.testing.assert_allclose(np.cov(whitened.T, bias=True), np.eye(4), atol=1e-4)
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=1e-4)


@pytest.mark.parametrize("shrinkage", [0.0, 0.1, 0.7, 1.0])
def test_whitening_is_the_inverse_square_root_of_the_shrunk_covariance(X, shrinkage):
    covariance = np.cov(by_channel(X).T, bias=True)
    target = np.trace(covariance) / 4 * np.eye(4)
    shrunk = (1 - shrinkage) * covariance + shrinkage * target
    matrix = Whitener.fit(X, shrinkage).matrix
    np.testing.assert_allclose(matrix, np.linalg.inv(sqrtm(shrunk)), rtol=1e-6, atol=1e-9)


def test_the_default_shrinkage_is_a_tenth(X):
    default, tenth = fit_normalizer(X, "whiten"), Whitener.fit(X, 0.1)
    np.testing.assert_array_equal(default.matrix, tenth.matrix)


@pytest.mark.parametrize("shrinkage", [0.0, 0.1])
def test_linearly_dependent_channels_stay_finite(X, shrinkage):
    X = X - X.mean(axis=1, keepdims=True)  # average reference: rank 3
    whitened = Whitener.fit(X, shrinkage).transform(X)
    assert np.isfinite(whitened).all()
    if shrinkage:
        assert np.abs(whitened).max() < 20


def test_none_changes_nothing(X):
    np.testing.assert_array_equal(fit_normalizer(X, "none").transform(X), X)


@pytest.mark.parametrize("how", HOW)
def test_each_window_is_transformed_independently(X, how):
    normalizer = fit_normalizer(X[:6], how)
    before = X.copy()
    together = normalizer.transform(np.concatenate([X, X * 1000]))
    assert together.dtype == np.float32
    np.testing.assert_allclose(together[7], normalizer.transform(X[7:8])[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(X, before)
    assert normalizer.transform(X[:0]).shape == (0, 4, 200)


@pytest.mark.parametrize("how", ["whiten", "standardize"])
def test_large_offsets_do_not_reduce_the_precision(how):
    rng = np.random.default_rng(0)
    offset = rng.uniform(-2e5, 2e5, (16, 1))  # an amplifier without a high-pass filter
    X = (rng.normal(0, 20, (10, 16, 300)) + offset).astype(np.float32)
    normalizer = fit_normalizer(X, how)
    matrix = normalizer.matrix if how == "whiten" else np.diag(1 / normalizer.std)
    exact = matrix @ (X.astype(np.float64) - normalizer.mean[:, None])
    np.testing.assert_allclose(normalizer.transform(X), exact, atol=1e-3)


@pytest.mark.parametrize("how", [how for how in HOW if how != "none"])
@pytest.mark.parametrize("rounding", [0.0, 1e-15])
@pytest.mark.parametrize("value", [0.0, 5.1])
def test_constant_channels_raise_by_index(X, how, value, rounding):
    X = X.astype(np.float64)
    X[:, 1:4:2] = value + rounding * np.random.default_rng(0).normal(size=(12, 2, 200))
    with pytest.raises(ValueError, match=r"got constant channels \[1, 3\]"):
        fit_normalizer(X, how)


def test_a_channel_of_small_amplitude_is_not_constant(X):
    X[:, 2] *= 1e-3
    assert (fit_normalizer(X, "standardize").std > 0).all()


def test_invalid_arguments_raise_by_name(X):
    with pytest.raises(ValueError, match="expected how to be one of 'whiten'"):
        fit_normalizer(X, "z")
    with pytest.raises(ValueError, match="expected shrinkage"):
        Whitener.fit(X, 1.5)


def test_window_gives_each_channel_of_each_window_mean_0_and_variance_1(X):
    normalized = fit_normalizer(X, "window").transform(X * 1e3 + 7)
    np.testing.assert_allclose(normalized.mean(axis=2), 0, atol=1e-6)
    np.testing.assert_allclose(normalized.std(axis=2), 1, atol=1e-6)


def test_window_sets_a_constant_channel_of_a_window_to_0(X):
    normalizer = fit_normalizer(X, "window")
    X[3, 1] = 5.1
    normalized = normalizer.transform(X)
    assert not normalized[3, 1].any()
    assert np.isfinite(normalized).all()


def test_exponential_estimates_start_from_those_of_the_training_windows(X):
    fitted = fit_normalizer(X[:8], "exponential")
    training = by_channel(X[:8])
    mean, variance = training.mean(axis=0)[None], training.var(axis=0)[None]
    expected = np.empty_like(X[8:])
    for time in range(X.shape[2]):  # Schirrmeister et al. (2017)
        x = X[8:, :, time].astype(np.float64)
        mean = 1e-3 * x + (1 - 1e-3) * mean
        variance = 1e-3 * (x - mean) ** 2 + (1 - 1e-3) * variance
        expected[:, :, time] = (x - mean) / np.sqrt(variance)
    np.testing.assert_allclose(fitted.transform(X[8:]), expected, rtol=1e-4, atol=1e-5)


def test_exponential_estimates_forget_their_initial_values():
    slow, fast = (ExponentialStandardizer(np.zeros(1), np.ones(1), f) for f in (1e-3, 0.1))
    late = np.full((1, 1, 500), 100.0)
    assert abs(fast.transform(late)[0, 0, -1]) < 1e-3 < slow.transform(late)[0, 0, -1]


@pytest.mark.parametrize("how", HOW)
def test_windows_read_in_chunks_give_the_same_normalisation(X, how):
    class LazyX(Windows):
        shape = X.shape

        def read(self, indices):
            assert len(indices) <= 64
            return X[indices]

    many = np.tile(X, (10, 1, 1))
    assert len(many) > 64
    whole, lazy = fit_normalizer(X, how), fit_normalizer(LazyX(), how)
    np.testing.assert_allclose(lazy.transform(X), whole.transform(X), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        fit_normalizer(many, how).transform(X), whole.transform(X), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("how", HOW)
def test_json_preserves_the_normalisation_exactly(X, how):
    normalizer = fit_normalizer(X, how)
    again = normalizer_from_dict(json.loads(json.dumps(normalizer.to_dict())))
    np.testing.assert_array_equal(again.transform(X), normalizer.transform(X))
