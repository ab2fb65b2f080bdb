"""The mean power of a front's outputs equals what the modules compute one after the other."""

import copy

import pytest
import torch
from torch import nn

from eegzoo.layers import ConstrainedConv2d, TemporalSpatialConv, fixed_algorithm
from eegzoo.layers.blocks import front_power as module
from eegzoo.layers.blocks.front_power import front_power
from eegzoo.layers.fast_conv import dense_conv1d, measured_choice
from eegzoo.layers.fronts.folded_front import fold_front


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr(dense_conv1d, "_FEWEST", 0)
    monkeypatch.setattr(measured_choice, "_chosen", {})


@pytest.fixture
def joint(monkeypatch):
    """Return the calls of the joint computations."""
    calls = []
    for name in ("block_power", "normalized_block_power"):
        function = getattr(module, name)

        def seen(*arguments, name=name, function=function):
            calls.append(name)
            return function(*arguments)

        monkeypatch.setattr(module, name, seen)
    return calls


def parts():
    torch.manual_seed(0)
    front = TemporalSpatialConv(
        ConstrainedConv2d(1, 4, (1, 9), padding="valid", max_norm=0.5),
        ConstrainedConv2d(4, 5, (6, 1), padding="valid", bias=False, max_norm=0.5),
        fused=True,
    )
    norm = nn.BatchNorm1d(5)
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2.0)
        norm.bias.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
    return nn.ModuleList([front, norm, nn.AvgPool1d(15, 5)]), torch.randn(7, 6, 83)


def outcome(modules, x, algorithm, dtype=torch.float32):
    front, norm, pool = modules = copy.deepcopy(modules).to(dtype)
    x = x.detach().to(dtype).requires_grad_()
    with fixed_algorithm(algorithm):
        power = front_power(front, norm, pool, x)
    power.mul(torch.cos(torch.arange(power.numel()).view_as(power))).sum().backward()
    gradients = [x.grad, *(parameter.grad for parameter in modules.parameters())]
    return power, gradients, dict(norm.named_buffers())


def test_training_equals_the_modules_one_after_the_other(joint):
    modules, x = parts()
    power, gradients, buffers = outcome(modules, x, "frames")
    assert joint == ["normalized_block_power"]
    exact, exact_gradients, exact_buffers = outcome(modules, x, "direct", torch.float64)
    assert (power - exact).norm() <= 1e-5 * exact.norm()
    largest = max(gradient.norm() for gradient in exact_gradients)
    for ours, theirs in zip(gradients, exact_gradients, strict=True):
        assert (ours - theirs).norm() <= 1e-4 * max(theirs.norm(), 1e-3 * largest)
    for name, buffer in buffers.items():
        torch.testing.assert_close(
            buffer, exact_buffers[name].to(buffer.dtype), rtol=1e-5, atol=1e-6
        )


def test_evaluation_and_a_folded_front_equal_the_modules(joint):
    (front, norm, pool), x = parts()
    front.eval(), norm.eval()
    folded = fold_front(front, x.shape[2])
    folded.fold_(norm)
    with torch.no_grad():
        expected = pool(norm(front(x)).square())
        with fixed_algorithm("frames"):
            for found in (
                front_power(front, norm, pool, x),
                front_power(folded, nn.Identity(), pool, x),
            ):
                torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert joint == ["block_power", "block_power"]


def test_evaluation_has_the_same_bits_with_gradients(joint):
    modules, x = parts()
    modules.eval()
    with fixed_algorithm("frames"):
        with torch.no_grad():
            expected = front_power(*modules, x)
        assert torch.equal(front_power(*modules, x), expected)
    assert joint == ["block_power", "block_power"]
    _, gradients, _ = outcome(modules, x, "frames")
    _, exact, _ = outcome(modules, x, "direct", torch.float64)
    for ours, theirs in zip(gradients, exact, strict=True):
        assert (ours - theirs).norm() <= 1e-4 * theirs.norm()


def hooked(modules):
    modules[1].register_forward_hook(lambda *_: None)


def patched(modules):
    modules[2].forward = lambda x: nn.functional.avg_pool1d(x, 15, 5)


def padded(modules):
    modules[2] = nn.AvgPool1d(15, 5, padding=2)


def overlapping_otherwise(modules):
    modules[2] = nn.AvgPool1d(15, 4)


def not_affine(modules):
    modules[1] = nn.BatchNorm1d(5, affine=False)


def synchronised(modules):
    modules[1] = type("Other", (nn.BatchNorm1d,), {})(5)


def without_scale(modules):
    nn.init.zeros_(modules[1].weight)


def wide(modules):
    modules.double()


def unfused(modules):
    modules[0].fused = False


@pytest.mark.parametrize(
    "change",
    [
        hooked, patched, padded, overlapping_otherwise, not_affine, synchronised, without_scale,
        wide, unfused,
    ],
)  # fmt: skip
def test_everything_else_is_computed_one_after_the_other(change, joint):
    modules, x = parts()
    change(modules)
    front, norm, pool = modules
    x = x.to(next(modules.parameters()).dtype)
    with fixed_algorithm("frames"):
        found = front_power(front, norm, pool, x)
    assert joint == []
    torch.testing.assert_close(found, pool(norm(front(x)).square()), rtol=1e-4, atol=1e-5)


def test_the_faster_is_chosen_once(joint, monkeypatch):
    modules, x = parts()
    for _ in range(2):
        front_power(*modules, x)
    keys = [key for key in measured_choice.chosen_algorithms() if key.startswith("power")]
    assert len(keys) == 1
    assert "pool 15/5, training True" in keys[0]
