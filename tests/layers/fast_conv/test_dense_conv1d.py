"""A dense convolution is the same whatever algorithm computes it."""

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from eegzoo.layers.fast_conv import dense_conv1d as module
from eegzoo.layers.fast_conv import measured_choice
from eegzoo.layers.fast_conv.dense_conv1d import (
    algorithm_for,
    conv1d_by_frames,
    conv1d_gradients,
    convolve_by,
    dense_conv1d,
)
from eegzoo.layers.fast_conv.fast_layers import FastConstrainedConv1d, FastConv1d
from eegzoo.layers.fast_conv.measured_choice import SETTING, fixed_algorithm

ALGORITHMS = ("direct", "channels last", "frames")


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr(module, "_FEWEST", 0)
    monkeypatch.setattr(measured_choice, "_chosen", {})
    monkeypatch.delenv(SETTING, raising=False)


def sample(dtype=torch.float32):
    torch.manual_seed(0)
    x, weight = torch.randn(3, 4, 90, dtype=dtype), torch.randn(5, 4, 11, dtype=dtype)
    return x, weight, torch.randn(5, dtype=dtype)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_outputs_and_gradients_equal_those_of_float64(algorithm):
    expected, found = [], []
    for dtype, values in ((torch.float64, expected), (torch.float32, found)):
        inputs = [tensor.to(dtype).requires_grad_() for tensor in sample(torch.float64)]
        with fixed_algorithm(algorithm):
            y = dense_conv1d(*inputs)
        values += [y, *torch.autograd.grad(y, inputs, torch.cos(y.detach()))]
    for ours, exact in zip(found, expected, strict=True):
        assert ours.dtype == torch.float32
        assert (ours - exact).norm() <= 1e-5 * exact.norm()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_gradients_of_each_algorithm_equal_torchs(algorithm):
    x, weight, _ = (tensor.requires_grad_() for tensor in sample(torch.float64))
    y = F.conv1d(x, weight)
    grad = torch.randn_like(y)
    expected = torch.autograd.grad(y, (x, weight), grad)
    with torch.no_grad():
        torch.testing.assert_close(convolve_by(algorithm, x, weight), y)
        found = conv1d_gradients(x, weight, grad, algorithm, (True, True))
        torch.testing.assert_close(found, expected)
        to_x, to_weight = conv1d_gradients(x, weight, grad, algorithm, (False, True))
    assert to_x is None
    torch.testing.assert_close(to_weight, expected[1])


def test_gradients_and_their_gradients_are_right():
    inputs = [torch.randn(2, 2, 12), torch.randn(3, 2, 4), torch.randn(3)]
    inputs = [tensor.double().requires_grad_() for tensor in inputs]
    assert torch.autograd.gradcheck(conv1d_by_frames, inputs)
    assert torch.autograd.gradgradcheck(conv1d_by_frames, inputs)


def test_a_frozen_input_has_no_gradient():
    x, weight, bias = sample()
    conv1d_by_frames(x.requires_grad_(), weight, bias).sum().backward()
    expected = torch.autograd.grad(F.conv1d(x, weight, bias).sum(), x)[0]
    torch.testing.assert_close(x.grad, expected, rtol=1e-4, atol=1e-4)
    assert weight.grad is None


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(lambda: torch.autocast("cpu", torch.bfloat16), id="autocast"),
        pytest.param(lambda: FlopCounterMode(display=False), id="a mode that counts"),
        pytest.param(lambda: torch.device("meta"), id="a mode that replaces"),
    ],
)
def test_contexts_that_look_at_operations_have_the_direct_algorithm(context):
    x, weight, _ = sample()
    with fixed_algorithm("frames"):
        assert algorithm_for(x, weight) == "frames"
        with context():
            assert algorithm_for(x, weight) == "direct"


def test_deterministic_algorithms_are_direct():
    x, weight, _ = sample()
    torch.use_deterministic_algorithms(True)
    try:
        with fixed_algorithm("frames"):
            assert algorithm_for(x, weight) == "direct"
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("change", ["float64", "meta", "no batch", "empty", "few channels"])
def test_what_no_other_algorithm_computes_is_direct(change):
    x, weight, _ = sample()
    if change == "float64":
        x, weight = x.double(), weight.double()
    elif change == "meta":
        x, weight = x.to("meta"), weight.to("meta")
    else:
        x = {"no batch": x[0], "empty": x[:0], "few channels": x[:, :2]}[change]
    with fixed_algorithm("frames"):
        assert algorithm_for(x, weight) == "direct"


def test_transforms_and_graphs_have_the_direct_algorithm():
    x, weight, _ = sample()
    with fixed_algorithm("frames"):
        found = torch.vmap(lambda one: dense_conv1d(one.unsqueeze(0), weight)[0])(x)
        torch.testing.assert_close(found, F.conv1d(x, weight), rtol=0, atol=1e-4)
        layer = FastConv1d(4, 5, 11).eval()
        exported = torch.export.export(layer, (x,)).graph_module.code
        assert "conv1d" in exported
        assert "bmm" not in exported


def test_small_convolutions_are_not_measured(monkeypatch):
    monkeypatch.setattr(module, "_FEWEST", 10**6)
    x, weight, _ = sample()
    assert algorithm_for(x, weight) == "direct"
    assert measured_choice.chosen_algorithms() == {}


def test_a_measurement_changes_no_random_number_and_is_made_once(monkeypatch):
    x, weight, _ = sample()
    before = torch.get_rng_state()
    first = dense_conv1d(x, weight)
    assert torch.equal(torch.get_rng_state(), before)
    (chosen,) = measured_choice.chosen_algorithms().values()
    assert chosen in ALGORITHMS
    monkeypatch.setattr(measured_choice, "_costs", None)  # an error if it were called
    assert torch.equal(dense_conv1d(x, weight), first)
    with torch.inference_mode():
        assert torch.equal(dense_conv1d(x, weight), first)
    assert torch.equal(dense_conv1d(x, weight.requires_grad_()).detach(), first)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_layers_compute_by_it_with_padding_and_leave_the_rest(algorithm):
    x = torch.randn(3, 4, 60)
    layers = [
        (FastConv1d(4, 5, 7), 1e-4),
        (FastConv1d(4, 5, 7, padding=3), 1e-4),
        (FastConv1d(4, 4, 7, stride=2, groups=2), 0),
        (FastConv1d(4, 5, 7, padding="same"), 0),
        (FastConv1d(4, 5, 7, padding=3, padding_mode="reflect"), 0),
    ]
    for layer, tolerance in layers:
        expected = torch.nn.Conv1d.forward(layer, x)
        with fixed_algorithm(algorithm):
            torch.testing.assert_close(layer(x), expected, rtol=tolerance, atol=tolerance)
            torch.testing.assert_close(layer(x[0]), expected[0], rtol=1e-4, atol=1e-4)


def test_a_constrained_layer_keeps_its_constraint():
    layer = FastConstrainedConv1d(4, 5, 7, padding="same", max_norm=0.1)
    with fixed_algorithm("frames"):
        layer(torch.randn(3, 4, 60)).sum().backward()
    assert (layer.weight.norm(dim=(1, 2)) <= 0.1 + 1e-6).all()
