"""A padding layer and a convolution that together keep the number of samples."""

import pytest
from torch import nn

from eegzoo.layers import ConstrainedConv2d, bake
from eegzoo.layers.joint.unpadded import unpadded


@pytest.mark.parametrize("length", [1, 4, 5])
def test_the_convolution_of_a_padded_one_is_found(length):
    before, after = (length - 1) // 2, length // 2
    conv = nn.Conv2d(2, 3, (1, length))
    assert unpadded(nn.Sequential(nn.ConstantPad2d((before, after, 0, 0), 0.0), conv)) is conv


def others():
    conv = nn.Conv2d(2, 3, (1, 4))
    pad = nn.ConstantPad2d((1, 2, 0, 0), 0.0)
    hooked = nn.ConstantPad2d((1, 2, 0, 0), 0.0)
    hooked.register_forward_hook(lambda *_: None)
    return {
        "other padding": nn.Sequential(nn.ConstantPad2d((2, 1, 0, 0), 0.0), conv),
        "other value": nn.Sequential(nn.ConstantPad2d((1, 2, 0, 0), 1.0), conv),
        "channels padded": nn.Sequential(nn.ConstantPad2d((1, 2, 1, 0), 0.0), conv),
        "padded twice": nn.Sequential(pad, nn.Conv2d(2, 3, (1, 4), padding=(0, 1))),
        "hook": nn.Sequential(hooked, conv),
        "three layers": nn.Sequential(pad, conv, nn.ELU()),
        "constrained": nn.Sequential(pad, ConstrainedConv2d(2, 3, (1, 4), padding="valid")),
        "list": nn.ModuleList([pad, conv]),
    }


@pytest.mark.parametrize("name", others())
def test_other_layers_are_returned_as_they_are(name):
    layer = others()[name]
    assert unpadded(layer) is layer


def test_a_baked_convolution_of_the_same_length_may_be_one_layer():
    layer = bake(ConstrainedConv2d(2, 3, (1, 5), padding="same"))
    assert unpadded(layer) is layer
