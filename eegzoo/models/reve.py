"""REVE: a transformer over overlapping seconds of every channel, placed by Fourier features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import number_between
from eegzoo.layers.attention.residual_parts import ResidualParts
from eegzoo.layers.attention.rms_norm import RMSNorm
from eegzoo.layers.attention.vision_transformer import FusedAttention
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract
from eegzoo.models.electrode_positions import (
    ELECTRODES,
    ChannelPositions,
    check_positions,
    positions_of_channels,
)
from eegzoo.models.registry import register_model

_TIME_STEP = 0.1  # of a patch, on the scale of the positions
_MARGIN = 0.4  # a period of the lowest frequency is one metre and two margins


@register_model(
    "reve",
    tasks=("motor imagery", "pathology", "sleep", "emotion", "mental workload"),
    paper="El Ouahidi et al. (2025), REVE: a foundation model for EEG, adapting to any setup with "
    "large-scale pretraining on 25,000 subjects",
    doi="10.48550/arXiv.2510.21585",
    source="elouayas/reve_eeg, commit 06a7059 (PyTorch)",
    standard={"n_chans": 22, "n_times": 800, "n_outputs": 4, "sfreq": 200.0},
    foundation=True,
)
class REVE(EEGModel):
    """REVE: a transformer over overlapping seconds of every channel, placed by Fourier features.

    Equal to the authors' PyTorch code. Each second of each channel becomes a token, nine tenths of
    a second after the one before. Sines and cosines of its position on the head and in time are
    added, so that any montage will do. The features are all tokens and their mean, weighted by the
    attention of a learnt query; with `attention_pool`, they are this mean alone. The defaults are
    REVE-base; large has ``embed_dim=1216, n_heads=19, feedforward_size=3234, n_frequencies=5``.

    The authors take the average as reference, high-pass filter, notch at the mains frequency and
    resample to 200 Hz. They divide microvolts by 100, which this model does itself. They train the
    head and the query first (learning rate 1e-3), then all weights (1e-4), and give the positions
    random errors in training, as this model does.

    The positions are in metres, in the frame of MNE's "colin27_1005", and not scaled to a head: so
    the authors have them for named electrodes. Named channels get these; a difference of two
    electrodes is midway between them. The patch is given in samples and does not follow `sfreq`,
    because pretrained weights fit 200 Hz alone. Samples after the last whole patch are left out.

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
    patch_stride : int
        Number of samples from one token to the next.
    embed_dim : int
        Number of features of a token.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads.
    feedforward_size : int
        Number of hidden units in the feed-forward part of a layer.
    n_frequencies : int
        Number of frequencies along each of the four axes of positions.
    position_noise : float
        Standard deviation in metres of the errors that positions have in training.
    attention_pool : bool
        Whether the features are the mean that the query attends to, without the tokens.
    head_drop_prob : float
        Dropout probability of the normalised features.
    positions : array-like of float, shape (n_chans, 3) | None
        Positions of the channels in metres, in the template's MRI frame. None: those of `ch_names`.
    ch_names : sequence of str | None
        Names of the channels, of the 343 in ``channel_contract`` or "A-B" of two of them, in upper
        or lower case, unless `positions` are given. None: the channels have the first positions;
        pretrained weights then do not fit.

    References
    ----------
    El Ouahidi, Lys, Thölke, Farrugia, Pasdeloup, Gripon, Jerbi, Lioi (2025). REVE: a foundation
    model for EEG, adapting to any setup with large-scale pretraining on 25,000 subjects. NeurIPS.
    https://doi.org/10.48550/arXiv.2510.21585

    Reference implementation: https://github.com/elouayas/reve_eeg, commit 06a7059.

    Examples
    --------
    >>> model = REVE(n_chans=3, n_times=400, n_outputs=4, sfreq=200, depth=2,
    ...              ch_names=["Fp1", "Cz", "O1-O2"])
    >>> model(torch.randn(2, 3, 400)).shape, model.features(torch.randn(2, 3, 400)).shape
    (torch.Size([2, 4]), torch.Size([2, 3584]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=ELECTRODES,
        sfreq=200.0,
        unit="100 uV",
        patch_length=200,
        min_n_times=200,
        is_by_position=True,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        patch_length: int = 200,
        patch_stride: int = 180,
        embed_dim: int = 512,
        depth: int = 22,
        n_heads: int = 8,
        feedforward_size: int = 1361,
        n_frequencies: int = 4,
        position_noise: float = 0.0025,
        attention_pool: bool = False,
        head_drop_prob: float = 0.1,
        positions: Any = None,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            patch_length=patch_length, patch_stride=patch_stride, embed_dim=embed_dim, depth=depth,
            n_heads=n_heads, feedforward_size=feedforward_size, n_frequencies=n_frequencies,
            attention_pool=attention_pool, head_drop_prob=head_drop_prob,
        )  # fmt: skip
        self.position_noise = number_between("position_noise", position_noise, 0.0)
        self.positions = check_positions(positions, self.n_chans)
        most = 2 * self.n_frequencies**4
        if self.embed_dim % 2 or self.embed_dim > most:
            raise ValueError(
                f"expected embed_dim to be even and at most {most}, twice the number of "
                f"combinations of n_frequencies={self.n_frequencies}, got {self.embed_dim}"
            )
        self.check_smallest_window(self.patch_length)
        self.n_patches = (self.n_times - self.patch_length) // self.patch_stride + 1
        n_tokens = self.n_chans * self.n_patches
        self.num_features = self.embed_dim * (1 if self.attention_pool else 1 + n_tokens)

        self.patches = nn.Linear(self.patch_length, self.embed_dim)
        self.places = ChannelPositions(
            positions_of_channels(self.ch_names, self.positions, self.n_chans)
        )
        self.place_features = nn.Sequential(
            nn.Linear(4, self.embed_dim, bias=False), nn.GELU(), nn.LayerNorm(self.embed_dim)
        )
        self.place_norm = nn.LayerNorm(self.embed_dim)
        self.transformer = nn.Sequential(
            *(
                _layer(self.embed_dim, self.n_heads, self.feedforward_size)
                for _ in range(self.depth)
            )
        )
        self.query = nn.Parameter(torch.randn(self.embed_dim))
        self.head = self.make_head(self.n_outputs)
        for linear in self.transformer.modules():
            if isinstance(linear, nn.Linear):
                nn.init.trunc_normal_(linear.weight, std=0.02, a=-0.06, b=0.06)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.patches(x.unfold(2, self.patch_length, self.patch_stride) / 100)
        x = (x + self.embedded_places(x)).flatten(1, 2)  # (batch, tokens, embed_dim)
        x = self.transformer(x)
        weights = (x @ self.query / math.sqrt(self.embed_dim)).softmax(dim=1)
        mean = weights.unsqueeze(1) @ x  # (batch, 1, embed_dim)
        return mean.flatten(1) if self.attention_pool else torch.cat([mean, x], dim=1).flatten(1)

    def embedded_places(self, x: Tensor) -> Tensor:
        """Return what is added to the tokens (n_chans, n_patches, embed_dim), in the type of `x`.

        Parameters
        ----------
        x : Tensor
            Tokens.
        """
        dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
        places = self.places(dtype, x.device).unsqueeze(1)  # (n_chans, 1, 3)
        if self.training and self.position_noise:
            places = places + self.position_noise * torch.randn_like(places)
        times = torch.arange(self.n_patches, dtype=dtype, device=x.device).unsqueeze(1)
        places = torch.cat(
            [places.expand(-1, self.n_patches, -1), times.expand(self.n_chans, -1, -1)], dim=2
        )
        fourier = fourier_features(places, self.n_frequencies, self.embed_dim).to(x.dtype)
        embedded: Tensor = self.place_norm(fourier + self.place_features(places.to(x.dtype)))
        return embedded

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        linear = nn.Linear(self.num_features, n_outputs)
        std = self.embed_dim**-0.5
        nn.init.trunc_normal_(linear.weight, std=std, a=-3 * std, b=3 * std)
        nn.init.zeros_(linear.bias)
        return nn.Sequential(RMSNorm(self.num_features), Dropout(self.head_drop_prob), linear)


def fourier_features(places: Tensor, n_frequencies: int, features: int) -> Tensor:
    """Return cosines and sines of positions in space and time, at combinations of frequencies.

    Parameters
    ----------
    places : Tensor, shape (..., 4)
        Positions in metres along three axes, and number of the patch.
    n_frequencies : int
        Number of frequencies along each axis, from zero.
    features : int
        Number of features, even. Of all combinations of frequencies, the first are used.

    Returns
    -------
    Tensor, shape (..., features)
        Cosines, then sines.

    Examples
    --------
    >>> fourier_features(torch.tensor([[0.0, 0.0, 0.0, 0.5]]), 2, 4).round(decimals=3)
    tensor([[1.0000, 0.0000, 0.0000, 1.0000]])
    """
    *space, time = places.unbind(-1)
    step = 2 * math.pi / (1 + 2 * _MARGIN)
    steps = step * torch.arange(n_frequencies, dtype=places.dtype, device=places.device)
    angles = torch.zeros((), dtype=places.dtype, device=places.device)
    for axis in (*space, _TIME_STEP * time):
        # The frequencies of each axis vary faster than those of the axis before.
        angles = angles.unsqueeze(-1) + (axis.unsqueeze(-1) + _MARGIN).mul(steps).unsqueeze(-2)
        angles = angles.flatten(-2)
    angles = angles[..., : features // 2]
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class _GatedUnits(nn.Module):
    """Half of the features, multiplied by the activation of the other half."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., 2 * features) to (..., features)."""
        values, gates = x.chunk(2, dim=-1)
        return values * F.gelu(gates)


def _layer(features: int, n_heads: int, hidden_size: int) -> ResidualParts:
    """Return a transformer layer, normalised by root mean squares and without biases."""
    attend = nn.Sequential(
        RMSNorm(features),
        FusedAttention(features, n_heads, bias=False, out_bias=False),
    )
    expand = nn.Sequential(
        RMSNorm(features),
        nn.Linear(features, 2 * hidden_size, bias=False),
        _GatedUnits(),
        nn.Linear(hidden_size, features, bias=False),
    )
    return ResidualParts(attend, expand)
