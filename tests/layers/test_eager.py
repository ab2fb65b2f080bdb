"""Whether calls are computed at once."""

import torch
from torch import nn

from eegzoo.layers.eager import is_eager_on_cpu, is_traced


def test_is_traced():
    def shifted(x):
        return x + int(is_traced())

    x = torch.zeros(3)
    assert not is_traced()
    assert torch.jit.trace(shifted, x, check_trace=False)(x).tolist() == [1.0] * 3
    assert torch.vmap(shifted)(x).tolist() == [1.0] * 3

    class Shifted(nn.Module):
        forward = staticmethod(shifted)

    assert torch.export.export(Shifted(), (x,)).module()(x).tolist() == [1.0] * 3


def test_is_eager_on_cpu():
    class Recorded(torch.Tensor):
        pass

    x = torch.zeros(3)
    assert is_eager_on_cpu(x)
    assert is_eager_on_cpu(nn.Parameter(x))
    assert not is_eager_on_cpu(x.as_subclass(Recorded))
    assert not is_eager_on_cpu(x.to("meta"))
