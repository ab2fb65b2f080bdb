"""MSVTNet: convolutions of four lengths, whose maps are the tokens of a transformer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.attention.transformer_layer import TransformerLayer
from eegzoo.layers.blocks.eegnet_blocks import depthwise_front, norm_pool
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.depthwise import DepthwiseConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_EPS, _MOMENTUM = 1e-5, 0.1  # torch's


@register_model(
    "msvtnet",
    tasks=("motor imagery",),
    paper="Liu et al. (2024), MSVTNet: multi-scale vision transformer neural network for EEG-based "
    "motor imagery decoding",
    doi="10.1109/JBHI.2024.3450753",
    source="SheepTAO/dpeeg, commit 97fce35 (PyTorch)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class MSVTNet(EEGModel):
    """MSVTNet: four branches as in EEGNet, whose joint maps are the tokens of a transformer.

    Equal to the authors' PyTorch code, without the heads of its branches. These serve only the
    authors' training, whose loss is 0.6 times the cross-entropy of the outputs plus 0.4 times the
    sum of the cross-entropies of one linear layer for each branch, on the tokens that `branches`
    returns. The features are the transformer's output at the class token. All lengths are in
    samples and do not follow `sfreq`; they are for 250 Hz.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    n_outputs : int
        Number of classes.
    sfreq : float
        Sampling rate in Hz.
    n_filters : int
        Number of temporal filters in each branch.
    kernel_lengths : sequence of int
        Length of the temporal filters in each branch in samples.
    second_kernel_length : int
        Length of the second temporal filters, in samples after the first pool.
    D : int
        Number of spatial filters for each temporal filter.
    pool_lengths : tuple of int
        Lengths of the two average pools, each in samples of its input.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads in each layer.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of the features of
        a token.
    drop_prob : float
        Dropout probability in the branches.
    transformer_drop_prob : float
        Dropout probability of the tokens and in the transformer.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Liu, Yang, Yu, Yi, Yu, Wang, Wu (2024). MSVTNet: multi-scale vision transformer neural network
    for EEG-based motor imagery decoding. IEEE J. Biomed. Health Inform. 28, 7126-7137.
    https://doi.org/10.1109/JBHI.2024.3450753

    Reference implementation: https://github.com/SheepTAO/dpeeg, commit 97fce35.

    Examples
    --------
    >>> model = MSVTNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 72]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 9,
        kernel_lengths: Sequence[int] = (15, 31, 63, 125),
        second_kernel_length: int = 15,
        D: int = 2,
        pool_lengths: tuple[int, int] = (8, 7),
        depth: int = 2,
        n_heads: int = 8,
        expansion: int = 1,
        drop_prob: float = 0.3,
        transformer_drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, kernel_lengths=kernel_lengths,
            second_kernel_length=second_kernel_length, D=D, depth=depth, n_heads=n_heads,
            expansion=expansion, drop_prob=drop_prob, transformer_drop_prob=transformer_drop_prob,
        )  # fmt: skip
        self.pool_lengths = pool_1, pool_2 = positive_ints("pool_lengths", pool_lengths, 2)
        self.check_smallest_window(pool_1 * pool_2)

        n_maps = self.n_filters * self.D
        self.scales = nn.ModuleList(
            nn.Sequential(
                depthwise_front(
                    self.n_chans, self.n_filters, self.D, length, eps=_EPS, momentum=_MOMENTUM
                ),
                *norm_pool(n_maps, pool_1, self.drop_prob, _EPS, _MOMENTUM),
                DepthwiseConv1d(n_maps, self.second_kernel_length),
                *norm_pool(n_maps, pool_2, self.drop_prob, _EPS, _MOMENTUM),
            )
            for length in self.kernel_lengths
        )
        self.num_features = n_maps * len(self.kernel_lengths)
        self.class_token = nn.Parameter(torch.zeros(self.num_features))
        n_tokens = self.n_times // pool_1 // pool_2
        self.position = nn.Parameter(torch.zeros(n_tokens + 1, self.num_features))
        self.position_drop = Dropout(self.transformer_drop_prob)
        self.transformer = nn.Sequential(
            *(
                TransformerLayer(
                    self.num_features, self.n_heads, self.expansion * self.num_features,
                    drop_prob=self.transformer_drop_prob, norm_first=True,
                )
                for _ in range(self.depth)
            ),
            nn.LayerNorm(self.num_features),
        )  # fmt: skip
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        tokens = torch.cat(self.branches(x), dim=2)  # (batch, 17, 72) for 1000 samples
        first = self.class_token.expand(x.shape[0], 1, -1)
        tokens = torch.cat([first.to(tokens.dtype), tokens], dim=1) + self.position
        out: Tensor = self.transformer(self.position_drop(tokens))[:, 0]
        return out

    def branches(self, x: Tensor) -> list[Tensor]:
        """Return the tokens (batch, tokens, n_filters * D) of each branch."""
        return [scale(x).transpose(1, 2) for scale in self.scales]
