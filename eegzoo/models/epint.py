"""EpiNT: a transformer over single channels of scalp and intracranial recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.attention.positions import PairRotation
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.registry import register_model


@register_model(
    "epint",
    tasks=("epilepsy",),
    paper="Zhang et al. (2025), Cross-modal epileptic signal harmonization: frequency domain "
    "mapping quantization for pre-training a unified neurophysiological transformer",
    doi="10.48550/arXiv.2506.17068",
    source="RunKZhang/EpiNT, commit 781e1d6 (PyTorch)",
    standard={"n_chans": 1, "n_times": 3072, "n_outputs": 2, "sfreq": 1024.0},
    foundation=True,
)
class EpiNT(EEGModel):
    """EpiNT: a transformer over single channels of scalp and intracranial recordings.

    Equal to the authors' PyTorch code for one channel. A quarter of a second becomes a token. The
    queries and keys are rotated by the position of their token, and the layers are normalised over
    the tokens and features of a window. The features are the class token. With several channels,
    each is processed on its own, and the features are the mean over the channels.

    The authors remove line noise and resample to 1024 Hz. Each channel of a window is standardised
    by the model, so that its unit has no influence. They fine-tune with AdamW (1e-4, weight decay
    0.05) and a one-cycle schedule.

    The patch is given in samples and does not follow `sfreq`. Pretrained weights fit windows of
    3072 samples alone. Samples after the last whole patch are standardised with the others, and
    then left out.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz. Pretrained weights expect 1024 Hz.
    patch_length : int
        Number of samples in a token.
    embed_dim : int
        Number of features of a token.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of `embed_dim`.
    drop_prob : float
        Dropout probability in the transformer.
    head_drop_prob : float
        Dropout probability of the features.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Zhang, Yu, Gan, Wang (2025). Cross-modal epileptic signal harmonization: frequency domain
    mapping quantization for pre-training a unified neurophysiological transformer.
    https://doi.org/10.48550/arXiv.2506.17068

    Reference implementation: https://github.com/RunKZhang/EpiNT, commit 781e1d6.

    Examples
    --------
    >>> model = EpiNT(n_chans=3, n_times=3072, n_outputs=2, sfreq=1024)
    >>> model(torch.randn(2, 3, 3072)).shape, model.features(torch.randn(2, 3, 3072)).shape
    (torch.Size([2, 2]), torch.Size([2, 512]))
    """

    takes_any_channels: ClassVar[bool] = True
    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=(),
        sfreq=1024.0,
        unit="standard deviation of each channel",
        patch_length=256,
        min_n_times=3072,
        max_n_times=3072,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        patch_length: int = 256,
        embed_dim: int = 512,
        depth: int = 6,
        n_heads: int = 8,
        expansion: int = 4,
        drop_prob: float = 0.1,
        head_drop_prob: float = 0.1,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            patch_length=patch_length, embed_dim=embed_dim, depth=depth, n_heads=n_heads,
            expansion=expansion, drop_prob=drop_prob, head_drop_prob=head_drop_prob,
        )  # fmt: skip
        if self.embed_dim % (2 * self.n_heads):
            raise ValueError(
                f"expected embed_dim to be a multiple of twice n_heads={self.n_heads}, "
                f"got {self.embed_dim}"
            )
        self.check_smallest_window(self.patch_length)
        self.n_patches = self.n_times // self.patch_length
        self.num_features = self.embed_dim

        self.standardize = _Standardization()
        self.patches = nn.Linear(self.patch_length, self.embed_dim)
        self.class_token = nn.Parameter(0.1 * torch.randn(self.embed_dim))
        self.transformer = nn.Sequential(
            *(
                _RotaryTransformerLayer(
                    self.n_patches + 1, self.embed_dim, self.n_heads, self.expansion,
                    self.drop_prob,
                )
                for _ in range(self.depth)
            )
        )  # fmt: skip
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.standardize(x.reshape(-1, self.n_times))
        x = x[:, : self.n_patches * self.patch_length]
        x = self.patches(x.unflatten(1, (self.n_patches, self.patch_length)))  # type: ignore[no-untyped-call]
        x = torch.cat([self.class_token.expand(x.shape[0], 1, -1), x], dim=1)
        x = self.transformer(x)[:, 0]  # (batch * n_chans, embed_dim)
        return x.reshape(-1, self.n_chans, self.embed_dim).mean(dim=1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        linear = nn.Linear(self.num_features, n_outputs)
        nn.init.kaiming_uniform_(linear.weight)
        nn.init.zeros_(linear.bias)
        return nn.Sequential(Dropout(self.head_drop_prob), linear)


class _Standardization(nn.Module):
    """Standardisation of every channel of a window, with a learnt scale and shift of all."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (channels, n_times) to the same shape."""
        return F.layer_norm(x, x.shape[-1:], eps=1e-5) * self.weight + self.bias


class _RotaryTransformerLayer(nn.Module):
    """Attention and a feed-forward part, each residual and followed by a normalisation."""

    def __init__(
        self, n_tokens: int, features: int, n_heads: int, expansion: int, drop_prob: float
    ) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(features, 3 * features)
        self.rotate = PairRotation(n_tokens, features // n_heads)
        self.out = nn.Linear(features, features)
        self.attend_drop = Dropout(drop_prob)
        self.attend_norm = nn.LayerNorm((n_tokens, features))
        self.expand = nn.Sequential(
            nn.Linear(features, expansion * features),
            nn.ReLU(),
            Dropout(drop_prob),
            nn.Linear(expansion * features, features),
            Dropout(drop_prob),
            Dropout(drop_prob),
        )
        self.expand_norm = nn.LayerNorm((n_tokens, features))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_tokens, features) to the same shape."""
        qkv = self.qkv(x).unflatten(2, (3, self.n_heads, -1))
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (batch, n_heads, tokens, head_dim)
        mixed = F.scaled_dot_product_attention(self.rotate(query), self.rotate(key), value)
        attended = self.attend_drop(self.out(mixed.transpose(1, 2).flatten(2)))
        x = self.attend_norm(x + attended)
        out: Tensor = self.expand_norm(x + self.expand(x))
        return out
