"""CTNet: EEGNet-like convolutions, then a transformer with a residual connection."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.attention.multi_head import MultiHeadAttention
from eegzoo.layers.blocks.eegnet_blocks import depthwise_front, norm_pool
from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.dropout import Dropout
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
    """CTNet: EEGNet-like convolutions, then a six-layer transformer with a residual connection.

    Equal to the authors' PyTorch code with the arguments of their scripts for BCI Competition IV 2a
    (which differ from the defaults of their classes), without the positions beyond the last token,
    which the code builds and never uses. The dropout probabilities are the authors' values for
    training on one subject; across subjects they set `drop_prob` to 0.25. The first kernel follows
    `sfreq` (a quarter of a second, 64 samples at 250 Hz); the other lengths are in samples.

    The product of query and key is divided by the square root of the number of features of a token
    (16), not of a head (8) as in other transformers. The features of the model are the sum of the
    tokens and the transformer's output.

    The authors take the 4 s after the cue, unfiltered, standardise with one mean and one standard
    deviation of the training set, and train with Adam (1e-3, betas 0.5 and 0.999) in batches of 72.
    To each batch they add three times as many windows, each assembled from eight parts of other
    windows of the same class.

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
    F1 : int
        Number of temporal filters.
    D : int
        Number of spatial filters for each temporal filter. A token has ``F1 * D`` features.
    kernel_length : int | None
        Length of the temporal filters in samples. None: 0.256 s.
    second_kernel_length : int
        Length of the third convolution's kernels, in samples after the first pool.
    pool_lengths : tuple of int
        Lengths of the two average pools, each in samples of its input.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads in each layer.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of ``F1 * D``.
    drop_prob : float
        Dropout probability after each pool.
    position_drop_prob : float
        Dropout probability before the transformer.
    transformer_drop_prob : float
        Dropout probability in the transformer.
    head_drop_prob : float
        Dropout probability before the classifier.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Zhao, Jiang, Zhang, Xiao, Weng (2024). CTNet: a convolutional transformer network for EEG-based
    motor imagery classification. Sci. Rep. 14, 20237. https://doi.org/10.1038/s41598-024-71118-7

    Reference implementation: https://github.com/snailpt/CTNet, commit 4e6f973.

    Examples
    --------
    >>> model = CTNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 240]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        F1: int = 8,
        D: int = 2,
        kernel_length: int | None = None,
        second_kernel_length: int = 16,
        pool_lengths: tuple[int, int] = (8, 8),
        depth: int = 6,
        n_heads: int = 2,
        expansion: int = 4,
        drop_prob: float = 0.5,
        position_drop_prob: float = 0.1,
        transformer_drop_prob: float = 0.5,
        head_drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if kernel_length is None:
            kernel_length = self.samples_in(0.256)
        self.set_arguments(
            F1=F1, D=D, kernel_length=kernel_length, second_kernel_length=second_kernel_length,
            depth=depth, n_heads=n_heads, expansion=expansion, drop_prob=drop_prob,
            position_drop_prob=position_drop_prob, transformer_drop_prob=transformer_drop_prob,
            head_drop_prob=head_drop_prob,
        )  # fmt: skip
        self.pool_lengths = pool_1, pool_2 = positive_ints("pool_lengths", pool_lengths, 2)
        self.check_smallest_window(pool_1 * pool_2)

        n_maps = self.F1 * self.D
        self.front = depthwise_front(
            self.n_chans, self.F1, self.D, self.kernel_length, eps=1e-5, momentum=0.1
        )
        self.tokens = MapsSequential(
            *norm_pool(n_maps, pool_1, self.drop_prob, eps=1e-5, momentum=0.1),
            ConstrainedConv1d(n_maps, n_maps, self.second_kernel_length, bias=False, max_norm=None),
            *norm_pool(n_maps, pool_2, self.drop_prob, eps=1e-5, momentum=0.1),
        )
        n_tokens = self.n_times // pool_1 // pool_2
        self.position = nn.Parameter(torch.randn(n_tokens, n_maps))
        self.position_drop = Dropout(self.position_drop_prob)
        self.transformer = nn.Sequential(
            *(
                _TransformerLayer(n_maps, self.n_heads, self.expansion, self.transformer_drop_prob)
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
        return nn.Sequential(Dropout(self.head_drop_prob), nn.Linear(self.num_features, n_outputs))


class _TransformerLayer(nn.Module):
    """Attention and a feed-forward part, each residual and followed by layer normalisation."""

    def __init__(self, features: int, n_heads: int, expansion: int, drop_prob: float) -> None:
        super().__init__()
        self.attend = MultiHeadAttention(
            features, n_heads, scale=features**-0.5, drop_prob=drop_prob
        )
        self.attend_norm = nn.LayerNorm(features)
        self.expand = nn.Sequential(
            nn.Linear(features, expansion * features),
            nn.GELU(),
            Dropout(drop_prob),
            nn.Linear(expansion * features, features),
        )
        self.expand_norm = nn.LayerNorm(features)
        self.drop = Dropout(drop_prob)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attend_norm(x + self.drop(self.attend(x)))
        out: Tensor = self.expand_norm(x + self.drop(self.expand(x)))
        return out
