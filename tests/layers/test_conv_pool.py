"""A convolution with its norm, max pool and ELU equals the modules one after the other."""

import copy

import pytest
import torch
from torch import nn

from eegzoo.layers import ConstrainedConv2d, TemporalSpatialConv, fixed_algorithm
from eegzoo.layers import conv_pool as module
from eegzoo.layers.conv_pool import conv_norm_pool
from eegzoo.layers.fast_conv import dense_conv1d, measured_choice
from eegzoo.layers.fast_conv.fast_layers import FastConstrainedConv1d


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr(dense_conv1d, "_FEWEST", 0)
    monkeypatch.setattr(measured_choice, "_chosen", {})


@pytest.fixture
def joint(monkeypatch):
    """Return the calls of the joint computations."""
    calls = []
    for name in ("conv_max_pool", "conv_norm_max_pool"):
        function = getattr(module, name)

        def seen(*arguments, name=name, function=function):
            calls.append(name)
            return function(*arguments)

        monkeypatch.setattr(module, name, seen)
    return calls


def parts(kind="convolution"):
    torch.manual_seed(0)
    layer = FastConstrainedConv1d(6, 5, 9, padding="valid", max_norm=0.5)
    if kind == "front":
        layer = TemporalSpatialConv(
            ConstrainedConv2d(1, 4, (1, 9), padding="valid", max_norm=0.5),
            ConstrainedConv2d(4, 5, (6, 1), padding="valid", max_norm=0.5),
            fused=True,
        )
    norm = nn.BatchNorm1d(5)
    with torch.no_grad():
        norm.weight.normal_()
        norm.bias.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
    return nn.ModuleList([layer, norm, nn.MaxPool1d(3), nn.ELU()]), torch.randn(7, 6, 83)


def outcome(modules, x, algorithm, dtype=torch.float32):
    modules = copy.deepcopy(modules).to(dtype)
    x = x.detach().to(dtype).requires_grad_()
    with fixed_algorithm(algorithm):
        pooled = conv_norm_pool(*modules, x)
    pooled.mul(torch.cos(torch.arange(pooled.numel()).view_as(pooled))).sum().backward()
    gradients = [x.grad, *(parameter.grad for parameter in modules.parameters())]
    return pooled, gradients, dict(modules[1].named_buffers())


@pytest.mark.parametrize("kind", ["front", "convolution"])
@pytest.mark.parametrize("algorithm", ["direct", "channels last", "frames"])
@pytest.mark.parametrize("training", [True, False])
def test_joint_computation_equals_the_modules(kind, algorithm, training, joint):
    modules, x = parts(kind)
    modules.train(training)
    pooled, gradients, buffers = outcome(modules, x, algorithm)
    assert joint == ["conv_norm_max_pool" if training else "conv_max_pool"]
    exact, exact_gradients, exact_buffers = outcome(modules, x, None, torch.float64)
    assert len(joint) == 1
    assert (pooled - exact).norm() <= 1e-5 * exact.norm()
    largest = max(gradient.norm() for gradient in exact_gradients)
    for ours, theirs in zip(gradients, exact_gradients, strict=True):
        assert (ours - theirs).norm() <= 1e-4 * max(theirs.norm(), 1e-3 * largest)
    for name, buffer in buffers.items():
        torch.testing.assert_close(
            buffer, exact_buffers[name].to(buffer.dtype), rtol=1e-5, atol=1e-6
        )


def test_evaluation_has_the_same_bits_with_gradients():
    modules, x = parts()
    modules.eval()
    for algorithm in ("direct", "channels last", "frames"):
        with fixed_algorithm(algorithm):
            with torch.no_grad():
                expected = conv_norm_pool(*modules, x)
            assert torch.equal(conv_norm_pool(*modules, x), expected)


def hooked(modules):
    modules[1].register_forward_hook(lambda *_: None)


def patched(modules):
    modules[2].forward = lambda x: nn.functional.max_pool1d(x, 3)


def padded(modules):
    modules[2] = nn.MaxPool1d(3, padding=1)


def overlapping(modules):
    modules[2] = nn.MaxPool1d(3, 2)


def of_one_sample(modules):
    modules[2] = nn.MaxPool1d(1)


def otherwise_bent(modules):
    modules[3] = nn.ELU(0.5)


def not_affine(modules):
    modules[1] = nn.BatchNorm1d(5, affine=False)


def without_scale(modules):
    nn.init.zeros_(modules[1].weight)


def padded_convolution(modules):
    modules[0] = FastConstrainedConv1d(6, 5, 9, padding="same")


@pytest.mark.parametrize(
    "change",
    [
        hooked, patched, padded, overlapping, of_one_sample, otherwise_bent, not_affine,
        without_scale, padded_convolution,
    ],
)  # fmt: skip
def test_everything_else_is_computed_one_after_the_other(change, joint):
    modules, x = parts()
    change(modules)
    layer, norm, pool, activation = modules
    with fixed_algorithm("frames"):
        found = conv_norm_pool(*modules, x)
    assert joint == []
    torch.testing.assert_close(found, activation(pool(norm(layer(x)))), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("n_windows", "training"), [(1, False), (2, False), (3, False), (2, True)])
def test_a_few_windows_are_computed_one_after_the_other_in_evaluation(n_windows, training, joint):
    modules, x = parts()
    modules.train(training)
    found = conv_norm_pool(*modules, x[:n_windows])
    assert bool(joint) == (training or n_windows > 2)
    if not joint:
        layer, norm, pool, activation = modules
        assert torch.equal(found, activation(pool(norm(layer(x[:n_windows])))))


def test_the_fastest_is_chosen_once(joint):
    modules, x = parts()
    for _ in range(2):
        conv_norm_pool(*modules, x)
    keys = [key for key in measured_choice.chosen_algorithms() if key.startswith("max pool")]
    assert len(keys) == 1
    assert "pool 3, training True, to x False" in keys[0]
