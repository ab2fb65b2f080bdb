"""EEG-TCNet: EEGNet's convolutions followed by a temporal convolutional network."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.blocks.eegnet_blocks import depthwise_front, norm_pool
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.blocks.tcn import TCNBlock
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "eegtcnet",
    tasks=("motor imagery",),
    paper="Ingolfsson et al. (2020), EEG-TCNet: an accurate temporal convolutional network for "
    "embedded motor-imagery brain-machine interfaces",
    doi="10.1109/SMC42975.2020.9283028",
    source="iis-eth-zurich/eeg-tcnet, commit 363c7e5 (Keras)",
    standard={"n_chans": 22, "n_times": 1125, "n_outputs": 4, "sfreq": 250.0},
)
class EEGTCNet(EEGModel):
    """EEG-TCNet: EEGNet's convolutions, then a TCN whose last time step is classified.

    The model equals the authors' Keras code; the softmax is left to the loss. The defaults are the
    arguments of the authors' training script, which are those of the paper's one network for all
    subjects ("fixed"); the defaults of their function differ. The length of the first kernel
    depends on `sfreq`. Later lengths are in samples and, as in the authors' code, suit 250 Hz.

    EEGNet limits the norm of each spatial filter to 1. The authors' code takes the norm over the
    time axis, along which the kernel has one sample: it limits each single weight to [-1, 1].

    The authors use 1.5 to 6 s of each trial, unfiltered. They standardise every channel at every
    sample over the training trials, and train with Adam (1e-3) in batches of 64.

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
    kernel_length : int | None
        Length of the temporal filters in samples. None: 0.128 s.
    second_kernel_length : int
        Length of the separable convolution's kernels in samples after the first pool.
    pool_lengths : tuple of int
        Number of samples that each of the two pools averages.
    tcn_depth : int
        Number of blocks of the TCN. The dilation doubles from each block to the next.
    tcn_n_filters : int
        Number of filters of each convolution of the TCN.
    tcn_kernel_length : int
        Number of taps of the TCN's kernels.
    drop_prob : float
        Dropout probability after each pool.
    tcn_drop_prob : float
        Dropout probability in the TCN.
    max_norm : float | None
        Maximum magnitude of a spatial filter's weights. None: no limit.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Ingolfsson, Hersche, Wang, Kobayashi, Cavigelli, Benini (2020). EEG-TCNet: an accurate temporal
    convolutional network for embedded motor-imagery brain-machine interfaces. IEEE Int. Conf. Syst.
    Man Cybern., 2958-2965. https://doi.org/10.1109/SMC42975.2020.9283028

    Reference implementation: https://github.com/iis-eth-zurich/eeg-tcnet, commit 363c7e5.

    Examples
    --------
    >>> model = EEGTCNet(n_chans=22, n_times=1125, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1125)).shape, model.features(torch.randn(2, 22, 1125)).shape
    (torch.Size([2, 4]), torch.Size([2, 12]))
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
        tcn_depth: int = 2,
        tcn_n_filters: int = 12,
        tcn_kernel_length: int = 4,
        drop_prob: float = 0.2,
        tcn_drop_prob: float = 0.3,
        max_norm: float | None = 1.0,
        head_max_norm: float | None = 0.25,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if kernel_length is None:
            kernel_length = self.samples_in(0.128)
        self.set_arguments(
            F1=F1, D=D, kernel_length=kernel_length, second_kernel_length=second_kernel_length,
            tcn_depth=tcn_depth, tcn_n_filters=tcn_n_filters, tcn_kernel_length=tcn_kernel_length,
            drop_prob=drop_prob, tcn_drop_prob=tcn_drop_prob,
            max_norm=max_norm, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.pool_lengths = positive_ints("pool_lengths", pool_lengths, 2)
        pool_1, pool_2 = self.pool_lengths
        self.check_smallest_window(pool_1 * pool_2)

        n_maps = self.F1 * self.D
        # As in the authors' code, over the last axis of the weight (F1 * D, 1, n_chans, 1).
        self.front = depthwise_front(
            self.n_chans, self.F1, self.D, self.kernel_length, self.max_norm, axis_norm=3
        )
        self.reduce = norm_pool(n_maps, pool_1, self.drop_prob)
        self.separable = MapsSequential(
            ConstrainedConv1d(
                n_maps, n_maps, self.second_kernel_length, groups=n_maps, bias=False, max_norm=None
            ),
            nn.Conv1d(n_maps, n_maps, 1, bias=False),
            *norm_pool(n_maps, pool_2, self.drop_prob),
        )
        keras_init_(self)
        widths = [n_maps, *[self.tcn_n_filters] * self.tcn_depth]
        self.tcn = nn.Sequential(
            *(
                TCNBlock(before, after, self.tcn_kernel_length, 2**block, self.tcn_drop_prob)
                for block, (before, after) in enumerate(pairwise(widths))
            )
        )
        self.num_features = self.tcn_n_filters
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, F1 * D, n_times)
        x = self.reduce(x)  # (batch, F1 * D, n_times // 8)
        x = self.separable(x)  # (batch, F1 * D, n_times // 64)
        x = self.tcn(x)  # (batch, tcn_n_filters, n_times // 64)
        return x[..., -1]

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
        keras_init_(head)
        return head
