"""Normalisations in evaluation as parts of the layers before them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from eegzoo.layers import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense, DepthwiseConv2d
from eegzoo.layers.blocks.same_padded import SameConv1d
from eegzoo.layers.fronts.norm_folding import (
    evaluation_weight,
    fold_norm_,
    is_foldable_norm,
    is_linear_layer,
    scale_and_shift,
)


def filled(norm):
    """Fill a normalisation as training does."""
    for values in (norm.running_var, norm.weight):
        if values is not None:
            nn.init.uniform_(values, 0.2, 3.0)
    for values in (norm.running_mean, norm.bias):
        if values is not None:
            nn.init.normal_(values)
    return norm.double().eval()


def test_scale_and_shift_of_known_statistics():
    norm = nn.BatchNorm1d(1, eps=0.0).eval()
    norm.running_mean.fill_(3.0)
    norm.running_var.fill_(4.0)
    with torch.no_grad():
        norm.weight.fill_(6.0)
        norm.bias.fill_(1.0)
    scale, shift = scale_and_shift(norm)  # 6 (x - 3) / 2 + 1
    assert (scale.item(), shift.item()) == (3.0, -8.0)
    with pytest.raises(ValueError, match="running statistics"):
        scale_and_shift(nn.BatchNorm1d(1, track_running_stats=False))


@settings(max_examples=30, deadline=None)
@given(
    groups=st.integers(1, 3),
    per_group=st.integers(1, 3),
    kernel=st.integers(1, 6),
    padding=st.sampled_from(["same", "causal", "valid"]),
    bias=st.booleans(),
    affine=st.booleans(),
    max_norm=st.sampled_from([None, 0.2]),
)
def test_a_constrained_convolution_takes_a_norm(
    groups, per_group, kernel, padding, bias, affine, max_norm
):
    maps = groups * per_group
    conv = ConstrainedConv1d(
        2 * groups, maps, kernel, padding=padding, groups=groups, bias=bias, max_norm=max_norm
    )
    conv = conv.double().eval()
    norm = filled(nn.BatchNorm1d(maps, affine=affine))
    x = torch.randn(3, 2 * groups, 20, dtype=torch.float64)
    expected = norm(conv(x))
    fold_norm_(conv, norm)
    assert conv.max_norm is None
    torch.testing.assert_close(conv(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "norm", "shape"),
    [
        (DepthwiseConv2d(3, 2, (4, 1), padding="valid"), nn.BatchNorm2d(6), (2, 3, 4, 9)),
        (ConstrainedDense(5, 4, max_norm=0.1), nn.BatchNorm1d(4), (3, 5)),
        (nn.Linear(5, 4, bias=False), nn.BatchNorm1d(4), (3, 5)),
        (SameConv1d(2, 4, 5, stride=3), nn.BatchNorm1d(4), (3, 2, 17)),
        (
            ConstrainedConv2d(1, 4, 3, min_norm=1.0, minmax_rate=0.5),
            nn.BatchNorm2d(4),
            (1, 1, 5, 5),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_layers_take_a_norm(layer, norm, shape):
    layer, norm = layer.double().eval(), filled(norm)
    x = torch.randn(shape, dtype=torch.float64)
    expected = norm(layer(x))
    assert is_linear_layer(layer, (SameConv1d,))
    assert is_foldable_norm(norm)
    fold_norm_(layer, norm)
    torch.testing.assert_close(layer(x), expected, rtol=1e-12, atol=1e-12)


def test_a_layer_takes_its_part_of_a_norm():
    parts = [nn.Conv1d(2, maps, 1).double() for maps in (3, 4)]
    norm, x = filled(nn.BatchNorm1d(7)), torch.randn(2, 2, 9, dtype=torch.float64)
    expected = norm(torch.cat([part(x) for part in parts], 1))
    fold_norm_(parts[0], norm)
    fold_norm_(parts[1], norm, start=3)
    torch.testing.assert_close(torch.cat([part(x) for part in parts], 1), expected)


def test_the_evaluation_weight_satisfies_the_constraint_and_the_mode_stays():
    layer = ConstrainedDense(4, 2, max_norm=0.1).train()
    stored = layer.weight.clone()
    assert evaluation_weight(layer).norm(dim=1).max() <= 0.1 + 1e-6
    assert layer.training
    assert torch.equal(layer.weight, stored)


def hooked(module):
    module.register_forward_hook(lambda *_: None)
    return module


class OwnForward(nn.Conv1d):
    def forward(self, x):
        return super().forward(x).relu()


@pytest.mark.parametrize(
    "module",
    [
        nn.ReLU(), OwnForward(2, 2, 1), SameConv1d(2, 2, 1), hooked(nn.Linear(2, 2)),
        nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), nn.Linear(2, 2).half(),
    ],
    ids=["no weight", "forward", "not named", "hook", "parametrised", "half precision"],
)  # fmt: skip
def test_layers_that_cannot_be_scaled(module):
    assert not is_linear_layer(module)


@pytest.mark.parametrize(
    "module",
    [nn.BatchNorm1d(2, track_running_stats=False), nn.LayerNorm(2), hooked(nn.BatchNorm1d(2))],
    ids=["batch statistics", "other kind", "hook"],
)
def test_norms_that_cannot_be_folded(module):
    assert not is_foldable_norm(module)
