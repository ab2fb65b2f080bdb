"""ATCNet: attention and temporal convolutions over sliding windows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int, positive_ints
from eegzoo.layers.blocks.attention import MultiHeadAttention, keras_attention_init_
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.blocks.parallel_linear import ParallelLinear
from eegzoo.layers.blocks.tcn import TCNBlock
from eegzoo.layers.constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
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
    """ATCNet: EEGNet-like convolutions, then attention and a TCN on each of five sliding windows.

    Equal to the authors' Keras code with its default choices (multi-head attention, the windows'
    logits averaged), the softmax left to the loss. The five windows have weights of their own;
    here they lie side by side in one tensor, and all windows are computed at once. Their classifier
    is the head; the features are the last step of each window's TCN. The first kernel follows
    `sfreq`; the later lengths are in samples, as the authors have them at 250 Hz.

    All convolutions of the front and of the TCN have filters of norm 0.6 at most. That of the
    spatial filters is taken as the code has it: over the filters of all `F1` maps together, one
    norm for each of the `D`.

    The authors standardise each channel (over the training set), unfiltered, from 1.5 to 6 s of a
    trial, and train with Adam (1e-3) in batches of 64; to the loss they add 0.009 of the squared
    norm of the convolutions' kernels and 0.5 of that of the classifier's.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window of the model; the sliding windows lie within it.
    n_outputs : int
        Classes.
    sfreq : float
        Sampling rate in Hz.
    F1 : int
        Temporal filters.
    D : int
        Spatial filters for each temporal one.
    kernel_seconds : float
        Length of the temporal filters.
    kernel_length : int | None
        The same in samples. None: from `kernel_seconds`.
    second_kernel_length : int
        Samples (after the first pool) of the third convolution's kernel.
    pool_lengths : tuple of int
        Samples that the two average pools take together.
    n_windows : int
        Sliding windows, each one pooled sample after the one before.
    num_heads : int
        Heads of a window's attention.
    head_dim : int
        Length of a head's queries, keys and values.
    tcn_depth : int
        Blocks of a window's TCN, each with twice the dilation of the one before.
    tcn_filters : int
        Maps of a window's TCN.
    tcn_kernel_length : int
        Samples (after both pools) of the TCN's kernels.
    drop_prob : float
        Probability of dropout after the convolutions and after the attention.
    attention_drop_prob : float
        Probability of dropping an attention weight.
    max_norm : float | None
        Largest norm of a convolution's filter.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Altaheri, Muhammad, Alsulaiman (2023). Physics-informed attention temporal convolutional network
    for EEG-based motor imagery classification. IEEE Trans. Ind. Inform. 19, 2249-2258.
    https://doi.org/10.1109/TII.2022.3197419

    Reference implementation: https://github.com/Altaheri/EEG-ATCNet, commit 65162fb.

    Examples
    --------
    >>> model = ATCNet(n_chans=22, n_times=1125, n_outputs=4)
    >>> model(torch.randn(2, 22, 1125)).shape, model.features(torch.randn(2, 22, 1125)).shape
    (torch.Size([2, 4]), torch.Size([2, 160]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 250.0,
        F1: int = 16,
        D: int = 2,
        kernel_seconds: float = 0.256,
        kernel_length: int | None = None,
        second_kernel_length: int = 16,
        pool_lengths: tuple[int, int] = (8, 7),
        n_windows: int = 5,
        num_heads: int = 2,
        head_dim: int = 8,
        tcn_depth: int = 2,
        tcn_filters: int = 32,
        tcn_kernel_length: int = 4,
        drop_prob: float = 0.3,
        attention_drop_prob: float = 0.5,
        max_norm: float | None = 0.6,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.F1, self.D = positive_int("F1", F1), positive_int("D", D)
        self.kernel_seconds = number_between("kernel_seconds", kernel_seconds, 0.0, above=True)
        if kernel_length is None:
            kernel_length = max(1, round(self.kernel_seconds * self.sfreq))
        self.kernel_length = positive_int("kernel_length", kernel_length)
        self.second_kernel_length = positive_int("second_kernel_length", second_kernel_length)
        self.pool_lengths = positive_ints("pool_lengths", pool_lengths, 2)
        self.n_windows = positive_int("n_windows", n_windows)
        self.num_heads = positive_int("num_heads", num_heads)
        self.head_dim = positive_int("head_dim", head_dim)
        self.tcn_depth = positive_int("tcn_depth", tcn_depth)
        self.tcn_filters = positive_int("tcn_filters", tcn_filters)
        self.tcn_kernel_length = positive_int("tcn_kernel_length", tcn_kernel_length)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.attention_drop_prob = number_between(
            "attention_drop_prob", attention_drop_prob, 0.0, 1.0
        )
        self.max_norm = max_norm
        pool_1, pool_2 = self.pool_lengths
        self.check_smallest_window(pool_1 * pool_2 * self.n_windows)

        n_maps = self.F1 * self.D
        self.front = TemporalSpatialConv(
            ConstrainedConv2d(1, self.F1, (1, self.kernel_length), bias=False, max_norm=max_norm),
            _JointlyConstrainedConv2d(
                self.F1, n_maps, (n_chans, 1), padding="valid",
                groups=self.F1, bias=False, max_norm=max_norm,
            ),
            nn.BatchNorm2d(self.F1, eps=1e-3, momentum=0.01),
        )  # fmt: skip
        self.reduce = nn.Sequential(
            nn.BatchNorm1d(n_maps, eps=1e-3, momentum=0.01),
            nn.ELU(),
            nn.AvgPool1d(pool_1),
            nn.Dropout(self.drop_prob),
            ConstrainedConv1d(
                n_maps, n_maps, self.second_kernel_length, bias=False, max_norm=max_norm
            ),
            nn.BatchNorm1d(n_maps, eps=1e-3, momentum=0.01),
            nn.ELU(),
            nn.AvgPool1d(pool_2),
            nn.Dropout(self.drop_prob),
        )
        keras_init_(self)
        self.attention = _WindowAttention(
            self.n_windows, n_maps, self.num_heads, self.head_dim,
            self.attention_drop_prob, self.drop_prob,
        )  # fmt: skip
        widths = [n_maps, *[self.tcn_filters] * self.tcn_depth]
        self.tcn = nn.Sequential(
            *(
                TCNBlock(
                    self.n_windows * before, self.n_windows * after, self.tcn_kernel_length,
                    dilation=2**block, drop_prob=self.drop_prob, max_norm=max_norm,
                    groups=self.n_windows,
                )
                for block, (before, after) in enumerate(pairwise(widths))
            )
        )  # fmt: skip
        self.num_features = self.n_windows * self.tcn_filters
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, F1 * D, n_times)
        x = self.reduce(x)  # (batch, F1 * D, 20) for 1125 samples
        windows = x.unfold(2, x.shape[2] - self.n_windows + 1, 1)  # (batch, F1 * D, n_windows, 16)
        x = self.attention(windows.permute(0, 2, 3, 1))  # (batch, n_windows, 16, F1 * D)
        x = self.tcn(x.transpose(2, 3).flatten(1, 2))  # (batch, n_windows * tcn_filters, 16)
        return x[..., -1]

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return _MeanOverWindows(self.n_windows, self.tcn_filters, n_outputs)


class _JointlyConstrainedConv2d(ConstrainedConv2d):
    """Depthwise filters; the d-th of all maps have one norm together.

    The authors limit it over the first three axes of Keras's (1, n_chans, F1, D).
    """

    def _divisor(self, weight: Tensor, max_norm: float, own: bool, eps: float = 0.0) -> Tensor:
        # (F1 * D, 1, n_chans, 1) -> (D, F1, n_chans, 1)
        jointly = weight.reshape(self.groups, -1, weight.shape[2], 1).transpose(0, 1)
        return super()._divisor(jointly, max_norm, own, eps).repeat(self.groups, 1, 1, 1)


class _WindowAttention(nn.Module):
    """Normalisation and attention beside a shortcut, with weights of its own for each window."""

    def __init__(
        self,
        n_windows: int,
        features: int,
        num_heads: int,
        head_dim: int,
        attention_drop_prob: float,
        drop_prob: float,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_windows, features))
        self.bias = nn.Parameter(torch.zeros(n_windows, features))
        self.attend = MultiHeadAttention(
            features, num_heads, head_dim, drop_prob=attention_drop_prob, n_branches=n_windows
        )
        keras_attention_init_(self.attend)
        self.drop = nn.Dropout(drop_prob)

    def forward(self, x: Tensor) -> Tensor:
        normed = F.layer_norm(x, x.shape[-1:], eps=1e-6)
        normed = normed * self.weight.unsqueeze(1) + self.bias.unsqueeze(1)
        out: Tensor = x + self.drop(self.attend(normed))
        return out


class _MeanOverWindows(ParallelLinear):
    """A classifier for each window; the mean of their logits."""

    def forward(self, x: Tensor) -> Tensor:
        by_window = x.reshape(-1, self.n_branches, 1, self.in_features)
        return super().forward(by_window).mean(dim=(1, 2))
