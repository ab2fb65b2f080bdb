"""ST-EEGFormer: a vision transformer over short patches of every channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.attention.positions import SinusoidalPositions
from eegzoo.layers.attention.vision_transformer import TransformerLayer
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract, ChannelRows, rows_of_channels
from eegzoo.models.registry import register_model

# Names of the rows of the authors' table of electrodes, which has three more.
_CH_NAMES = """
C1 Pz C4 F6 FTT8h Oz Fp1 FCC5h TPP8h CPP6h C2 F4 OI2h AF4 FCz CCP6h TP8 POO10h FC1 FC6 C5 P8 FT8 P6
P9 Fz AFF1 TPP10h AFF2 P10 CPP2h M1 FCC6h FTT7h FC2 PPO2 AFp3h AF7 PO10 AF8 CPP1h P7 F1 AFp4h PO9
FT9 CP2 Iz FCC1h FC5 T5 CP5 CP6 FFC5h F2 M2 POO9h AFF5h PO4 POO3h Fp2 T3 CP4 POz TTP7h T7 A2 CCP4h
T8 PPO10h FC3 F3 F5 A1 P3 FC4 FCC2h FFC6h FFT8h CCP2h CPP4h T6 FTT9h PPO6h CP3 CP1 AF3 FT10 OI1h
TPP9h P5 I2 CCP1h T4 CCP3h O1 PO5 PPO9h PPO5h P1 AFz PO6 PO3 O2 CPP5h FFC1h FCC4h FFT7h FFC2h FFC4h
Cz TP7 Fpz FTT10h PO7 CPP3h P4 P2 F8 CPz FCC3h FFC3h FT7 I1 TTP8h AFF6h CCP5h C6 PPO1 PO8 C3 POO4h
TPP7h F7 T9 TP9 T10 TP10 POO1 POO2 PPO1h PPO2h
"""
_N_ROWS = 145
_MOST_PATCHES = 511


@register_model(
    "steegformer",
    tasks=("motor imagery", "erp", "ssvep"),
    paper="Yang et al. (2026), Are EEG foundation models worth it? Comparative evaluation with "
    "traditional decoders in diverse BCI tasks",
    source="LiuyinYang1101/STEEGFormer, commit 282651d (PyTorch)",
    standard={"n_chans": 22, "n_times": 512, "n_outputs": 4, "sfreq": 128.0},
    foundation=True,
)
class STEEGFormer(EEGModel):
    """ST-EEGFormer: a vision transformer over short patches of every channel.

    Equal to the authors' PyTorch code with average pooling, without two weights that it builds and
    never uses: the positions of images, and the last normalisation. An eighth of a second of a
    channel becomes a token, by a linear layer; a learnt embedding of the electrode and the position
    in time are added. The features are the mean over the tokens. The defaults are ST-EEGFormer
    small; base has ``embed_dim=768, depth=12, n_heads=12``, and large
    ``embed_dim=1024, depth=24, n_heads=16``.

    The authors filter from 0.5 to 64 Hz, resample to 128 Hz, and standardise each channel of a
    window, which this model does itself, so that the unit of a channel has no influence. They
    fine-tune with a learning rate that decreases from layer to layer towards the input.

    The patch is given in samples and does not follow `sfreq`, because pretrained weights fit 128 Hz
    alone. Samples after the last whole patch are standardised with the others, and then left out.

    Parameters
    ----------
    n_chans : int
        Number of channels, at most 145.
    n_times : int
        Number of samples in a window, at most 511 patches. The authors advise 6 s or less.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz. Pretrained weights expect 128 Hz.
    patch_length : int
        Number of samples in a token.
    embed_dim : int
        Number of features of a token, even.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of `embed_dim`.
    path_drop_prob : float
        Probability that a window skips a residual branch of the last layer. It increases from 0 in
        the first layer.
    ch_names : sequence of str | None
        Names of the channels, of the 142 in ``channel_contract``, in upper or lower case. None: the
        channels take the first rows of the table; pretrained weights then do not fit.

    References
    ----------
    Yang, Sun, Li, Van Hulle (2026). Are EEG foundation models worth it? Comparative evaluation with
    traditional decoders in diverse BCI tasks. ICLR. https://openreview.net/forum?id=5Xwm8e6vbh

    Reference implementation: https://github.com/LiuyinYang1101/STEEGFormer, commit 282651d.

    Examples
    --------
    >>> names = ["Fp1", "Fp2", "C3", "Cz", "C4"]
    >>> model = STEEGFormer(n_chans=5, n_times=256, n_outputs=4, sfreq=128, ch_names=names)
    >>> model(torch.randn(2, 5, 256)).shape, model.features(torch.randn(2, 5, 256)).shape
    (torch.Size([2, 4]), torch.Size([2, 512]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=tuple(_CH_NAMES.split()),
        sfreq=128.0,
        unit="standard deviation of each channel",
        patch_length=16,
        min_n_times=16,
        max_n_times=16 * _MOST_PATCHES,
        max_n_chans=_N_ROWS,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        patch_length: int = 16,
        embed_dim: int = 512,
        depth: int = 8,
        n_heads: int = 8,
        expansion: int = 4,
        path_drop_prob: float = 0.1,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            patch_length=patch_length, embed_dim=embed_dim, depth=depth, n_heads=n_heads,
            expansion=expansion, path_drop_prob=path_drop_prob,
        )  # fmt: skip
        self.check_smallest_window(self.patch_length)
        self.n_patches = self.n_times // self.patch_length
        if self.n_patches > _MOST_PATCHES:
            most = (_MOST_PATCHES + 1) * self.patch_length - 1
            raise ValueError(f"expected n_times of at most {most}, got {self.n_times}")
        known = self.channel_contract.known_ch_names
        nameless = map(str, range(len(known), _N_ROWS if self.ch_names is None else len(known)))
        rows = rows_of_channels(self.ch_names, (*known, *nameless), self.n_chans)
        self.num_features = self.embed_dim

        self.patches = nn.Linear(self.patch_length, self.embed_dim)
        self.electrodes = nn.Embedding(_N_ROWS, self.embed_dim)
        self.rows = ChannelRows(rows)
        self.positions = SinusoidalPositions(_MOST_PATCHES + 1, self.embed_dim)
        self.class_token = nn.Parameter(torch.empty(self.embed_dim))
        self.transformer = nn.Sequential(
            *(
                TransformerLayer(
                    self.embed_dim, self.n_heads, self.expansion * self.embed_dim,
                    path_drop_prob=self.path_drop_prob * layer / max(1, self.depth - 1),
                )
                for layer in range(self.depth)
            )
        )  # fmt: skip
        self.head = self.make_head(self.n_outputs)
        nn.init.normal_(self.class_token, std=0.02)
        nn.init.zeros_(self.electrodes.weight)
        for linear in (self.patches, *self.transformer.modules()):
            if isinstance(linear, nn.Linear):
                nn.init.xavier_uniform_(linear.weight)
                nn.init.zeros_(linear.bias)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = F.layer_norm(x, (self.n_times,), eps=1e-6)
        x = x[..., : self.n_patches * self.patch_length]
        x = self.patches(x.unflatten(2, (self.n_patches, self.patch_length)))  # type: ignore[no-untyped-call]
        positions = self.positions(x)[: self.n_patches + 1]
        x = x + positions[1:] + self.rows(self.electrodes.weight).unsqueeze(1)
        first = (self.class_token + positions[0]).expand(x.shape[0], 1, -1)
        x = self.transformer(torch.cat([first, x.flatten(1, 2)], dim=1))
        return x[:, 1:].mean(dim=1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        nn.init.trunc_normal_(head.weight, std=2e-5)
        nn.init.zeros_(head.bias)
        return head
