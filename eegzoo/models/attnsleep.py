"""AttnSleep: sleep staging with two convolutional branches and attention over their maps."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.attention.dot_product import dot_product_attention
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model
from eegzoo.torch_internals import padded_max_pool


@register_model(
    "attnsleep",
    tasks=("sleep",),
    paper="Eldele et al. (2021), An attention-based deep learning approach for sleep stage "
    "classification with single-channel EEG",
    doi="10.1109/TNSRE.2021.3076234",
    source="emadeldeen24/AttnSleep, commit 6b4d266 (PyTorch)",
    standard={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100.0},
)
class AttnSleep(EEGModel):
    """AttnSleep: two convolutional branches, with short and long kernels, then a transformer.

    Equal to the authors' PyTorch code, without the parts that it builds and never uses: in each
    layer a convolution of the queries and a normalisation (12,980 parameters). The maps of both
    branches are concatenated in time, reduced to 30 and recalibrated. Each map is a token; its
    samples are the features of the token.

    Where code and paper differ, this model follows the code. The queries are a causal convolution
    of the input, and the attention output is added to them. Keys and values are convolutions of the
    input without the paper's normalisation. The two layers start as copies of each other, and so do
    the convolutions of keys and values in each layer. Lengths are in samples and do not follow
    `sfreq`: at 125 Hz (SHHS) the authors change only the later kernels of the long branch, to 6
    samples.

    There are two extensions. Several channels are allowed; the first convolutions take all of them.
    Tokens whose samples cannot be divided evenly among the heads are padded with zeros.

    The authors use unfiltered signals in microvolts and train with Adam (1e-3, AMSGrad, weight
    decay 1e-3) in batches of 128, with larger weights for rarer classes.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window (30 s).
    n_outputs : int
        Number of sleep stages (W, N1, N2, N3, REM).
    sfreq : float
        Sampling rate in Hz.
    n_filters : int
        Number of filters of the first convolution in each branch. The other convolutions have twice
        as many.
    kernel_lengths : tuple of int
        Kernel lengths of the first convolution in the short and in the long branch, in samples.
    strides : tuple of int
        Strides of the first convolution in the short and in the long branch, in samples.
    second_kernel_lengths : tuple of int
        Kernel lengths of the other convolutions in the short and in the long branch.
    recalibration_n_filters : int
        Number of maps after the recalibration, which is the number of tokens.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads in each layer.
    feedforward_size : int
        Number of hidden units in the feed-forward part of each layer.
    attention_kernel_length : int
        Kernel length of the convolutions for queries, keys and values.
    drop_prob : float
        Dropout probability in and after the branches.
    attention_drop_prob : float
        Dropout probability in the transformer.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Eldele, Chen, Liu, Wu, Kwoh, Li, Guan (2021). An attention-based deep learning approach for
    sleep stage classification with single-channel EEG. IEEE Trans. Neural Syst. Rehabil. Eng. 29,
    809-818. https://doi.org/10.1109/TNSRE.2021.3076234

    Reference implementation: https://github.com/emadeldeen24/AttnSleep, commit 6b4d266.

    Examples
    --------
    >>> model = AttnSleep(n_chans=1, n_times=3000, n_outputs=5, sfreq=100)
    >>> model(torch.randn(2, 1, 3000)).shape, model.features(torch.randn(2, 1, 3000)).shape
    (torch.Size([2, 5]), torch.Size([2, 2400]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 64,
        kernel_lengths: tuple[int, int] = (50, 400),
        strides: tuple[int, int] = (6, 50),
        second_kernel_lengths: tuple[int, int] = (8, 7),
        recalibration_n_filters: int = 30,
        depth: int = 2,
        n_heads: int = 5,
        feedforward_size: int = 120,
        attention_kernel_length: int = 7,
        drop_prob: float = 0.5,
        attention_drop_prob: float = 0.1,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, recalibration_n_filters=recalibration_n_filters, depth=depth,
            n_heads=n_heads, feedforward_size=feedforward_size,
            attention_kernel_length=attention_kernel_length,
            drop_prob=drop_prob, attention_drop_prob=attention_drop_prob,
        )  # fmt: skip
        self.kernel_lengths = positive_ints("kernel_lengths", kernel_lengths, 2)
        self.strides = positive_ints("strides", strides, 2)
        self.second_kernel_lengths = positive_ints(
            "second_kernel_lengths", second_kernel_lengths, 2
        )
        # The authors pad the first convolution of the short branch by one sample less than half.
        paddings = (self.kernel_lengths[0] - 1) // 2, self.kernel_lengths[1] // 2
        self.check_smallest_window(
            max(1, *(k - 2 * p for k, p in zip(self.kernel_lengths, paddings, strict=True)))
        )

        self.short = self._branch(0, paddings[0], pools=((8, 2), (4, 4)))
        self.long = self._branch(1, paddings[1], pools=((4, 2), (2, 2)))
        self.drop = Dropout(self.drop_prob)
        n_tokens = self.recalibration_n_filters
        self.recalibrate = _Recalibration(2 * self.n_filters, n_tokens)
        n_samples = self._n_samples(0, paddings[0], 2, 4) + self._n_samples(1, paddings[1], 2, 2)
        self.n_zeros = -n_samples % self.n_heads
        length = n_samples + self.n_zeros
        layer = _TransformerLayer(
            n_tokens, length, self.n_heads, self.feedforward_size,
            self.attention_kernel_length, self.attention_drop_prob,
        )  # fmt: skip
        layers = (copy.deepcopy(layer) for _ in range(self.depth))
        self.transformer = nn.Sequential(*layers, _LayerNorm(length))
        self.num_features = n_tokens * length
        self.head = self.make_head(self.n_outputs)
        for module in self.modules():
            if type(module) is nn.Conv1d:  # the transformer keeps torch's initial weights
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm1d):
                nn.init.normal_(module.weight, 1.0, 0.02)

    def _branch(
        self, branch: int, padding: int, pools: tuple[tuple[int, int], tuple[int, int]]
    ) -> nn.Sequential:
        first, later = self.n_filters, 2 * self.n_filters
        length = self.second_kernel_lengths[branch]

        def convolution(
            before: int, after: int, length: int, stride: int, padding: int
        ) -> nn.Sequential:
            conv = nn.Conv1d(before, after, length, stride, padding, bias=False)
            return nn.Sequential(conv, nn.BatchNorm1d(after), nn.GELU())

        first_pool, last_pool = (padded_max_pool(size, step) for size, step in pools)
        kernel_length, stride = self.kernel_lengths[branch], self.strides[branch]
        return nn.Sequential(
            convolution(self.n_chans, first, kernel_length, stride, padding),
            first_pool,
            Dropout(self.drop_prob),
            convolution(first, later, length, 1, length // 2),
            convolution(later, later, length, 1, length // 2),
            last_pool,
        )

    def _n_samples(self, branch: int, padding: int, *pool_strides: int) -> int:
        """Return the number of samples of a branch's output."""
        padded = self.n_times + 2 * padding
        n_samples = (padded - self.kernel_lengths[branch]) // self.strides[branch] + 1
        n_samples = n_samples // pool_strides[0] + 1
        if self.second_kernel_lengths[branch] % 2 == 0:
            n_samples += 2  # each convolution adds one
        return n_samples // pool_strides[1] + 1

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = torch.cat([self.short(x), self.long(x)], dim=2)  # (batch, 2 * n_filters, 64 + 16)
        x = self.recalibrate(self.drop(x))  # (batch, recalibration_n_filters, 80)
        x = self.transformer(F.pad(x, (0, self.n_zeros)))
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Linear(self.num_features, n_outputs)


class _Recalibration(nn.Module):
    """Residual squeeze-and-excitation block with convolutions of length one."""

    def __init__(self, in_channels: int, out_channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(in_channels, out_channels, 1),
            nn.BatchNorm1d(out_channels),
            nn.ReLU(),
            nn.Conv1d(out_channels, out_channels, 1),
            nn.BatchNorm1d(out_channels),
        )
        hidden = max(1, out_channels // reduction)
        self.gate = nn.Sequential(
            nn.Linear(out_channels, hidden, bias=False),
            nn.ReLU(),
            nn.Linear(hidden, out_channels, bias=False),
            nn.Sigmoid(),
        )
        self.shortcut = nn.Sequential(
            nn.Conv1d(in_channels, out_channels, 1, bias=False), nn.BatchNorm1d(out_channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        y = y * self.gate(y.mean(dim=2)).unsqueeze(2)
        return torch.relu(y + self.shortcut(x))


class _TransformerLayer(nn.Module):
    """Attention over causal convolutions of the input, then a feed-forward part."""

    def __init__(
        self,
        n_tokens: int,
        length: int,
        n_heads: int,
        feedforward_size: int,
        kernel_length: int,
        drop_prob: float,
    ) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query, self.key = (
            ConstrainedConv1d(n_tokens, n_tokens, kernel_length, padding="causal", max_norm=None)
            for _ in range(2)
        )
        self.value = copy.deepcopy(self.key)
        self.drop_weights = Dropout(drop_prob)
        self.out = nn.Sequential(nn.Linear(length, length), Dropout(drop_prob))
        self.expand = nn.Sequential(
            _LayerNorm(length),
            nn.Linear(length, feedforward_size),
            nn.ReLU(),
            Dropout(drop_prob),
            nn.Linear(feedforward_size, length),
            Dropout(drop_prob),
        )

    def forward(self, x: Tensor) -> Tensor:
        queries = self.query(x)  # (batch, tokens, length)
        query, key, value = (
            tokens.unflatten(2, (self.n_heads, -1)).transpose(1, 2)
            for tokens in (queries, self.key(x), self.value(x))
        )
        drop_prob = self.drop_weights.p if self.drop_weights.training else 0.0
        mixed = dot_product_attention(query, key, value, drop_prob=drop_prob)
        x = queries + self.out(mixed.transpose(1, 2).flatten(2))
        out: Tensor = x + self.expand(x)
        return out


class _LayerNorm(nn.Module):
    """Layer normalisation with the unbiased standard deviation, to which `eps` is added."""

    def __init__(self, features: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(dim=-1, keepdim=True)
        norm = torch.linalg.vector_norm(centred, dim=-1, keepdim=True)
        std = norm / math.sqrt(x.shape[-1] - 1)
        out: Tensor = self.weight * centred / (std + self.eps) + self.bias
        return out
