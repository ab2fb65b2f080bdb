"""The layers of a network for one window as matrix products."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from eegzoo.layers.fronts.folded_front import FoldedFront
from eegzoo.layers.one_window.eegnet_window import OneWindow
from eegzoo.layers.padding import same_padding


@settings(max_examples=30, deadline=None)
@given(
    n_times=st.integers(24, 130),
    kernel=st.integers(1, 40),
    second=st.integers(1, 9),
    maps=st.integers(1, 4),
    out=st.integers(1, 5),
    pools=st.tuples(st.integers(1, 5), st.integers(1, 4)),
)
def test_it_equals_convolutions_and_pools(n_times, kernel, second, maps, out, pools):
    def draw(*shape):
        return torch.randn(shape, dtype=torch.float64)

    front = FoldedFront(
        draw(maps, 3), draw(maps, 1, kernel), draw(maps), same_padding(n_times, kernel)
    )
    depthwise, pointwise, bias = draw(maps, second), draw(out, maps), draw(out)
    head, head_bias = draw(2, out * (n_times // pools[0] // pools[1])), draw(2)
    one = OneWindow(
        front, n_times, pools, depthwise, pointwise, bias, head, head_bias, (nn.ELU(), nn.Tanh())
    )
    x = draw(1, 3, n_times)
    y = F.avg_pool1d(F.elu(front(x)), pools[0])
    y = F.pad(y, same_padding(y.shape[2], second))
    y = F.conv1d(y, depthwise.unsqueeze(1), groups=maps)
    y = F.avg_pool1d(F.conv1d(y, pointwise.unsqueeze(2), bias).tanh(), pools[1])
    expected = F.linear(y.flatten(1), head, head_bias)
    torch.testing.assert_close(one(x), expected, rtol=1e-10, atol=1e-10)


def test_another_front_raises():
    front = FoldedFront(None, torch.ones(2, 3, 4), torch.zeros(2), (1, 2))
    with pytest.raises(ValueError, match="mixes channels in unit steps"):
        OneWindow(
            front, 9, (1, 1), torch.ones(2, 1), torch.ones(1, 2), torch.zeros(1),
            torch.ones(1, 9), torch.zeros(1), (nn.ELU(), nn.ELU()),
        )  # fmt: skip
