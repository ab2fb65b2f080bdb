"""Convolution in time by overlap-save, in which every Fourier transform is a matrix product.

Signals are cut into frames that overlap by ``kernel_size - 1`` samples. In the frequency domain the
convolution of a frame is one small matrix product per frequency. Frames of some 50 samples are too
short for fast Fourier transforms to gain anything, but the three products together take a third of
the multiplications of a direct convolution with 25 taps.

Outputs come *time-major*, (frame_outputs, maps, batch, n_frames): sample t of window b is at
``[t % frame_outputs, :, b, t // frame_outputs]``. Sums and maxima of neighbouring samples are then
operations on whole rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor


@dataclass(frozen=True)
class Frames:
    """How signals of one length are cut into frames for kernels of one length.

    Parameters
    ----------
    n_times : int
        Number of samples of a signal.
    kernel_size : int
        Number of taps, at most `n_times`.
    frame_outputs : int
        Number of outputs of a frame.

    Examples
    --------
    >>> frames = Frames(n_times=1000, kernel_size=25, frame_outputs=45)
    >>> frames.n_outputs, frames.n_frames, frames.frame_length, frames.n_frequencies
    (976, 22, 69, 35)
    """

    n_times: int
    kernel_size: int
    frame_outputs: int

    @property
    def n_outputs(self) -> int:
        """Number of outputs of a signal."""
        return self.n_times - self.kernel_size + 1

    @property
    def n_frames(self) -> int:
        """Number of frames of a signal."""
        return -(-self.n_outputs // self.frame_outputs)

    @property
    def frame_length(self) -> int:
        """Number of samples of a frame."""
        return self.frame_outputs + self.kernel_size - 1

    @property
    def n_frequencies(self) -> int:
        """Number of frequencies of a frame, from 0 to half the sampling rate."""
        return self.frame_length // 2 + 1

    @property
    def n_in_last(self) -> int:
        """Number of outputs of the last frame; what follows them is not an output."""
        return self.n_outputs - (self.n_frames - 1) * self.frame_outputs


def choose_frames(n_times: int, kernel_size: int, multiple: int = 1) -> Frames:
    """Return frames of about three kernels, of at least 32 samples.

    Parameters
    ----------
    n_times : int
        Number of samples of a signal.
    kernel_size : int
        Number of taps.
    multiple : int
        Number of which the outputs of a frame are a multiple, such as the stride of a pool.

    Examples
    --------
    >>> choose_frames(1000, 25, multiple=15).frame_outputs
    45
    """
    n_outputs = n_times - kernel_size + 1
    wanted = max(32, round(2.6 * kernel_size)) - kernel_size + 1
    wanted = min(wanted, n_outputs)
    return Frames(n_times, kernel_size, multiple * max(1, round(wanted / multiple)))


@lru_cache(maxsize=64)
def _matrices(length: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return the Fourier transform of real frames and its inverse as matrices.

    Rows of the first alternate between cosines and negative sines, as columns of the second do.
    """
    # Never tensors of inference mode, which a training could not use later.
    with torch.inference_mode(False), torch.no_grad(), torch.device("cpu"):
        frequencies = torch.arange(length // 2 + 1).unsqueeze(1)
        # Taken modulo the length while integers, so that angles stay small and exact.
        turns = ((frequencies * torch.arange(length)) % length).double()
        angles = turns * (2 * math.pi / length)
        forward = torch.stack([angles.cos(), -angles.sin()], 1)
        weight = torch.full((len(forward), 1, 1), 2.0 / length, dtype=torch.float64)
        weight[0] = 1 / length
        if length % 2 == 0:
            weight[-1] = 1 / length
        inverse = (forward * weight).flatten(0, 1).T.contiguous()
        return forward.flatten(0, 1).to(dtype), inverse.to(dtype)


def signal_spectra(x: Tensor, frames: Frames) -> Tensor:
    """Return the spectra of the frames of signals.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
    frames : Frames
        How they are cut.

    Returns
    -------
    Tensor, shape (n_frequencies, 2 * channels, batch * n_frames)
        Real parts of all channels, then imaginary parts.
    """
    batch, channels, n_times = x.shape
    n_frames, hop, length = frames.n_frames, frames.frame_outputs, frames.frame_length
    reach = (n_frames - 1) * hop + length
    padded = x.new_zeros(channels, batch, reach)
    padded[:, :, :n_times] = x.transpose(0, 1)
    overlapping = padded.as_strided(
        (channels, batch, n_frames, length), (batch * reach, reach, hop, 1)
    )
    forward, _ = _matrices(length, x.dtype)
    spectra = forward @ overlapping.reshape(-1, length).T
    return spectra.view(frames.n_frequencies, 2 * channels, batch * n_frames)


def kernel_spectra(weight: Tensor, frames: Frames) -> Tensor:
    """Return the matrix of each frequency that maps channels to maps.

    Parameters
    ----------
    weight : Tensor, shape (maps, channels, kernel_size)
        Kernels, applied as `torch.nn.functional.conv1d` applies them.
    frames : Frames
        How signals are cut.

    Returns
    -------
    Tensor, shape (n_frequencies, 2 * maps, 2 * channels)
        Matrices.
    """
    maps, channels, taps = weight.shape
    forward, _ = _matrices(frames.frame_length, weight.dtype)
    spectra = forward[:, :taps] @ weight.reshape(-1, taps).T
    real, imaginary = spectra.view(frames.n_frequencies, 2, maps, channels).unbind(1)
    matrices = weight.new_empty(frames.n_frequencies, 2, maps, 2, channels)
    # conv1d correlates: the spectrum is conjugated.
    matrices[:, 0, :, 0] = matrices[:, 1, :, 1] = real
    matrices[:, 0, :, 1] = imaginary
    torch.neg(imaginary, out=matrices[:, 1, :, 0])
    return matrices.view(frames.n_frequencies, 2 * maps, 2 * channels)


def time_major(
    spectra: Tensor, kernels: Tensor, frames: Frames, bias: Tensor | None = None
) -> Tensor:
    """Return the outputs of a convolution, time-major.

    Parameters
    ----------
    spectra : Tensor, shape (n_frequencies, 2 * channels, batch * n_frames)
        What `signal_spectra` returns.
    kernels : Tensor, shape (n_frequencies, 2 * maps, 2 * channels)
        What `kernel_spectra` returns.
    frames : Frames
        How signals are cut.
    bias : Tensor | None, shape (maps,)
        Bias of each map.

    Returns
    -------
    Tensor, shape (frame_outputs, maps, batch, n_frames)
        Outputs. In the last frame, what follows the first `Frames.n_in_last` is meaningless.
    """
    products = _products(spectra, kernels, frames, bias)
    _, inverse = _matrices(frames.frame_length, spectra.dtype)
    outputs = inverse[: frames.frame_outputs] @ products
    return outputs.view(frames.frame_outputs, kernels.shape[1] // 2, -1, frames.n_frames)


def window_major(
    spectra: Tensor, kernels: Tensor, frames: Frames, bias: Tensor | None = None
) -> Tensor:
    """Return the outputs as (batch, maps, n_outputs), given the arguments of `time_major`."""
    products = _products(spectra, kernels, frames, bias)
    _, inverse = _matrices(frames.frame_length, spectra.dtype)
    rows = products.T @ inverse[: frames.frame_outputs].T
    outputs = rows.view(kernels.shape[1] // 2, -1, frames.n_frames * frames.frame_outputs)
    return outputs[:, :, : frames.n_outputs].transpose(0, 1).contiguous()


def _products(spectra: Tensor, kernels: Tensor, frames: Frames, bias: Tensor | None) -> Tensor:
    products = torch.bmm(kernels, spectra)
    if bias is not None:  # a constant is in the real part of frequency zero alone
        products[0, : len(bias)] += bias.unsqueeze(1) * frames.frame_length
    return products.view(2 * frames.n_frequencies, -1)


def in_frames(values: Tensor, frames: Frames) -> Tensor:
    """Return (batch, maps, n_outputs) with the axes of `time_major`, zero after the last output."""
    batch, maps, n_outputs = values.shape
    hop, n_frames = frames.frame_outputs, frames.n_frames
    padded = values.new_zeros(maps, batch, n_frames * hop)
    padded[:, :, :n_outputs] = values.transpose(0, 1)
    return padded.view(maps, batch, n_frames, hop).permute(3, 0, 1, 2)


def output_spectra(gradient: Tensor, frames: Frames) -> Tensor:
    """Return the spectra of a gradient to the outputs, which both other gradients need.

    Parameters
    ----------
    gradient : Tensor, shape (frame_outputs, maps, batch, n_frames)
        Gradient, time-major, zero where the outputs are meaningless.
    frames : Frames
        How signals are cut.

    Returns
    -------
    Tensor, shape (n_frequencies, 2 * maps, batch * n_frames)
        Spectra.
    """
    forward, _ = _matrices(frames.frame_length, gradient.dtype)
    spectra = forward[:, : frames.frame_outputs] @ gradient.reshape(frames.frame_outputs, -1)
    return spectra.view(frames.n_frequencies, 2 * gradient.shape[1], -1)


def kernel_gradient(gradient: Tensor, spectra: Tensor, frames: Frames) -> Tensor:
    """Return the gradient to the kernels.

    Parameters
    ----------
    gradient : Tensor, shape (n_frequencies, 2 * maps, batch * n_frames)
        What `output_spectra` returns.
    spectra : Tensor, shape (n_frequencies, 2 * channels, batch * n_frames)
        What `signal_spectra` returns.
    frames : Frames
        How signals are cut.

    Returns
    -------
    Tensor, shape (maps, channels, kernel_size)
        Gradient.
    """
    maps, channels = gradient.shape[1] // 2, spectra.shape[1] // 2
    products = torch.bmm(gradient, spectra.mT).view(-1, 2, maps, 2, channels)
    real = products[:, 0, :, 0] + products[:, 1, :, 1]
    imaginary = products[:, 0, :, 1] - products[:, 1, :, 0]
    both = torch.stack([real, imaginary], 1).view(2 * frames.n_frequencies, -1)
    _, inverse = _matrices(frames.frame_length, gradient.dtype)
    return (both.T @ inverse[: frames.kernel_size].T).view(maps, channels, -1)


def signal_gradient(gradient: Tensor, kernels: Tensor, frames: Frames) -> Tensor:
    """Return the gradient to the signals.

    Parameters
    ----------
    gradient : Tensor, shape (n_frequencies, 2 * maps, batch * n_frames)
        What `output_spectra` returns.
    kernels : Tensor, shape (n_frequencies, 2 * maps, 2 * channels)
        What `kernel_spectra` returns.
    frames : Frames
        How signals are cut.

    Returns
    -------
    Tensor, shape (batch, channels, n_times)
        Gradient.
    """
    channels, n_frames, hop = kernels.shape[2] // 2, frames.n_frames, frames.frame_outputs
    products = torch.bmm(kernels.mT, gradient).view(2 * frames.n_frequencies, -1)
    _, inverse = _matrices(frames.frame_length, gradient.dtype)
    of_frames = (products.T @ inverse.T).view(channels, -1, n_frames, frames.frame_length)
    n_parts = -(-frames.frame_length // hop)
    total = gradient.new_zeros(channels, of_frames.shape[1], n_frames + n_parts - 1, hop)
    for part in range(n_parts):  # neighbouring frames overlap
        samples = of_frames[..., part * hop : (part + 1) * hop]
        total[:, :, part : part + n_frames, : samples.shape[-1]] += samples
    return total.flatten(2)[:, :, : frames.n_times].transpose(0, 1).contiguous()
