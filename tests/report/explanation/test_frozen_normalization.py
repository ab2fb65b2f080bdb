"""The differentiable normalisation equals the one that the estimator applies."""

import numpy as np
import pytest
import torch

from eegzoo.data import NORMALIZERS, fit_normalizer
from eegzoo.report.explanation.frozen_normalization import frozen_normalization

X = np.random.default_rng(0).normal([[[3.0]], [[-2.0]]], 20.0, (2, 4, 100)).astype(np.float32)
X[1, 0] = 7.0  # a constant channel in one window


@pytest.mark.parametrize("how", sorted(NORMALIZERS))
def test_windows_are_normalized_as_by_the_estimator(how):
    normalizer = fit_normalizer(X, how)
    rows = torch.tensor([1, 0])
    normalize = frozen_normalization(normalizer, X)
    expected = normalizer.transform(X)[[1, 0]]
    np.testing.assert_allclose(normalize(torch.from_numpy(X[[1, 0]]), rows), expected, atol=2e-5)


@pytest.mark.parametrize("how", sorted(NORMALIZERS))
def test_normalization_is_linear_in_the_samples(how):
    normalize = frozen_normalization(fit_normalizer(X, how), X)
    rows, x = torch.arange(2), torch.from_numpy(X)
    middle = (normalize(x, rows) + normalize(torch.zeros_like(x), rows)) / 2
    torch.testing.assert_close(normalize(x / 2, rows), middle, atol=1e-5, rtol=1e-5)


def test_unknown_normalization_is_an_error():
    with pytest.raises(TypeError, match="whose derivative is known, got object"):
        frozen_normalization(object(), X)
