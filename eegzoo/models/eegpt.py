"""EEGPT: summary tokens that a transformer gathers from all channels at each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from eegzoo.layers.attention.vision_transformer import TransformerLayer, beit_init_
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract, ChannelRows, rows_of_channels
from eegzoo.models.registry import register_model

# Names of the rows of the authors' table of electrodes.
_CH_NAMES = """
FP1 FPZ FP2 AF7 AF3 AF4 AF8 F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FC5 FC3 FC1 FCZ FC2 FC4 FC6 FT8
T7 C5 C3 C1 CZ C2 C4 C6 T8 TP7 CP5 CP3 CP1 CPZ CP2 CP4 CP6 TP8 P7 P5 P3 P1 PZ P2 P4 P6 P8
PO7 PO5 PO3 POZ PO4 PO6 PO8 O1 OZ O2
"""


@register_model(
    "eegpt",
    tasks=("motor imagery", "erp", "sleep", "pathology"),
    paper="Wang et al. (2024), EEGPT: pretrained transformer for universal and reliable "
    "representation of EEG signals",
    source="BINE022/EEGPT, commit a0e0a8f (PyTorch)",
    standard={"n_chans": 19, "n_times": 1024, "n_outputs": 4, "sfreq": 256.0},
    foundation=True,
)
class EEGPT(EEGModel):
    """EEGPT: summary tokens that a transformer gathers from all channels at each time.

    Equal to the authors' PyTorch code for linear probing, without its first layer, which maps any
    channels to 19 known ones. A quarter of a second of a channel becomes a token, to which a learnt
    embedding of the electrode is added. At each time on its own, a transformer relates the channels
    and four summary tokens. The features are the summary tokens of all times. The head first
    reduces those of each time, with the same weights at all times; its norms are limited.

    The authors filter from 0 to 38 Hz for motor imagery, resample to 256 Hz, and reference to the
    average. They give the model millivolts; this model divides microvolts by 1000 itself. They
    train the head with AdamW (4e-4, weight decay 0.01) and a one-cycle schedule.

    The patch is given in samples and does not follow `sfreq`, because pretrained weights fit 256 Hz
    alone. Samples after the last whole patch are left out.

    Parameters
    ----------
    n_chans : int
        Number of channels, at most 62.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz. Pretrained weights expect 256 Hz.
    patch_length : int
        Number of samples in a token.
    patch_stride : int | None
        Number of samples from one token to the next. None: `patch_length`.
    n_summaries : int
        Number of summary tokens at each time.
    embed_dim : int
        Number of features of a token.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of `embed_dim`.
    head_units : int
        Number of features of a time after the first layer of the head.
    drop_prob : float
        Dropout probability at the end of each residual branch.
    head_drop_prob : float
        Dropout probability of the features in the head.
    ch_names : sequence of str | None
        Names of the channels, of the 62 in ``channel_contract``, in upper or lower case. None: the
        channels take the first rows of the table; pretrained weights then do not fit.

    References
    ----------
    Wang, Liu, He, Xu, Ma, Li (2024). EEGPT: pretrained transformer for universal and reliable
    representation of EEG signals. NeurIPS. https://nips.cc/virtual/2024/poster/93793

    Reference implementation: https://github.com/BINE022/EEGPT, commit a0e0a8f.

    Examples
    --------
    >>> names = ["Fp1", "Fp2", "C3", "Cz", "C4"]
    >>> model = EEGPT(n_chans=5, n_times=512, n_outputs=4, sfreq=256, ch_names=names)
    >>> model(torch.randn(2, 5, 512)).shape, model.features(torch.randn(2, 5, 512)).shape
    (torch.Size([2, 4]), torch.Size([2, 16384]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=tuple(_CH_NAMES.split()),
        sfreq=256.0,
        unit="mV",
        patch_length=64,
        min_n_times=64,
        max_n_chans=62,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        patch_length: int = 64,
        patch_stride: int | None = None,
        n_summaries: int = 4,
        embed_dim: int = 512,
        depth: int = 8,
        n_heads: int = 8,
        expansion: int = 4,
        head_units: int = 16,
        drop_prob: float = 0.0,
        head_drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            patch_length=patch_length, n_summaries=n_summaries, embed_dim=embed_dim, depth=depth,
            n_heads=n_heads, expansion=expansion, head_units=head_units, drop_prob=drop_prob,
            head_drop_prob=head_drop_prob,
        )  # fmt: skip
        self.set_arguments(patch_stride=patch_length if patch_stride is None else patch_stride)
        self.check_smallest_window(self.patch_length)
        known = self.channel_contract.known_ch_names
        rows = rows_of_channels(self.ch_names, known, self.n_chans)
        self.n_patches = (self.n_times - self.patch_length) // self.patch_stride + 1
        self.num_features = self.n_patches * self.n_summaries * self.embed_dim

        self.patches = nn.Conv2d(
            1, self.embed_dim, (1, self.patch_length), stride=(1, self.patch_stride)
        )
        self.electrodes = nn.Embedding(len(known), self.embed_dim)
        self.rows = ChannelRows(rows)
        self.summaries = nn.Parameter(torch.empty(self.n_summaries, self.embed_dim))
        self.transformer = nn.Sequential(
            *(
                TransformerLayer(
                    self.embed_dim, self.n_heads, self.expansion * self.embed_dim,
                    drop_prob=self.drop_prob,
                )
                for _ in range(self.depth)
            )
        )  # fmt: skip
        self.norm = nn.LayerNorm(self.embed_dim, eps=1e-6)
        self._initialize()
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.patches(x.unsqueeze(1) / 1000)  # (batch, embed_dim, n_chans, n_patches)
        x = x.permute(0, 3, 2, 1) + self.rows(self.electrodes.weight)
        x = x.flatten(0, 1)  # (batch * n_patches, n_chans, embed_dim)
        x = torch.cat([x, self.summaries.expand(x.shape[0], -1, -1)], dim=1)
        x = self.norm(self.transformer(x)[:, self.n_chans :])
        return x.reshape(-1, self.num_features)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        units = self.n_summaries * self.embed_dim
        return nn.Sequential(
            nn.Unflatten(1, (self.n_patches, units)),
            Dropout(self.head_drop_prob),
            ConstrainedDense(units, self.head_units, max_norm=1.0),
            nn.Flatten(),
            ConstrainedDense(self.n_patches * self.head_units, n_outputs, max_norm=0.25),
        )

    def _initialize(self) -> None:
        nn.init.trunc_normal_(self.summaries, std=0.02)
        nn.init.normal_(self.electrodes.weight, std=0.02)
        nn.init.trunc_normal_(self.patches.weight, std=0.02)
        nn.init.zeros_(self.patches.bias)  # type: ignore[arg-type]
        beit_init_(self.transformer)
