"""BENDR: convolutions that reduce 96 samples to a token, then a transformer without norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.attention.residual_parts import ResidualParts
from eegzoo.layers.attention.vision_transformer import FusedAttention
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.registry import register_model

# Channels of the authors' pretraining, in their order.
_CH_NAMES = "FP1 FP2 F7 F3 FZ F4 F8 T7 C3 CZ C4 T8 T5 P3 PZ P4 T6 O1 O2"
_STRIDES = (3, 2, 2, 2, 2, 2)
_POSITION_GROUPS = 16
# Microvolts from the smallest to the largest amplitude in the authors' settings for motor imagery.
_AMPLITUDE_RANGE = 2000.0


@register_model(
    "bendr",
    tasks=("motor imagery", "erp", "sleep"),
    paper="Kostas et al. (2021), BENDR: using transformers and a contrastive self-supervised "
    "learning task to learn from massive amounts of EEG data",
    doi="10.3389/fnhum.2021.653659",
    source="SPOClab-ca/BENDR, in BINE022/EEGPT, commit a0e0a8f (PyTorch)",
    standard={"n_chans": 19, "n_times": 1536, "n_outputs": 2, "sfreq": 256.0},
    foundation=True,
)
class BENDR(EEGModel):
    """BENDR: convolutions that reduce 96 samples to a token, then a transformer without norms.

    Equal to the authors' PyTorch code for fine-tuning, except for the masks that it applies in
    training, which are augmentation. A convolution over neighbouring tokens adds the position; a
    constant token is put in front. The features are the output at the last token, as in the
    authors' code; the paper describes that at the first. Their code has a last normalisation that
    it never applies, which is left out.

    The authors scale each window to [-1, 1] over all channels, and append a channel that holds its
    former amplitude, relative to that of the data set. This model does both itself, for amplitudes
    of 2 mV. They resample to 256 Hz and fine-tune with Adam (1e-5 and more, by data set).

    The authors published no licence. No weights are offered here, and the code is our own.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz. The authors' is 256 Hz.
    embed_dim : int
        Number of features of a convolution, a multiple of 16. A token has three times as many.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads.
    feedforward_size : int
        Number of hidden units in the feed-forward part of a layer.
    position_kernel_length : int
        Number of tokens over which the convolution of the position extends, odd.
    drop_prob : float
        Dropout probability, everywhere.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Kostas, Aroca-Ouellette, Rudzicz (2021). BENDR: using transformers and a contrastive
    self-supervised learning task to learn from massive amounts of EEG data. Front. Hum. Neurosci.
    15, 653659. https://doi.org/10.3389/fnhum.2021.653659

    Reference implementation: https://github.com/SPOClab-ca/BENDR, in the copy of
    https://github.com/BINE022/EEGPT, commit a0e0a8f.

    Examples
    --------
    >>> model = BENDR(n_chans=19, n_times=768, n_outputs=2, sfreq=256, depth=1)
    >>> model(torch.randn(2, 19, 768)).shape, model.features(torch.randn(2, 19, 768)).shape
    (torch.Size([2, 2]), torch.Size([2, 512]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=tuple(_CH_NAMES.split()),
        sfreq=256.0,
        unit="range of each window",
        patch_length=96,
        min_n_times=96,
        min_n_chans=19,
        max_n_chans=19,
        is_fixed_order=True,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        embed_dim: int = 512,
        depth: int = 8,
        n_heads: int = 8,
        feedforward_size: int = 3076,
        position_kernel_length: int = 25,
        drop_prob: float = 0.0,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            embed_dim=embed_dim, depth=depth, n_heads=n_heads, feedforward_size=feedforward_size,
            position_kernel_length=position_kernel_length, drop_prob=drop_prob,
        )  # fmt: skip
        if self.embed_dim % _POSITION_GROUPS:
            raise ValueError(
                f"expected embed_dim to be a multiple of {_POSITION_GROUPS}, got {self.embed_dim}"
            )
        if self.position_kernel_length % 2 == 0:
            raise ValueError(
                f"expected position_kernel_length to be odd, got {self.position_kernel_length}"
            )
        self.num_features = self.embed_dim
        width = 3 * self.embed_dim

        self.convolutions = nn.Sequential()
        n_inputs = self.n_chans + 1
        for stride in _STRIDES:
            self.convolutions.append(
                nn.Sequential(
                    nn.Conv1d(n_inputs, self.embed_dim, 3, stride=stride, padding=1),
                    nn.Dropout1d(self.drop_prob),
                    nn.GroupNorm(self.embed_dim // 2, self.embed_dim),
                    nn.GELU(),
                )
            )
            n_inputs = self.embed_dim
        self.position = _NormalizedConv1d(self.embed_dim, self.position_kernel_length)
        self.expand = nn.Sequential(
            nn.LayerNorm(self.embed_dim),
            Dropout(self.drop_prob),
            nn.Linear(self.embed_dim, width),
        )
        self.transformer = nn.Sequential(
            *(
                _LayerWithoutNorms(width, self.n_heads, self.feedforward_size, self.drop_prob)
                for _ in range(self.depth)
            )
        )
        self.reduce = nn.Linear(width, self.embed_dim)
        for layer in self.transformer.modules():
            if isinstance(layer, nn.Linear):  # T-Fixup
                nn.init.xavier_uniform_(layer.weight, gain=0.67 * self.depth**-0.25)
                nn.init.zeros_(layer.bias)
        for layer in self.transformer.modules():
            if isinstance(layer, FusedAttention):  # as torch's MultiheadAttention
                nn.init.xavier_uniform_(layer.qkv.weight)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.convolutions(_scale(x))  # (batch, embed_dim, n_tokens)
        x = x + F.gelu(self.position(x))
        x = self.expand(x.transpose(1, 2))  # (batch, n_tokens, 3 * embed_dim)
        x = torch.cat([x.new_full((x.shape[0], 1, x.shape[2]), -5.0), x], dim=1)
        out: Tensor = self.reduce(self.transformer(x)[:, -1])
        return out


def _scale(x: Tensor) -> Tensor:
    """Scale windows to [-1, 1], and append a channel that holds their former amplitude."""
    low, high = x.amin(dim=(1, 2), keepdim=True), x.amax(dim=(1, 2), keepdim=True)
    extent = high - low
    scaled = 2 * (x - low) / extent.clamp(min=1e-6) - 1
    amplitude = 2 * (extent / _AMPLITUDE_RANGE).clamp(max=1.0) - 1
    return torch.cat([scaled, amplitude.expand(-1, 1, x.shape[2])], dim=1)


class _NormalizedConv1d(nn.Module):
    """Grouped convolution whose kernels have a learnt norm at each of their positions."""

    def __init__(self, features: int, kernel_length: int) -> None:
        super().__init__()
        shape = (features, features // _POSITION_GROUPS, kernel_length)
        self.direction = nn.Parameter(torch.randn(shape) * 2 / (3 * features))
        self.scale = nn.Parameter(self.direction.detach().norm(dim=(0, 1), keepdim=True))
        self.bias = nn.Parameter(torch.zeros(features))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, features, n_tokens) to the same shape."""
        norms = self.direction.norm(dim=(0, 1), keepdim=True)
        weight = self.direction * (self.scale / norms)
        padding = weight.shape[2] // 2
        return F.conv1d(x, weight, self.bias, padding=padding, groups=_POSITION_GROUPS)


class _LayerWithoutNorms(ResidualParts):
    """Attention and a feed-forward part, each residual, without normalisation."""

    def __init__(self, features: int, n_heads: int, hidden_size: int, drop_prob: float) -> None:
        attend = nn.Sequential(
            FusedAttention(features, n_heads, drop_prob=drop_prob), Dropout(drop_prob)
        )
        expand = nn.Sequential(
            nn.Linear(features, hidden_size),
            nn.GELU(),
            Dropout(drop_prob),
            nn.Linear(hidden_size, features),
            Dropout(drop_prob),
        )
        super().__init__(attend, expand)
