"""EEGNet's layers for a single window: a chain of small matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.blocks.maps_sequential import ACTIVATIONS_OF_VALUES
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.folded_front import FoldedFront, fold_front
from eegzoo.layers.fronts.norm_folding import evaluation_weight, scale_and_shift
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.layers.fronts.toeplitz import pool_matrix, toeplitz_blocks
from eegzoo.layers.one_window.plain_layers import activated, are_plain
from eegzoo.layers.padding import same_padding
from eegzoo.torch_modules import stored_buffers

# Number of samples that one product filters. Longer frames repeat less of their input, and need
# larger matrices.
_BLOCK = 16
# Number of multiplications above which convolutions are faster than matrices for one window.
_MOST_OPERATIONS = 4_000_000


class OneWindow(nn.Module):
    """Front, two activations with average pools, a separable convolution and a dense layer.

    For one window the libraries' convolutions and the calls themselves take longer than the
    arithmetic. Here eleven calls compute everything. The filters in time are products of
    overlapping frames with Toeplitz matrices; the second pool is part of the dense layer.

    Parameters
    ----------
    front : FoldedFront
        Front that mixes the channels first, with stride and dilation 1.
    n_times : int
        Number of samples in a window.
    pool_lengths : tuple of int
        Lengths of the two average pools.
    depthwise : Tensor, shape (maps, kernel_length)
        Filters of the separable convolution with zero padding that keeps the number of samples.
    pointwise : Tensor, shape (out_maps, maps)
        Weights with which the separable convolution mixes the maps.
    bias : Tensor, shape (out_maps,)
        Bias of the separable convolution.
    head, head_bias : Tensor, shapes (n_outputs, features) and (n_outputs,)
        Dense layer.
    activations : tuple of nn.Module
        Activations before the two pools; they act on each value alone.

    See Also
    --------
    fold_one_window : Make one from the layers of a network.

    Examples
    --------
    >>> front = FoldedFront(torch.randn(4, 8), torch.randn(4, 1, 16), torch.zeros(4), (7, 8))
    >>> one = OneWindow(
    ...     front, 64, (4, 8), torch.randn(4, 5), torch.randn(6, 4), torch.zeros(6),
    ...     torch.randn(3, 12), torch.zeros(3), (torch.nn.ELU(), torch.nn.ELU()),
    ... )
    >>> one(torch.randn(1, 8, 64)).shape
    torch.Size([1, 3])
    """

    def __init__(
        self,
        front: FoldedFront,
        n_times: int,
        pool_lengths: tuple[int, int],
        depthwise: Tensor,
        pointwise: Tensor,
        bias: Tensor,
        head: Tensor,
        head_bias: Tensor,
        activations: tuple[nn.Module, nn.Module],
    ) -> None:
        super().__init__()
        if front.mixing is None or front.stride != 1 or front.dilation != 1:
            raise ValueError(f"expected a front that mixes channels in unit steps, got {front}")
        dtype, device = front.weight.dtype, front.weight.device
        kernels = front.weight.squeeze(1)
        left, right = front.padding
        n_filtered = n_times + left + right - kernels.shape[1] + 1
        self.n_blocks = -(-n_filtered // _BLOCK)
        self.padding = [left, right + self.n_blocks * _BLOCK - n_filtered]
        pool_1, pool_2 = pool_lengths
        self.n_pooled = n_filtered // pool_1
        self.pool_length = pool_1
        self.second_padding = list(same_padding(self.n_pooled, depthwise.shape[1]))
        # The second pool, spread over the weights of the head.
        spread = pool_matrix(self.n_pooled, pool_2).to(device)
        pooled = head.double().reshape(len(head), len(pointwise), -1) @ spread.T
        # In a tuple, which is read faster than submodules are; activations of values have no state.
        self.activations = activations
        # In the order in which `forward` reads them.
        self.register_buffer("mixing", front.mixing)
        self.register_buffer("blocks", toeplitz_blocks(kernels, _BLOCK))
        self.register_buffer("bias", front.bias[:, None, None].clone())
        self.register_buffer("average", bias.new_full((pool_1,), 1 / pool_1, dtype=dtype))
        self.register_buffer("depthwise", depthwise.to(dtype).unsqueeze(1).clone())
        self.register_buffer("pointwise", pointwise.to(dtype))
        self.register_buffer("separable_bias", bias.to(dtype).unsqueeze(1))
        self.register_buffer("head", pooled.flatten(1).to(dtype))
        self.register_buffer("head_bias", head_bias.to(dtype).clone())

    mixing: Tensor
    blocks: Tensor
    bias: Tensor
    average: Tensor
    depthwise: Tensor
    pointwise: Tensor
    separable_bias: Tensor
    head: Tensor
    head_bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Map one window (1, n_chans, n_times) to logits (1, n_outputs)."""
        # Attributes of a module take a microsecond each.
        mixing, blocks, bias, average, depthwise, pointwise, separable_bias, head, head_bias = (
            stored_buffers(self)
        )
        first, second = self.activations
        n_pooled, pool_length = self.n_pooled, self.pool_length
        y = torch.mm(mixing, torch.constant_pad_nd(x[0], self.padding))  # (maps, samples)
        maps, n_samples = y.shape
        frames = y.as_strided((maps, self.n_blocks, blocks.shape[1]), (n_samples, _BLOCK, 1))
        # Copied, because the product of frames that overlap in memory is several times as slow.
        y = activated(first, torch.baddbmm(bias, frames.contiguous(), blocks)).view(maps, -1)
        if y.shape[1] != n_pooled * pool_length:
            y = y[:, : n_pooled * pool_length].contiguous()
        # An average pool as a product: torch's own pools and means have more to set up.
        y = torch.mv(y.view(-1, pool_length), average).view(maps, n_pooled)
        y = torch.constant_pad_nd(y, self.second_padding)  # (maps, n_pooled + taps - 1)
        taps = depthwise.shape[2]
        lags = y.as_strided((maps, taps, n_pooled), (y.shape[1], 1, 1)).contiguous()
        y = torch.bmm(depthwise, lags).view(maps, n_pooled)
        y = activated(second, torch.addmm(separable_bias, pointwise, y))
        return torch.addmv(head_bias, head, y.view(-1)).unsqueeze(0)

    @property
    def n_operations(self) -> int:
        """Number of multiplications for one window."""
        maps, frame, block = self.blocks.shape
        n_times = self.n_blocks * block
        return (
            self.mixing.numel() * (n_times + frame - block)
            + maps * frame * n_times
            + (self.depthwise.numel() + self.pointwise.numel()) * self.n_pooled
            + self.head.numel()
        )

    def extra_repr(self) -> str:
        """Return the number of multiplications."""
        return f"n_operations={self.n_operations}"


@torch.no_grad()
def fold_one_window(
    front: nn.Module, layers: Sequence[nn.Module], n_times: int
) -> OneWindow | None:
    """Return the function of a front and the layers after it for one window.

    Parameters
    ----------
    front : nn.Module
        Front.
    layers : sequence of nn.Module
        Normalisation, activation, average pool and dropout; depthwise and pointwise convolution;
        normalisation, activation, average pool and dropout; dense layer.
    n_times : int
        Number of samples in a window.

    Returns
    -------
    OneWindow | None
        Function of one window, in the dtype of the layers. None if these are not such layers in
        evaluation mode on a CPU, have hooks or a ``forward`` of their own, or are so large that
        convolutions are faster.

    Examples
    --------
    >>> net = eegzoo.create_model("eegnet", n_chans=8, n_times=256, n_outputs=4, sfreq=256).eval()
    >>> one = fold_one_window(net.front, [*net.reduce, *net.separable, net.head], 256)
    >>> x = torch.randn(1, 8, 256)
    >>> torch.testing.assert_close(one(x), net(x))
    """
    if len(layers) != len(_KINDS) or not (
        type(front) is TemporalSpatialConv
        and all(type(layer) in kinds for layer, kinds in zip(layers, _KINDS, strict=True))
        and are_plain([front, *layers])
    ):
        return None
    norm_1, first, pool_1, _, depthwise, point, norm_2, second, pool_2, _, head = layers
    lengths = _length_of_pool(pool_1), _length_of_pool(pool_2)
    folded = fold_front(front, n_times)
    if folded is None or folded.mixing is None or folded.stride != 1 or folded.dilation != 1:
        return None
    if (
        head.bias is None
        or None in lengths
        or not (_is_depthwise(depthwise) and _is_pointwise(point))
    ):
        return None
    folded.fold_(norm_1)
    scale, shift = scale_and_shift(norm_2)
    wide = scale.dtype
    bias = shift if point.bias is None else shift + scale * point.bias.to(wide)  # type: ignore[operator]
    pointwise = evaluation_weight(point).squeeze(2).to(wide) * scale.unsqueeze(1)
    one_window = OneWindow(
        folded, n_times, lengths,  # type: ignore[arg-type]
        evaluation_weight(depthwise).squeeze(1), pointwise, bias,
        evaluation_weight(head), head.bias, (first, second),  # type: ignore[arg-type]
    )  # fmt: skip
    return one_window if one_window.n_operations <= _MOST_OPERATIONS else None


_NORMS = (nn.BatchNorm1d,)
_DROPOUTS = (Dropout, nn.Dropout, nn.Dropout1d)
_POINTWISE = tuple(ACTIVATIONS_OF_VALUES)
_KINDS: tuple[tuple[type[nn.Module], ...], ...] = (
    _NORMS, _POINTWISE, (nn.AvgPool1d,), _DROPOUTS,
    (ConstrainedConv1d,), (nn.Conv1d,),
    _NORMS, _POINTWISE, (nn.AvgPool1d,), _DROPOUTS,
    (ConstrainedDense,),
)  # fmt: skip


def _length_of_pool(pool: Any) -> int | None:
    plain = pool.kernel_size == pool.stride and pool.padding == (0,) and not pool.ceil_mode
    return pool.kernel_size[0] if plain else None


def _is_depthwise(conv: Any) -> bool:
    in_unit_steps = conv.stride == conv.dilation == (1,) and conv.padding_mode == "zeros"
    depthwise = conv.groups == conv.in_channels == conv.out_channels and conv.bias is None
    return bool(depthwise and in_unit_steps and conv.padding == "same")


def _is_pointwise(conv: Any) -> bool:
    in_unit_steps = conv.kernel_size == conv.stride == (1,)
    return bool(in_unit_steps and conv.groups == 1 and conv.padding == (0,))
