"""ATCNet: attention and temporal convolutions over overlapping segments of a window."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.attention.multi_head import MultiHeadAttention, keras_attention_init_
from eegzoo.layers.blocks.eegnet_blocks import norm_pool
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.blocks.parallel_linear import ParallelLinear
from eegzoo.layers.blocks.tcn import TCNBlock
from eegzoo.layers.constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "atcnet",
    tasks=("motor imagery",),
    paper="Altaheri et al. (2023), Physics-informed attention temporal convolutional network for "
    "EEG-based motor imagery classification",
    doi="10.1109/TII.2022.3197419",
    source="Altaheri/EEG-ATCNet, commit 65162fb (Keras)",
    standard={"n_chans": 22, "n_times": 1125, "n_outputs": 4, "sfreq": 250.0},
)
class ATCNet(EEGModel):
    """ATCNet: EEGNet-like convolutions, then attention and a TCN on five overlapping segments.

    Equal to the authors' Keras code with its default choices (multi-head attention, mean of the
    segments' logits), except that the softmax is left to the loss. Each segment has its own
    weights; here they are stacked in one tensor, and all segments are computed at once. The
    segments' classifiers form the head. The features are the last time step of each segment's TCN.
    The first kernel follows `sfreq`; the other lengths are in samples and suit 250 Hz.

    All convolutions of the front and of the TCN limit the norm of their filters to 0.6. As in the
    authors' code, the norm of the spatial filters is taken jointly over the maps of all `F1`
    temporal filters, so there is one norm for each of the `D` spatial filters.

    The authors take 1.5 to 6 s of a trial, unfiltered, standardise each channel with statistics of
    the training set, and train with Adam (1e-3) in batches of 64. They add two penalties to the
    loss: 0.009 times the squared norm of the convolution kernels, and 0.5 times the squared norm of
    the classifier's weights.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window, which contains all segments.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz.
    F1 : int
        Number of temporal filters.
    D : int
        Number of spatial filters for each temporal filter.
    kernel_seconds : float
        Length of the temporal filters in seconds.
    kernel_length : int | None
        Length of the temporal filters in samples. None: computed from `kernel_seconds`.
    second_kernel_length : int
        Length of the third convolution's kernels, in samples after the first pool.
    pool_lengths : tuple of int
        Lengths of the two average pools, each in samples of its input.
    n_segments : int
        Number of segments. Each starts one pooled sample after the previous one.
    n_heads : int
        Number of attention heads for each segment.
    head_dim : int
        Size of the queries, keys and values of a head.
    tcn_depth : int
        Number of blocks in the TCN. Each block has twice the dilation of the previous one.
    tcn_n_filters : int
        Number of filters of each convolution in the TCN.
    tcn_kernel_length : int
        Length of the TCN's kernels, in samples after both pools.
    drop_prob : float
        Dropout probability after the convolutions and after the attention.
    attention_drop_prob : float
        Dropout probability of the attention weights.
    max_norm : float | None
        Maximum norm of a convolution's filter. None: no limit.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Altaheri, Muhammad, Alsulaiman (2023). Physics-informed attention temporal convolutional network
    for EEG-based motor imagery classification. IEEE Trans. Ind. Inform. 19, 2249-2258.
    https://doi.org/10.1109/TII.2022.3197419

    Reference implementation: https://github.com/Altaheri/EEG-ATCNet, commit 65162fb.

    Examples
    --------
    >>> model = ATCNet(n_chans=22, n_times=1125, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1125)).shape, model.features(torch.randn(2, 22, 1125)).shape
    (torch.Size([2, 4]), torch.Size([2, 160]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        F1: int = 16,
        D: int = 2,
        kernel_seconds: float = 0.256,
        kernel_length: int | None = None,
        second_kernel_length: int = 16,
        pool_lengths: tuple[int, int] = (8, 7),
        n_segments: int = 5,
        n_heads: int = 2,
        head_dim: int = 8,
        tcn_depth: int = 2,
        tcn_n_filters: int = 32,
        tcn_kernel_length: int = 4,
        drop_prob: float = 0.3,
        attention_drop_prob: float = 0.5,
        max_norm: float | None = 0.6,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            F1=F1, D=D, kernel_seconds=kernel_seconds, second_kernel_length=second_kernel_length,
            n_segments=n_segments, n_heads=n_heads, head_dim=head_dim, tcn_depth=tcn_depth,
            tcn_n_filters=tcn_n_filters, tcn_kernel_length=tcn_kernel_length, drop_prob=drop_prob,
            attention_drop_prob=attention_drop_prob, max_norm=max_norm,
        )  # fmt: skip
        if kernel_length is None:
            kernel_length = self.samples_in(self.kernel_seconds)
        self.set_arguments(kernel_length=kernel_length)
        self.pool_lengths = pool_1, pool_2 = positive_ints("pool_lengths", pool_lengths, 2)
        self.check_smallest_window(pool_1 * pool_2 * self.n_segments)

        n_maps = self.F1 * self.D
        self.front = TemporalSpatialConv(
            ConstrainedConv2d(1, self.F1, (1, self.kernel_length), bias=False, max_norm=max_norm),
            _JointlyConstrainedConv2d(
                self.F1, n_maps, (self.n_chans, 1), padding="valid",
                groups=self.F1, bias=False, max_norm=max_norm,
            ),
            nn.BatchNorm2d(self.F1, eps=1e-3, momentum=0.01),
        )  # fmt: skip
        self.reduce = MapsSequential(
            *norm_pool(n_maps, pool_1, self.drop_prob),
            ConstrainedConv1d(
                n_maps, n_maps, self.second_kernel_length, bias=False, max_norm=max_norm
            ),
            *norm_pool(n_maps, pool_2, self.drop_prob),
        )
        keras_init_(self)
        self.attention = _SegmentAttention(
            self.n_segments, n_maps, self.n_heads, self.head_dim,
            self.attention_drop_prob, self.drop_prob,
        )  # fmt: skip
        widths = [n_maps, *[self.tcn_n_filters] * self.tcn_depth]
        self.tcn = nn.Sequential(
            *(
                TCNBlock(
                    self.n_segments * before, self.n_segments * after, self.tcn_kernel_length,
                    dilation=2**block, drop_prob=self.drop_prob, max_norm=max_norm,
                    groups=self.n_segments,
                )
                for block, (before, after) in enumerate(pairwise(widths))
            )
        )  # fmt: skip
        self.num_features = self.n_segments * self.tcn_n_filters
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, F1 * D, n_times)
        x = self.reduce(x)  # (batch, F1 * D, 20) for 1125 samples
        segments = x.unfold(2, x.shape[2] - self.n_segments + 1, 1)  # (..., n_segments, 16)
        x = self.attention(segments.permute(0, 2, 3, 1))  # (batch, n_segments, 16, F1 * D)
        x = self.tcn(x.transpose(2, 3).flatten(1, 2))  # (batch, n_segments * tcn_n_filters, 16)
        return x[..., -1]

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return _MeanOverSegments(self.n_segments, self.tcn_n_filters, n_outputs)


class _JointlyConstrainedConv2d(ConstrainedConv2d):
    """Depthwise convolution in which the d-th filters of all maps share one norm.

    The authors take the norm over the first three axes of Keras's kernel (1, n_chans, F1, D).
    """

    def filter_norms(self, weight: Tensor | None = None) -> Tensor:
        """Return the norm of each filter, which is taken jointly over the maps."""
        weight = self.weight if weight is None else weight
        jointly = weight.reshape(self.groups, -1, *weight.shape[2:]).transpose(0, 1)
        norms = super().filter_norms(jointly)  # of a weight (D, F1, n_chans, 1)
        norms = norms.expand(*jointly.shape[:2], -1, -1).transpose(0, 1)
        return norms.flatten(0, 1).unsqueeze(1)  # of a weight (F1 * D, 1, n_chans, 1)


class _SegmentAttention(nn.Module):
    """Residual attention after layer normalisation, with separate weights for each segment."""

    def __init__(
        self,
        n_segments: int,
        features: int,
        n_heads: int,
        head_dim: int,
        attention_drop_prob: float,
        drop_prob: float,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_segments, features))
        self.bias = nn.Parameter(torch.zeros(n_segments, features))
        self.attend = MultiHeadAttention(
            features, n_heads, head_dim, drop_prob=attention_drop_prob, n_branches=n_segments
        )
        keras_attention_init_(self.attend)
        self.drop = Dropout(drop_prob)

    def forward(self, x: Tensor) -> Tensor:
        normed = F.layer_norm(x, x.shape[-1:], eps=1e-6)
        normed = normed * self.weight.unsqueeze(1) + self.bias.unsqueeze(1)
        out: Tensor = x + self.drop(self.attend(normed))
        return out


class _MeanOverSegments(ParallelLinear):
    """One classifier for each segment; the output is the mean of their logits."""

    def forward(self, x: Tensor) -> Tensor:
        by_segment = x.reshape(-1, self.n_branches, 1, self.in_features)
        return super().forward(by_segment).mean(dim=(1, 2))
