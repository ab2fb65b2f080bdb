"""Evaluation projects a weight only when it has changed, and sees every change."""

import copy
import pickle

import pytest
import torch
from torch import nn

from eegzoo.layers import (
    ConstrainedConv1d,
    ConstrainedConv2d,
    ConstrainedDense,
    ConstrainedEmbedding,
    bake,
)

LAYERS = {
    "conv1d": (lambda: ConstrainedConv1d(30, 40, 9, max_norm=0.5), (2, 30, 20)),
    "conv2d": (lambda: ConstrainedConv2d(3, 4, (2, 5), max_norm=0.5), (2, 3, 6, 20)),
    "dense": (lambda: ConstrainedDense(7, 3, max_norm=0.2), (2, 7)),
    "dense with both limits": (lambda: ConstrainedDense(7, 3, max_norm=0.2, min_norm=0.1), (2, 7)),
}


@pytest.fixture(params=LAYERS)
def layer_and_x(request):
    torch.manual_seed(0)
    make, shape = LAYERS[request.param]
    return make().eval(), torch.randn(shape)


def projections(layer, monkeypatch):
    """Return a list that gets an entry for each projection of a weight."""
    calls, real = [], layer._project_
    monkeypatch.setattr(layer, "_project_", lambda *args: calls.append(None) or real(*args))
    return calls


def test_an_unchanged_weight_is_projected_once(layer_and_x, monkeypatch):
    layer, x = layer_and_x
    calls = projections(layer, monkeypatch)
    with torch.no_grad():
        first, second = layer(x), layer(x)
    assert len(calls) == 1
    assert torch.equal(first, second)
    with torch.inference_mode():
        assert torch.equal(layer(x), first)
    assert len(calls) == 1


def test_what_inference_mode_keeps_can_be_used_elsewhere(layer_and_x):
    layer, x = layer_and_x
    with torch.inference_mode():
        first = layer(x)
    with torch.no_grad():
        assert torch.equal(layer(x), first)
        assert not layer.shared_weight().is_inference()
    layer(x).sum().backward()
    assert layer.weight.grad is not None


CHANGES = {
    "in place": lambda layer: layer.weight.mul_(-1),
    "through data": lambda layer: layer.weight.data.neg_(),
    "through numpy": lambda layer: layer.weight.detach().numpy().fill(0.3),
    "one value": lambda layer: layer.weight.data.view(-1)[-1].fill_(-9.0),
    "another parameter": lambda layer: setattr(layer, "weight", nn.Parameter(-layer.weight)),
    "loaded": lambda layer: layer.load_state_dict(
        {name: -value for name, value in layer.state_dict().items()}
    ),
    "max_norm": lambda layer: setattr(layer, "max_norm", 0.15),
    "no limit": lambda layer: layer.set_constraint(None, None, layer.axis_norm, 1.0),
    "non_negative": lambda layer: setattr(layer, "non_negative", True),
    "axis_norm": lambda layer: setattr(layer, "axis_norm", (0,)),
    "double": lambda layer: layer.double(),
    "rate": lambda layer: layer.set_constraint(0.2, 0.19, layer.axis_norm, 0.5),
}


@torch.no_grad()
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_seen(layer_and_x, change):
    layer, x = layer_and_x
    before = layer(x)
    change(layer)
    x = x.to(layer.weight.dtype)
    found = layer(x)
    assert not torch.equal(found, before)
    fresh = copy.deepcopy(layer)  # a copy has kept nothing
    assert torch.equal(found, fresh(x))
    assert torch.equal(layer.shared_weight(), layer.constrained_weight())


@torch.no_grad()
def test_a_loaded_weight_is_used_as_it_is_with_a_rate_below_one():
    torch.manual_seed(0)
    layer = ConstrainedDense(7, 3, max_norm=0.2, min_norm=0.1, minmax_rate=0.5).eval()
    x, values = torch.randn(2, 7), layer.weight.detach().clone()
    moved = layer(x)
    layer.load_state_dict({"weight": values, "bias": layer.bias})
    assert torch.equal(layer(x), nn.functional.linear(x, values, layer.bias))
    assert not torch.equal(layer(x), moved)


@torch.no_grad()
def test_methods_that_are_replaced_are_called_each_time(layer_and_x, monkeypatch):
    layer, x = layer_and_x
    layer(x)
    half = layer.constrained_weight() / 2
    monkeypatch.setattr(layer, "constrained_weight", lambda: half)
    assert layer.shared_weight() is half


@torch.no_grad()
def test_norms_of_a_subclass_may_depend_on_anything():
    class Scaled(ConstrainedDense):
        factor = 1.0

        def filter_norms(self, weight=None):
            return self.factor * super().filter_norms(weight)

    layer, x = Scaled(7, 3, max_norm=0.2).eval(), torch.randn(2, 7)
    before = layer(x)
    layer.factor = 10.0
    assert not torch.equal(layer(x), before)


@torch.no_grad()
def test_the_public_copy_may_be_changed(layer_and_x):
    layer, x = layer_and_x
    before = layer(x)
    layer.constrained_weight().zero_()
    assert torch.equal(layer(x), before)


def test_training_between_two_evaluations_is_seen(layer_and_x):
    layer, x = layer_and_x
    with torch.no_grad():
        before = layer(x)
    layer.train()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    layer(x).square().sum().backward()
    optimizer.step()
    layer.eval()
    with torch.no_grad():
        after = layer(x)
    assert not torch.equal(after, before)
    assert bool((layer.filter_norms(layer.shared_weight()) <= layer.max_norm + 1e-6).all())


@torch.no_grad()
def test_copies_pickles_and_baked_layers_keep_nothing(layer_and_x):
    layer, x = layer_and_x
    expected = layer(x)
    size = len(pickle.dumps(layer))
    assert size < 4 * sum(p.numel() for p in layer.parameters()) + 5000
    assert torch.equal(pickle.loads(pickle.dumps(layer))(x), expected)
    torch.testing.assert_close(bake(layer)(x), expected, rtol=1e-6, atol=1e-6)


@torch.no_grad()
def test_an_embedding_follows_its_table():
    layer = ConstrainedEmbedding(6, 4, max_norm=0.1).eval()
    index = torch.tensor([0, 5])
    before = layer(index)
    layer.weight[5] = 1.0
    assert not torch.equal(layer(index), before)
    assert torch.equal(layer(index), copy.deepcopy(layer)(index))
