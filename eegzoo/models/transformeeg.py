"""TransformEEG: depthwise convolutions make tokens of the channels, which attention mixes."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.blocks.attention import MultiHeadAttention
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "transformeeg",
    tasks=("pathology",),
    paper="Del Pup et al. (2025), TransformEEG: towards improving model generalizability in deep "
    "learning-based EEG Parkinson's disease detection",
    doi="10.1016/j.neucom.2025.132075",
    source="MedMaxLab/transformeeg, commit a36c9bb (PyTorch)",
    standard={"n_chans": 32, "n_times": 2000, "n_outputs": 2, "sfreq": 125.0},
)
class TransformEEG(EEGModel):
    """TransformEEG: each channel's features become tokens, which two layers of attention mix.

    Equal to the authors' PyTorch code, but that there is one output for each class where theirs
    has one for two. Lengths are in samples and do not follow `sfreq`. Both layers of the
    transformer start with the same weights, as torch's `TransformerEncoder` has it. The features
    are the mean of the tokens; the head is the authors' perceptron.

    The authors take windows of 16 s that overlap by a quarter, each channel standardised, and
    train with Adam (2.5e-4, times 0.99 after each epoch; betas 0.75 and 0.999) in batches of 64.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window.
    n_outputs : int
        Classes.
    sfreq : float
        Sampling rate in Hz.
    D1 : int
        By how many the first convolution multiplies the maps.
    D2 : int
        By how many the third one does; a token has ``n_chans * D1 * D2`` features.
    kernel_length : int
        Samples of the first convolution.
    later_kernel_length : int
        Samples of the other three.
    pool_length : int
        Samples that each of the two pools averages.
    pool_stride : int
        Samples from one mean to the next.
    depth : int
        Layers of the transformer.
    num_heads : int
        Heads of each.
    head_units : int | None
        Hidden units of the head. None: half of a token's features, 64 at least.
    drop_prob : float
        Probability of dropout: of whole maps in the convolutions, of values in the transformer.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Del Pup, Brun, Iotti, Paccagnella, Pezzato, Bertozzo, Zanola, Tshimanga, Müller, Atzori (2025).
    TransformEEG: towards improving model generalizability in deep learning-based EEG Parkinson's
    disease detection. Neurocomputing. https://doi.org/10.1016/j.neucom.2025.132075

    Reference implementation: https://github.com/MedMaxLab/transformeeg, commit a36c9bb.

    Examples
    --------
    >>> model = TransformEEG(n_chans=32, n_times=2000, n_outputs=2)
    >>> model(torch.randn(2, 32, 2000)).shape, model.features(torch.randn(2, 32, 2000)).shape
    (torch.Size([2, 2]), torch.Size([2, 128]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 125.0,
        D1: int = 2,
        D2: int = 2,
        kernel_length: int = 5,
        later_kernel_length: int = 5,
        pool_length: int = 4,
        pool_stride: int = 2,
        depth: int = 2,
        num_heads: int = 1,
        head_units: int | None = None,
        drop_prob: float = 0.2,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.D1, self.D2 = positive_int("D1", D1), positive_int("D2", D2)
        self.kernel_length = positive_int("kernel_length", kernel_length)
        self.later_kernel_length = positive_int("later_kernel_length", later_kernel_length)
        self.pool_length = positive_int("pool_length", pool_length)
        self.pool_stride = positive_int("pool_stride", pool_stride)
        self.depth = positive_int("depth", depth)
        self.num_heads = positive_int("num_heads", num_heads)
        n_maps = self.n_chans * self.D1
        self.num_features = n_maps * self.D2
        if head_units is None:
            head_units = max(self.num_features // 2, 64)
        self.head_units = positive_int("head_units", head_units)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.check_smallest_window((self.pool_length - 1) * self.pool_stride + self.pool_length)

        self.first = self._widen(self.n_chans, n_maps, self.kernel_length)
        self.first_beside = self._convolve(n_maps, n_maps, self.later_kernel_length)
        self.second = self._widen(n_maps, self.num_features, self.later_kernel_length)
        self.second_beside = self._convolve(
            self.num_features, self.num_features, self.later_kernel_length
        )
        layer = _TransformerLayer(self.num_features, self.num_heads, self.drop_prob)
        self.transformer = nn.Sequential(*(copy.deepcopy(layer) for _ in range(self.depth)))
        self.head = self.make_head(self.n_outputs)

    def _convolve(self, in_channels: int, out_channels: int, length: int) -> nn.Sequential:
        return nn.Sequential(
            ConstrainedConv1d(in_channels, out_channels, length, groups=in_channels, max_norm=None),
            nn.BatchNorm1d(out_channels, momentum=0.25),
            nn.ELU(0.1),
        )

    def _widen(self, in_channels: int, out_channels: int, length: int) -> nn.Sequential:
        return nn.Sequential(
            *self._convolve(in_channels, out_channels, length),
            nn.AvgPool1d(self.pool_length, self.pool_stride),
            nn.Dropout1d(self.drop_prob),
        )

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.first(x)  # (batch, 2 * n_chans, 999) for 2000 samples
        x = self.second(x + self.first_beside(x))  # (batch, 4 * n_chans, 498)
        x = x + self.second_beside(x)
        x = self.transformer(x.transpose(1, 2))  # (batch, 498, 4 * n_chans)
        return x.mean(dim=1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Sequential(
            nn.Linear(self.num_features, self.head_units),
            nn.LeakyReLU(),
            nn.Linear(self.head_units, n_outputs),
        )


class _TransformerLayer(nn.Module):
    """Attention, then two linear layers, each beside a shortcut and before a normalisation."""

    def __init__(self, features: int, num_heads: int, drop_prob: float) -> None:
        super().__init__()
        attention = MultiHeadAttention(features, num_heads, drop_prob=drop_prob)
        # As torch draws its own attention's weights, which lie in one tensor.
        limit = math.sqrt(6 / (features + 3 * features))
        for linear in (attention.query, attention.key, attention.value):
            nn.init.uniform_(linear.weight, -limit, limit)
        for linear in (attention.query, attention.key, attention.value, attention.out):
            nn.init.zeros_(linear.bias)
        self.attend = nn.Sequential(attention, nn.Dropout(drop_prob))
        self.attend_norm = nn.LayerNorm(features)
        self.expand = nn.Sequential(
            nn.Linear(features, features),
            nn.Hardswish(),
            nn.Dropout(drop_prob),
            nn.Linear(features, features),
            nn.Dropout(drop_prob),
        )
        self.expand_norm = nn.LayerNorm(features)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attend_norm(x + self.attend(x))
        out: Tensor = self.expand_norm(x + self.expand(x))
        return out
