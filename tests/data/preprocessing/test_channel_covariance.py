"""Mean and covariance of channels equal NumPy's, also in the presence of large offsets."""

import numpy as np
import pytest

from eegzoo.data.preprocessing.channel_covariance import moments


@pytest.mark.parametrize("n_windows", [1, 64, 65, 150])
@pytest.mark.parametrize("offset", [0.0, 2e5])
def test_moments_are_those_of_numpy(n_windows, offset):
    rng = np.random.default_rng(0)
    mixing = rng.normal(0, 10, (5, 5))
    X = (mixing @ rng.normal(size=(n_windows, 5, 40)) + offset).astype(np.float32)
    samples = X.transpose(1, 0, 2).reshape(5, -1).astype(np.float64)
    mean, covariance = moments(X)
    assert mean.dtype == covariance.dtype == np.float64
    np.testing.assert_allclose(mean, samples.mean(axis=1), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(covariance, np.cov(samples, bias=True), rtol=1e-8, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 5.1, 2e5])
def test_constant_channels_raise_by_index(value):
    X = np.random.default_rng(0).normal(0, 20, (70, 4, 50))
    X[:, 1:4:2] = value
    with pytest.raises(ValueError, match=r"expected channels that vary, got .* \[1, 3\]"):
        moments(X)


def test_a_channel_that_is_constant_in_most_windows_is_not_constant():
    X = np.random.default_rng(0).normal(0, 20, (70, 4, 50))
    X[:69, 1] = 5.1
    mean, covariance = moments(X)
    samples = X.transpose(1, 0, 2).reshape(4, -1)
    np.testing.assert_allclose(mean, samples.mean(axis=1))
    np.testing.assert_allclose(covariance, np.cov(samples, bias=True))
