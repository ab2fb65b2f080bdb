"""The repr and the checks of arguments. Lines 11 and 13 of the contract."""

import inspect

import numpy as np
import pytest
import torch

from eegzoo import layers
from eegzoo.layers import (
    ConstrainedConv1d,
    ConstrainedConv2d,
    ConstrainedDense,
    DepthwiseConv2d,
    SeparableConv2d,
    constrain_norm,
)


def test_repr_shows_the_constraint(case):
    shown = repr(case.make(max_norm=1.4, min_norm=0.9, minmax_rate=0.3))
    for part in case.parts(case.make()):
        axes = part.axis_norm
        assert f"max_norm=1.4, min_norm=0.9, axis_norm={axes}, minmax_rate=0.3)" in shown
    assert "max_norm=1.4, axis_norm=" in repr(case.make(max_norm=1.4))
    assert "min_norm" not in repr(case.make(max_norm=1.4))
    assert "max_norm=None" in repr(case.make(max_norm=None))


@pytest.mark.parametrize(
    ("limits", "error", "words"),
    [
        ({"max_norm": float("nan")}, ValueError, r"max_norm to be a number above 0, got nan"),
        ({"max_norm": float("inf")}, ValueError, r"max_norm to be a number above 0, got inf"),
        ({"max_norm": 0}, ValueError, r"max_norm to be a number above 0, got 0"),
        ({"max_norm": -1.0}, ValueError, r"max_norm to be a number above 0, got -1.0"),
        ({"max_norm": "2"}, TypeError, r"max_norm to be a number above 0, got '2'"),
        ({"max_norm": True}, TypeError, r"max_norm to be a number above 0, got True"),
        ({"max_norm": torch.tensor(1.0)}, TypeError, r"max_norm to be a number above 0"),
        ({"min_norm": float("nan")}, ValueError, r"min_norm to be a number of at least 0, got nan"),
        ({"min_norm": -0.1}, ValueError, r"min_norm to be a number of at least 0, got -0.1"),
        ({"min_norm": 3.0}, ValueError, r"min_norm to be at most \w*max_norm, got 3.0 > 2.0"),
        (
            {"min_norm": 1.0, "minmax_rate": 1.1},
            ValueError,
            r"minmax_rate to be a number of at least 0 and at most 1, got 1.1",
        ),
        ({"minmax_rate": float("nan")}, ValueError, r"minmax_rate to be a number .*, got nan"),
        ({"minmax_rate": None}, TypeError, r"minmax_rate to be a number .*, got None"),
    ],
    ids=str,
)
def test_invalid_limits_raise(case, limits, error, words):
    # selfEEG: NaN limits are accepted.
    with pytest.raises(error, match=words):
        case.make(**limits)


def test_numpy_numbers_are_accepted():
    layer = ConstrainedConv1d(np.int64(2), 3, np.int32(5), max_norm=np.float32(0.5))
    assert layer.max_norm == 0.5


def test_limits_without_effect_warn_and_are_ignored(case):
    with pytest.warns(UserWarning, match=r"min_norm is ignored without \w*max_norm") as warned:
        layer = case.make(max_norm=None, min_norm=0.5)
    assert all(part.min_norm is None for part in case.parts(layer))
    assert {warning.filename for warning in warned} <= {__file__, inspect.getfile(type(case))}
    for limits in ({"max_norm": 2.0}, {"max_norm": 1.0, "min_norm": 1.0}, {"max_norm": None}):
        with pytest.warns(UserWarning, match="minmax_rate is ignored without both"):
            layer = case.make(**limits, minmax_rate=0.5)
        assert all(part.minmax_rate == 1.0 for part in case.parts(layer))


def test_separable_messages_have_its_argument_names():
    for argument in ("depth_max_norm", "point_max_norm"):
        with pytest.raises(ValueError, match=f"expected {argument} to be a number above 0"):
            SeparableConv2d(2, 3, 5, **{argument: -1.0})
    with pytest.warns(UserWarning, match="point_min_norm is ignored without point_max_norm"):
        SeparableConv2d(2, 3, 5, point_min_norm=1.0)


@pytest.mark.parametrize("axis_norm", [3, -4, (), (1, 1), (1, -2), 1.0, "1", None, True, (0, 7)])
def test_invalid_axes_raise(axis_norm):
    with pytest.raises(ValueError, match="expected axis_norm to name"):
        ConstrainedConv1d(2, 3, 5, axis_norm=axis_norm)


@pytest.mark.parametrize("kind", [ConstrainedConv1d, ConstrainedConv2d])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"in_channels": 0}, "in_channels to be a positive integer, got 0"),
        ({"in_channels": 2.0}, "in_channels to be a positive integer, got 2.0"),
        ({"out_channels": -1}, "out_channels to be a positive integer, got -1"),
        ({"out_channels": True}, "out_channels to be a positive integer, got True"),
        ({"kernel_size": 0}, "kernel_size to be a positive integer, got 0"),
        ({"kernel_size": (3, 3, 3)}, r"kernel_size to be an integer or \d integers"),
        ({"stride": 0, "padding": 0}, "stride to be a positive integer, got 0"),
        ({"dilation": 1.5}, "dilation to be a positive integer, got 1.5"),
        ({"groups": 0}, "groups to be a positive integer, got 0"),
        ({"groups": 3}, "in_channels to be a multiple of groups=3, got 4"),
        ({"groups": 4}, "out_channels to be a multiple of groups=4, got 6"),
        ({"padding": "full"}, "padding to be one of 'same', 'valid', 'causal', got 'full'"),
        ({"padding": -1}, "padding to be an integer of at least 0, got -1"),
        ({"padding": None}, "padding to be an integer of at least 0, got None"),
        ({"padding": (1, 1, 1)}, r"padding to be an integer or \d integers"),
        ({"padding_mode": "mirror"}, "padding_mode to be one of 'zeros', .*, got 'mirror'"),
        ({"stride": 2}, 'stride 1 with padding="same", got'),
        ({"padding": "causal", "padding_mode": "reflect"}, "got 'reflect', which pads the past"),
        ({"padding": "causal", "padding_mode": "circular"}, "got 'circular', which pads the past"),
    ],
    ids=str,
)
def test_invalid_arguments_of_convolutions_are_named(kind, arguments, words):
    good = {"in_channels": 4, "out_channels": 6, "kernel_size": 3}
    with pytest.raises((ValueError, TypeError), match=words):
        kind(**{**good, **arguments})


@pytest.mark.parametrize("argument", ["in_features", "out_features"])
def test_invalid_arguments_of_dense_are_named(argument):
    with pytest.raises(ValueError, match=f"expected {argument} to be a positive integer, got 0"):
        ConstrainedDense(**{"in_features": 2, "out_features": 2, argument: 0})


def test_invalid_arguments_of_depthwise_are_named():
    with pytest.raises(ValueError, match="expected depth_multiplier to be a positive integer"):
        DepthwiseConv2d(2, 0, 3)
    with pytest.raises(TypeError, match="expected in_channels to be a positive integer"):
        DepthwiseConv2d(2.0, 1, 3)


def test_constrain_norm_checks_its_arguments():
    weight = torch.randn(3, 4)
    with pytest.raises(ValueError, match="expected max_norm to be a number above 0, got nan"):
        constrain_norm(weight, max_norm=float("nan"))
    with pytest.raises(ValueError, match="expected axis_norm to name axes"):
        constrain_norm(weight, axis_norm=2)
    with pytest.warns(UserWarning, match="minmax_rate is ignored"):
        constrain_norm(weight, minmax_rate=0.5)


SIGNATURES = {
    "ConstrainedDense": "in_features, out_features, bias=True, device=None, dtype=None, "
    "max_norm=2.0, min_norm=None, axis_norm=1, minmax_rate=1.0",
    "ConstrainedConv1d": "in_channels, out_channels, kernel_size, stride=1, padding='same', "
    "dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None, "
    "max_norm=2.0, min_norm=None, axis_norm=(1, 2), minmax_rate=1.0",
    "ConstrainedConv2d": "in_channels, out_channels, kernel_size, stride=1, padding='same', "
    "dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None, "
    "max_norm=2.0, min_norm=None, axis_norm=(1, 2, 3), minmax_rate=1.0",
    "DepthwiseConv2d": "in_channels, depth_multiplier, kernel_size, stride=1, padding='same', "
    "dilation=1, bias=False, padding_mode='zeros', device=None, dtype=None, "
    "max_norm=2.0, min_norm=None, axis_norm=(1, 2, 3), minmax_rate=1.0",
    "SeparableConv2d": "in_channels, out_channels, kernel_size, stride=1, padding='same', "
    "dilation=1, bias=False, depth_multiplier=1, depth_max_norm=None, depth_min_norm=None, "
    "depth_minmax_rate=1.0, point_max_norm=None, point_min_norm=None, point_minmax_rate=1.0, "
    "axis_norm=(1, 2, 3)",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_follow_the_specification(name):
    signature = inspect.signature(getattr(layers, name))
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    assert ", ".join(map(str, bare)) == SIGNATURES[name]
