"""The power of filtered signals in blocks, with and without a normalisation."""

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

from eegzoo.layers.fast_conv.block_power import (
    block_power,
    keeps_precision,
    normalized_block_power,
)


def test_a_worked_power():
    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]], dtype=torch.float64)
    weight = torch.tensor([[[1.0, 1.0]]], dtype=torch.float64)  # sums 3, 5, 7, 9, 11
    found = block_power(x, weight, torch.tensor([-3.0]).double(), 2)
    torch.testing.assert_close(found, torch.tensor([[[0.0 + 4, 16.0 + 36]]]).double())


def inputs(batch, channels, n_times, maps, taps):
    torch.manual_seed(0)
    shapes = ((batch, channels, n_times), (maps, channels, taps), (maps,), (maps,))
    x, weight, bias, beta = (torch.randn(shape, dtype=torch.float64) for shape in shapes)
    return x, weight, bias, torch.rand(maps).double() + 0.5, beta


@pytest.mark.parametrize("length", [1, 7, 15, 80])
def test_power_without_normalisation_equals_the_plain_one(length):
    x, weight, bias, *_ = inputs(10, 3, 100, 4, 11)
    expected = F.avg_pool1d(F.conv1d(x, weight, bias).square(), length) * length
    torch.testing.assert_close(block_power(x, weight, bias, length), expected)


@pytest.mark.parametrize("length", [1, 7, 15, 80])
def test_normalised_power_equals_the_plain_one(length):
    x, weight, bias, gamma, beta = inputs(3, 3, 100, 4, 11)
    power, mean, variance = normalized_block_power(x, weight, bias, gamma, beta, 1e-3, length)
    y = F.conv1d(x, weight, bias)
    torch.testing.assert_close(mean, y.mean((0, 2)))
    torch.testing.assert_close(variance, y.var((0, 2), correction=0))
    z = F.batch_norm(y, None, None, gamma, beta, True, 0.0, 1e-3)
    torch.testing.assert_close(power, F.avg_pool1d(z.square(), length) * length)


@pytest.mark.parametrize("sizes", [(2, 2, 23, 3, 4), (3, 1, 40, 2, 7)])
def test_gradients_and_their_gradients_are_right(sizes):
    x, weight, _, gamma, beta = (tensor.requires_grad_() for tensor in inputs(*sizes))

    def power(x, weight, gamma, beta):
        return normalized_block_power(x, weight, None, gamma, beta, 1e-3, 5)[0]

    assert gradcheck(power, (x, weight, gamma, beta))
    assert gradcheck(block_power, (x, weight, beta, 5))
    assert gradgradcheck(block_power, (x, weight, beta, 5))
    assert gradgradcheck(power, (x, weight, gamma, beta))


def test_several_groups_of_windows_have_their_gradients():
    x, weight, bias, *_ = (tensor.requires_grad_() for tensor in inputs(19, 2, 30, 3, 5))
    power = block_power(x, weight, bias, 4)
    plain = F.avg_pool1d(F.conv1d(x, weight, bias).square(), 4) * 4
    gradient = torch.randn_like(plain)
    found = torch.autograd.grad(power, (x, weight, bias), gradient)
    torch.testing.assert_close(found, torch.autograd.grad(plain, (x, weight, bias), gradient))


def test_several_groups_of_windows_are_normalised_together():
    x, weight, _, gamma, beta = (tensor.requires_grad_() for tensor in inputs(19, 2, 30, 3, 5))
    power, mean, _ = normalized_block_power(x, weight, None, gamma, beta, 1e-3, 4)
    y = F.conv1d(x, weight)
    torch.testing.assert_close(mean, y.mean((0, 2)))
    z = F.batch_norm(y, None, None, gamma, beta, True, 0.0, 1e-3)
    plain = F.avg_pool1d(z.square(), 4) * 4
    gradient, all_inputs = torch.randn_like(plain), (x, weight, gamma, beta)
    found = torch.autograd.grad(power, all_inputs, gradient)
    torch.testing.assert_close(found, torch.autograd.grad(plain, all_inputs, gradient))


def test_the_gradient_of_a_bias_that_the_normalisation_removes_is_zero():
    x, weight, bias, gamma, beta = inputs(2, 2, 40, 3, 5)
    bias.requires_grad_()
    normalized_block_power(x, weight, bias, gamma, beta, 1e-3, 5)[0].sum().backward()
    assert bias.grad.tolist() == [0.0, 0.0, 0.0]


def test_backward_can_run_twice():
    x, weight, _, gamma, beta = inputs(2, 2, 40, 3, 5)
    weight.requires_grad_()
    power, _, _ = normalized_block_power(x, weight, None, gamma, beta, 1e-3, 5)
    first, second = (
        torch.autograd.grad(power.sum(), weight, retain_graph=True)[0] for _ in range(2)
    )
    assert torch.equal(first, second)


def test_precision_is_lost_where_a_shift_hides_the_scale():
    one = torch.ones(2)
    assert keeps_precision(one, one)
    assert not keeps_precision(torch.tensor([1.0, 0.0]), torch.zeros(2))
    assert not keeps_precision(torch.tensor([1.0, 1e-3]), one)
