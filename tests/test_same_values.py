"""Tensors are compared as `torch.equal` does, and by dtype."""

import pytest
import torch

from eegzoo.same_values import has_same_values

# Small tensors and large ones are compared by different functions.
SIZES = [(3, 4), (100, 100)]


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int64])
def test_a_copy_has_the_same_values_and_a_changed_one_has_not(size, dtype):
    x = torch.arange(size[0] * size[1]).reshape(size).to(dtype)
    assert has_same_values(x, x.clone())
    changed = x.clone()
    changed[-1, -1] = -1
    assert not has_same_values(x, changed)
    assert not has_same_values(x, x.to(torch.float16))
    assert not has_same_values(x, x.flatten())
    assert not has_same_values(x[:1], x)  # would be broadcast


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
def test_special_values_and_layouts(size):
    x = torch.randn(size, requires_grad=True)
    assert has_same_values(x, torch.nn.Parameter(x.detach().clone()))
    assert has_same_values(x.mT, x.mT.contiguous())
    assert has_same_values(torch.zeros(size), -torch.zeros(size))
    nan = torch.full(size, torch.nan)
    assert not has_same_values(nan, nan.clone())
    negated = torch.complex(torch.zeros(size), -x.detach()).conj().imag
    assert negated.is_neg()
    assert has_same_values(negated, x.detach())
