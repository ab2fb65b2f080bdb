"""EEGNet: a compact convolutional network for many kinds of EEG."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.blocks.eegnet_blocks import depthwise_front
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.one_window.eegnet_window import OneWindow, fold_one_window
from eegzoo.models.registry import register_model
from eegzoo.models.shorter_way import OneWindowModel
from eegzoo.models.virtual_channels import virtual_channels_of

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
class EEGNet(OneWindowModel):
    """EEGNet: temporal filters, depthwise spatial filters and a separable convolution.

    Equal to the authors' Keras code, except for three differences that do not change the function:
    the inputs of the head are in torch's order (map, time) instead of Keras's (time, map), the
    softmax is left to the loss, and two choices of the code are arguments here (`activation` and
    `drop_maps`). The authors recommend scaling kernels and pools with the sampling rate. Here the
    first kernel follows `sfreq`; the other lengths are in samples, with defaults for 128 Hz.

    The defaults are the paper's EEGNet-8,2. `eegnet_8_2` is the variant for which the authors
    publish trained weights, on event-related potentials at 150 Hz; its first kernel has 32 samples.

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
        Number of spatial filters for each temporal filter.
    F2 : int | None
        Number of filters of the separable convolution. None: ``F1 * D``.
    kernel_seconds : float
        Length of the temporal filters in seconds.
    kernel_length : int | None
        Length of the temporal filters in samples. None: computed from `kernel_seconds`.
    second_kernel_length : int
        Length of the separable convolution's kernels, in samples after the first pool.
    pool_lengths : tuple of int
        Lengths of the two average pools, each in samples of its input.
    drop_prob : float
        Dropout probability.
    drop_maps : bool
        Whether to drop whole maps (Keras's SpatialDropout) instead of single values.
    activation : type of nn.Module
        Activation after the second and the third batch normalisation.
    max_norm : float | None
        Maximum norm of a spatial filter. None: no limit.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    stimulus_freqs : sequence of float | None
        Frequencies of flickering stimuli in Hz. The network then sees two virtual channels for each
        (`eegzoo.layers.VirtualChannels`) in place of the channels. Windows must have the statistics
        of their person, as in `SSVEPFront`. None: the channels.
    ch_names : sequence of str | None
        Channel names.

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
    >>> model = EEGNet(n_chans=64, n_times=128, n_outputs=4, sfreq=128)
    >>> model(torch.randn(2, 64, 128)).shape, model.features(torch.randn(2, 64, 128)).shape
    (torch.Size([2, 4]), torch.Size([2, 64]))
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
        F2: int | None = None,
        kernel_seconds: float = 0.5,
        kernel_length: int | None = None,
        second_kernel_length: int = 16,
        pool_lengths: tuple[int, int] = (4, 8),
        drop_prob: float = 0.5,
        drop_maps: bool = False,
        activation: type[nn.Module] = nn.ELU,
        max_norm: float | None = 1.0,
        head_max_norm: float | None = 0.25,
        stimulus_freqs: Sequence[float] | None = None,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            F1=F1, D=D, kernel_seconds=kernel_seconds, second_kernel_length=second_kernel_length,
            drop_prob=drop_prob, drop_maps=drop_maps, activation=activation,
            max_norm=max_norm, head_max_norm=head_max_norm,
        )  # fmt: skip
        if kernel_length is None:
            kernel_length = self.samples_in(self.kernel_seconds)
        self.set_arguments(F2=self.F1 * self.D if F2 is None else F2, kernel_length=kernel_length)
        self.pool_lengths = pool_1, pool_2 = positive_ints("pool_lengths", pool_lengths, 2)
        self.check_smallest_window(pool_1 * pool_2)

        n_spatial = self.F1 * self.D
        self.stimulus_freqs, channels = virtual_channels_of(self, stimulus_freqs)
        self.virtual_channels = channels
        n_rows = self.n_chans if channels is None else channels.n_virtual
        self.front = depthwise_front(n_rows, self.F1, self.D, self.kernel_length, max_norm)
        self.reduce = self._norm_pool(n_spatial, pool_1)
        self.separable = MapsSequential(
            ConstrainedConv1d(
                n_spatial, n_spatial, self.second_kernel_length,
                groups=n_spatial, bias=False, max_norm=None,
            ),
            nn.Conv1d(n_spatial, self.F2, 1, bias=False),
            *self._norm_pool(self.F2, pool_2),
        )  # fmt: skip
        self.num_features = self.F2 * (self.n_times // pool_1 // pool_2)
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def _norm_pool(self, n_maps: int, pool_length: int) -> MapsSequential:
        drop = nn.Dropout1d if self.drop_maps else Dropout
        return MapsSequential(
            nn.BatchNorm1d(n_maps, eps=1e-3, momentum=0.01),
            self.activation(),
            nn.AvgPool1d(pool_length),
            drop(self.drop_prob),
        )

    def fold_layers(self) -> OneWindow | None:
        """Return the function of one window, or None if this has none."""
        containers = {type(self.reduce), type(self.separable)}
        if self.virtual_channels is not None or containers != {MapsSequential}:
            return None
        return fold_one_window(self.front, [*self.reduce, *self.separable, self.head], self.n_times)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        if self.virtual_channels is not None:
            x = self.virtual_channels(x)
        x = self.front(x)  # (batch, F1 * D, n_times)
        x = self.reduce(x)  # (batch, F1 * D, n_times // 4)
        x = self.separable(x)  # (batch, F2, n_times // 32)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
        keras_init_(head)
        return head
