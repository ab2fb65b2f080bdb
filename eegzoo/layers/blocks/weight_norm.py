"""Convolution in time whose kernels have a direction and a norm of their own."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegzoo.layers.fast_conv.fast_layers import conv1d


class WeightNormConv1d(nn.Module):
    """Convolution in time with weight normalisation: a direction and a norm for each kernel.

    It computes what `torch.nn.utils.parametrizations.weight_norm` makes of `torch.nn.Conv1d`, which
    cannot be pickled. Initial kernels are those of `torch.nn.Conv1d`.

    Parameters
    ----------
    in_channels, out_channels : int
        Number of input and output maps.
    kernel_size : int
        Length of the kernels in samples.
    dilation : int
        Number of samples from one tap to the next.
    padding : int
        Number of zeros on either side.

    References
    ----------
    Salimans, Kingma (2016). Weight normalization: a simple reparameterization to accelerate
    training of deep neural networks. https://arxiv.org/abs/1602.07868

    Examples
    --------
    >>> layer = WeightNormConv1d(3, 8, kernel_size=5, dilation=2)
    >>> layer(torch.randn(4, 3, 100)).shape, layer.norm.shape
    (torch.Size([4, 8, 92]), torch.Size([8, 1, 1]))
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        dilation: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        plain = nn.Conv1d(in_channels, out_channels, kernel_size)
        self.direction = plain.weight
        self.norm = nn.Parameter(_norms(plain.weight.detach()))
        self.bias = plain.bias
        self.dilation = dilation
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, n_times) to (batch, out_channels, samples)."""
        kernels = self.direction * (self.norm / _norms(self.direction))
        return conv1d(x, kernels, self.bias, (1,), (self.padding,), (self.dilation,), groups=1)


def _norms(kernels: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(kernels, dim=(1, 2), keepdim=True)
    return norms
