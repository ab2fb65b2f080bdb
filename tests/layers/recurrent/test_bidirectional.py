"""Bidirectional layers equal torch's, with and without padding."""

from unittest import mock

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from eegzoo.layers.attention.additive_attention import AdditiveAttention
from eegzoo.layers.recurrent import bidirectional
from eegzoo.layers.recurrent.bidirectional import BidirectionalRNN

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


@pytest.mark.parametrize("n_copies", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_many_sequences_without_gradient_equal_torchs(n_copies, dtype):
    ours, theirs = (part.to(dtype) for part in pair("gru"))
    x = torch.randn(bidirectional._MANY, 5, 6 // n_copies, dtype=dtype)
    expected = theirs(x.repeat(1, 1, n_copies))[0]
    with torch.no_grad(), mock.patch.object(torch, "gru", side_effect=AssertionError):
        torch.testing.assert_close(ours(x, n_copies=n_copies), expected.detach())


@every_kind
def test_vmap_maps_it(kind):
    ours, theirs = pair(kind)
    x = torch.randn(2, bidirectional._MANY, 5, 6)
    with torch.no_grad():
        found = torch.vmap(ours)(x)
        expected = torch.stack([theirs(part)[0] for part in x])
    torch.testing.assert_close(found, expected)


def test_overlapping_sequences_share_the_linear_layer():
    ours, theirs = pair("gru")
    steps = torch.randn(9, 6)
    with torch.no_grad():
        shared = F.linear(steps, *ours.input_weights())
        found = ours.run(shared.unfold(0, 4, 1).movedim(-1, 0))  # sequences of four steps
        expected = theirs(steps.unfold(0, 4, 1).movedim(-1, 1))[0]
    torch.testing.assert_close(found.transpose(0, 1), expected)


def test_linear_layer_of_an_lstm_is_refused():
    with pytest.raises(ValueError, match="expected a layer of the kind 'gru', got 'lstm'"):
        BidirectionalRNN("lstm", 3, 4).input_weights()


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
