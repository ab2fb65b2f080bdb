"""Gates of channels and of groups of channels against their definition."""

import torch

from eegzoo.layers import SqueezeExcitation


def test_a_channel_is_multiplied_by_a_gate_that_follows_from_all_means():
    layer = SqueezeExcitation(8, reduction=4).double()
    x = torch.randn(2, 8, 5, dtype=torch.float64)
    inner, outer = (layer.gates[i].weight.squeeze(2) for i in (0, 2))
    gates = (outer @ (inner @ x.mean(2).T).relu()).sigmoid().T
    torch.testing.assert_close(layer(x), x * gates.unsqueeze(2))


def test_a_group_has_one_gate_from_its_own_means():
    layer = SqueezeExcitation(8, reduction=2, n_groups=2).double()
    x = torch.randn(2, 8, 5, dtype=torch.float64)
    inner, outer = (layer.gates[i].weight.squeeze(2) for i in (0, 2))
    for group in range(2):
        maps, units = slice(4 * group, 4 * group + 4), slice(2 * group, 2 * group + 2)
        hidden = (inner[units] @ x[:, maps].mean(2).T).relu()
        gate = (outer[group] @ hidden).sigmoid()
        torch.testing.assert_close(layer(x)[:, maps], x[:, maps] * gate[:, None, None])
