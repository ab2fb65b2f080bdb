"""LaBraM: a transformer over one-second patches of any electrodes of the 10-20 system."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between
from eegzoo.layers.attention.vision_transformer import TransformerLayer, beit_init_
from eegzoo.layers.blocks.patch_convolutions import PatchTokens
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelContract, ChannelRows, rows_of_channels
from eegzoo.models.registry import register_model

# Names of the rows of the authors' table of electrodes.
_CH_NAMES = """
FP1 FPZ FP2 AF9 AF7 AF5 AF3 AF1 AFZ AF2 AF4 AF6 AF8 AF10
F9 F7 F5 F3 F1 FZ F2 F4 F6 F8 F10 FT9 FT7 FC5 FC3 FC1 FCZ FC2 FC4 FC6 FT8 FT10
T9 T7 C5 C3 C1 CZ C2 C4 C6 T8 T10 TP9 TP7 CP5 CP3 CP1 CPZ CP2 CP4 CP6 TP8 TP10
P9 P7 P5 P3 P1 PZ P2 P4 P6 P8 P10 PO9 PO7 PO5 PO3 PO1 POZ PO2 PO4 PO6 PO8 PO10
O1 OZ O2 O9 CB1 CB2 IZ O10 T3 T5 T4 T6 M1 M2 A1 A2
CFC1 CFC2 CFC3 CFC4 CFC5 CFC6 CFC7 CFC8 CCP1 CCP2 CCP3 CCP4 CCP5 CCP6 CCP7 CCP8
T1 T2 FTT9h TTP7h TPP9h FTT10h TPP8h TPP10h
FP1-F7 F7-T7 T7-P7 P7-O1 FP2-F8 F8-T8 T8-P8 P8-O2
"""
_MOST_PATCHES = 16
_STRIDE = 8  # of the first convolution
_HEAD_SCALE = 0.001


@register_model(
    "labram",
    tasks=("pathology", "emotion"),
    paper="Jiang et al. (2024), Large brain model for learning generic representations with "
    "tremendous EEG data in BCI",
    doi="10.48550/arXiv.2405.18765",
    source="935963004/LaBraM, commit c431221 (PyTorch)",
    standard={"n_chans": 23, "n_times": 1000, "n_outputs": 6, "sfreq": 200.0},
    foundation=True,
)
class LaBraM(EEGModel):
    """LaBraM: a transformer over one-second patches of any electrodes of the 10-20 system.

    Equal to the authors' PyTorch code as they fine-tune LaBraM-Base: convolutions turn each second
    of each channel into a token, to which learnt embeddings of its electrode and of its second are
    added. The features are the mean over the tokens.

    The authors filter from 0.1 to 75 Hz, notch at 50 Hz, and resample to 200 Hz. They divide
    microvolts by 100, which this model does itself. They fine-tune with AdamW (5e-4, weight decay
    0.05), five epochs of warm-up, a learning rate that decreases by 0.65 from layer to layer
    towards the input, and label smoothing of 0.1.

    The patch is given in samples and does not follow `sfreq`, because pretrained weights fit 200
    samples alone. Samples after the last whole patch are left out.

    Parameters
    ----------
    n_chans : int
        Number of channels, at most 128.
    n_times : int
        Number of samples in a window, at most 16 patches.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz. Pretrained weights expect 200 Hz.
    patch_length : int
        Number of samples in a token.
    n_filters : int
        Number of convolutional filters, a multiple of 4. A token has `n_filters` features for every
        8 samples of a patch.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of the features.
    layer_scale : float
        Initial factor of the residual branches.
    drop_prob : float
        Dropout probability of tokens, and at the end of each residual branch.
    attention_drop_prob : float
        Dropout probability of the attention weights.
    path_drop_prob : float
        Probability that a window skips a residual branch of the last layer. It increases from 0 in
        the first layer.
    ch_names : sequence of str | None
        Names of the channels, of the 128 in ``channel_contract``, in upper or lower case. None: the
        channels take the first rows of the table; pretrained weights then do not fit.

    References
    ----------
    Jiang, Zhao, Lu (2024). Large brain model for learning generic representations with tremendous
    EEG data in BCI. ICLR. https://doi.org/10.48550/arXiv.2405.18765

    Reference implementation: https://github.com/935963004/LaBraM, commit c431221.

    Examples
    --------
    >>> names = ["Fp1", "Fp2", "C3", "Cz", "C4"]
    >>> model = LaBraM(n_chans=5, n_times=800, n_outputs=4, sfreq=200, ch_names=names)
    >>> model(torch.randn(2, 5, 800)).shape, model.features(torch.randn(2, 5, 800)).shape
    (torch.Size([2, 4]), torch.Size([2, 200]))
    """

    channel_contract: ClassVar[ChannelContract] = ChannelContract(
        known_ch_names=tuple(_CH_NAMES.split()),
        sfreq=200.0,
        unit="100 uV",
        patch_length=200,
        min_n_times=200,
        max_n_times=200 * _MOST_PATCHES,
        max_n_chans=128,
    )

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        patch_length: int = 200,
        n_filters: int = 8,
        depth: int = 12,
        n_heads: int = 10,
        expansion: int = 4,
        layer_scale: float = 0.1,
        drop_prob: float = 0.0,
        attention_drop_prob: float = 0.0,
        path_drop_prob: float = 0.1,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            patch_length=patch_length, n_filters=n_filters, depth=depth, n_heads=n_heads,
            expansion=expansion, drop_prob=drop_prob, attention_drop_prob=attention_drop_prob,
            path_drop_prob=path_drop_prob,
        )  # fmt: skip
        self.layer_scale = number_between("layer_scale", layer_scale, 0.0, above=True)
        self.check_smallest_window(self.patch_length)
        self.n_patches = self.n_times // self.patch_length
        if self.n_patches > _MOST_PATCHES:
            most = (_MOST_PATCHES + 1) * self.patch_length - 1
            raise ValueError(f"expected n_times of at most {most}, got {self.n_times}")
        known = self.channel_contract.known_ch_names
        rows = rows_of_channels(self.ch_names, known, self.n_chans)
        self.num_features = self.n_filters * math.ceil(self.patch_length / _STRIDE)

        self.patches = PatchTokens(self.n_filters, kernel_length=15, stride=_STRIDE, padding=7)
        # The first row is that of the class token.
        self.class_token = nn.Parameter(torch.empty(self.num_features))
        self.electrodes = nn.Parameter(torch.empty(1 + len(known), self.num_features))
        self.seconds = nn.Parameter(torch.empty(_MOST_PATCHES, self.num_features))
        self.rows = ChannelRows([1 + row for row in rows])
        self.token_drop = Dropout(self.drop_prob)
        self.transformer = nn.Sequential(
            *(
                TransformerLayer(
                    self.num_features, self.n_heads, self.expansion * self.num_features,
                    bias=False, qk_norm_eps=1e-6, layer_scale=self.layer_scale,
                    drop_prob=self.drop_prob, attention_drop_prob=self.attention_drop_prob,
                    path_drop_prob=self.path_drop_prob * layer / max(1, self.depth - 1),
                )
                for layer in range(self.depth)
            )
        )  # fmt: skip
        self.norm = nn.LayerNorm(self.num_features, eps=1e-6)
        self.head = self.make_head(self.n_outputs)
        self._initialize()

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = x[..., : self.n_patches * self.patch_length] / 100  # tenths of millivolts
        x = self.patches(x.unflatten(2, (self.n_patches, self.patch_length)))  # type: ignore[no-untyped-call]
        x = x + self.rows(self.electrodes).unsqueeze(1) + self.seconds[: self.n_patches]
        x = x.flatten(1, 2)  # (batch, n_chans * n_patches, num_features)
        first = (self.class_token + self.electrodes[0]).expand(x.shape[0], 1, -1)
        x = self.transformer(self.token_drop(torch.cat([first, x], dim=1)))
        out: Tensor = self.norm(x[:, 1:].mean(dim=1))
        return out

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = nn.Linear(self.num_features, n_outputs)
        nn.init.trunc_normal_(head.weight, std=0.02 * _HEAD_SCALE)
        nn.init.zeros_(head.bias)
        return head

    def _initialize(self) -> None:
        for table in (self.class_token, self.electrodes, self.seconds):
            nn.init.trunc_normal_(table, std=0.02)
        beit_init_(self.transformer)
