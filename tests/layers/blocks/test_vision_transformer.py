"""Layers of vision transformers against torch's own."""

import pytest
import torch
from torch import nn

from eegzoo.layers.blocks.amplitude_spectrum import amplitude_spectrum
from eegzoo.layers.blocks.positions import SinusoidalPositions
from eegzoo.layers.blocks.vision_transformer import (
    DropPath,
    FusedAttention,
    LayerScale,
    TransformerLayer,
    beit_init_,
)


def torch_attention(ours, features, n_heads):
    theirs = nn.MultiheadAttention(features, n_heads, batch_first=True).double()
    theirs.load_state_dict(
        {
            "in_proj_weight": ours.qkv.weight, "in_proj_bias": ours.qkv.bias,
            "out_proj.weight": ours.out.weight, "out_proj.bias": ours.out.bias,
        }
    )  # fmt: skip
    return theirs


def test_attention_equals_that_of_torch():
    ours = FusedAttention(12, 3).double()
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    expected, _ = torch_attention(ours, 12, 3)(x, x, x, need_weights=False)
    torch.testing.assert_close(ours(x), expected)


def test_more_axes_are_more_batches():
    ours = FusedAttention(12, 3).double()
    x = torch.randn(2, 4, 5, 12, dtype=torch.float64)
    torch.testing.assert_close(ours(x), ours(x.flatten(0, 1)).unflatten(0, (2, 4)))


def test_normalised_queries_and_keys_do_not_depend_on_their_scale():
    layer = FusedAttention(12, 3, bias=False, qk_norm_eps=1e-12).double()
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    before = layer(x)
    with torch.no_grad():
        layer.qkv.weight[:24] *= 7
    torch.testing.assert_close(layer(x), before)


def test_layer_equals_that_of_torch():
    ours = TransformerLayer(12, 3, 30, eps=1e-5).double()
    theirs = nn.TransformerEncoderLayer(
        12, 3, 30, 0.0, nn.functional.gelu, batch_first=True, norm_first=True, dtype=torch.float64
    )
    attention, names = ours.attend[1], {"norm1": 0, "linear1": 1, "linear2": 3}
    theirs.self_attn.load_state_dict(torch_attention(attention, 12, 3).state_dict())
    theirs.norm1.load_state_dict(ours.attend[0].state_dict())
    theirs.norm2.load_state_dict(ours.expand[0].state_dict())
    for name in ("linear1", "linear2"):
        getattr(theirs, name).load_state_dict(ours.expand[names[name]].state_dict())
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    torch.testing.assert_close(ours(x), theirs(x))


def test_a_scaled_layer_starts_near_the_identity():
    layer = TransformerLayer(12, 3, 30, layer_scale=1e-6)
    x = torch.randn(2, 5, 12)
    torch.testing.assert_close(layer(x), x, rtol=0, atol=1e-4)


def test_whole_windows_are_dropped_and_the_mean_is_kept():
    torch.manual_seed(0)
    out = DropPath(0.25)(torch.ones(20_000, 3, 2))
    assert (out == out[:, :1, :1]).all()
    assert set(out.unique().tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert out.mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("layer", [DropPath(0.0), DropPath(0.5).eval()])
def test_nothing_is_dropped_without_a_probability_and_in_evaluation(layer):
    x = torch.randn(100, 2)
    assert layer(x) is x


def test_scales_are_those_of_features():
    layer = LayerScale(3, 0.5)
    with torch.no_grad():
        layer.weight[1] = 2
    assert layer(torch.ones(1, 2, 3)).tolist() == [[[0.5, 2.0, 0.5]] * 2]


def test_weights_of_later_layers_start_smaller():
    layers = nn.ModuleList(TransformerLayer(64, 4, 256) for _ in range(3))
    beit_init_(layers)
    for number, layer in enumerate(layers, start=1):
        expected = 0.02 / (2 * number) ** 0.5
        assert layer.expand[3].weight.std().item() == pytest.approx(expected, rel=0.05)
        assert layer.attend[1].out.weight.std().item() == pytest.approx(expected, rel=0.05)
        assert layer.attend[1].qkv.weight.std().item() == pytest.approx(0.02, rel=0.05)
        assert not layer.expand[1].bias.any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FusedAttention(10, 3), "features to be a multiple of n_heads=3, got 10"),
        (lambda: FusedAttention(10, 0), "n_heads"),
        (lambda: FusedAttention(10, 2, drop_prob=2.0), "drop_prob"),
        (lambda: DropPath(-0.1), "drop_prob"),
        (lambda: SinusoidalPositions(4, 3), "features to be even, got 3"),
        (lambda: SinusoidalPositions(0, 4), "n_positions"),
    ],
)
def test_bad_arguments_raise_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_positions_are_sines_and_cosines():
    positions = SinusoidalPositions(50, 8)(torch.zeros((), dtype=torch.float64))
    for feature in range(0, 8, 2):
        angles = torch.arange(50) / 10_000 ** (feature / 8)
        torch.testing.assert_close(positions[:, feature], angles.sin().double(), rtol=0, atol=1e-5)
        torch.testing.assert_close(
            positions[:, feature + 1], angles.cos().double(), rtol=0, atol=1e-5
        )


def test_amplitudes_are_those_of_a_sum_over_samples():
    x = torch.randn(3, 11, dtype=torch.float64)
    turns = torch.arange(11)[:, None].double() * torch.arange(6) / 11
    cosine, sine = (2 * torch.pi * turns).cos(), (2 * torch.pi * turns).sin()
    expected = ((x @ cosine) ** 2 + (x @ sine) ** 2).sqrt()
    torch.testing.assert_close(amplitude_spectrum(x), expected)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_types_without_a_transform_keep_their_type(dtype):
    x = torch.randn(3, 8)
    found = amplitude_spectrum(x.to(dtype))
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), amplitude_spectrum(x), rtol=0.05, atol=0.05)


def test_no_patches_have_no_amplitudes():
    assert amplitude_spectrum(torch.zeros(0, 3, 8)).shape == (0, 3, 5)


def test_silence_has_a_finite_gradient():
    x = torch.zeros(2, 8, requires_grad=True)
    amplitude_spectrum(x).sum().backward()
    assert x.grad.isfinite().all()
