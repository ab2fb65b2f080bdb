"""Filters and features for flickering stimuli against SciPy and on signals of known content."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch

from eegzoo.layers.spatial.generalized_eigen import leading_vectors, signal_filters
from eegzoo.layers.spatial.stimulus_spectra import CanonicalCorrelations, CrossSpectra


def spd(n, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, 3 * n))
    return torch.from_numpy(x @ x.T)


def test_filters_are_scipys_generalised_eigenvectors():
    signal, noise = spd(5), spd(5, 1)
    values, vectors = scipy.linalg.eigh(signal.numpy(), noise.numpy())
    filters = signal_filters(signal, noise, 2, shrinkage=0.0).numpy()
    for own, value, vector in zip(filters, values[::-1], vectors.T[::-1], strict=False):
        assert own @ signal.numpy() @ own == pytest.approx(value, rel=1e-6)
        assert own @ noise.numpy() @ own == pytest.approx(1, rel=1e-6)
        assert abs(own @ noise.numpy() @ vector) == pytest.approx(1, rel=1e-6)
        assert (signal.numpy() @ own).sum() > 0


def test_equal_eigenvalues_of_the_others_do_not_harm_the_derivative():
    matrix = torch.diag(torch.tensor([0.0, 0.0, 0.0, 2.0])).double().requires_grad_()

    def projection(matrix):
        vector = leading_vectors((matrix + matrix.mT) / 2, 1)
        return vector @ vector.mT

    assert torch.autograd.gradcheck(projection, (matrix,))


def test_a_wave_of_amplitude_two_has_power_one():
    t = torch.arange(512, dtype=torch.float64) / 128
    x = 2 * torch.cos(2 * math.pi * 13 * t + 0.3).expand(1, 2, -1)
    own, beside = CrossSpectra([13.0], [0.75, 1.0], 512, 128.0)(x)[0]
    torch.testing.assert_close(own, torch.ones(1, 2, 2).double())
    assert beside.abs().max() < 1e-6


def test_correlations_with_a_mixture_of_a_stimulus_and_noise():
    t = torch.arange(512, dtype=torch.float64) / 128
    noise = torch.randn(1, 3, 512, dtype=torch.float64)
    wave = torch.sin(2 * math.pi * 17 * t + 1.0)
    x = noise + torch.tensor([5.0, -3.0, 0.0]).double()[:, None] * wave
    found = CanonicalCorrelations([13.0, 17.0], 2, 2, 512, 128.0)(x)[0]
    assert found[1, 0] > 0.95
    assert found[0].max() < 0.4
    mixed = torch.randn(3, 3, dtype=torch.float64) @ x  # no matter how channels are mixed
    again = CanonicalCorrelations([13.0, 17.0], 2, 2, 512, 128.0)(mixed)[0]
    torch.testing.assert_close(again, found, rtol=1e-3, atol=1e-3)


def test_average_referenced_channels_keep_their_correlations():
    x = torch.randn(2, 4, 512, dtype=torch.float64)
    x = x - x.mean(1, keepdim=True)
    correlate = CanonicalCorrelations([13.0], 2, 2, 512, 128.0)
    torch.testing.assert_close(correlate(x), correlate(x[:, :3]), rtol=1e-3, atol=1e-3)
