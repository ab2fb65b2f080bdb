"""Gradients are taken at the projected weight. Lines 4 and 5 of the contract."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from eegzoo.layers import (
    ConstrainedConv1d,
    ConstrainedConv2d,
    ConstrainedDense,
    DepthwiseConv2d,
)

RATES = [
    pytest.param({"max_norm": 1.4}, id="MaxNorm"),
    pytest.param({"max_norm": 1.4, "min_norm": 1.2, "minmax_rate": 0.3}, id="rate 0.3"),
]


def gradients(layer):
    return {name: parameter.grad.clone() for name, parameter in layer.named_parameters()}


def projected_once_and_without_limits(case, limits):
    """Return a layer with projected weights, as in Keras at the start of a step."""
    layer = case.layer(**limits)
    for part in case.parts(layer):
        part.scale_norm()
        part.max_norm = None
    return layer


def loss_of(output):
    return (output.sin() * torch.arange(output.numel()).reshape(output.shape)).mean()


def assert_gradients_match(layer, other):
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients(other)[name], rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(parameter, other.get_parameter(name), rtol=3e-7, atol=0)


@pytest.mark.parametrize("limits", RATES)
def test_gradients_are_those_at_the_projected_weight(case, limits):
    layer, expected = case.layer(**limits), projected_once_and_without_limits(case, limits)
    for module in (layer, expected):
        loss_of(module(case.x())).backward()
    assert_gradients_match(layer, expected)


def test_gradients_in_evaluation_too(case):
    layer = case.layer(max_norm=1.4).eval()
    expected = projected_once_and_without_limits(case, {"max_norm": 1.4})
    for module in (layer, expected):
        loss_of(module(case.x())).backward()
    for name, gradient in gradients(expected).items():
        torch.testing.assert_close(gradients(layer)[name], gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("limits", RATES)
def test_two_forwards_before_one_backward(case, limits):
    # selfEEG with rate < 1: relative gradient error 0.32.
    layer, expected = case.layer(**limits), projected_once_and_without_limits(case, limits)
    for module in (layer, expected):
        loss_of(module(case.x(seed=5)) * module(case.x(seed=6))).backward()
    assert_gradients_match(layer, expected)


@pytest.mark.parametrize("limits", RATES)
@pytest.mark.parametrize("reentrant", [True, False])
def test_gradient_checkpointing(case, limits, reentrant):
    # selfEEG with rate < 1: relative gradient error 0.53.
    layer, expected = case.layer(**limits), projected_once_and_without_limits(case, limits)
    if case.n_indices and reentrant:
        pytest.skip("torch's re-entrant checkpointing needs an input with a gradient")
    x = case.x_with_grad()
    loss_of(checkpoint(layer, x, use_reentrant=reentrant)).backward()
    loss_of(expected(case.x())).backward()
    assert_gradients_match(layer, expected)


@pytest.mark.parametrize("limits", RATES)
def test_accumulated_gradients_are_those_of_the_whole_batch(case, limits):
    layer, expected = (case.layer(dtype=torch.float64, **limits) for _ in range(2))
    x = case.x(torch.float64)
    expected(x).square().sum().backward()
    for part in x.split(1):
        layer(part).square().sum().backward()
    assert_gradients_match(layer, expected)


def test_a_rate_below_one_advances_once_for_each_update(case):
    limits = {"max_norm": 1.4, "min_norm": 1.2, "minmax_rate": 0.25}
    layer = case.layer(scale=10.0, **limits)
    norms = case.norms(layer)
    for _ in range(3):
        norms = 0.75 * norms + 0.25 * norms.clamp(1.2, 1.4)
        for _ in range(4):
            layer(case.x())
            layer.eval()(case.x())
            layer.train()
        torch.testing.assert_close(case.norms(layer), norms, rtol=1e-6, atol=0)
        with torch.no_grad():  # an update of the optimizer
            for _, weight in case.weights(layer):
                weight.mul_(1.01)
        norms = norms * 1.01


def test_with_a_rate_of_zero_nothing_moves(case):
    layer = case.layer(max_norm=1.4, min_norm=1.2, minmax_rate=0.0)
    before = {name: p.detach().clone() for name, p in layer.named_parameters()}
    layer(case.x())
    for name, parameter in layer.named_parameters():
        assert torch.equal(parameter, before[name])


REFERENCE = np.load(Path(__file__).parents[2] / "reference" / "keras_trajectory.npz")
LEARNING_RATES = json.loads(str(REFERENCE["meta_json"]))["lr"]
LIKE_KERAS = {
    "conv1d_max": lambda: ConstrainedConv1d(3, 6, 5, max_norm=0.5),
    "conv1d_minmax": lambda: ConstrainedConv1d(3, 6, 4, max_norm=1.1, min_norm=0.9),
    "conv1d_minmax_rate": lambda: ConstrainedConv1d(
        3, 6, 5, padding="causal", max_norm=1.1, min_norm=0.9, minmax_rate=0.3
    ),
    "conv2d_unit": lambda: ConstrainedConv2d(2, 4, (2, 5), max_norm=1.0, min_norm=1.0),
    "depthwise_max": lambda: DepthwiseConv2d(3, 2, (5, 1), padding="valid", max_norm=0.5),
    "dense_max": lambda: ConstrainedDense(10, 4, max_norm=0.25),
}


def to_torch_weight(kernel, name):
    if name == "depthwise_max":  # (height, width, in, multiplier)
        return torch.from_numpy(kernel.transpose(2, 3, 0, 1).reshape(6, 1, 5, 1).copy())
    return torch.from_numpy(np.moveaxis(kernel, (-1, -2), (0, 1)).copy())


@pytest.mark.parametrize("name", LEARNING_RATES)
def test_five_sgd_steps_equal_keras(name):
    layer = LIKE_KERAS[name]()
    kernels = [to_torch_weight(kernel, name) for kernel in REFERENCE[f"{name}__kernels"]]
    x, target = (torch.from_numpy(REFERENCE[f"{name}__{key}"]) for key in ("x", "target"))
    if x.ndim > 2:
        x, target = x.movedim(-1, 1), target.movedim(-1, 1)
    with torch.no_grad():
        layer.weight.copy_(kernels[0])
        if layer.bias is not None:
            layer.bias.zero_()
    optimizer = torch.optim.SGD(layer.parameters(), lr=LEARNING_RATES[name])
    for kernel in kernels[:-1]:
        loss = nn.functional.mse_loss(layer(x), target)
        torch.testing.assert_close(layer.weight.detach(), kernel, rtol=1e-6, atol=1e-6)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    before = layer.weight.detach().clone()
    layer.scale_norm()
    torch.testing.assert_close(layer.weight.detach(), kernels[-1], rtol=1e-6, atol=1e-6)
    assert torch.dist(before, layer.weight) > 1e-3  # the constraint is active
