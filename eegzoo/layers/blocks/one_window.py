"""EEGNet's layers for a single window: a chain of small matrix products."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.fronts.folded_front import FoldedFront
from eegzoo.layers.fronts.toeplitz import pool_matrix, toeplitz_blocks
from eegzoo.layers.padding import same_padding

# Number of samples that one product filters. Longer frames repeat less of their input, and need
# larger matrices.
_BLOCK = 16


class OneWindow(nn.Module):
    """Front, two activations with average pools, a separable convolution and a dense layer.

    For one window the libraries' convolutions and the calls themselves take longer than the
    arithmetic. Here ten calls compute everything: between two activations all layers are one linear
    map. The filters in time are products of overlapping frames with Toeplitz matrices; a pool is
    part of the map that follows.

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
        self.padding = (left, right + self.n_blocks * _BLOCK - n_filtered)
        pool_1, pool_2 = pool_lengths
        self.n_pooled = n_filtered // pool_1
        self.pool_length = pool_1
        self.second_padding = same_padding(self.n_pooled, depthwise.shape[1])
        separable = pointwise.double().unsqueeze(2) * depthwise.double()  # (out, maps, taps)
        # The second pool, spread over the weights of the head.
        spread = pool_matrix(self.n_pooled, pool_2).to(device)
        pooled = head.double().reshape(len(head), len(pointwise), -1) @ spread.T
        self.first, self.second = activations
        self.n_taps = depthwise.shape[1]
        self.register_buffer("mixing", front.mixing)
        self.register_buffer("blocks", toeplitz_blocks(kernels, _BLOCK))
        self.register_buffer("bias", front.bias[:, None, None].clone())
        self.register_buffer("separable", separable.flatten(1).to(dtype))
        self.register_buffer("separable_bias", bias.to(dtype).unsqueeze(1))
        self.register_buffer("head", pooled.flatten(1).T.contiguous().to(dtype))
        self.register_buffer("head_bias", head_bias.to(dtype).clone())

    mixing: Tensor
    blocks: Tensor
    bias: Tensor
    separable: Tensor
    separable_bias: Tensor
    head: Tensor
    head_bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Map one window (1, n_chans, n_times) to logits (1, n_outputs)."""
        y = torch.mm(self.mixing, F.pad(x[0], self.padding))  # (maps, samples)
        maps, n_samples = y.shape
        frame = self.blocks.shape[1]
        frames = y.as_strided((maps, self.n_blocks, frame), (n_samples, _BLOCK, 1))
        # Copied, because the product of frames that overlap in memory is three times as slow.
        y = self.first(torch.bmm(frames.contiguous(), self.blocks) + self.bias)
        y = F.avg_pool1d(y.view(maps, -1), self.pool_length)[:, : self.n_pooled]
        y = F.pad(y, self.second_padding)  # (maps, n_pooled + taps - 1)
        lags = y.as_strided((maps, self.n_taps, self.n_pooled), (y.shape[1], 1, 1))
        lags = lags.reshape(-1, self.n_pooled)
        y = self.second(torch.addmm(self.separable_bias, self.separable, lags))
        return torch.addmm(self.head_bias, y.view(1, -1), self.head)

    @property
    def n_operations(self) -> int:
        """Number of multiplications for one window."""
        maps, frame, block = self.blocks.shape
        n_times = self.n_blocks * block
        return (
            self.mixing.numel() * (n_times + frame - block)
            + maps * frame * n_times
            + self.separable.numel() * self.n_pooled
            + self.head.numel()
        )

    def extra_repr(self) -> str:
        """Return the number of multiplications."""
        return f"n_operations={self.n_operations}"
