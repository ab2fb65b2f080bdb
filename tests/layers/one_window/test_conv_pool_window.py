"""Convolutions, max pools and a dense layer for one window."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from eegzoo.layers import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense
from eegzoo.layers.fast_conv.fast_layers import FastConstrainedConv1d
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.layers.one_window.conv_pool_window import ConvPoolWindow, fold_conv_pools


@settings(max_examples=40, deadline=None)
@given(
    n_times=st.integers(40, 90),
    kernels=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    length=st.integers(1, 3),
    stride=st.integers(1, 3),
    maps=st.integers(1, 4),
)
def test_it_equals_convolutions_activations_and_pools(n_times, kernels, length, stride, maps):
    def draw(*shape):
        return torch.randn(shape, dtype=torch.float64)

    x, filters, width = draw(2, 3, n_times), [], 3
    y = x
    for kernel in kernels:
        filters.append((draw(maps, width, kernel), draw(maps)))
        y = F.max_pool1d(F.elu(F.conv1d(y, *filters[-1])), length, stride)  # ELU first
        width = maps
    head, head_bias = draw(2, y[0].numel()), draw(2)
    one = ConvPoolWindow(filters, length, stride, head, head_bias)
    expected = F.linear(y.flatten(1), head, head_bias)
    torch.testing.assert_close(one(x), expected, rtol=1e-10, atol=1e-10)


def block(conv):
    norm = nn.BatchNorm1d(conv.out_channels)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    nn.init.normal_(norm.running_mean)
    nn.init.uniform_(norm.running_var, 0.5, 2.0)
    return [conv, norm, nn.MaxPool1d(2), nn.ELU(), nn.Dropout(0.5)]


def layers():
    torch.manual_seed(0)
    front = TemporalSpatialConv(
        nn.Conv2d(1, 4, (1, 5)), ConstrainedConv2d(4, 4, (3, 1), padding="valid", max_norm=0.5)
    )
    front.out_channels = 4
    net = [
        *block(front),
        *block(FastConstrainedConv1d(4, 6, 5, padding="valid", max_norm=0.5)),
        ConstrainedDense(6 * 12, 2, max_norm=0.5),
    ]
    return [layer.double().eval() for layer in net]


def fold(net):
    return fold_conv_pools(net[0], net[1:], 60)


def test_folded_layers_compute_as_the_layers():
    net, x = layers(), torch.randn(1, 3, 60, dtype=torch.float64)
    y = x
    for layer in net[:-1]:
        y = layer(y)
    expected = net[-1](y.flatten(1))
    torch.testing.assert_close(fold(net)(x), expected, rtol=1e-10, atol=1e-10)


CHANGES = {
    "training mode": lambda net: net[1].train(),
    "hook": lambda net: net[5].register_forward_hook(lambda *_: None),
    "own forward": lambda net: setattr(net[3], "forward", torch.relu),
    "alpha": lambda net: setattr(net[3], "alpha", 0.5),
    "activation": lambda net: net.__setitem__(8, nn.ReLU()),
    "ceil mode": lambda net: setattr(net[2], "ceil_mode", True),
    "padded pool": lambda net: setattr(net[7], "padding", 1),
    "dilated pool": lambda net: setattr(net[7], "dilation", 2),
    "indices": lambda net: setattr(net[2], "return_indices", True),
    "pools that differ": lambda net: net.__setitem__(7, nn.MaxPool1d(3).double().eval()),
    "average pool": lambda net: net.__setitem__(7, nn.AvgPool1d(2)),
    "stride": lambda net: setattr(net[5], "stride", (2,)),
    "dilation": lambda net: setattr(net[5], "dilation", (2,)),
    "groups": lambda net: setattr(net[5], "groups", 2),
    "padded convolution": lambda net: net.__setitem__(
        5, FastConstrainedConv1d(4, 6, 5, padding="same").double().eval()
    ),
    "another convolution": lambda net: net.__setitem__(
        5, ConstrainedConv1d(4, 6, 5, padding="valid").double().eval()
    ),
    "padded front": lambda net: setattr(net[0].temporal, "padding", (0, 2)),
    "front in another order": lambda net: setattr(net[0], "fused", False),
    "another head": lambda net: net.__setitem__(-1, nn.Linear(72, 2).double().eval()),
    "a head without bias": lambda net: net.__setitem__(
        -1, ConstrainedDense(72, 2, bias=False).double().eval()
    ),
    "no dropout": lambda net: net.pop(9),
    "half precision": lambda net: [layer.half() for layer in net],
    "two dtypes": lambda net: net[-1].float(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_layers_of_another_kind_are_not_folded(change):
    net = layers()
    assert isinstance(fold(net), ConvPoolWindow)
    change(net)
    assert fold(net) is None
