"""Attention by two products against torch's own, in outputs, gradients and fallbacks."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from eegzoo.layers import MultiHeadAttention
from eegzoo.layers.attention import multi_head
from eegzoo.layers.attention.dot_product import dot_product_attention, products_are_faster

BRANCHES = pytest.mark.parametrize("n_branches", [None, 3])


def separate_projections(layer, x):
    """Compute an attention layer by torch's functions, from its parameters."""

    def project(linear):
        if linear.weight.ndim == 2:
            return F.linear(x, linear.weight, linear.bias)
        return x @ linear.weight.mT + linear.bias.unsqueeze(1)

    heads = [
        project(linear).unflatten(-1, (layer.num_heads, layer.head_dim)).transpose(-2, -3)
        for linear in (layer.query, layer.key, layer.value)
    ]
    with sdpa_kernel(SDPBackend.MATH):
        mixed = F.scaled_dot_product_attention(*heads, scale=layer.scale)
    return layer.out(mixed.transpose(-2, -3).flatten(-2))


def tokens(n_branches, dtype=torch.float32):
    torch.manual_seed(0)
    layer = MultiHeadAttention(12, 3, scale=0.3, n_branches=n_branches).to(dtype)
    shape = (2, 7, 12) if n_branches is None else (2, n_branches, 7, 12)
    return layer, torch.randn(shape, dtype=dtype, requires_grad=True)


@BRANCHES
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_layer_equals_separate_projections(n_branches, dtype, tolerance):
    layer, x = tokens(n_branches, dtype)
    assert layer._is_fusable(x, 0.0)
    found, expected = layer(x), separate_projections(layer, x)
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
    values = [x, *layer.parameters()]
    weights = torch.randn_like(found)
    for a, b in zip(
        torch.autograd.grad((found * weights).sum(), values),
        torch.autograd.grad((expected * weights).sum(), values),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=10 * tolerance, atol=10 * tolerance)


@BRANCHES
def test_second_derivatives(n_branches):
    layer, x = tokens(n_branches, torch.float64)
    x = x[..., :3, :].detach().requires_grad_()
    assert torch.autograd.gradgradcheck(layer, x, atol=1e-4)


@pytest.mark.parametrize("sizes", [(2, 3, 61, 4), (2, 2, 5, 20)])
def test_dropout_acts_on_the_weights(sizes):
    torch.manual_seed(0)
    query, key = torch.randn(2, *sizes)
    value = torch.ones(sizes)
    sums = torch.stack(
        [dot_product_attention(query, key, value, drop_prob=0.5)[..., 0] for _ in range(400)]
    )
    # Weights add up to one without dropout; with it, on average.
    assert (sums.mean(0) - 1).abs().max() < 0.3
    assert sums.std() > 0.05


def test_dropout_of_a_layer_ends_in_evaluation():
    layer, x = MultiHeadAttention(12, 3, drop_prob=0.5), torch.randn(2, 7, 12)
    assert not torch.equal(layer(x), layer(x))
    assert torch.equal(layer.eval()(x), layer(x))


def test_short_heads_and_dropout_are_computed_by_products():
    x = torch.zeros(2)
    assert products_are_faster(x, 61, 4, 0.0)
    assert products_are_faster(x, 1000, 64, 0.5)
    assert not products_are_faster(x, 65, 4, 0.0)
    assert not products_are_faster(x, 61, 9, 0.0)
    assert not products_are_faster(x.bfloat16(), 61, 4, 0.0)
    with torch.autocast("cpu", torch.bfloat16):
        assert not products_are_faster(x, 61, 4, 0.0)


def hooked(layer):
    layer.key.register_forward_hook(lambda module, inputs, out: 2 * out)


def parametrized(layer):
    nn.utils.parametrizations.weight_norm(layer.value)


def replaced(layer):
    layer.query = nn.Sequential(layer.query, nn.Tanh())


def patched(layer):
    forward = layer.query.forward
    layer.query.forward = lambda x: 2 * forward(x)


@pytest.mark.parametrize("change", [hooked, parametrized, replaced, patched])
def test_changed_projections_are_called(change, monkeypatch):
    layer, x = MultiHeadAttention(12, 3), torch.randn(2, 7, 12)
    change(layer)
    found = layer(x)
    monkeypatch.setattr(multi_head, "products_are_faster", lambda *_: False)
    torch.testing.assert_close(found, layer(x))


def test_masked_tokens_are_not_attended_to():
    layer, x = MultiHeadAttention(12, 3), torch.randn(2, 7, 12)
    mask = torch.ones(2, 7, dtype=torch.bool)
    torch.testing.assert_close(layer(x, mask), layer(x))
    mask[:, 5:] = False
    torch.testing.assert_close(layer(x, mask)[:, :5], layer(x[:, :5]))


def test_frozen_projections_get_no_gradient():
    layer, x = tokens(None)
    layer.key.requires_grad_(False)
    layer(x).sum().backward()
    assert layer.key.weight.grad is None
    assert layer.query.weight.grad is not None


@BRANCHES
def test_an_empty_batch_gives_an_empty_batch(n_branches):
    layer, x = tokens(n_branches)
    assert layer(x[:0]).shape == x[:0].shape
