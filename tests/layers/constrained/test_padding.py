"""Causal and "same" padding. Line 12 of the contract."""

import math
import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from eegzoo.layers import (
    ConstrainedConv1d,
    ConstrainedConv2d,
    DepthwiseConv2d,
    SeparableConv2d,
)


def conv1d(**arguments):
    return ConstrainedConv1d(2, 4, padding="causal", **arguments)


def conv2d(**arguments):
    return ConstrainedConv2d(2, 4, padding="causal", **arguments)


def depthwise(**arguments):
    return DepthwiseConv2d(2, 2, padding="causal", **arguments)


def separable(padding_mode="zeros", **arguments):
    layer = SeparableConv2d(2, 4, padding="causal", **arguments)
    layer.depthwise.padding_mode = padding_mode
    return layer


CAUSAL = [conv1d, conv2d, depthwise, separable]


def input_for(make, n_times, height=7):
    return torch.randn((2, 2, n_times) if make is conv1d else (2, 2, height, n_times))


@pytest.mark.parametrize("make", CAUSAL)
@pytest.mark.parametrize("padding_mode", ["zeros", "replicate"])
@pytest.mark.parametrize("stride", [1, 2, 3, "tuple"])
@pytest.mark.parametrize("dilation", [1, 3, "tuple"])
@pytest.mark.parametrize("kernel_size", [1, 2, 5, "tuple"])
def test_no_output_depends_on_a_later_input(make, padding_mode, stride, dilation, kernel_size):
    # selfEEG: kernel 1 gives an empty tensor, stride > 1 drops outputs, tuples crash.
    one, two = make is conv1d, make is not conv1d
    kernel_size = {"tuple": (4,) if one else (2, 4)}.get(kernel_size, kernel_size)
    stride = {"tuple": (2,) if one else (1, 2)}.get(stride, stride)
    dilation = {"tuple": (2,) if one else (1, 2)}.get(dilation, dilation)
    layer = make(
        kernel_size=kernel_size, stride=stride, dilation=dilation, padding_mode=padding_mode
    )
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, 0.1, 1.0)
    n_times = 19
    x = input_for(make, n_times, height=13 if two else 0).requires_grad_()
    output = layer(x)
    step = stride if isinstance(stride, int) else stride[-1]
    assert output.shape[-1] == math.ceil(n_times / step)
    for at in range(output.shape[-1]):
        (gradient,) = torch.autograd.grad(output[..., at].sum(), x, retain_graph=True)
        depends_on = gradient.abs().sum(dim=tuple(range(x.ndim - 1))) > 0
        assert depends_on[at * step]
        assert not depends_on[at * step + 1 :].any()


@given(
    n_times=st.integers(1, 40),
    kernel_size=st.integers(1, 12),
    stride=st.integers(1, 7),
    dilation=st.integers(1, 5),
    groups=st.sampled_from([1, 2]),
)
@settings(max_examples=60, deadline=None)
def test_causal_is_a_plain_convolution_after_zeros(n_times, kernel_size, stride, dilation, groups):
    layer = ConstrainedConv1d(
        2, 4, kernel_size, stride, "causal", dilation, groups, max_norm=None, dtype=torch.float64
    )
    plain = nn.Conv1d(2, 4, kernel_size, stride, 0, dilation, groups, dtype=torch.float64)
    plain.load_state_dict(layer.state_dict())
    x = torch.randn(3, 2, n_times, dtype=torch.float64)
    torch.testing.assert_close(layer(x), plain(F.pad(x, (dilation * (kernel_size - 1), 0))))


@pytest.mark.parametrize("make", CAUSAL)
@pytest.mark.parametrize("padding_mode", ["zeros", "replicate"])
def test_input_without_a_batch(make, padding_mode):
    # selfEEG: unbatched input fails.
    layer = make(kernel_size=3, padding_mode=padding_mode)
    x = input_for(make, 16)
    torch.testing.assert_close(layer(x[0]), layer(x)[0])


def test_causal_in_two_dimensions_pads_time_only():
    layer = ConstrainedConv2d(1, 1, (3, 5), padding="causal")
    assert layer(torch.randn(2, 1, 8, 20)).shape == (2, 1, 6, 20)


@pytest.mark.parametrize("kernel_size", [1, 2, 4, 5, 16])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("padding_mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_same_equals_torch(kernel_size, dilation, padding_mode):
    arguments = {"padding": "same", "dilation": dilation, "padding_mode": padding_mode}
    pairs = [
        (ConstrainedConv1d(2, 4, kernel_size, **arguments, max_norm=None), nn.Conv1d, (3, 2, 60)),
        (
            ConstrainedConv2d(2, 4, (3, kernel_size), **arguments, max_norm=None),
            nn.Conv2d,
            (3, 2, 9, 60),
        ),
    ]
    for layer, kind, shape in pairs:
        plain = kind(2, 4, layer.kernel_size, **arguments)
        plain.load_state_dict(layer.state_dict())
        x = torch.randn(shape)
        torch.testing.assert_close(layer(x), plain(x), rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(layer(x[0]), plain(x)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("padding", [0, 3, (2,), "valid"])
@pytest.mark.parametrize("padding_mode", ["zeros", "circular"])
def test_integers_and_valid_equal_torch(padding, padding_mode):
    layer = ConstrainedConv1d(2, 4, 5, 2, padding, padding_mode=padding_mode, max_norm=None)
    plain = nn.Conv1d(2, 4, 5, 2, padding, padding_mode=padding_mode)
    plain.load_state_dict(layer.state_dict())
    x = torch.randn(3, 2, 21)
    torch.testing.assert_close(layer(x), plain(x))


def test_even_kernels_with_same_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        output = ConstrainedConv1d(2, 4, 4)(torch.randn(1, 2, 20))
    assert output.shape == (1, 4, 20)


def test_empty_batch():
    for make in CAUSAL:
        x = input_for(make, 16)[:0]
        assert make(kernel_size=3)(x).shape[0] == 0
