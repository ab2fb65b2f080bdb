"""CBraMod: a transformer whose heads attend either over channels or over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from eegzoo.layers.attention.vision_transformer import FusedAttention
from eegzoo.layers.blocks.amplitude_spectrum import amplitude_spectrum
from eegzoo.layers.blocks.patch_convolutions import PatchConvolutions
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.registry import register_model

_STRIDE = 25  # of the first convolution


@register_model(
    "cbramod",
    tasks=("motor imagery", "emotion", "sleep", "pathology", "mental workload"),
    paper="Wang et al. (2025), CBraMod: a criss-cross brain foundation model for EEG decoding",
    doi="10.48550/arXiv.2412.07236",
    source="wjq-learning/CBraMod, commit b9e9610 (PyTorch)",
    standard={"n_chans": 22, "n_times": 800, "n_outputs": 4, "sfreq": 200.0},
    foundation=True,
)
class CBraMod(EEGModel):
    """CBraMod: a transformer whose heads attend either over channels or over time.

    Equal to the authors' PyTorch code for fine-tuning. Each second of each channel becomes a token,
    from convolutions and from its amplitude spectrum; a convolution over neighbouring channels and
    seconds adds the position. In each layer, half of the features attend over the channels of a
    second, the other half over the seconds of a channel. The features are all tokens, and the head
    has three layers, as in most of the authors' experiments; with `mean_pool`, the features are the
    mean over the tokens, and the head is linear.

    The authors filter from 0.3 to 75 Hz, notch at the mains frequency, and resample to 200 Hz. They
    divide microvolts by 100, which this model does itself. They fine-tune with AdamW (1e-4 for the
    backbone, 5e-4 for the head, weight decay 0.05) and label smoothing of 0.1.

    The weights suit any number of channels, but neighbours in the order of the channels share a
    convolution. The patch is given in samples and does not follow `sfreq`, because pretrained
    weights fit 200 samples alone. Samples after the last whole patch are left out.

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
        Number of samples in a token.
    n_filters : int
        Number of convolutional filters, a multiple of 5. A token has `n_filters` features for every
        25 samples of a patch.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads, of which half attend over channels.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of the features.
    mean_pool : bool
        Whether the features are the mean over the tokens, not all of them.
    drop_prob : float
        Dropout probability of the spectrum, of attention weights, and in residual branches.
    head_drop_prob : float
        Dropout probability in the head.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Wang, Zhao, Luo, Zhou, Jiang, Li, Li, Pan (2025). CBraMod: a criss-cross brain foundation model
    for EEG decoding. ICLR. https://doi.org/10.48550/arXiv.2412.07236

    Reference implementation: https://github.com/wjq-learning/CBraMod, commit b9e9610.

    Examples
    --------
    >>> model = CBraMod(n_chans=22, n_times=800, n_outputs=4, sfreq=200, mean_pool=True)
    >>> model(torch.randn(2, 22, 800)).shape, model.features(torch.randn(2, 22, 800)).shape
    (torch.Size([2, 4]), torch.Size([2, 200]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=(),
        sfreq=200.0,
        unit="100 uV",
        patch_length=200,
        min_n_times=200,
        is_fixed_order=True,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        patch_length: int = 200,
        n_filters: int = 25,
        depth: int = 12,
        n_heads: int = 8,
        expansion: int = 4,
        mean_pool: bool = False,
        drop_prob: float = 0.1,
        head_drop_prob: float = 0.1,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            patch_length=patch_length, n_filters=n_filters, depth=depth, n_heads=n_heads,
            expansion=expansion, mean_pool=mean_pool, drop_prob=drop_prob,
            head_drop_prob=head_drop_prob,
        )  # fmt: skip
        self.check_smallest_window(self.patch_length)
        self.n_patches = self.n_times // self.patch_length
        self.embed_dim = self.n_filters * ((self.patch_length - 1) // _STRIDE + 1)
        if self.embed_dim % 2 or self.n_heads % 2:
            raise ValueError(
                "expected n_heads and the number of features of a token to be even, got "
                f"{self.n_heads} and {self.embed_dim}"
            )
        n_tokens = self.n_chans * self.n_patches
        self.num_features = self.embed_dim * (1 if self.mean_pool else n_tokens)

        self.patches = _PatchTokens(self.n_filters, self.patch_length, self.drop_prob)
        self.position = nn.Conv2d(
            self.embed_dim, self.embed_dim, (19, 7), padding=(9, 3), groups=self.embed_dim
        )
        self.transformer = nn.Sequential(
            *(
                _CrissCrossLayer(self.embed_dim, self.n_heads, self.expansion, self.drop_prob)
                for _ in range(self.depth)
            )
        )
        for layer in (*self.patches.modules(), *self.transformer.modules()):
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        for layer in self.transformer.modules():
            if isinstance(layer, FusedAttention):  # as torch's MultiheadAttention
                nn.init.xavier_uniform_(layer.qkv.weight)
                nn.init.zeros_(layer.qkv.bias)
                nn.init.zeros_(layer.out.bias)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = x[..., : self.n_patches * self.patch_length] / 100
        x = self.patches(x.unflatten(2, (self.n_patches, self.patch_length)))  # type: ignore[no-untyped-call]
        x = x + self.position(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        x = self.transformer(x)  # (batch, n_chans, n_patches, embed_dim)
        return x.mean(dim=(1, 2)) if self.mean_pool else x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        if self.mean_pool:
            return nn.Linear(self.num_features, n_outputs)
        first, second = self.n_patches * self.embed_dim, self.embed_dim
        return nn.Sequential(
            nn.Linear(self.num_features, first),
            nn.ELU(),
            Dropout(self.head_drop_prob),
            nn.Linear(first, second),
            nn.ELU(),
            Dropout(self.head_drop_prob),
            nn.Linear(second, n_outputs),
        )


class _PatchTokens(nn.Module):
    """Sum of convolutions along each patch and of a projection of its amplitude spectrum."""

    def __init__(self, n_filters: int, patch_length: int, drop_prob: float) -> None:
        super().__init__()
        embed_dim = n_filters * ((patch_length - 1) // _STRIDE + 1)
        self.convolutions = PatchConvolutions(
            n_filters, kernel_length=49, stride=_STRIDE, padding=24, n_groups=5
        )
        self.spectrum = nn.Linear(patch_length // 2 + 1, embed_dim)
        self.drop = Dropout(drop_prob)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_patches, patch_length) to (..., features)."""
        maps = self.convolutions(x)  # (batch, n_filters, patches, steps)
        shape = maps.transpose(1, 2).flatten(2).unflatten(1, x.shape[1:3])
        amplitudes = amplitude_spectrum(x) / x.shape[3]
        out: Tensor = shape + self.drop(self.spectrum(amplitudes))
        return out


class _CrissCrossLayer(nn.Module):
    """Attention over channels with half of the features and over time with the others."""

    def __init__(self, features: int, n_heads: int, expansion: int, drop_prob: float) -> None:
        super().__init__()
        self.attend_norm = nn.LayerNorm(features)
        self.attend_channels = FusedAttention(features // 2, n_heads // 2, drop_prob=drop_prob)
        self.attend_time = FusedAttention(features // 2, n_heads // 2, drop_prob=drop_prob)
        self.drop = Dropout(drop_prob)
        self.expand = nn.Sequential(
            nn.LayerNorm(features),
            nn.Linear(features, expansion * features),
            nn.GELU(),
            Dropout(drop_prob),
            nn.Linear(expansion * features, features),
            Dropout(drop_prob),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_patches, features) to the same shape."""
        over_channels, over_time = self.attend_norm(x).chunk(2, dim=3)
        over_channels = self.attend_channels(over_channels.transpose(1, 2)).transpose(1, 2)
        x = x + self.drop(torch.cat([over_channels, self.attend_time(over_time)], dim=3))
        out: Tensor = x + self.expand(x)
        return out
