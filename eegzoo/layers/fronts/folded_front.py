"""Linear front of the compact CNNs in evaluation: one or two convolutions with constant weights."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.fast_conv.fast_layers import conv1d
from eegzoo.layers.fronts.depthwise import convolve_each
from eegzoo.layers.fronts.norm_folding import evaluation_weight, is_foldable_norm, scale_and_shift
from eegzoo.layers.fronts.plain_modules import zero_padding
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.layers.time_major import prefers_time_major
from eegzoo.torch_internals import wide_dtype


class FoldedFront(nn.Module):
    """`TemporalSpatialConv` in evaluation, with everything that does not depend on the input baked.

    Parameters
    ----------
    mixing : Tensor, shape (maps, n_chans) | None
        Spatial filters that mix the channels first. None: `kernels` span the channels.
    kernels : Tensor, shape (maps, n_chans or 1, kernel_length)
        Filters in time.
    bias : Tensor, shape (maps,)
        Bias of each map.
    padding : tuple of int
        Number of zeros before and after a window.
    stride, dilation : int
        Stride and dilation in time.

    See Also
    --------
    fold_front : Make one from a `TemporalSpatialConv`.

    Examples
    --------
    >>> front = FoldedFront(torch.randn(16, 8), torch.randn(16, 1, 64), torch.zeros(16), (31, 32))
    >>> front(torch.randn(2, 8, 256)).shape
    torch.Size([2, 16, 256])
    """

    mixing: Tensor | None
    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        mixing: Tensor | None,
        kernels: Tensor,
        bias: Tensor,
        padding: tuple[int, int],
        stride: int = 1,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        self.register_buffer("mixing", mixing)
        self.register_buffer("weight", kernels)
        self.register_buffer("bias", bias)
        self.padding, self.stride, self.dilation = padding, stride, dilation

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_times) to (batch, maps, samples)."""
        groups, in_unit_steps = 1, self.stride == self.dilation == 1
        if self.mixing is not None:
            if in_unit_steps and prefers_time_major(x, len(self.mixing)):
                mixed = torch.bmm(x.mT, self.mixing.mT.expand(len(x), -1, -1)).mT
                return convolve_each(mixed, self.weight.squeeze(1), self.bias, self.padding)
            x, groups = torch.matmul(self.mixing, x), len(self.mixing)
        if any(self.padding):  # oneDNN is slow where it pads depthwise convolutions itself
            x = F.pad(x, self.padding)
        steps = (self.stride,), (self.dilation,)
        return conv1d(x, self.weight, self.bias, steps[0], (0,), steps[1], groups)

    def kernel_shape(self, _: Tensor) -> tuple[int, ...] | None:
        """Return the shape of `weight` if this is one convolution without padding; else None."""
        plain = self.mixing is None and self.stride == self.dilation == 1 and not any(self.padding)
        return tuple(self.weight.shape) if plain and self.weight.dtype == self.bias.dtype else None

    def folded_filters(self, _: Tensor) -> tuple[Tensor, Tensor]:
        """Return `weight` and `bias`."""
        return self.weight, self.bias

    def fold_(self, norm: nn.Module, start: int = 0) -> None:
        """Include the normalisation that follows, in place; `start` is its first map of this."""
        own = slice(start, start + len(self.bias))
        scale, shift = (values[own].to(self.bias.device) for values in scale_and_shift(norm))
        dtype = self.weight.dtype
        self.weight = (self.weight.to(scale.dtype) * scale[:, None, None]).to(dtype)
        self.bias = (self.bias.to(scale.dtype) * scale + shift).to(dtype)

    def extra_repr(self) -> str:
        """Return the sizes and the order."""
        maps, width, n_taps = self.weight.shape
        order = "folded" if self.mixing is None else "spatial first"
        n_chans = width if self.mixing is None else self.mixing.shape[1]
        return f"{n_chans}, {maps}, kernel_size={n_taps}, padding={self.padding}, order={order!r}"


@torch.no_grad()
def fold_front(front: TemporalSpatialConv, n_times: int) -> FoldedFront | None:
    """Return a front's function in evaluation, in its cheaper order.

    Parameters
    ----------
    front : TemporalSpatialConv
        Front in evaluation mode. It is not changed.
    n_times : int
        Number of samples in a window.

    Returns
    -------
    FoldedFront | None
        Folded front, in the dtype of `front`. None if another order is not exact, or takes more
        operations than the modules one after the other.

    Examples
    --------
    >>> front = TemporalSpatialConv(
    ...     torch.nn.Conv2d(1, 8, (1, 65), padding="same", bias=False),
    ...     torch.nn.Conv2d(8, 16, (22, 1), groups=8, bias=False),
    ...     torch.nn.BatchNorm2d(8),
    ... ).eval()
    >>> folded, x = fold_front(front, 100), torch.randn(1, 22, 100)
    >>> folded
    FoldedFront(22, 16, kernel_size=65, padding=(32, 32), order='spatial first')
    >>> torch.testing.assert_close(folded(x), front(x))
    """
    temporal, spatial, norm = front.temporal, front.spatial, front.norm
    order = front.order(temporal.weight.new_zeros(1, spatial.kernel_size[0], n_times))
    if order == "plain" or (norm is not None and not is_foldable_norm(norm)):
        return None
    wide = wide_dtype(temporal.weight)
    kernels = evaluation_weight(temporal).flatten(1).to(wide)  # (F, kernel_length)
    mixing = evaluation_weight(spatial).squeeze(3).to(wide)  # (maps, F / groups, n_chans)
    shift = kernels.new_zeros(len(kernels))
    if temporal.bias is not None:
        shift = temporal.bias.to(wide)
    if norm is not None:
        scale, offset = scale_and_shift(norm)
        kernels, shift = kernels * scale[:, None], shift * scale + offset
    maps, groups = len(mixing), spatial.groups
    of_map = shift.view(groups, -1).repeat_interleave(maps // groups, 0)
    bias = (mixing.sum(2) * of_map).sum(1)
    if spatial.bias is not None:
        bias = bias + spatial.bias.to(wide)
    dtype = temporal.weight.dtype
    if order == "folded":
        first, weight = None, torch.einsum("ofc,fk->ock", mixing, kernels).to(dtype)
    else:
        first = mixing.squeeze(1).to(dtype)
        weight = kernels.repeat_interleave(maps // len(kernels), 0).unsqueeze(1).to(dtype)
    stride, dilation = temporal.stride[1], temporal.dilation[1]
    left, right, _, _ = zero_padding(temporal)
    return FoldedFront(first, weight, bias.to(dtype), (left, right), stride, dilation)
