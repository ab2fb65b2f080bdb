"""Bidirectional layers equal torch's, with and without padding."""

from unittest import mock

import pytest
import torch
from torch import nn

from eegzoo.layers.attention.additive_attention import AdditiveAttention
from eegzoo.layers.blocks import bidirectional
from eegzoo.layers.blocks.bidirectional import BidirectionalRNN

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}
every_kind = pytest.mark.parametrize("kind", KINDS)


def pair(kind, input_size=6, hidden_size=4):
    """Return our layer and torch's with the same weights."""
    theirs = KINDS[kind](input_size, hidden_size, batch_first=True, bidirectional=True)
    ours = BidirectionalRNN(kind, input_size, hidden_size)
    ours.load_state_dict(theirs.state_dict())  # the same keys
    return ours, theirs


@every_kind
def test_outputs_equal_torchs(kind):
    ours, theirs = pair(kind)
    x = torch.randn(3, 5, 6)
    torch.testing.assert_close(ours(x), theirs(x)[0])


@every_kind
def test_steps_equal_the_fused_kernel(kind):
    ours, _ = pair(kind)
    x = torch.randn(3, 5, 6, requires_grad=True)
    with mock.patch.object(bidirectional, "_has_fused_kernel", return_value=False):
        steps = ours(x)
    outputs = ours(x), steps
    torch.testing.assert_close(*outputs)
    gradients = [
        torch.autograd.grad(out.square().sum(), [x, *ours.parameters()]) for out in outputs
    ]
    torch.testing.assert_close(*gradients)


@every_kind
def test_padding_has_no_influence(kind):
    ours, theirs = pair(kind)
    x, lengths = torch.randn(4, 5, 6), torch.tensor([5, 3, 0, 1])
    x[1, 3:] = 1e6
    out = ours(x, lengths)
    for row, length in enumerate(lengths.tolist()):
        if length:
            expected = theirs(x[row : row + 1, :length])[0][0]
            torch.testing.assert_close(out[row, :length], expected)
        assert not out[row, length:].any()


@every_kind
def test_copies_equal_repeated_input(kind):
    ours, _ = pair(kind)
    x = torch.randn(3, 5, 2)
    torch.testing.assert_close(ours(x, n_copies=3), ours(x.repeat(1, 1, 3)))


@every_kind
def test_initial_weights_have_torchs_range(kind):
    weights = torch.cat(
        [p.detach().flatten() for p in BidirectionalRNN(kind, 64, 100).parameters()]
    )
    assert 0.099 < weights.abs().max() <= 0.1
    assert weights.std() == pytest.approx(0.1 / 3**0.5, rel=0.02)


def test_wrong_kind_raises():
    with pytest.raises(ValueError, match="kind"):
        BidirectionalRNN("rnn", 3, 4)


def test_attention_is_the_weighted_mean():
    attention = AdditiveAttention(3, 5)
    x = torch.randn(2, 7, 4, 3)
    scores = attention.score(torch.tanh(attention.hidden(x))).squeeze(-1).exp()
    weights = scores / scores.sum(dim=-1, keepdim=True)
    torch.testing.assert_close(attention(x), (weights.unsqueeze(-1) * x).sum(dim=-2))
    one = x[..., :1, :]
    torch.testing.assert_close(attention(one), one.squeeze(-2))
