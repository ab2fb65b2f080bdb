"""Depthwise convolution in time with a fast gradient on the CPU."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.fronts.window_covariance import lag_products
from eegzoo.layers.padding import same_padding
from eegzoo.torch_internals import is_transformed


def depthwise_conv1d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, padding: tuple[int, int] = (0, 0)
) -> Tensor:
    """Convolve each channel with its own kernel.

    Equal to `torch.nn.functional.conv1d` with as many groups as channels. With long kernels on a
    CPU, torch's gradient with respect to the kernels takes about twenty times as long as the
    convolution. Here it is a matrix product.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
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
    return _convolve(x, weight, bias, padding)


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
            return _convolve(x, self.weight.squeeze(1), self.bias, padding)
        return depthwise_conv1d(x, self.weight.squeeze(1), self.bias, padding)


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int]) -> Tensor:
    # Padded beforehand: oneDNN's depthwise convolution with padding is 20 times slower.
    return F.conv1d(F.pad(x, padding), weight.unsqueeze(1), bias, groups=len(weight))


class _DepthwiseConv1d(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int]
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding = padding
        return _convolve(x, weight, bias, padding)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,), (x, weight) = grads, ctx.saved_tensors
        before, after = ctx.padding
        reach = weight.shape[1] - 1
        to_x = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            to_x = _convolve(grad, weight.flip(1), None, (reach - before, reach - after))
        if ctx.needs_input_grad[1]:
            padded = F.pad(x.transpose(0, 1), (before, after))
            to_weight = lag_products(padded, grad.transpose(0, 1), reach + 1)
        if ctx.needs_input_grad[2]:
            to_bias = grad.sum((0, 2))
        return to_x, to_weight, to_bias, None
