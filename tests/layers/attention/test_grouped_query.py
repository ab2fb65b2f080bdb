"""Attention with shared keys and values against its definition."""

import math

import pytest
import torch

from eegzoo.layers import GroupedQueryAttention, RotaryPositions


def test_positions_mix_neighbours_by_the_angles_of_tcformers_code():
    layer, x = RotaryPositions(3, 4), torch.randn(1, 1, 3, 4, dtype=torch.float64)
    rates = [1.0, 0.01, 1.0, 0.01]  # in the order for pairs that are half a head apart
    for position in range(3):
        a, b, c, d = x[0, 0, position].tolist()
        cos, sin = ([f(position * rate) for rate in rates] for f in (math.cos, math.sin))
        turned = (-b, a, -d, c)
        parts = zip((a, b, c, d), cos, turned, sin, strict=True)
        expected = [value * k + other * s for value, k, other, s in parts]
        found = layer(x)[0, 0, position]
        torch.testing.assert_close(found, torch.tensor(expected).double(), rtol=0, atol=1e-7)


def test_neighbouring_heads_share_keys_and_values():
    layer = GroupedQueryAttention(16, 4, 2, n_positions=5).double()
    x = torch.randn(3, 5, 16, dtype=torch.float64)
    shared = layer.key_value(x).unflatten(2, (2, 2, 4))  # (batch, tokens, heads, key or value, 4)
    mixed = []
    for head, query in enumerate(layer.query(x).split(4, dim=2)):
        key, value = shared[:, :, head // 2].unbind(2)
        turned = [layer.positions(each.unsqueeze(1)).squeeze(1) for each in (query, key)]
        weights = (turned[0] @ turned[1].mT / 2.0).softmax(-1)
        mixed.append(weights @ value)
    torch.testing.assert_close(layer(x), layer.out(torch.cat(mixed, dim=2)))


@pytest.mark.parametrize(("features", "n_heads", "n_kv_heads"), [(12, 4, 2), (16, 4, 3)])
def test_heads_that_do_not_fit_raise(features, n_heads, n_kv_heads):
    with pytest.raises(ValueError, match=r"expected features=.* got n_heads=4 and n_kv_heads"):
        GroupedQueryAttention(features, n_heads, n_kv_heads, n_positions=5)
