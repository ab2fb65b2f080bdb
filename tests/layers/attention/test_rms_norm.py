"""Normalisation by the root mean square, against torch's."""

import torch
from torch import nn

from eegzoo.layers import RMSNorm


def test_outputs_and_gradients_are_those_of_torch():
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    ours, theirs = RMSNorm(8).double(), nn.RMSNorm(8, eps=1e-6).double()
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    inputs = [x.clone().requires_grad_() for _ in range(2)]
    outputs = [layer(each) for layer, each in zip((ours, theirs), inputs, strict=True)]
    torch.testing.assert_close(*outputs)
    for output in outputs:
        output.square().sum().backward()
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad)
    torch.testing.assert_close(ours.weight.grad, theirs.weight.grad)


def test_silence_stays_silent():
    assert not RMSNorm(4)(torch.zeros(2, 4)).any()
