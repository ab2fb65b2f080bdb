"""FBCNet's layers after the filter bank in one step, against torch's one after the other."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from eegzoo.layers import ConstrainedConv2d
from eegzoo.layers.blocks.log_variance import log_variances
from eegzoo.layers.joint import log_variances_of_bands as bands_module
from eegzoo.layers.joint import norm_log_variance as module
from eegzoo.layers.joint.log_variances_of_bands import log_variances_of_bands
from eegzoo.layers.joint.norm_log_variance import norm_silu_log_variances


def inputs(batch=5, maps=3, n_times=17):
    torch.manual_seed(0)
    x = torch.randn(batch, maps, n_times, dtype=torch.float64, requires_grad=True)
    gamma, beta = (torch.randn(maps, dtype=torch.float64, requires_grad=True) for _ in range(2))
    return x, gamma, beta


def by_torch(x, gamma, beta, n_segments):
    z = F.silu(F.batch_norm(x, None, None, gamma, beta, True, 0.0, 1e-3))
    n_each = x.shape[2] // n_segments
    segments = z[..., : n_each * n_segments].unflatten(2, (n_segments, n_each))
    return segments.var(3).clamp(1e-6, 1e6).log()


@pytest.mark.parametrize("n_segments", [1, 4, 8])
def test_training_equals_torch(n_segments, monkeypatch):
    monkeypatch.setattr(module, "_VALUES", 2 * 3 * 17)  # two windows at a time
    tensors = x, gamma, beta = inputs()
    bias = torch.ones(3, dtype=torch.float64, requires_grad=True)
    found, mean, variance = norm_silu_log_variances(x, bias, gamma, beta, 1e-3, n_segments)
    expected = by_torch(*tensors, n_segments)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(mean, x.mean((0, 2)) + 1)
    torch.testing.assert_close(variance, x.var((0, 2), correction=0))
    grad = torch.randn_like(expected)
    *ours, of_bias = torch.autograd.grad(found, (*tensors, bias), grad)
    exact = torch.autograd.grad(expected, tensors, grad)
    torch.testing.assert_close(ours, list(exact), rtol=1e-10, atol=1e-10)
    assert of_bias.eq(0).all()


def test_gradients_and_their_gradients_are_right():
    def logarithms(x, gamma, beta):
        return norm_silu_log_variances(x, None, gamma, beta, 1e-3, 2)[0]

    tensors = inputs(2, 2, 7)
    assert gradcheck(logarithms, tensors)
    assert gradgradcheck(logarithms, tensors)


def test_variances_beyond_the_limits_have_no_gradient():
    x, gamma, beta = inputs()
    with torch.no_grad():
        gamma[0], gamma[1] = 1e-5, 1e5  # the variances of both are beyond the limits
    found, *_ = norm_silu_log_variances(x, None, gamma, beta, 1e-3, 2)
    expected = by_torch(x, gamma, beta, 2)
    torch.testing.assert_close(found, expected)
    ours, exact = (torch.autograd.grad(out.sum(), gamma)[0] for out in (found, expected))
    torch.testing.assert_close(ours, exact)
    assert ours[:2].eq(0).all()
    assert ours[2] != 0


@pytest.fixture
def layers():
    torch.manual_seed(0)
    spatial = ConstrainedConv2d(3, 12, (4, 1), padding="valid", groups=3, max_norm=0.5)
    norm = nn.BatchNorm1d(12)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.running_mean)
    return nn.ModuleList([spatial, norm, nn.SiLU()]).double()


def one_after_the_other(layers, bands):
    spatial, norm, activation = layers
    return log_variances(activation(norm(spatial(bands).squeeze(2))), 4)


@pytest.mark.parametrize("mode", ["training", "evaluation", "without gradients"])
def test_layers_equal_torch(layers, mode, monkeypatch):
    monkeypatch.setattr(bands_module, "_WINDOWS", 2)
    layers.train(mode == "training")
    twin, bands = copy.deepcopy(layers), torch.randn(5, 3, 4, 33).double()
    with torch.set_grad_enabled(mode != "without gradients"):
        found = log_variances_of_bands(*layers, bands, 4)
        expected = one_after_the_other(twin, bands)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(list(layers.buffers()), list(twin.buffers()))
    if mode != "without gradients":
        ours = torch.autograd.grad(found.square().sum(), layers.parameters())
        exact = torch.autograd.grad(expected.square().sum(), twin.parameters())
        torch.testing.assert_close(ours, exact, rtol=1e-9, atol=1e-9)


@torch.no_grad()
@pytest.mark.parametrize("bias", [True, False])
def test_folded_layers_are_computed_jointly_as_well(layers, bias, monkeypatch):
    spatial = nn.Conv2d(3, 12, (4, 1), groups=3, bias=bias).double()
    folded, bands = (spatial, nn.Identity(), layers[2]), torch.randn(5, 3, 4, 33).double()
    expected = one_after_the_other(folded, bands)
    monkeypatch.setattr(spatial, "_conv_forward", None)  # is not called
    monkeypatch.setattr(bands_module, "is_untouched", lambda _: True)
    found = log_variances_of_bands(*folded, bands, 4)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_hooks_run_and_other_layers_are_called(layers):
    bands, seen = torch.randn(2, 3, 4, 20).double(), []
    layers[1].register_forward_hook(lambda *_: seen.append("norm"))
    log_variances_of_bands(*layers, bands, 4)
    assert seen == ["norm"]
    layers[1] = nn.BatchNorm1d(12, affine=False).double()
    layers[2] = nn.ReLU()
    expected = one_after_the_other(layers, bands)
    torch.testing.assert_close(log_variances_of_bands(*layers, bands, 4), expected)
