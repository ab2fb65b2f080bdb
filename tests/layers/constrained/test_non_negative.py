"""Keras's NonNeg, alone and beside limits of the norm."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from eegzoo.layers import ConstrainedConv1d, ConstrainedDense, bake, constrain


def non_negative(case, **limits):
    layer = case.layer(max_norm=None)
    for part in case.parts(layer):
        checked = {"max_norm": None, "min_norm": None, "minmax_rate": 1.0, **limits}
        part.set_constraint(axis_norm=part.axis_norm, non_negative=True, **checked)
    return layer


def by_keras(weight):
    """keras.constraints.NonNeg: w * ops.cast(ops.greater_equal(w, 0.0), dtype=w.dtype)."""
    weight = weight.detach().numpy()
    return torch.from_numpy(weight * np.greater_equal(weight, 0.0).astype(weight.dtype))


def expected_after(case, layer, project_by_loop, **limits):
    clipped = [by_keras(weight) for _, weight in case.weights(layer)]
    if not limits:
        return clipped
    return [project_by_loop(w, axis_norm=case.axes(w), **limits).float() for w in clipped]


LIMITS = [
    {},
    {"max_norm": 1.4},
    {"max_norm": 1.4, "min_norm": 0.9},
    {"max_norm": 1.4, "min_norm": 0.9, "minmax_rate": 0.3},
]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_training_stores_the_non_negative_weight(case, limits, project_by_loop):
    layer = non_negative(case, **limits)
    expected = expected_after(case, layer, project_by_loop, **limits)
    for _ in range(3):
        layer(case.x()).sin().sum().backward()
    for (_, weight), right in zip(case.weights(layer), expected, strict=True):
        torch.testing.assert_close(weight.detach(), right, rtol=1e-6, atol=0)


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_evaluation_uses_it_and_leaves_the_stored_weight_alone(case, limits):
    layer = non_negative(case, **limits).eval()
    before = [weight.clone() for _, weight in case.weights(layer)]
    output, baked = layer(case.x()), bake(layer)(case.x())
    assert all(map(torch.equal, before, [weight for _, weight in case.weights(layer)]))
    torch.testing.assert_close(baked, output, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(layer.train()(case.x()), output)


def test_the_gradient_is_that_at_the_projected_weight(case):
    layer = non_negative(case)
    plain = case.layer(max_norm=None)
    with torch.no_grad():
        for _, weight in case.weights(plain):
            weight.copy_(by_keras(weight))
    for module in (layer, plain):
        module(case.x()).sin().sum().backward()
    for ours, right in zip(layer.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, right.grad)


def test_it_compiles_in_one_graph(case):
    case.skip_if_recurrent()
    torch.compiler.reset()
    layer = non_negative(case, max_norm=1.4)
    same = copy.deepcopy(layer)
    for module in (torch.compile(layer, fullgraph=True, backend="aot_eager"), same):
        module(case.x()).sin().sum().backward()
    for ours, eager in zip(layer.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(ours, eager)
        torch.testing.assert_close(ours.grad, eager.grad, rtol=1e-5, atol=1e-5)
    torch.compiler.reset()


def test_constrain_takes_it_alone_and_beside_limits():
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    constrain(net, {"0": {"non_negative": True}, "1": {"max_norm": 0.5, "non_negative": True}})
    assert repr(net[0]).endswith("max_norm=None, non_negative=True)")
    assert repr(net[1]).endswith("max_norm=0.5, axis_norm=(1,), non_negative=True)")
    net(torch.randn(2, 4))
    assert all((layer.weight >= 0).all() for layer in net)
    assert (net[1].weight.norm(dim=1) <= 0.5 + 1e-6).all()
    torch.testing.assert_close(bake(net)(torch.eye(4)), net.eval()(torch.eye(4)))


def test_an_argument_that_is_no_truth_value_raises():
    with pytest.raises(TypeError, match="expected non_negative to be True or False, got 1"):
        constrain(nn.Linear(4, 3), {"": {"non_negative": 1}})
    with pytest.raises(ValueError, match=r"to give max_norm \(or non_negative\)"):
        constrain(nn.Linear(4, 3), {"": {"axis_norm": 1}})


def test_constructors_keep_their_signatures():
    for kind in (ConstrainedConv1d, ConstrainedDense):
        with pytest.raises(TypeError, match="non_negative"):
            kind(3, 4, 5, non_negative=True)
