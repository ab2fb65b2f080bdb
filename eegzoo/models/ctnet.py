"""CTNet: EEGNet-like convolutions, then a transformer beside a shortcut."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int, positive_ints
from eegzoo.layers.blocks.attention import MultiHeadAttention
from eegzoo.layers.blocks.eegnet_blocks import depthwise_front, norm_pool
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "ctnet",
    tasks=("motor imagery",),
    paper="Zhao et al. (2024), CTNet: a convolutional transformer network for EEG-based motor "
    "imagery classification",
    doi="10.1038/s41598-024-71118-7",
    source="snailpt/CTNet, commit 4e6f973 (PyTorch)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class CTNet(EEGModel):
    """CTNet: EEGNet-like convolutions, then six layers of self-attention beside a shortcut.

    Equal to the authors' PyTorch code with the arguments of their scripts for BCI Competition IV 2a
    (the classes' defaults are others), but for the positions beyond the last token, which are built
    there and never used. Dropout is that of training for one subject; across subjects the authors
    take 0.25 for `drop_prob`. The first kernel follows `sfreq` (a quarter of a second, 64 samples
    at 250 Hz), the later lengths are in samples.

    The product of query and key is divided by the root of a token's features (16), where other
    transformers take a head's (8). The features are the tokens plus what the transformer makes of
    them.

    The authors take 4 s from the cue on, unfiltered, standardise with one mean and deviation of the
    training set, and train with Adam (1e-3, betas 0.5 and 0.999) in batches of 72, to which they
    add three times as many windows pieced together from eight parts of others of the same class.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window.
    n_outputs : int
        Classes.
    sfreq : float
        Sampling rate in Hz.
    F1 : int
        Temporal filters.
    D : int
        Spatial filters for each temporal one. A token has ``F1 * D`` features.
    kernel_length : int | None
        Samples of a temporal filter. None: 0.256 s.
    second_kernel_length : int
        Samples (after the first pool) of the third convolution's kernel.
    pool_lengths : tuple of int
        Samples that the two average pools take together.
    depth : int
        Layers of the transformer.
    num_heads : int
        Heads of each.
    expansion : int
        How many times the features of a token the hidden layer of each has.
    drop_prob : float
        Probability of dropout after each pool.
    position_drop_prob : float
        Probability of dropout before the transformer.
    transformer_drop_prob : float
        Probability of dropout in the transformer.
    head_drop_prob : float
        Probability of dropout before the classifier.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Zhao, Jiang, Zhang, Xiao, Weng (2024). CTNet: a convolutional transformer network for EEG-based
    motor imagery classification. Sci. Rep. 14, 20237. https://doi.org/10.1038/s41598-024-71118-7

    Reference implementation: https://github.com/snailpt/CTNet, commit 4e6f973.

    Examples
    --------
    >>> model = CTNet(n_chans=22, n_times=1000, n_outputs=4)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 240]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 250.0,
        F1: int = 8,
        D: int = 2,
        kernel_length: int | None = None,
        second_kernel_length: int = 16,
        pool_lengths: tuple[int, int] = (8, 8),
        depth: int = 6,
        num_heads: int = 2,
        expansion: int = 4,
        drop_prob: float = 0.5,
        position_drop_prob: float = 0.1,
        transformer_drop_prob: float = 0.5,
        head_drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.F1, self.D = positive_int("F1", F1), positive_int("D", D)
        if kernel_length is None:
            kernel_length = max(1, round(0.256 * self.sfreq))
        self.kernel_length = positive_int("kernel_length", kernel_length)
        self.second_kernel_length = positive_int("second_kernel_length", second_kernel_length)
        self.pool_lengths = positive_ints("pool_lengths", pool_lengths, 2)
        self.depth = positive_int("depth", depth)
        self.num_heads = positive_int("num_heads", num_heads)
        self.expansion = positive_int("expansion", expansion)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.position_drop_prob = number_between("position_drop_prob", position_drop_prob, 0.0, 1.0)
        self.transformer_drop_prob = number_between(
            "transformer_drop_prob", transformer_drop_prob, 0.0, 1.0
        )
        self.head_drop_prob = number_between("head_drop_prob", head_drop_prob, 0.0, 1.0)
        pool_1, pool_2 = self.pool_lengths
        self.check_smallest_window(pool_1 * pool_2)

        n_maps = self.F1 * self.D
        self.front = depthwise_front(
            self.n_chans, self.F1, self.D, self.kernel_length, eps=1e-5, momentum=0.1
        )
        self.tokens = nn.Sequential(
            *norm_pool(n_maps, pool_1, self.drop_prob, eps=1e-5, momentum=0.1),
            ConstrainedConv1d(n_maps, n_maps, self.second_kernel_length, bias=False, max_norm=None),
            *norm_pool(n_maps, pool_2, self.drop_prob, eps=1e-5, momentum=0.1),
        )
        n_tokens = self.n_times // pool_1 // pool_2
        self.position = nn.Parameter(torch.randn(n_tokens, n_maps))
        self.position_drop = nn.Dropout(self.position_drop_prob)
        self.transformer = nn.Sequential(
            *(
                _TransformerLayer(n_maps, num_heads, expansion, self.transformer_drop_prob)
                for _ in range(self.depth)
            )
        )
        self.num_features = n_tokens * n_maps
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, F1 * D, n_times)
        x = self.tokens(x).transpose(1, 2)  # (batch, 15, F1 * D) for 1000 samples
        x = self.position_drop(x * x.shape[2] ** 0.5 + self.position)
        x = x + self.transformer(x)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Sequential(
            nn.Dropout(self.head_drop_prob), nn.Linear(self.num_features, n_outputs)
        )


class _TransformerLayer(nn.Module):
    """Attention, then two linear layers, each beside a shortcut and before a normalisation."""

    def __init__(self, features: int, num_heads: int, expansion: int, drop_prob: float) -> None:
        super().__init__()
        self.attend = MultiHeadAttention(
            features, num_heads, scale=features**-0.5, drop_prob=drop_prob
        )
        self.attend_norm = nn.LayerNorm(features)
        self.expand = nn.Sequential(
            nn.Linear(features, expansion * features),
            nn.GELU(),
            nn.Dropout(drop_prob),
            nn.Linear(expansion * features, features),
        )
        self.expand_norm = nn.LayerNorm(features)
        self.drop = nn.Dropout(drop_prob)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attend_norm(x + self.drop(self.attend(x)))
        out: Tensor = self.expand_norm(x + self.drop(self.expand(x)))
        return out
