"""DeepConvNet's layers for a single window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fast_conv.dense_conv1d import dense_conv1d
from eegzoo.layers.fast_conv.fast_layers import FastConstrainedConv1d
from eegzoo.layers.fronts.folded_front import FoldedFront, fold_front
from eegzoo.layers.fronts.norm_folding import evaluation_weight
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.layers.one_window.plain_layers import are_plain
from eegzoo.torch_modules import stored_buffers


class ConvPoolWindow(nn.Module):
    """Convolutions, each followed by a max pool and ELU, and a dense layer.

    Parameters
    ----------
    filters : sequence of (Tensor, Tensor)
        Kernels (maps, channels, kernel_length) and bias (maps,) of each convolution.
    pool_length, pool_stride : int
        Length and stride of the pools in samples.
    head, head_bias : Tensor, shapes (n_outputs, features) and (n_outputs,)
        Dense layer.

    See Also
    --------
    fold_conv_pools : Make one from the layers of a network.

    Examples
    --------
    >>> filters = [(torch.randn(4, 2, 5), torch.zeros(4)), (torch.randn(6, 4, 5), torch.zeros(6))]
    >>> one = ConvPoolWindow(filters, 3, 3, torch.randn(2, 6 * 4), torch.zeros(2))
    >>> one(torch.randn(1, 2, 60)).shape
    torch.Size([1, 2])
    """

    def __init__(
        self,
        filters: Sequence[tuple[Tensor, Tensor]],
        pool_length: int,
        pool_stride: int,
        head: Tensor,
        head_bias: Tensor,
    ) -> None:
        super().__init__()
        self.pool_length, self.pool_stride = pool_length, pool_stride
        # In the order in which `forward` reads them.
        for number, (weight, bias) in enumerate(filters):
            self.register_buffer(f"weight_{number}", weight.clone())
            self.register_buffer(f"bias_{number}", bias.clone())
        self.register_buffer("head", head.clone())
        self.register_buffer("head_bias", head_bias.clone())

    head: Tensor
    head_bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to logits (batch, n_outputs)."""
        *filters, head, head_bias = stored_buffers(self)
        for weight, bias in zip(filters[::2], filters[1::2], strict=True):
            # ELU does not change which value is the largest, and there are fewer after the pool.
            y = F.max_pool1d(dense_conv1d(x, weight, bias), self.pool_length, self.pool_stride)
            x = F.elu_(y)
        return F.linear(x.flatten(1), head, head_bias)


@torch.no_grad()
def fold_conv_pools(
    front: nn.Module, layers: Sequence[nn.Module], n_times: int
) -> ConvPoolWindow | None:
    """Return the function of a front and the layers after it for one window.

    Parameters
    ----------
    front : nn.Module
        Front.
    layers : sequence of nn.Module
        Normalisation, max pool, ELU and dropout; any number of convolutions with the same four
        layers; dense layer.
    n_times : int
        Number of samples in a window.

    Returns
    -------
    ConvPoolWindow | None
        Function of one window, in the dtype of the layers. None if these are not such layers in
        evaluation mode on a CPU, or have hooks or a ``forward`` of their own.

    Examples
    --------
    >>> sizes = {"n_chans": 8, "n_times": 600, "n_outputs": 4, "sfreq": 250}
    >>> net = eegzoo.create_model("deep_convnet", **sizes).eval()
    >>> layers = [*net.first, *(layer for block in net.blocks for layer in block), net.head]
    >>> one, x = fold_conv_pools(net.front, layers, 600), torch.randn(1, 8, 600)
    >>> torch.testing.assert_close(one(x), net(x))
    """
    *blocks, head = front, *layers
    if type(head) is not ConstrainedDense or not _are_blocks(blocks):
        return None
    if head.bias is None or not are_plain([*blocks, head]):
        return None
    pool, *other_pools = (_size_of_pool(layer) for layer in blocks[2::5])
    if pool is None or any(other != pool for other in other_pools):
        return None
    filters = []
    for convolution, norm in zip(blocks[::5], blocks[1::5], strict=True):
        folded = _folded(convolution, n_times)
        if folded is None:
            return None
        folded.fold_(norm)
        filters.append((folded.weight, folded.bias))
    return ConvPoolWindow(filters, *pool, evaluation_weight(head), head.bias)


_KINDS: tuple[tuple[type[nn.Module], ...], ...] = (
    (TemporalSpatialConv, FastConstrainedConv1d), (nn.BatchNorm1d,), (nn.MaxPool1d,), (nn.ELU,),
    (Dropout, nn.Dropout),
)  # fmt: skip


def _are_blocks(layers: Sequence[Any]) -> bool:
    """Return whether these are convolution, normalisation, max pool, ELU and dropout in turns."""
    if len(layers) % len(_KINDS):
        return False
    kinds = _KINDS * (len(layers) // len(_KINDS))
    known = all(type(layer) in kind for layer, kind in zip(layers, kinds, strict=True))
    return known and all(layer.alpha == 1.0 for layer in layers[3 :: len(_KINDS)])


def _folded(layer: Any, n_times: int) -> FoldedFront | None:
    """Return a layer as one convolution without padding in steps of one sample, or None."""
    if isinstance(layer, TemporalSpatialConv):
        folded = fold_front(layer, n_times)
        plain = folded is not None and folded.kernel_shape(folded.weight) is not None
        return folded if plain else None
    in_unit_steps = layer.stride == layer.dilation == (1,) and layer.groups == 1
    if layer.padding not in ((0,), "valid") or not in_unit_steps:
        return None
    weight = evaluation_weight(layer)
    bias = weight.new_zeros(len(weight)) if layer.bias is None else layer.bias.detach()
    return FoldedFront(None, weight, bias, (0, 0))


def _size_of_pool(pool: Any) -> tuple[int, int] | None:
    """Return length and stride of a pool without other settings, or None."""
    settings = (pool.padding, pool.dilation, pool.ceil_mode, pool.return_indices)
    return (pool.kernel_size, pool.stride) if settings == (0, 1, False, False) else None
