"""The transformer layer is torch's."""

import math

import pytest
import torch
from torch import nn

from eegzoo.layers.attention.transformer_layer import TransformerLayer, sinusoidal_positions
from eegzoo.models.references.torch_layout import TRANSFORMER_LAYER, rename, split_projections


def pair(drop_prob=0.0, norm_first=False):
    """Return torch's layer, and ours with the same weights."""
    torch.manual_seed(0)
    theirs = nn.TransformerEncoderLayer(
        16, 4, 32, dropout=drop_prob, batch_first=True, norm_first=norm_first
    )
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.5)
    ours = TransformerLayer(16, 4, 32, drop_prob=drop_prob, norm_first=norm_first)
    weights = {f"layer.{key}": value.numpy() for key, value in theirs.state_dict().items()}
    places = {f"layer.{key}": value for key, value in TRANSFORMER_LAYER.items()}
    ours.load_state_dict(rename(split_projections(weights), places))
    return theirs.train(), ours.train()


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("lengths", [None, [7, 3, 1]])
def test_layer_is_torchs_also_with_padding(lengths, norm_first):
    theirs, ours = pair(norm_first=norm_first)
    x = torch.randn(3, 7, 16)
    mask = None if lengths is None else torch.arange(7) < torch.tensor(lengths).unsqueeze(1)
    expected = theirs(x, src_key_padding_mask=None if mask is None else ~mask)
    torch.testing.assert_close(ours(x, mask), expected, rtol=1e-5, atol=1e-6)


def test_masked_tokens_have_no_influence():
    _, ours = pair()
    x, mask = torch.randn(1, 5, 16), torch.tensor([[True, True, True, False, False]])
    other = x.clone()
    other[:, 3:] = 1e3
    torch.testing.assert_close(ours(other, mask)[:, :3], ours(x, mask)[:, :3])
    torch.testing.assert_close(ours(x, mask)[:, :3], ours(x[:, :3]))


@torch.no_grad()
def test_new_weights_are_drawn_as_torch_draws_them():
    torch.manual_seed(0)
    ours, theirs = TransformerLayer(64, 8, 256), nn.TransformerEncoderLayer(64, 8, 256)
    found = torch.cat([getattr(ours.attend[0], k).weight for k in ("query", "key", "value")])
    expected = theirs.self_attn.in_proj_weight
    assert found.abs().max() <= math.sqrt(6 / 256)
    assert found.std() == pytest.approx(expected.std().item(), rel=0.05)
    assert not ours.attend[0].query.bias.any()
    assert not ours.attend[0].out.bias.any()
    assert ours.expand[0].weight.std() == pytest.approx(theirs.linear1.weight.std().item(), rel=0.1)


def test_dropout_acts_in_training_alone():
    _, ours = pair(drop_prob=0.5)
    x = torch.randn(2, 7, 16)
    assert not torch.equal(ours(x), ours(x))
    assert torch.equal(ours.eval()(x), ours(x))


def test_positions_are_sines_and_cosines():
    found = sinusoidal_positions(30, 8, torch.zeros(1))
    for position in (0, 1, 29):
        for place in range(4):
            angle = position / 10_000 ** (2 * place / 8)
            assert found[position, 2 * place] == pytest.approx(math.sin(angle), abs=1e-5)
            assert found[position, 2 * place + 1] == pytest.approx(math.cos(angle), abs=1e-5)


def test_positions_have_the_type_of_the_tokens():
    half = sinusoidal_positions(3000, 4, torch.zeros(1, dtype=torch.float16))
    assert half.dtype == torch.float16
    torch.testing.assert_close(
        half.float(), sinusoidal_positions(3000, 4, torch.zeros(1)), rtol=0, atol=1e-3
    )
