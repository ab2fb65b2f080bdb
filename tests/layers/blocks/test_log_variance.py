"""Logarithms of the variances of segments against NumPy."""

import numpy as np
import torch

from eegzoo.layers.blocks.log_variance import log_variances


def test_values_are_those_of_numpy_and_samples_at_the_end_are_ignored():
    x = np.random.default_rng(0).normal(5, 3, (2, 3, 23))
    expected = [np.log(part.var(axis=2, ddof=1)) for part in np.split(x[..., :20], 4, axis=2)]
    found = log_variances(torch.from_numpy(x), 4)
    np.testing.assert_allclose(found, np.stack(expected, axis=2), rtol=1e-12)


def test_variances_are_clipped_in_half_precision_as_well():
    x = torch.tensor([[0.0, 0.0], [-6e4, 6e4]], dtype=torch.float16)
    found = log_variances(x, 1)
    torch.testing.assert_close(found[:, 0], torch.tensor([1e-6, 1e6]).log())


def test_no_window_has_no_variances():
    assert log_variances(torch.zeros(0, 3, 20), 4).shape == (0, 3, 4)
