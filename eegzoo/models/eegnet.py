"""EEGNet: compact convolutions for any kind of EEG."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int, positive_ints
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_LAWHERN = (
    "Lawhern et al. (2018), EEGNet: a compact convolutional neural network for EEG-based "
    "brain-computer interfaces"
)
_LAWHERN_DOI = "10.1088/1741-2552/aace8c"
_TASKS = ("motor imagery", "erp", "ssvep")
_SOURCE = "vlawhern/arl-eegmodels, commit 4a512e5 (Keras)"


@register_model(
    "eegnet_ssvep",
    tasks=("ssvep",),
    paper="Waytowich et al. (2018), Compact convolutional neural networks for classification of "
    "asynchronous steady-state visual evoked potentials",
    doi="10.1088/1741-2552/aae5d8",
    source=_SOURCE,
    standard={"n_chans": 8, "n_times": 256, "n_outputs": 12, "sfreq": 256.0},
    defaults={"F1": 96, "D": 1, "kernel_seconds": 1.0, "head_max_norm": None},
)
@register_model(
    "eegnet_8_2",
    tasks=_TASKS,
    paper=_LAWHERN,
    doi=_LAWHERN_DOI,
    source=_SOURCE,
    standard={"n_chans": 60, "n_times": 151, "n_outputs": 4, "sfreq": 150.15},
    defaults={"kernel_length": 32},
)
@register_model(
    "eegnet_4_2",
    tasks=_TASKS,
    paper=_LAWHERN,
    doi=_LAWHERN_DOI,
    source=_SOURCE,
    standard={"n_chans": 64, "n_times": 128, "n_outputs": 4, "sfreq": 128.0},
    defaults={"F1": 4},
)
@register_model(
    "eegnet",
    tasks=_TASKS,
    paper=_LAWHERN,
    doi=_LAWHERN_DOI,
    source=_SOURCE,
    standard={"n_chans": 64, "n_times": 128, "n_outputs": 4, "sfreq": 128.0},
)
class EEGNet(EEGModel):
    """EEGNet: temporal filters, spatial filters for each, then a separable convolution.

    Equal to the authors' Keras code, but for three things that are the same function: dense rows
    stand in torch's order (map, time) instead of Keras's (time, map), the softmax is left to the
    loss, and with ``activation`` and ``drop_maps`` two of its choices are arguments here. The
    authors tell to scale kernels and pools with the sampling rate; here the first kernel follows
    `sfreq`, the later lengths are in samples, and theirs suit 128 Hz.

    The defaults are the paper's EEGNet-8,2. `eegnet_8_2` is what the authors publish trained
    weights for, on event-related potentials at 150 Hz: its first kernel has 32 samples.

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
        Spatial filters for each temporal one.
    F2 : int | None
        Filters of the separable convolution. None: ``F1 * D``.
    kernel_seconds : float
        Length of the temporal filters.
    kernel_length : int | None
        The same in samples. None: from `kernel_seconds`.
    separable_length : int
        Samples (after the first pool) of the separable convolution's kernel.
    pool_lengths : tuple of int
        Samples that the two average pools take together.
    drop_prob : float
        Probability of dropout.
    drop_maps : bool
        Drop whole maps (Keras's SpatialDropout) instead of single values.
    activation : type of nn.Module
        After the second and the third normalisation.
    max_norm : float | None
        Largest norm of a spatial filter.
    head_max_norm : float | None
        Largest norm of an output's weights.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Lawhern, Solon, Waytowich, Gordon, Hung, Lance (2018). EEGNet: a compact convolutional neural
    network for EEG-based brain-computer interfaces. J. Neural Eng. 15, 056013.
    https://doi.org/10.1088/1741-2552/aace8c

    Waytowich et al. (2018). Compact convolutional neural networks for classification of
    asynchronous steady-state visual evoked potentials. J. Neural Eng. 15, 066031 (`eegnet_ssvep`).
    https://doi.org/10.1088/1741-2552/aae5d8

    Reference implementation: https://github.com/vlawhern/arl-eegmodels, commit 4a512e5.

    Examples
    --------
    >>> model = EEGNet(n_chans=64, n_times=128, n_outputs=4)
    >>> model(torch.randn(2, 64, 128)).shape, model.features(torch.randn(2, 64, 128)).shape
    (torch.Size([2, 4]), torch.Size([2, 64]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 128.0,
        F1: int = 8,
        D: int = 2,
        F2: int | None = None,
        kernel_seconds: float = 0.5,
        kernel_length: int | None = None,
        separable_length: int = 16,
        pool_lengths: tuple[int, int] = (4, 8),
        drop_prob: float = 0.5,
        drop_maps: bool = False,
        activation: type[nn.Module] = nn.ELU,
        max_norm: float | None = 1.0,
        head_max_norm: float | None = 0.25,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.F1, self.D = positive_int("F1", F1), positive_int("D", D)
        self.F2 = positive_int("F2", F1 * D if F2 is None else F2)
        self.kernel_seconds = number_between("kernel_seconds", kernel_seconds, 0.0, above=True)
        if kernel_length is None:
            kernel_length = max(1, round(self.kernel_seconds * self.sfreq))
        self.kernel_length = positive_int("kernel_length", kernel_length)
        self.separable_length = positive_int("separable_length", separable_length)
        self.pool_lengths = positive_ints("pool_lengths", pool_lengths, 2)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.drop_maps, self.activation = drop_maps, activation
        self.max_norm, self.head_max_norm = max_norm, head_max_norm
        pool_1, pool_2 = self.pool_lengths
        self.check_smallest_window(pool_1 * pool_2)

        drop = nn.Dropout1d if drop_maps else nn.Dropout
        n_spatial = self.F1 * self.D
        self.front = TemporalSpatialConv(
            ConstrainedConv2d(1, self.F1, (1, self.kernel_length), bias=False, max_norm=None),
            ConstrainedConv2d(
                self.F1, n_spatial, (n_chans, 1), padding="valid",
                groups=self.F1, bias=False, max_norm=max_norm,
            ),
            nn.BatchNorm2d(self.F1, eps=1e-3, momentum=0.01),
        )  # fmt: skip
        self.reduce = nn.Sequential(
            nn.BatchNorm1d(n_spatial, eps=1e-3, momentum=0.01),
            activation(),
            nn.AvgPool1d(pool_1),
            drop(self.drop_prob),
        )
        self.separable = nn.Sequential(
            ConstrainedConv1d(
                n_spatial, n_spatial, self.separable_length,
                groups=n_spatial, bias=False, max_norm=None,
            ),
            nn.Conv1d(n_spatial, self.F2, 1, bias=False),
            nn.BatchNorm1d(self.F2, eps=1e-3, momentum=0.01),
            activation(),
            nn.AvgPool1d(pool_2),
            drop(self.drop_prob),
        )  # fmt: skip
        self.num_features = self.F2 * (self.n_times // pool_1 // pool_2)
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, F1 * D, n_times)
        x = self.reduce(x)  # (batch, F1 * D, n_times // 4)
        x = self.separable(x)  # (batch, F2, n_times // 32)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
        keras_init_(head)
        return head
