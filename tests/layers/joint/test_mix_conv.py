"""Channels mixed before they are filtered, against filters before mixing."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from eegzoo.layers.joint import mix_conv as module
from eegzoo.layers.joint.mix_conv import mix_conv, mix_conv_plainly


def test_a_worked_mixture():
    x = torch.tensor([[[[1.0, 2.0, 3.0]], [[10.0, 20.0, 30.0]]]])  # two channels
    weight = torch.tensor([[[1.0, 1.0]]])  # the sample and the next one
    found = mix_conv(x, weight, torch.tensor([[1.0, 0.0], [1.0, 0.1]]))
    torch.testing.assert_close(found, torch.tensor([[[3.0, 5.0, 3.0], [6.0, 10.0, 6.0]]]))


@given(st.integers(1, 70), st.integers(1, 66), st.integers(1, 3), st.integers(1, 3))
def test_both_orders_are_equal(n_times, taps, batch, n_filters):
    torch.manual_seed(0)
    shapes = (batch, 2, 2, n_times), (3, 2, taps), (3 * n_filters, 2)
    tensors = [torch.randn(shape, dtype=torch.float64) for shape in shapes]
    expected = mix_conv_plainly(*tensors)
    torch.testing.assert_close(mix_conv(*tensors), expected, rtol=1e-10, atol=1e-10)


def test_gradients_and_their_gradients_are_right(monkeypatch):
    monkeypatch.setattr(module, "_VALUES", 1)  # one window at a time
    torch.manual_seed(0)
    shapes = (2, 2, 2, 5), (2, 2, 4), (4, 2)
    tensors = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    assert gradcheck(mix_conv, tensors)
    assert gradgradcheck(mix_conv, tensors)
