"""LUNA: learnt queries that gather the channels of each patch, and a transformer over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from eegzoo.layers.attention.multi_head import MultiHeadAttention
from eegzoo.layers.attention.place_features import sines_of_places
from eegzoo.layers.attention.query_attention import QueryAttention
from eegzoo.layers.attention.residual_parts import ResidualParts
from eegzoo.layers.attention.transformer_layer import TransformerLayer
from eegzoo.layers.attention.vision_transformer import DropPath, FusedAttention
from eegzoo.layers.blocks.amplitude_spectrum import amplitude_and_phase
from eegzoo.layers.blocks.patch_convolutions import PatchTokens
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.electrode_positions import (
    ELECTRODES,
    ChannelPositions,
    check_positions,
    in_head_frame,
    positions_of_channels,
)
from eegzoo.models.registry import register_model

_EPS = 1e-8
_N_STEPS = 4  # of a patch, after the first convolution
_QUERY_DEPTH = 3


@register_model(
    "luna",
    tasks=("pathology", "emotion"),
    paper="Döner et al. (2025), LUNA: efficient and topology-agnostic foundation model for EEG "
    "signal analysis",
    doi="10.48550/arXiv.2510.22257",
    source="pulp-bio/BioFoundation, commit 1923999 (PyTorch)",
    standard={"n_chans": 22, "n_times": 1280, "n_outputs": 2, "sfreq": 256.0},
    foundation=True,
)
class LUNA(EEGModel):
    """LUNA: learnt queries that gather the channels of each patch, and a transformer over time.

    Equal to the authors' PyTorch code. Each sixth of a second of each channel becomes a token, from
    convolutions and from its spectrum; sines and cosines of its position on the head are added. A
    few learnt queries attend to the channels of each patch, so that any montage will do and the
    transformer over time costs the same for any number of channels. The features are all patches;
    the head attends to them. The defaults are LUNA-base; large has
    ``embed_dim=96, n_queries=6, depth=10``, and huge ``embed_dim=128, n_queries=8, depth=24``.

    The authors filter from 0.1 to 75 Hz, notch at the mains frequency, resample to 256 Hz, and
    standardise each channel of a window, which this model does itself, so that the unit has no
    influence. The clinical recordings of the pretraining were differences of electrodes. They
    fine-tune with AdamW (5e-4, weight decay 0.05) and a rate that decreases by a quarter from layer
    to layer towards the input.

    Positions are scaled to the range that the channels have along each axis of MNE's head frame,
    which ``raw.info`` has them in. Named channels have those of MNE's template "colin27_1005"; a
    difference of two electrodes is midway between them.
    The patch is given in samples and does not follow `sfreq`, because pretrained weights fit 256 Hz
    alone. Samples after the last whole patch are standardised with the others, and then left out.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window. The authors have windows of 5 s.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz. Pretrained weights expect 256 Hz.
    patch_length : int
        Number of samples in a token, a multiple of 4.
    embed_dim : int
        Number of features of a token, a multiple of 16.
    n_queries : int
        Number of learnt queries. A patch has `embed_dim` features for each.
    depth : int
        Number of transformer layers over time.
    n_heads : int
        Number of attention heads over channels; over time there are as many for each query.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of its features.
    drop_prob : float
        Dropout probability where queries attend to channels.
    path_drop_prob : float
        Probability that a window skips a residual branch of a layer over time.
    head_drop_prob : float
        Dropout probability in the head, and of its outputs.
    positions : array-like of float, shape (n_chans, 3) | None
        Positions of the channels in metres, in MNE's head frame. None: those of `ch_names`.
    ch_names : sequence of str | None
        Names of the channels, of the 343 in ``channel_contract`` or "A-B" of two of them, in upper
        or lower case, unless `positions` are given. None: the channels have the first positions;
        pretrained weights then do not fit.

    References
    ----------
    Döner, Ingolfsson, Benini, Li (2025). LUNA: efficient and topology-agnostic foundation model for
    EEG signal analysis. NeurIPS. https://doi.org/10.48550/arXiv.2510.22257

    Reference implementation: https://github.com/pulp-bio/BioFoundation, commit 1923999.

    Examples
    --------
    >>> names = ["FP1-F7", "F7-T3", "Cz"]
    >>> model = LUNA(n_chans=3, n_times=1280, n_outputs=2, sfreq=256, ch_names=names)
    >>> model(torch.randn(2, 3, 1280)).shape, model.features(torch.randn(2, 3, 1280)).shape
    (torch.Size([2, 2]), torch.Size([2, 8192]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=ELECTRODES,
        sfreq=256.0,
        unit="standard deviation of each channel",
        patch_length=40,
        min_n_times=40,
        is_by_position=True,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        patch_length: int = 40,
        embed_dim: int = 64,
        n_queries: int = 4,
        depth: int = 8,
        n_heads: int = 2,
        expansion: int = 4,
        drop_prob: float = 0.1,
        path_drop_prob: float = 0.1,
        head_drop_prob: float = 0.15,
        positions: Any = None,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            patch_length=patch_length, embed_dim=embed_dim, n_queries=n_queries, depth=depth,
            n_heads=n_heads, expansion=expansion, drop_prob=drop_prob,
            path_drop_prob=path_drop_prob, head_drop_prob=head_drop_prob,
        )  # fmt: skip
        self.positions = check_positions(positions, self.n_chans)
        for name, unit in (("patch_length", 4), ("embed_dim", 16), ("embed_dim", 2 * self.n_heads)):
            if getattr(self, name) % unit:
                raise ValueError(
                    f"expected {name} to be a multiple of {unit}, got {getattr(self, name)}"
                )
        self.check_smallest_window(self.patch_length)
        self.n_patches = self.n_times // self.patch_length
        self.patch_features = self.n_queries * self.embed_dim
        self.num_features = self.n_patches * self.patch_features

        quarter = self.patch_length // _N_STEPS
        self.patches = PatchTokens(
            self.embed_dim // _N_STEPS, 2 * quarter - 1, stride=quarter, padding=quarter - 1
        )
        n_bins = 2 * (self.patch_length // 2 + 1)
        linear = nn.Linear(n_bins, 4 * n_bins), nn.Linear(4 * n_bins, self.embed_dim)
        self.spectrum = nn.Sequential(linear[0], nn.GELU(), linear[1])
        places = positions_of_channels(self.ch_names, self.positions, self.n_chans)
        self.places = ChannelPositions(in_head_frame(places) if self.positions is None else places)
        self.place_features = nn.Sequential(
            nn.Linear(self.embed_dim, 2 * self.embed_dim),
            nn.GELU(),
            nn.LayerNorm(2 * self.embed_dim),
            nn.Linear(2 * self.embed_dim, self.embed_dim),
        )
        self.gather = _ChannelGathering(
            self.embed_dim, self.n_queries, self.n_heads, self.expansion, self.drop_prob
        )
        self.transformer = nn.Sequential(
            *(
                _time_layer(
                    self.patch_features, self.n_heads * self.n_queries, self.expansion,
                    self.n_patches, self.path_drop_prob,
                )
                for _ in range(self.depth)
            )
        )  # fmt: skip
        self.norm = nn.LayerNorm(self.patch_features)
        _initialize(self)
        for number, layer in enumerate(self.transformer, start=1):
            for last in ("attend.1.out", "expand.4"):
                layer.get_parameter(f"{last}.weight").data /= math.sqrt(2.0 * number)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = x - x.mean(dim=2, keepdim=True)
        # Once more, so that rounding errors of a constant channel are not taken for a signal.
        x = x - x.mean(dim=2, keepdim=True)
        deviation = torch.linalg.vector_norm(x, dim=2, keepdim=True) / math.sqrt(self.n_times - 1)
        x = (x / (deviation + _EPS))[..., : self.n_patches * self.patch_length]
        x = x.unflatten(2, (self.n_patches, self.patch_length))  # type: ignore[no-untyped-call]
        dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
        places = sines_of_places(self.places(dtype, x.device), self.embed_dim).to(x.dtype)
        tokens = self.patches(x) + self.spectrum(amplitude_and_phase(x))
        x = tokens + self.place_features(places).unsqueeze(1)
        x = self.gather(x.transpose(1, 2).flatten(0, 1))  # (batch * n_patches, n_queries, ...)
        x = self.transformer(x.reshape(-1, self.n_patches, self.patch_features))
        out: Tensor = self.norm(x).flatten(1)
        return out

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        hidden = 4 * self.patch_features
        head = nn.Sequential(
            nn.Unflatten(1, (self.n_patches, self.patch_features)),
            QueryAttention(self.patch_features, 1, self.n_heads, self.head_drop_prob),
            nn.Flatten(),
            nn.Linear(self.patch_features, hidden),
            nn.GELU(),
            Dropout(self.head_drop_prob),
            nn.Linear(hidden, n_outputs),
            Dropout(self.head_drop_prob),
        )
        _initialize(head)
        return head


class _ChannelGathering(nn.Module):
    """Learnt queries that attend to the channels of a patch, and then to each other."""

    def __init__(
        self, features: int, n_queries: int, n_heads: int, expansion: int, drop_prob: float
    ) -> None:
        super().__init__()
        hidden = expansion * features
        self.query_norm = nn.LayerNorm(features)
        self.key_norm = nn.LayerNorm(features)
        self.value_norm = nn.LayerNorm(features)
        self.attend = QueryAttention(features, n_queries, n_heads, drop_prob)
        nn.init.orthogonal_(self.attend.queries.view(1, -1))
        self.expand = nn.Sequential(
            nn.Linear(features, hidden),
            nn.GELU(),
            Dropout(drop_prob),
            nn.LayerNorm(hidden),
            nn.Linear(hidden, features),
            Dropout(drop_prob),
        )
        sizes = features, n_heads, hidden, nn.GELU
        self.mix = nn.Sequential(
            *(
                TransformerLayer(*sizes, drop_prob=drop_prob, norm_first=True)
                for _ in range(_QUERY_DEPTH)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, features) to (batch, n_queries, features)."""
        x = self.attend(self.key_norm(x), self.value_norm(x), self.query_norm(self.attend.queries))
        mixed: Tensor = self.mix(x + self.expand(x))
        return mixed


def _time_layer(
    features: int, n_heads: int, expansion: int, n_patches: int, path_drop_prob: float
) -> ResidualParts:
    """Return a transformer layer over patches, with a normalisation of its hidden units."""
    hidden = expansion * features
    attend = nn.Sequential(
        nn.LayerNorm(features),
        FusedAttention(features, n_heads, n_rotated=n_patches),
        DropPath(path_drop_prob),
    )
    expand = nn.Sequential(
        nn.LayerNorm(features),
        nn.Linear(features, hidden),
        nn.GELU(),
        nn.LayerNorm(hidden),
        nn.Linear(hidden, features),
        DropPath(path_drop_prob),
    )
    return ResidualParts(attend, expand)


def _initialize(module: nn.Module) -> None:
    """Initialise linear layers as the authors do."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    for layer in module.modules():
        if isinstance(layer, (QueryAttention, MultiHeadAttention)):
            # torch's attention holds these three weights in one tensor, which determines the fans.
            for linear in (layer.query, layer.key, layer.value):
                limit = math.sqrt(6 / (4 * linear.weight.shape[0]))
                nn.init.uniform_(linear.weight, -limit, limit)
