"""EEGConformer: a transformer over pooled convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int, positive_ints
from eegzoo.layers.blocks.attention import MultiHeadAttention
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
    """EEGConformer: ShallowConvNet's filters cut into tokens, then six layers of self-attention.

    Equal to the authors' PyTorch code for BCI Competition IV 2a, without its second classifier,
    which is built there and never run (244 parameters). The head is their classifier of three
    linear layers, the features the tokens that it takes, which their model returns too. Lengths
    are in samples and do not follow `sfreq`: the authors keep them at 250 Hz and at the 200 Hz of
    SEED.

    The product of query and key is divided by the root of a token's features (40), where other
    transformers take a head's (4).

    The authors take 2 to 6 s of a trial, band-pass from 4 to 40 Hz, standardise over the training
    set, and train with Adam (2e-4, betas 0.5 and 0.999) in batches of 72, to which they add as many
    windows pieced together from eight parts of others of the same class.

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
    n_filters : int
        Temporal filters, and as many spatial ones.
    kernel_length : int
        Samples of a temporal filter.
    pool_length : int
        Samples that the pool averages into a token.
    pool_stride : int
        Samples from one token to the next.
    n_embedding : int
        Features of a token.
    depth : int
        Layers of the transformer.
    num_heads : int
        Heads of each.
    expansion : int
        How many times the features of a token the hidden layer of each has.
    head_units : tuple of int
        Units of the classifier's hidden layers.
    drop_prob : float
        Probability of dropout, but for the classifier's second hidden layer.
    head_drop_prob : float
        Probability of dropout there.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Song, Zheng, Liu, Gao (2023). EEG Conformer: convolutional transformer for EEG decoding and
    visualization. IEEE Trans. Neural Syst. Rehabil. Eng. 31, 710-719.
    https://doi.org/10.1109/TNSRE.2022.3230250

    Reference implementation: https://github.com/eeyhsong/EEG-Conformer, commit 9ae149b.

    Examples
    --------
    >>> model = EEGConformer(n_chans=22, n_times=1000, n_outputs=4)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 2440]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 250.0,
        n_filters: int = 40,
        kernel_length: int = 25,
        pool_length: int = 75,
        pool_stride: int = 15,
        n_embedding: int = 40,
        depth: int = 6,
        num_heads: int = 10,
        expansion: int = 4,
        head_units: tuple[int, int] = (256, 32),
        drop_prob: float = 0.5,
        head_drop_prob: float = 0.3,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.n_filters = positive_int("n_filters", n_filters)
        self.kernel_length = positive_int("kernel_length", kernel_length)
        self.pool_length = positive_int("pool_length", pool_length)
        self.pool_stride = positive_int("pool_stride", pool_stride)
        self.n_embedding = positive_int("n_embedding", n_embedding)
        self.depth = positive_int("depth", depth)
        self.num_heads = positive_int("num_heads", num_heads)
        self.expansion = positive_int("expansion", expansion)
        self.head_units = positive_ints("head_units", head_units, 2)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.head_drop_prob = number_between("head_drop_prob", head_drop_prob, 0.0, 1.0)
        self.check_smallest_window(self.kernel_length + self.pool_length - 1)

        self.front = TemporalSpatialConv(
            nn.Conv2d(1, n_filters, (1, self.kernel_length)),
            nn.Conv2d(n_filters, n_filters, (n_chans, 1)),
        )
        self.tokens = nn.Sequential(
            nn.BatchNorm1d(n_filters),
            nn.ELU(),
            nn.AvgPool1d(self.pool_length, self.pool_stride),
            nn.Dropout(self.drop_prob),
            nn.Conv1d(n_filters, n_embedding, 1),
        )
        self.transformer = nn.Sequential(
            *(
                _TransformerLayer(n_embedding, num_heads, expansion, self.drop_prob)
                for _ in range(self.depth)
            )
        )
        n_filtered = self.n_times - self.kernel_length + 1
        n_tokens = (n_filtered - self.pool_length) // self.pool_stride + 1
        self.num_features = n_tokens * n_embedding
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, n_filters, n_times - kernel_length + 1)
        x = self.tokens(x)  # (batch, n_embedding, 61) for 1000 samples
        x = self.transformer(x.transpose(1, 2))  # (batch, 61, n_embedding)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        first, second = self.head_units
        return nn.Sequential(
            nn.Linear(self.num_features, first),
            nn.ELU(),
            nn.Dropout(self.drop_prob),
            nn.Linear(first, second),
            nn.ELU(),
            nn.Dropout(self.head_drop_prob),
            nn.Linear(second, n_outputs),
        )


class _TransformerLayer(nn.Module):
    """Attention, then two linear layers, each after a normalisation and beside a shortcut."""

    def __init__(self, features: int, num_heads: int, expansion: int, drop_prob: float) -> None:
        super().__init__()
        self.attend = nn.Sequential(
            nn.LayerNorm(features),
            MultiHeadAttention(features, num_heads, scale=features**-0.5, drop_prob=drop_prob),
            nn.Dropout(drop_prob),
        )
        self.expand = nn.Sequential(
            nn.LayerNorm(features),
            nn.Linear(features, expansion * features),
            nn.GELU(),
            nn.Dropout(drop_prob),
            nn.Linear(expansion * features, features),
            nn.Dropout(drop_prob),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(x)
        out: Tensor = x + self.expand(x)
        return out
