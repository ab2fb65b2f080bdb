"""Block of temporal convolutional networks."""

from __future__ import annotations

from torch import Tensor, nn

from eegzoo.layers.blocks.initializers import keras_glorot_uniform_
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.dropout import Dropout


class TCNBlock(nn.Module):
    """Residual block of two dilated causal convolutions.

    It follows the Keras EEG models, which use batch normalisation in place of the weight
    normalisation of Bai et al., and their initialisation. The shortcut is a convolution of length
    one if the numbers of input and output maps differ.

    Parameters
    ----------
    in_channels, out_channels : int
        Number of input and output maps.
    kernel_size : int
        Length of both kernels in samples.
    dilation : int
        Dilation of both kernels in samples.
    drop_prob : float
        Dropout probability after each convolution.
    activation : type of nn.Module
        Activation after each convolution and after the sum.
    max_norm : float | None
        Largest norm of a filter. None: no constraint.
    groups : int
        Number of parallel blocks, each with its share of the maps.
    eps, momentum : float
        Arguments of the normalisations. The defaults are Keras's; torch's are 1e-5 and 0.1.

    References
    ----------
    Bai, Kolter, Koltun (2018). An empirical evaluation of generic convolutional and recurrent
    networks for sequence modeling. https://arxiv.org/abs/1803.01271

    Examples
    --------
    >>> TCNBlock(32, 12, kernel_size=4, dilation=2)(torch.randn(8, 32, 17)).shape
    torch.Size([8, 12, 17])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        dilation: int = 1,
        drop_prob: float = 0.0,
        activation: type[nn.Module] = nn.ELU,
        max_norm: float | None = None,
        groups: int = 1,
        eps: float = 1e-3,
        momentum: float = 0.01,
    ) -> None:
        super().__init__()

        def convolution(in_channels: int, kernel_size: int) -> ConstrainedConv1d:
            return ConstrainedConv1d(
                in_channels, out_channels, kernel_size,
                padding="causal", dilation=dilation, groups=groups, max_norm=max_norm,
            )  # fmt: skip

        self.body = nn.Sequential()
        for maps in (in_channels, out_channels):
            conv = convolution(maps, kernel_size)
            nn.init.kaiming_uniform_(conv.weight, nonlinearity="relu")  # Keras's he_uniform
            nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
            norm = nn.BatchNorm1d(out_channels, eps=eps, momentum=momentum)
            self.body.extend((conv, norm, activation(), Dropout(drop_prob)))
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = shortcut = convolution(in_channels, 1)
            for weight in shortcut.weight.chunk(groups):  # the fans of one block
                keras_glorot_uniform_(weight)
            nn.init.zeros_(shortcut.bias)  # type: ignore[arg-type]
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, n_times) to (batch, out_channels, n_times)."""
        out: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return out
