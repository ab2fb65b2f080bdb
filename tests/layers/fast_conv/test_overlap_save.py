"""Convolutions and their gradients by short Fourier transforms equal the direct ones."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from eegzoo.layers.fast_conv import overlap_save as by_frames
from eegzoo.layers.fast_conv.overlap_save import Frames, choose_frames

EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)


def test_a_worked_convolution():
    frames = Frames(n_times=5, kernel_size=2, frame_outputs=3)
    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]], dtype=torch.float64)
    kernels = by_frames.kernel_spectra(torch.tensor([[[1.0, 10.0]]], dtype=torch.float64), frames)
    spectra = by_frames.signal_spectra(x, frames)
    outputs = by_frames.window_major(spectra, kernels, frames)
    torch.testing.assert_close(outputs, torch.tensor([[[21.0, 32.0, 43.0, 54.0]]]).double())
    rows = by_frames.time_major(spectra, kernels, frames)
    assert rows.shape == (3, 1, 1, 2)
    torch.testing.assert_close(rows[:, 0, 0, 0], torch.tensor([21.0, 32.0, 43.0]).double())
    torch.testing.assert_close(rows[0, 0, 0, 1], torch.tensor(54.0).double())


@EXAMPLES
@given(
    batch=st.integers(1, 3),
    channels=st.integers(1, 4),
    maps=st.integers(1, 4),
    taps=st.integers(1, 30),
    extra=st.integers(0, 90),
    multiple=st.integers(1, 20),
    with_bias=st.booleans(),
)
def test_outputs_and_gradients_equal_the_direct_ones(
    batch, channels, maps, taps, extra, multiple, with_bias
):
    x = torch.randn(batch, channels, taps + extra, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(maps, channels, taps, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(maps, dtype=torch.float64) if with_bias else None
    direct = F.conv1d(x, weight, bias)
    gradient = torch.randn_like(direct)
    of_x, of_weight = torch.autograd.grad(direct, (x, weight), gradient)

    frames = choose_frames(x.shape[2], taps, multiple)
    assert frames.frame_outputs % multiple == 0
    with torch.no_grad():
        spectra, kernels = (
            by_frames.signal_spectra(x, frames),
            by_frames.kernel_spectra(weight, frames),
        )
        close(by_frames.window_major(spectra, kernels, frames, bias), direct)
        rows = by_frames.time_major(spectra, kernels, frames, bias)
        in_order = rows.permute(2, 1, 3, 0).flatten(2)[:, :, : frames.n_outputs]
        close(in_order, direct)
        of_outputs = by_frames.output_spectra(by_frames.in_frames(gradient, frames), frames)
        close(by_frames.kernel_gradient(of_outputs, spectra, frames), of_weight)
        close(by_frames.signal_gradient(of_outputs, kernels, frames), of_x)


def close(ours, direct):
    torch.testing.assert_close(ours, direct.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("taps", "frame_length"), [(25, 69), (10, 32)])
def test_frames_are_a_few_kernels_long(taps, frame_length):
    multiple = 15 if taps == 25 else 1
    assert choose_frames(1000, taps, multiple).frame_length == frame_length


def test_a_frame_is_not_longer_than_the_signal():
    assert choose_frames(30, 25) == Frames(30, 25, 6)
