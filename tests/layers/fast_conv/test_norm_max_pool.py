"""Convolution, normalisation, max pool and ELU in one step, against torch's one after the other."""

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

from eegzoo.layers.fast_conv import pool_layouts
from eegzoo.layers.fast_conv.norm_max_pool import conv_max_pool, conv_norm_max_pool

every_algorithm = pytest.mark.parametrize("algorithm", list(pool_layouts.LAYOUTS))


def inputs(batch=11, channels=3, n_times=83, maps=4, taps=7):
    torch.manual_seed(0)
    shapes = (batch, channels, n_times), (maps, channels, taps), (maps,), (maps,), (maps,)
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def plain(x, weight, bias, gamma, beta, length):
    y = F.conv1d(x, weight, bias)
    z = F.batch_norm(y, None, None, gamma, beta, True, 0.0, 1e-3)
    return F.elu(F.max_pool1d(z, length)), y


def test_a_worked_pool():
    x = torch.tensor([[[1.0, 3.0, 2.0, 2.0, 0.0]]], dtype=torch.float64)  # differences 2 -1 0 -2
    weight = torch.tensor([[[-1.0, 1.0]]], dtype=torch.float64)
    found = conv_max_pool(x, weight, torch.tensor([0.5]).double(), 2, "channels last")
    torch.testing.assert_close(found, torch.tensor([[[2.5, 0.5]]]).double())


@every_algorithm
@pytest.mark.parametrize("length", [2, 3, 5])
def test_outputs_gradients_and_statistics_equal_torch(algorithm, length, monkeypatch):
    monkeypatch.setattr(pool_layouts, "_SPECTRA", 2000)  # several groups of windows
    tensors = x, weight, bias, gamma, beta = inputs()
    assert (gamma < 0).any()
    assert (gamma > 0).any()
    expected, y = plain(*tensors, length)
    found, mean, variance = conv_norm_max_pool(*tensors, 1e-3, length, algorithm)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(mean, y.mean((0, 2)))
    torch.testing.assert_close(variance, y.var((0, 2), correction=0))
    grad, wanted = torch.randn_like(expected), (x, weight, gamma, beta)
    exact = torch.autograd.grad(expected, wanted, grad, retain_graph=True)
    for _ in range(2):  # backward can run twice
        ours = torch.autograd.grad(found, wanted, grad, retain_graph=True)
        torch.testing.assert_close(ours, exact)
    (of_bias,) = torch.autograd.grad(found, bias, grad)
    assert not of_bias.any()


@every_algorithm
def test_evaluation_equals_torch(algorithm):
    x, weight, bias, *_ = inputs()
    expected = F.elu(F.max_pool1d(F.conv1d(x, weight, bias), 3))
    found = conv_max_pool(x, weight, bias, 3, algorithm)
    torch.testing.assert_close(found, expected)
    grad = torch.randn_like(expected)
    ours, exact = (torch.autograd.grad(out, (x, weight, bias), grad) for out in (found, expected))
    torch.testing.assert_close(ours, exact)


@pytest.mark.parametrize("algorithm", ["direct", "channels last"])  # others differ by rounding
def test_equal_samples_give_the_gradient_to_the_first(algorithm):
    # Windows that were padded with zeros: all samples of a pool are the same.
    tensors = x, weight, _, gamma, beta = inputs()
    with torch.no_grad():
        x[:, :, 20:] = 0.0
    expected, _ = plain(*tensors, 3)
    found, *_ = conv_norm_max_pool(*tensors, 1e-3, 3, algorithm)
    grad, wanted = torch.randn_like(expected), (x, weight, gamma, beta)
    ours, exact = (torch.autograd.grad(out, wanted, grad) for out in (found, expected))
    torch.testing.assert_close(ours, exact)


@every_algorithm
def test_gradients_and_their_gradients_are_right(algorithm):
    x, weight, _, gamma, beta = inputs(2, 2, 14, 2, 3)

    def training(x, weight, gamma, beta):
        return conv_norm_max_pool(x, weight, None, gamma, beta, 1e-3, 3, algorithm)[0]

    def evaluation(x, weight, beta):
        return conv_max_pool(x, weight, beta, 3, algorithm)

    assert gradcheck(training, (x, weight, gamma, beta))
    assert gradgradcheck(training, (x, weight, gamma, beta))
    assert gradcheck(evaluation, (x, weight, beta))
    assert gradgradcheck(evaluation, (x, weight, beta))


@every_algorithm
def test_an_offset_costs_no_precision(algorithm):
    x, weight, bias, gamma, beta = (tensor.detach() for tensor in inputs())
    x = x + 100.0
    expected, _ = plain(x, weight, bias, gamma, beta, 3)
    single = [tensor.float() for tensor in (x, weight, bias, gamma, beta)]
    found, *_ = conv_norm_max_pool(*single, 1e-3, 3, algorithm)
    # Rounding of the convolution itself: 1e-7 of an offset that is some 100 times the signal.
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=2e-4)
