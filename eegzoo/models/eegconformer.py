"""EEGConformer: a transformer over pooled convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.attention.multi_head import MultiHeadAttention
from eegzoo.layers.attention.residual_parts import ResidualParts
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "eegconformer",
    tasks=("motor imagery",),
    paper="Song et al. (2023), EEG Conformer: convolutional transformer for EEG decoding and "
    "visualization",
    doi="10.1109/TNSRE.2022.3230250",
    source="eeyhsong/EEG-Conformer, commit 9ae149b (PyTorch)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class EEGConformer(EEGModel):
    """EEGConformer: convolutions as in ShallowConvNet, then six transformer layers over tokens.

    Equal to the authors' PyTorch code for BCI Competition IV 2a, without its second classifier,
    which the code builds and never uses (244 parameters). The head is the authors' classifier of
    three linear layers. The features are the tokens that it receives, which the authors' model also
    returns. Lengths are in samples and do not follow `sfreq`: the authors use the same at 250 Hz
    and at the 200 Hz of SEED.

    The product of query and key is divided by the square root of the number of features of a token
    (40), not of a head (4) as in other transformers.

    The authors take 2 to 6 s of a trial, band-pass filter from 4 to 40 Hz, standardise with
    statistics of the training set, and train with Adam (2e-4, betas 0.5 and 0.999) in batches of
    72. To each batch they add as many windows, each assembled from eight parts of other windows of
    the same class.

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
        Number of temporal filters, and of spatial filters.
    kernel_length : int
        Length of the temporal filters in samples.
    pool_length : int
        Number of samples that are averaged into a token.
    pool_stride : int
        Number of samples from one token to the next.
    embed_dim : int
        Number of features of a token.
    depth : int
        Number of transformer layers.
    n_heads : int
        Number of attention heads in each layer.
    expansion : int
        Number of hidden units in the feed-forward part of a layer, as a multiple of `embed_dim`.
    head_units : tuple of int
        Numbers of units in the classifier's two hidden layers.
    drop_prob : float
        Dropout probability, except after the second hidden layer of the classifier.
    head_drop_prob : float
        Dropout probability after the second hidden layer of the classifier.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Song, Zheng, Liu, Gao (2023). EEG Conformer: convolutional transformer for EEG decoding and
    visualization. IEEE Trans. Neural Syst. Rehabil. Eng. 31, 710-719.
    https://doi.org/10.1109/TNSRE.2022.3230250

    Reference implementation: https://github.com/eeyhsong/EEG-Conformer, commit 9ae149b.

    Examples
    --------
    >>> model = EEGConformer(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 2440]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 40,
        kernel_length: int = 25,
        pool_length: int = 75,
        pool_stride: int = 15,
        embed_dim: int = 40,
        depth: int = 6,
        n_heads: int = 10,
        expansion: int = 4,
        head_units: tuple[int, int] = (256, 32),
        drop_prob: float = 0.5,
        head_drop_prob: float = 0.3,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, kernel_length=kernel_length, pool_length=pool_length,
            pool_stride=pool_stride, embed_dim=embed_dim, depth=depth, n_heads=n_heads,
            expansion=expansion, drop_prob=drop_prob, head_drop_prob=head_drop_prob,
        )  # fmt: skip
        self.head_units = positive_ints("head_units", head_units, 2)
        self.check_smallest_window(self.kernel_length + self.pool_length - 1)

        self.front = TemporalSpatialConv(
            nn.Conv2d(1, n_filters, (1, self.kernel_length)),
            nn.Conv2d(n_filters, n_filters, (n_chans, 1)),
        )
        self.tokens = nn.Sequential(
            nn.BatchNorm1d(n_filters),
            nn.ELU(),
            nn.AvgPool1d(self.pool_length, self.pool_stride),
            Dropout(self.drop_prob),
            nn.Conv1d(n_filters, embed_dim, 1),
        )
        self.transformer = nn.Sequential(
            *(
                _transformer_layer(embed_dim, n_heads, expansion, self.drop_prob)
                for _ in range(self.depth)
            )
        )
        n_filtered = self.n_times - self.kernel_length + 1
        n_tokens = (n_filtered - self.pool_length) // self.pool_stride + 1
        self.num_features = n_tokens * self.embed_dim
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, n_filters, n_times - kernel_length + 1)
        x = self.tokens(x)  # (batch, embed_dim, 61) for 1000 samples
        x = self.transformer(x.transpose(1, 2))  # (batch, 61, embed_dim)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        first, second = self.head_units
        return nn.Sequential(
            nn.Linear(self.num_features, first),
            nn.ELU(),
            Dropout(self.drop_prob),
            nn.Linear(first, second),
            nn.ELU(),
            Dropout(self.head_drop_prob),
            nn.Linear(second, n_outputs),
        )


def _transformer_layer(
    features: int, n_heads: int, expansion: int, drop_prob: float
) -> ResidualParts:
    """Return attention and a feed-forward part, each preceded by layer normalisation."""
    attend = nn.Sequential(
        nn.LayerNorm(features),
        MultiHeadAttention(features, n_heads, scale=features**-0.5, drop_prob=drop_prob),
        Dropout(drop_prob),
    )
    expand = nn.Sequential(
        nn.LayerNorm(features),
        nn.Linear(features, expansion * features),
        nn.GELU(),
        Dropout(drop_prob),
        nn.Linear(expansion * features, features),
        Dropout(drop_prob),
    )
    return ResidualParts(attend, expand)
