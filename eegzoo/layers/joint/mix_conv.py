"""Temporal convolution of several maps after spatial filters, as products of small matrices."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.fronts.toeplitz import toeplitz_blocks

# Number of outputs of one product. Longer blocks have fewer and larger products, with more zeros.
_BLOCK = 32
# Number of mixed values that stay in the caches from one operation to the next.
_VALUES = 2_500_000


def mix_conv(x: Tensor, weight: Tensor, mixing: Tensor) -> Tensor:
    """Mix the channels of each map, then filter the mixed maps in time.

    Equal to the temporal convolution of all channels followed by spatial filters for each of its
    maps. The channels are mixed first, so that fewer signals are filtered, by products of blocks of
    samples with Toeplitz matrices. Gradients are computed by torch's own functions.

    Parameters
    ----------
    x : Tensor, shape (batch, n_chans, in_maps, n_times)
        Maps of each channel.
    weight : Tensor, shape (maps, in_maps, kernel_size)
        Temporal kernels. The number of samples is kept, with zeros around the maps as in Keras's
        "same" padding.
    mixing : Tensor, shape (maps * D, n_chans)
        Spatial filters, D for each map.

    Returns
    -------
    Tensor, shape (batch, maps * D, n_times)
        Mixed and filtered signals.

    Examples
    --------
    >>> mix_conv(torch.randn(4, 3, 2, 50), torch.randn(5, 2, 8), torch.randn(10, 3)).shape
    torch.Size([4, 10, 50])
    """
    mixed: Tensor = _MixConv.apply(x, weight, mixing)  # type: ignore[no-untyped-call]
    return mixed


class _MixConv(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, mixing: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight, mixing)
        matrices = _matrices(weight)
        of_window = len(mixing) * x.shape[2] * x.shape[3]
        parts = torch.split(x, max(1, _VALUES // max(1, of_window)))
        return torch.cat([_of_part(part, matrices, weight.shape[2], mixing) for part in parts])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        tensors, needs = ctx.saved_tensors, ctx.needs_input_grad
        create_graph = torch.is_grad_enabled()
        with torch.enable_grad():
            mixed = mix_conv_plainly(*tensors)
        wanted = [tensor for tensor, needed in zip(tensors, needs, strict=True) if needed]
        found = iter(torch.autograd.grad(mixed, wanted, grads[0], create_graph=create_graph))
        return tuple(next(found) if needed else None for needed in needs)


def mix_conv_plainly(x: Tensor, weight: Tensor, mixing: Tensor) -> Tensor:
    """Compute `mix_conv` by torch's convolution of all channels.

    Examples
    --------
    >>> x, weight, mixing = torch.randn(2, 3, 2, 50), torch.randn(5, 2, 8), torch.randn(10, 3)
    >>> found, expected = mix_conv(x, weight, mixing), mix_conv_plainly(x, weight, mixing)
    >>> torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    """
    batch, n_chans = x.shape[:2]
    y = F.conv1d(F.pad(x.flatten(0, 1), _around(weight.shape[2])), weight)
    filters = mixing.view(len(weight), -1, n_chans)
    y = torch.unflatten(y, 0, (batch, n_chans))
    return torch.einsum("mdc,bcmt->bmdt", filters, y).flatten(1, 2)


def _around(n_taps: int) -> tuple[int, int]:
    return (n_taps - 1) // 2, n_taps // 2


def _matrices(weight: Tensor) -> Tensor:
    """Return the factors of the first, second, ... block of inputs of a block of outputs.

    Their shape is (n_blocks, maps, in_maps * _BLOCK, _BLOCK).
    """
    maps, in_maps, n_taps = weight.shape
    n_blocks = 1 + -(-(n_taps - 1) // _BLOCK)
    blocks = toeplitz_blocks(weight.flatten(0, 1), _BLOCK)
    blocks = F.pad(blocks, (0, 0, 0, n_blocks * _BLOCK - blocks.shape[1]))
    blocks = blocks.view(maps, in_maps, n_blocks, _BLOCK, _BLOCK)
    return blocks.permute(2, 0, 1, 3, 4).reshape(n_blocks, maps, in_maps * _BLOCK, _BLOCK)


def _of_part(x: Tensor, matrices: Tensor, n_taps: int, mixing: Tensor) -> Tensor:
    batch, n_chans, in_maps, n_times = x.shape
    n_more, maps = len(matrices) - 1, matrices.shape[1]
    n_blocks = -(-n_times // _BLOCK)
    n_rows = n_blocks + n_more
    before, _ = _around(n_taps)
    padded = F.pad(x, (before, n_rows * _BLOCK - before - n_times))
    # All maps of a block of samples are neighbours: (n_chans, batch, n_rows, in_maps, _BLOCK).
    rows = torch.unflatten(padded, 3, (n_rows, _BLOCK)).permute(1, 0, 3, 2, 4).reshape(n_chans, -1)
    mixed = torch.mm(mixing, rows).view(maps, -1, in_maps * _BLOCK)
    # Rows after the last block of a signal are outputs of two signals, which are left out below.
    n_products = mixed.shape[1] - n_more
    out = torch.bmm(mixed[:, :n_products], matrices[0])
    for later, matrix in enumerate(matrices[1:], start=1):
        out.baddbmm_(mixed[:, later : later + n_products], matrix)
    of_map = len(mixing) // maps
    signals = out.as_strided(
        (batch, maps, of_map, n_blocks, _BLOCK),
        (
            n_rows * _BLOCK, n_products * _BLOCK, batch * n_rows * _BLOCK, _BLOCK, 1,
        ),
    )  # fmt: skip
    return signals.reshape(batch, maps * of_map, -1)[..., :n_times]
