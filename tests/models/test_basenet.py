"""BaseNet: its kinds of attention and its smallest window."""

import pytest
import torch
from torch import nn

from eegzoo.layers import SqueezeExcitation
from eegzoo.models import create_model
from eegzoo.models.basenet import BaseNet

SIZES = {"n_chans": 3, "n_times": 250, "n_outputs": 2, "sfreq": 250}


def test_kinds_of_attention():
    assert isinstance(create_model("basenet", **SIZES).gate, nn.Identity)
    assert isinstance(create_model("basenet_se", **SIZES).gate, SqueezeExcitation)


def test_explicit_sizes_win():
    model = BaseNet(
        **SIZES, n_filters=(6, 4), kernel_length=11, second_kernel_length=5, pool_lengths=(20, 3),
        pool_stride=10, attention="se",
    ).eval()  # fmt: skip
    assert model.front.temporal.kernel_size == (1, 11)
    assert model.separable[0].kernel_size == (5,)
    assert model.num_features == 4 * (24 // 3)
    assert model(torch.randn(2, 3, 250)).shape == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"attention": "eca"}, "attention"),
        ({"n_times": 179}, "n_times of at least 180"),
        ({"n_filters": (40,)}, "n_filters"),
    ],
)
def test_bad_arguments_raise_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        BaseNet(**{**SIZES, **arguments})
