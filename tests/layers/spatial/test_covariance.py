"""Covariances and tangent vectors against NumPy and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.covariance import shrunk_covariance

from eegzoo.layers.spatial.covariance import FLOOR, upper_triangle, window_covariance


@pytest.mark.parametrize("shrinkage", [0.0, 0.05, 1.0])
def test_covariance_is_that_of_scikit_learn(shrinkage):
    x = 5 + np.random.default_rng(0).normal(size=(3, 4, 50))
    expected = [shrunk_covariance(np.cov(window, bias=True), shrinkage) for window in x]
    found = window_covariance(torch.from_numpy(x), shrinkage).numpy()
    assert np.allclose(found, np.stack(expected) + FLOOR * np.eye(4), rtol=1e-12)


@pytest.mark.parametrize("x", [torch.zeros(1, 3, 9), torch.ones(1, 3, 9), torch.randn(1, 1, 9)])
def test_flat_or_copied_channels_have_positive_definite_covariances(x):
    values = torch.linalg.eigvalsh(window_covariance(x.expand(1, 3, 9), 0.05))
    assert (values > 0).all()


def test_upper_triangle_keeps_inner_products():
    a, b = (m + m.mT for m in torch.randn(2, 5, 5))
    torch.testing.assert_close(upper_triangle(a) @ upper_triangle(b), (a * b).sum())
