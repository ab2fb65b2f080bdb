"""Convolution with weight normalisation, against torch's parametrisation."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from eegzoo.layers.blocks.weight_norm import WeightNormConv1d


@pytest.mark.parametrize(("dilation", "padding"), [(1, 0), (1, 4), (3, 0), (2, 4)])
def test_outputs_and_gradients_are_those_of_torch(dilation, padding):
    theirs = weight_norm(nn.Conv1d(3, 6, 5, dilation=dilation, padding=padding)).double()
    ours = WeightNormConv1d(3, 6, 5, dilation, padding).double()
    values = theirs.parametrizations.weight
    with torch.no_grad():
        values.original0.mul_(torch.linspace(-1, 2, 6)[:, None, None])
        ours.direction.copy_(values.original1)
        ours.norm.copy_(values.original0)
        ours.bias.copy_(theirs.bias)
    x = torch.randn(2, 3, 30, dtype=torch.float64)
    expected = theirs(x)
    torch.testing.assert_close(ours(x), expected)
    expected.square().sum().backward()
    ours(x).square().sum().backward()
    torch.testing.assert_close(ours.direction.grad, values.original1.grad)
    torch.testing.assert_close(ours.norm.grad, values.original0.grad)
    torch.testing.assert_close(ours.bias.grad, theirs.bias.grad)


def test_a_new_layer_is_a_new_convolution_of_torch():
    torch.manual_seed(0)
    ours = WeightNormConv1d(3, 6, 5)
    torch.manual_seed(0)
    theirs = nn.Conv1d(3, 6, 5)
    x = torch.randn(2, 3, 30)
    torch.testing.assert_close(copy.deepcopy(ours)(x), theirs(x))
