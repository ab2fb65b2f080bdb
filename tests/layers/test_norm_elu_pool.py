"""Normalisation, ELU and average pool in one step, against torch's one after the other."""

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

from eegzoo.layers import norm_elu_pool as module
from eegzoo.layers.norm_elu_pool import norm_elu_pool, scaled_elu_pool
from eegzoo.layers.time_major import is_time_major


@pytest.fixture(params=[True, False], ids=["exp", "elu"])
def either_way(request, monkeypatch):
    monkeypatch.setattr(module, "exp_is_faster", lambda: request.param)


def inputs(batch=19, maps=5, n_times=43):
    torch.manual_seed(0)
    x = torch.randn(batch, n_times, maps, dtype=torch.float64).mT.requires_grad_()
    gamma, beta = (torch.randn(maps, dtype=torch.float64, requires_grad=True) for _ in range(2))
    return x, gamma, beta


@pytest.mark.parametrize("length", [1, 4, 43])
@pytest.mark.usefixtures("either_way")
def test_training_equals_torch(length):
    tensors = x, gamma, beta = inputs()
    expected = F.avg_pool1d(
        F.elu(F.batch_norm(x, None, None, gamma, beta, True, 0.0, 1e-3)), length
    )
    found, mean, variance = norm_elu_pool(x, gamma, beta, 1e-3, length)
    assert is_time_major(found) or length == 43
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(mean, x.mean((0, 2)))
    torch.testing.assert_close(variance, x.var((0, 2), correction=0))
    grad = torch.randn_like(expected)
    ours, exact = (torch.autograd.grad(out, tensors, grad) for out in (found, expected))
    torch.testing.assert_close(ours, exact)


@pytest.mark.usefixtures("either_way")
def test_evaluation_equals_torch():
    tensors = x, scale, shift = inputs()
    expected = F.avg_pool1d(F.elu(x * scale[:, None] + shift[:, None]), 4)
    found = scaled_elu_pool(x, scale, shift, 4)
    torch.testing.assert_close(found, expected)
    grad = torch.randn_like(expected)
    ours, exact = (torch.autograd.grad(out, tensors, grad) for out in (found, expected))
    torch.testing.assert_close(ours, exact)


def test_gradients_and_their_gradients_are_right():
    tensors = inputs(2, 2, 7)

    def training(*tensors):
        return norm_elu_pool(*tensors, 1e-3, 3)[0]

    def evaluation(*tensors):
        return scaled_elu_pool(*tensors, 3)

    for function in (training, evaluation):
        assert gradcheck(function, tensors)
        assert gradgradcheck(function, tensors)


@pytest.mark.usefixtures("either_way")
def test_values_that_overflow_an_exponential_are_their_own_elu():
    x = torch.full((2, 8, 4), 200.0).mT.contiguous().mT
    found = scaled_elu_pool(x, torch.ones(8), torch.zeros(8), 4)
    torch.testing.assert_close(found, torch.full((2, 8, 1), 200.0))
