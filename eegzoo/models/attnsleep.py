"""AttnSleep: sleep stages from two branches of convolutions and attention over their maps."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int, positive_ints
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


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
    """AttnSleep: convolutions with short and with long kernels, then two transformer layers.

    Equal to the authors' PyTorch code, without what is built there and never run: a convolution of
    the queries and a normalisation in each layer (12,980 parameters). The maps of both branches
    stand one after the other in time, are brought to 30 and recalibrated; each is a token, its
    samples are the token's features.

    Where code and paper differ, the code is followed: queries are a causal convolution of the input
    to which attention is added, and keys and values are convolved from that input itself, without
    the normalisation that the paper has; the two layers, and keys and values in each, start as
    copies of each other. Lengths are in samples and do not follow `sfreq`: the authors keep them at
    125 Hz (SHHS), but for later long kernels of 6.

    More than one channel is an extension: the first convolutions take them all. So are windows
    whose samples cannot be divided among the heads: zeros are added to the tokens.

    The authors feed microvolts, unfiltered, and train with Adam (1e-3, AMSGrad, weight decay 1e-3)
    in batches of 128, the classes weighted by how rare they are.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window (30 s).
    n_outputs : int
        Stages: W, N1, N2, N3, REM.
    sfreq : float
        Sampling rate in Hz.
    n_filters : int
        Maps of the first convolution of each branch; the others have twice as many.
    kernel_lengths : tuple of int
        Of the first convolution of the short branch and of the long one.
    strides : tuple of int
        Of the same.
    later_kernel_lengths : tuple of int
        Of the other convolutions of either branch.
    n_maps : int
        Tokens.
    depth : int
        Layers of the transformer.
    num_heads : int
        Heads of each.
    hidden_size : int
        Units of the hidden layer of each.
    causal_length : int
        Samples of the kernels that make queries, keys and values.
    drop_prob : float
        Probability of dropout in and after the branches.
    attention_drop_prob : float
        Probability of dropout in the transformer.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Eldele, Chen, Liu, Wu, Kwoh, Li, Guan (2021). An attention-based deep learning approach for
    sleep stage classification with single-channel EEG. IEEE Trans. Neural Syst. Rehabil. Eng. 29,
    809-818. https://doi.org/10.1109/TNSRE.2021.3076234

    Reference implementation: https://github.com/emadeldeen24/AttnSleep, commit 6b4d266.

    Examples
    --------
    >>> model = AttnSleep()
    >>> model(torch.randn(2, 1, 3000)).shape, model.features(torch.randn(2, 1, 3000)).shape
    (torch.Size([2, 5]), torch.Size([2, 2400]))
    """

    def __init__(
        self,
        n_chans: int = 1,
        n_times: int = 3000,
        n_outputs: int = 5,
        sfreq: float = 100.0,
        n_filters: int = 64,
        kernel_lengths: tuple[int, int] = (50, 400),
        strides: tuple[int, int] = (6, 50),
        later_kernel_lengths: tuple[int, int] = (8, 7),
        n_maps: int = 30,
        depth: int = 2,
        num_heads: int = 5,
        hidden_size: int = 120,
        causal_length: int = 7,
        drop_prob: float = 0.5,
        attention_drop_prob: float = 0.1,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.n_filters = positive_int("n_filters", n_filters)
        self.kernel_lengths = positive_ints("kernel_lengths", kernel_lengths, 2)
        self.strides = positive_ints("strides", strides, 2)
        self.later_kernel_lengths = positive_ints("later_kernel_lengths", later_kernel_lengths, 2)
        self.n_maps = positive_int("n_maps", n_maps)
        self.depth = positive_int("depth", depth)
        self.num_heads = positive_int("num_heads", num_heads)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        self.causal_length = positive_int("causal_length", causal_length)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.attention_drop_prob = number_between(
            "attention_drop_prob", attention_drop_prob, 0.0, 1.0
        )
        # The authors' paddings of the first kernels: one less than half for the short one.
        paddings = (self.kernel_lengths[0] - 1) // 2, self.kernel_lengths[1] // 2
        self.check_smallest_window(
            max(1, *(k - 2 * p for k, p in zip(self.kernel_lengths, paddings, strict=True)))
        )

        self.short = self._branch(0, paddings[0], pools=((8, 2), (4, 4)))
        self.long = self._branch(1, paddings[1], pools=((4, 2), (2, 2)))
        self.drop = nn.Dropout(self.drop_prob)
        self.recalibrate = _Recalibration(2 * n_filters, n_maps)
        n_samples = self._n_samples(0, paddings[0], 2, 4) + self._n_samples(1, paddings[1], 2, 2)
        self.n_zeros = -n_samples % num_heads
        length = n_samples + self.n_zeros
        layer = _TransformerLayer(
            n_maps, length, num_heads, hidden_size, causal_length, self.attention_drop_prob
        )
        layers = (copy.deepcopy(layer) for _ in range(self.depth))
        self.transformer = nn.Sequential(*layers, _LayerNorm(length))
        self.num_features = n_maps * length
        self.head = self.make_head(self.n_outputs)
        for module in self.modules():
            if type(module) is nn.Conv1d:  # not those of the transformer
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm1d):
                nn.init.normal_(module.weight, 1.0, 0.02)

    def _branch(
        self, branch: int, padding: int, pools: tuple[tuple[int, int], tuple[int, int]]
    ) -> nn.Sequential:
        first, later = self.n_filters, 2 * self.n_filters
        length = self.later_kernel_lengths[branch]

        def convolution(
            before: int, after: int, length: int, stride: int, padding: int
        ) -> nn.Sequential:
            conv = nn.Conv1d(before, after, length, stride, padding, bias=False)
            return nn.Sequential(conv, nn.BatchNorm1d(after), nn.GELU())

        # Padded beforehand: torch.compile (2.13, CPU) loses the gradient of a GELU whose pool pads.
        first_pool, last_pool = (
            nn.Sequential(nn.ConstantPad1d(size // 2, -math.inf), nn.MaxPool1d(size, step))
            for size, step in pools
        )
        kernel_length, stride = self.kernel_lengths[branch], self.strides[branch]
        return nn.Sequential(
            convolution(self.n_chans, first, kernel_length, stride, padding),
            first_pool,
            nn.Dropout(self.drop_prob),
            convolution(first, later, length, 1, length // 2),
            convolution(later, later, length, 1, length // 2),
            last_pool,
        )

    def _n_samples(self, branch: int, padding: int, *pool_strides: int) -> int:
        """Return how many samples a branch leaves of a window."""
        padded = self.n_times + 2 * padding
        n_samples = (padded - self.kernel_lengths[branch]) // self.strides[branch] + 1
        n_samples = n_samples // pool_strides[0] + 1
        if self.later_kernel_lengths[branch] % 2 == 0:
            n_samples += 2  # one more after either convolution
        return n_samples // pool_strides[1] + 1

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = torch.cat([self.short(x), self.long(x)], dim=2)  # (batch, 2 * n_filters, 64 + 16)
        x = self.recalibrate(self.drop(x))  # (batch, n_maps, 80)
        x = self.transformer(F.pad(x, (0, self.n_zeros)))
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Linear(self.num_features, n_outputs)


class _Recalibration(nn.Module):
    """Two convolutions of length one, each map weighted by all maps' means, beside a shortcut."""

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
    """Attention whose queries, keys and values are causal convolutions, then two linear layers."""

    def __init__(
        self,
        n_maps: int,
        length: int,
        num_heads: int,
        hidden_size: int,
        causal_length: int,
        drop_prob: float,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query, self.key = (
            ConstrainedConv1d(n_maps, n_maps, causal_length, padding="causal", max_norm=None)
            for _ in range(2)
        )
        self.value = copy.deepcopy(self.key)
        self.drop_weights = nn.Dropout(drop_prob)
        self.out = nn.Sequential(nn.Linear(length, length), nn.Dropout(drop_prob))
        self.expand = nn.Sequential(
            _LayerNorm(length),
            nn.Linear(length, hidden_size),
            nn.ReLU(),
            nn.Dropout(drop_prob),
            nn.Linear(hidden_size, length),
            nn.Dropout(drop_prob),
        )

    def forward(self, x: Tensor) -> Tensor:
        queries = self.query(x)  # (batch, tokens, length)
        query, key, value = (
            tokens.unflatten(2, (self.num_heads, -1)).transpose(1, 2)
            for tokens in (queries, self.key(x), self.value(x))
        )
        drop_prob = self.drop_weights.p if self.drop_weights.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=drop_prob)
        x = queries + self.out(mixed.transpose(1, 2).flatten(2))
        out: Tensor = x + self.expand(x)
        return out


class _LayerNorm(nn.Module):
    """Layer normalisation by the unbiased standard deviation, `eps` added to it."""

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
