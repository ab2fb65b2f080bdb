"""Depthwise convolution in time, with a fast gradient and a fast memory layout on the CPU."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.fourier_lags import fourier_lag_products
from eegzoo.layers.fronts.window_covariance import lag_products
from eegzoo.layers.padding import same_padding
from eegzoo.layers.time_major import is_time_major, pad_time
from eegzoo.torch_internals import is_transformed

# Number of taps from which on the gradient is faster by Fourier transforms, with AVX-512 and
# without. It is not measured in each process, so that equal seeds give equal bits.
_LONG_KERNEL = 96


def depthwise_conv1d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, padding: tuple[int, int] = (0, 0)
) -> Tensor:
    """Convolve each channel with its own kernel.

    Equal to `torch.nn.functional.conv1d` with as many groups as channels. With long kernels on a
    CPU, torch's gradient with respect to the kernels takes about twenty times as long as the
    convolution. Here it is a matrix product, or comes from Fourier transforms.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals. If they are time-major (`is_time_major`), so is the output, and in float32 the
        convolution is faster.
    weight : Tensor, shape (channels, kernel_size)
        One kernel for each channel.
    bias : Tensor | None, shape (channels,)
        Bias of each channel.
    padding : tuple of int
        Number of zeros before and after each signal.

    Returns
    -------
    Tensor, shape (batch, channels, n_outputs)
        Filtered signals.

    Examples
    --------
    >>> depthwise_conv1d(torch.randn(4, 8, 100), torch.randn(8, 16), padding=(7, 8)).shape
    torch.Size([4, 8, 100])
    """
    device = x.device.type
    if torch.is_grad_enabled() and device == "cpu" and not torch.is_autocast_enabled(device):
        out: Tensor = _DepthwiseConv1d.apply(x, weight, bias, padding)  # type: ignore[no-untyped-call]
        return out
    return convolve_each(x, weight, bias, padding)


class DepthwiseConv1d(nn.Conv1d):
    """Depthwise convolution along time that keeps the number of samples.

    The outputs, the gradients and the state dict are those of `torch.nn.Conv1d` with as many groups
    as channels and ``padding="same"``. `depthwise_conv1d` computes it.

    Parameters
    ----------
    channels : int
        Number of channels, each with its own kernel.
    kernel_size : int
        Length of the kernels in samples. With an even length, the right side gets one zero more.
    bias : bool
        Whether each channel has a bias.

    Examples
    --------
    >>> DepthwiseConv1d(8, 15)(torch.randn(4, 8, 100)).shape
    torch.Size([4, 8, 100])
    """

    def __init__(self, channels: int, kernel_size: int, bias: bool = False) -> None:
        super().__init__(
            channels, channels, kernel_size, padding="same", groups=channels, bias=bias
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, n_times) to the same shape."""
        padding = same_padding(x.shape[-1], self.kernel_size[0])
        if is_transformed():  # torch.func does not see through the gradient
            return convolve_each(x, self.weight.squeeze(1), self.bias, padding)
        return depthwise_conv1d(x, self.weight.squeeze(1), self.bias, padding)


def convolve_each(
    x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int]
) -> Tensor:
    """Compute `depthwise_conv1d` with torch's own gradient.

    Examples
    --------
    >>> convolve_each(torch.ones(1, 1, 4), torch.ones(1, 2), None, (1, 0))
    tensor([[[1., 2., 2., 2.]]])
    """
    # Padded beforehand: oneDNN's depthwise convolution with padding is 20 times slower.
    padded = pad_time(x, padding)
    if not is_time_major(x):
        return F.conv1d(padded, weight.unsqueeze(1), bias, groups=len(weight))
    kernels = weight[:, None, None].contiguous(memory_format=torch.channels_last)
    return F.conv2d(padded.unsqueeze(2), kernels, bias, groups=len(weight)).squeeze(2)


class _DepthwiseConv1d(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int]
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding = padding
        return convolve_each(x, weight, bias, padding)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,), (x, weight) = grads, ctx.saved_tensors
        before, after = ctx.padding
        reach = weight.shape[1] - 1
        to_x = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            # Some layers return gradients in another layout.
            like_x = grad.mT.contiguous().mT if is_time_major(x) else grad
            to_x = convolve_each(like_x, weight.flip(1), None, (reach - before, reach - after))
        if ctx.needs_input_grad[1]:
            to_weight = _gradient_of_kernels(x, grad, reach + 1, ctx.padding)
        if ctx.needs_input_grad[2]:
            to_bias = grad.sum((0, 2))
        return to_x, to_weight, to_bias, None


def _gradient_of_kernels(x: Tensor, grad: Tensor, n_taps: int, padding: tuple[int, int]) -> Tensor:
    if n_taps >= _LONG_KERNEL and not torch.is_grad_enabled():
        return fourier_lag_products(x, grad, n_taps, -padding[0])
    return lag_products(x.transpose(0, 1), grad.transpose(0, 1), n_taps, first=-padding[0])
