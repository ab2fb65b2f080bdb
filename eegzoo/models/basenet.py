"""BaseNet: ShallowConvNet's filters, EEGNet's separable convolution, and attention over maps."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.arguments import one_of, positive_ints
from eegzoo.layers.attention.squeeze_excitation import SqueezeExcitation
from eegzoo.layers.blocks.eegnet_blocks import depthwise_front
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.depthwise import DepthwiseConv1d
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_PAPER = (
    "Wimpff et al. (2024), EEG motor imagery decoding: a framework for comparative analysis with "
    "channel attention mechanisms"
)
_DOI = "10.1088/1741-2552/ad48b9"
_SOURCE = "martinwimpff/channel-attention, commit f1ee0d4 (PyTorch)"
_STANDARD = {"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0}
_REDUCTION = 4  # maps for each hidden unit of the gates


@register_model(
    "basenet_se",
    tasks=("motor imagery",),
    paper=_PAPER,
    doi=_DOI,
    source=_SOURCE,
    standard=_STANDARD,
    defaults={"attention": "se"},
)
@register_model(
    "basenet", tasks=("motor imagery",), paper=_PAPER, doi=_DOI, source=_SOURCE, standard=_STANDARD
)
class BaseNet(EEGModel):
    """BaseNet: ShallowConvNet's filters, then EEGNet's separable convolution, and gates for maps.

    Equal to the authors' PyTorch code with the arguments of their configuration for BCI Competition
    IV 2a. The paper compares eleven kinds of attention over the maps; `basenet` has none, and
    `basenet_se` has squeeze-and-excitation. Lengths are in samples and do not follow `sfreq`.

    The authors take 4 s from the cue on, low-pass filter at 40 Hz, z-score each channel, and train
    with Adam (1e-3) in batches of 64 for 1000 epochs, with a warm-up of 20.

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
    n_filters : tuple of int
        Numbers of temporal filters, each with a spatial filter, and of the maps that they are mixed
        into.
    kernel_length : int
        Length of the temporal filters in samples.
    second_kernel_length : int
        Length of the separable convolution, in samples after the first pool.
    pool_lengths : tuple of int
        Lengths of the two average pools, each in samples of its input.
    pool_stride : int
        Stride of the first pool in samples. The second pool moves by its length.
    attention : {"se"} | None
        Kind of the attention: squeeze-and-excitation, or none.
    drop_prob : float
        Dropout probability after each pool.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Wimpff, Gizzi, Zerfowski, Yang (2024). EEG motor imagery decoding: a framework for comparative
    analysis with channel attention mechanisms. J. Neural Eng. 21, 036020.
    https://doi.org/10.1088/1741-2552/ad48b9

    Reference implementation: https://github.com/martinwimpff/channel-attention, commit f1ee0d4.

    Examples
    --------
    >>> model = BaseNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 112]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, int] = (40, 16),
        kernel_length: int = 25,
        second_kernel_length: int = 15,
        pool_lengths: tuple[int, int] = (75, 8),
        pool_stride: int = 15,
        attention: str | None = None,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            kernel_length=kernel_length, second_kernel_length=second_kernel_length,
            pool_stride=pool_stride, drop_prob=drop_prob,
        )  # fmt: skip
        self.n_filters = n_temporal, n_maps = positive_ints("n_filters", n_filters, 2)
        self.pool_lengths = pool_1, pool_2 = positive_ints("pool_lengths", pool_lengths, 2)
        self.attention = attention if attention is None else one_of("attention", attention, ("se",))
        self.check_smallest_window(pool_1 + (pool_2 - 1) * self.pool_stride)

        self.front = depthwise_front(
            self.n_chans, n_temporal, 1, self.kernel_length, eps=1e-5, momentum=0.1
        )
        self.pooled = nn.Sequential(
            nn.BatchNorm1d(n_temporal),
            nn.ELU(),
            nn.AvgPool1d(pool_1, self.pool_stride),
            Dropout(self.drop_prob),
        )
        self.mix = nn.Sequential(
            nn.Conv1d(n_temporal, n_maps, 1, bias=False), nn.BatchNorm1d(n_maps), nn.ELU()
        )
        self.separable = nn.Sequential(
            DepthwiseConv1d(n_maps, self.second_kernel_length),
            nn.Conv1d(n_maps, n_maps, 1, bias=False),
            nn.BatchNorm1d(n_maps),
            nn.ELU(),
        )
        self.gate = (
            nn.Identity() if self.attention is None else SqueezeExcitation(n_maps, _REDUCTION)
        )
        self.pool = nn.Sequential(nn.AvgPool1d(pool_2), Dropout(self.drop_prob))
        n_pooled = (self.n_times - pool_1) // self.pool_stride + 1
        self.num_features = n_maps * (n_pooled // pool_2)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.mix(self.pooled(self.front(x)))  # (batch, 16, 62) for 1000 samples
        x = self.pool(self.gate(self.separable(x)))  # (batch, 16, 7)
        return x.flatten(1)
