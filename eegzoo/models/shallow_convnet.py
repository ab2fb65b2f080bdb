"""ShallowConvNet: band power of learned temporal and spatial filters."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.layers.blocks.front_power import front_power
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model
from eegzoo.models.virtual_channels import virtual_channels_of


@register_model(
    "shallow_convnet",
    tasks=("motor imagery",),
    paper="Schirrmeister et al. (2017), Deep learning with convolutional neural networks for EEG "
    "decoding and visualization",
    doi="10.1002/hbm.23730",
    source="vlawhern/arl-eegmodels, commit 4a512e5 (Keras)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class ShallowConvNet(EEGModel):
    """ShallowConvNet: temporal and spatial filters, then the logarithm of their mean power.

    The model equals the Keras code of Lawhern et al., except that the weights of the dense layer
    are in torch's order (map, time) instead of Keras's (time, map). The softmax is left to the
    loss. All lengths depend on `sfreq`: at 250 Hz they are the paper's (kernel 25, pool 75, stride
    15), at 128 Hz the Keras code's (13, 35, 7). The pool spans five strides in both.

    Where the Keras code and the paper differ, the model follows the code: it limits the norms of
    all kernels, as the paper's authors told Lawhern et al., and clips the power to [1e-7, 1e4]
    before the logarithm.

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
    kernel_length : int | None
        Length of the temporal filters in samples. None: 0.1 s.
    pool_length : int | None
        Number of samples that the pool averages. None: five strides of 0.06 s.
    pool_stride : int | None
        Stride of the pool in samples. None: 0.06 s.
    drop_prob : float
        Dropout probability.
    max_norm : float | None
        Maximum norm of a temporal filter and of a spatial filter. None: no limit.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    stimulus_freqs : sequence of float | None
        Frequencies of flickering stimuli in Hz. The network then sees two virtual channels for each
        (`eegzoo.layers.VirtualChannels`) in place of the channels. Windows must have the statistics
        of their person, as in `SSVEPFront`. None: the channels.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Schirrmeister, Springenberg, Fiederer, Glasstetter, Eggensperger, Tangermann, Hutter, Burgard,
    Ball (2017). Deep learning with convolutional neural networks for EEG decoding and
    visualization. Human Brain Mapping 38, 5391-5420. https://doi.org/10.1002/hbm.23730

    Reference implementation: https://github.com/vlawhern/arl-eegmodels, commit 4a512e5.

    Examples
    --------
    >>> model = ShallowConvNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
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
        kernel_length: int | None = None,
        pool_length: int | None = None,
        pool_stride: int | None = None,
        drop_prob: float = 0.5,
        max_norm: float | None = 2.0,
        head_max_norm: float | None = 0.5,
        stimulus_freqs: Sequence[float] | None = None,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if kernel_length is None:
            kernel_length = self.samples_in(0.1)
        stride = max(1, int(0.06 * self.sfreq))  # rounded down: the Keras code has 7, not 7.68
        self.set_arguments(
            n_filters=n_filters, kernel_length=kernel_length,
            pool_length=5 * stride if pool_length is None else pool_length,
            pool_stride=stride if pool_stride is None else pool_stride,
            drop_prob=drop_prob, max_norm=max_norm, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.check_smallest_window(self.kernel_length + self.pool_length - 1)

        self.stimulus_freqs, channels = virtual_channels_of(self, stimulus_freqs)
        self.virtual_channels = channels
        n_rows = self.n_chans if channels is None else channels.n_virtual
        self.front = TemporalSpatialConv(
            ConstrainedConv2d(
                1, n_filters, (1, self.kernel_length), padding="valid", max_norm=max_norm
            ),
            ConstrainedConv2d(
                n_filters, n_filters, (n_rows, 1), padding="valid", bias=False, max_norm=max_norm
            ),
        )
        self.norm = nn.BatchNorm1d(n_filters, eps=1e-5, momentum=0.1)
        self.pool = nn.AvgPool1d(self.pool_length, self.pool_stride)
        self.drop = Dropout(self.drop_prob)
        n_filtered = self.n_times - self.kernel_length + 1
        n_pooled = (n_filtered - self.pool_length) // self.pool_stride + 1
        self.num_features = n_filters * n_pooled
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        if self.virtual_channels is not None:
            x = self.virtual_channels(x)
        # The pool of the squares of the normalised front, (batch, n_filters, 61) for 1000 samples
        # at 250 Hz.
        x = front_power(self.front, self.norm, self.pool, x)
        x = self.drop(x.clamp(1e-7, 1e4).log())
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
        keras_init_(head)
        return head
