"""Depthwise convolutions in time against torch's."""

import pytest
import torch
from torch import nn

from eegzoo.layers import DepthwiseConv1d


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize(("kernel_size", "bias"), [(1, False), (6, True), (9, False)])
def test_outputs_and_gradients_are_those_of_torch(kernel_size, bias):
    layer = DepthwiseConv1d(3, kernel_size, bias=bias).double()
    plain = nn.Conv1d(3, 3, kernel_size, padding="same", groups=3, bias=bias).double()
    plain.load_state_dict(layer.state_dict())
    x = torch.randn(2, 3, 20, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(2, 3, 20, dtype=torch.float64)
    found = [
        torch.autograd.grad((module(x) * weights).sum(), [x, *module.parameters()])
        for module in (layer, plain)
    ]
    torch.testing.assert_close(layer(x), plain(x))
    torch.testing.assert_close(*found)


def test_gradients_of_each_window_come_from_torch_func():
    layer = DepthwiseConv1d(3, 5).double()
    x = torch.randn(4, 3, 20, dtype=torch.float64)

    def loss(weights, window):
        return torch.func.functional_call(layer, weights, window[None]).square().sum()

    weights = dict(layer.named_parameters())
    each = torch.func.vmap(torch.func.grad(loss), (None, 0))(weights, x)["weight"]
    expected = [torch.autograd.grad(layer(w[None]).square().sum(), layer.weight)[0] for w in x]
    torch.testing.assert_close(each, torch.stack(expected))
