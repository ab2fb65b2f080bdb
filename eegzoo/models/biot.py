"""BIOT: a linear transformer over the short-time spectra of every channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from eegzoo.layers.attention.positions import SinusoidalPositions
from eegzoo.layers.attention.residual_parts import ResidualParts
from eegzoo.layers.blocks.amplitude_spectrum import amplitude_spectrum
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract, ChannelRows, rows_of_channels
from eegzoo.models.registry import register_model

# Names of the rows of the authors' table of channels.
_CH_NAMES = """
FP1-F7 F7-T7 T7-P7 P7-O1 FP2-F8 F8-T8 T8-P8 P8-O2 FP1-F3 F3-C3 C3-P3 P3-O1 FP2-F4 F4-C4 C4-P4 P4-O2
C3-A2 C4-A1
"""


@register_model(
    "biot",
    tasks=("pathology", "sleep"),
    paper="Yang et al. (2023), BIOT: cross-data biosignal learning in the wild",
    doi="10.48550/arXiv.2305.10351",
    source="ycq091044/BIOT, commit d138e32 (PyTorch)",
    standard={"n_chans": 16, "n_times": 1000, "n_outputs": 6, "sfreq": 200.0},
    foundation=True,
)
class BIOT(EEGModel):
    """BIOT: a linear transformer over the short-time spectra of every channel.

    Equal to the authors' PyTorch code for fine-tuning. The amplitude spectrum of every second of
    every channel becomes a token, to which an embedding of the channel and the position in time are
    added. The features are the mean over the tokens.

    The authors resample to 200 Hz and divide each channel of a window by the 95th percentile of its
    absolute values, which this model does itself, so that the unit of a channel has no influence.
    They fine-tune with Adam (1e-3, weight decay 1e-5).

    Spectra are given in samples and do not follow `sfreq`, because pretrained weights fit 200
    samples alone. Samples after the last whole spectrum are left out.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz. Pretrained weights expect 200 Hz.
    patch_length : int
        Number of samples in a spectrum.
    patch_stride : int
        Number of samples from one spectrum to the next.
    embed_dim : int
        Number of features of a token.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of `embed_dim`.
    drop_prob : float
        Dropout probability of the tokens.
    attention_drop_prob : float
        Dropout probability after each attention.
    ch_names : sequence of str | None
        Names of the channels, of the 18 in ``channel_contract``. None: the channels take the first
        rows of the table; pretrained weights then fit only the first 18 in their order.

    References
    ----------
    Yang, Westover, Sun (2023). BIOT: cross-data biosignal learning in the wild. NeurIPS.
    https://doi.org/10.48550/arXiv.2305.10351

    Reference implementation: https://github.com/ycq091044/BIOT, commit d138e32.

    Examples
    --------
    >>> names = ["C3-A2", "C4-A1"]
    >>> model = BIOT(n_chans=2, n_times=2000, n_outputs=5, sfreq=200, ch_names=names)
    >>> model(torch.randn(2, 2, 2000)).shape, model.features(torch.randn(2, 2, 2000)).shape
    (torch.Size([2, 5]), torch.Size([2, 256]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=tuple(_CH_NAMES.split()),
        sfreq=200.0,
        unit="95th percentile of each channel",
        patch_length=200,
        min_n_times=200,
        max_n_chans=18,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        patch_length: int = 200,
        patch_stride: int = 100,
        embed_dim: int = 256,
        depth: int = 4,
        n_heads: int = 8,
        expansion: int = 4,
        drop_prob: float = 0.1,
        attention_drop_prob: float = 0.2,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            patch_length=patch_length, patch_stride=patch_stride, embed_dim=embed_dim, depth=depth,
            n_heads=n_heads, expansion=expansion, drop_prob=drop_prob,
            attention_drop_prob=attention_drop_prob,
        )  # fmt: skip
        if self.embed_dim % self.n_heads:
            raise ValueError(
                f"expected embed_dim to be a multiple of n_heads={self.n_heads}, "
                f"got {self.embed_dim}"
            )
        self.check_smallest_window(self.patch_length)
        known = self.channel_contract.known_ch_names
        n_rows = len(known) if self.ch_names else max(len(known), self.n_chans)
        more = range(len(known), n_rows)
        rows = rows_of_channels(self.ch_names, (*known, *map(str, more)), self.n_chans)
        n_spectra = (self.n_times - self.patch_length) // self.patch_stride + 1
        self.num_features = self.embed_dim

        self.spectrum = nn.Linear(self.patch_length // 2 + 1, self.embed_dim)
        self.channels = nn.Embedding(n_rows, self.embed_dim)
        self.rows = ChannelRows(rows)
        self.positions = SinusoidalPositions(n_spectra, self.embed_dim)
        self.token_drop = Dropout(self.drop_prob)
        self.transformer = nn.Sequential(
            *(
                _LinearTransformerLayer(
                    self.embed_dim, self.n_heads, self.expansion, self.attention_drop_prob
                )
                for _ in range(self.depth)
            )
        )
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = x / (_percentile_95(x.abs()) + 1e-8)
        x = x.unfold(2, self.patch_length, self.patch_stride)  # (batch, n_chans, spectra, samples)
        x = self.spectrum(amplitude_spectrum(x))
        x = x + self.rows(self.channels.weight).unsqueeze(1) + self.positions(x)
        x = self.transformer(self.token_drop(x).flatten(1, 2))
        return x.mean(dim=1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Sequential(nn.ELU(), nn.Linear(self.num_features, n_outputs))


def _percentile_95(x: Tensor) -> Tensor:
    """Return the 95th percentile over the last axis, which stays with one entry.

    It is that of `torch.quantile`, which takes at most 16 million numbers and cannot be exported.
    """
    place = 0.95 * (x.shape[-1] - 1)
    below = int(place)
    largest = x.topk(x.shape[-1] - below, dim=-1).values
    low, high = largest[..., -1:], largest[..., max(0, largest.shape[-1] - 2), None]
    return low + (high - low) * (place - below)


class _LinearAttention(nn.Module):
    """Multi-head attention whose cost is linear in the number of tokens.

    The keys are normalised over the tokens and the queries over the features of a head.
    """

    def __init__(self, features: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(features, 3 * features, bias=False)
        self.out = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, tokens, features) to the same shape."""
        qkv = self.qkv(x).unflatten(2, (3, self.n_heads, -1))
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (batch, n_heads, tokens, head_dim)
        query = query.softmax(dim=3) * query.shape[3] ** -0.5
        mixed = query @ (key.softmax(dim=2).transpose(2, 3) @ value)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


class _LinearTransformerLayer(ResidualParts):
    """Linear attention and a feed-forward part, each residual and preceded by normalisation."""

    def __init__(self, features: int, n_heads: int, expansion: int, drop_prob: float) -> None:
        attend = nn.Sequential(
            nn.LayerNorm(features), _LinearAttention(features, n_heads), Dropout(drop_prob)
        )
        expand = nn.Sequential(
            nn.LayerNorm(features),
            nn.Linear(features, expansion * features),
            nn.GELU(),
            nn.Linear(expansion * features, features),
        )
        super().__init__(attend, expand)
