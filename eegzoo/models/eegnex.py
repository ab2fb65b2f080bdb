"""EEGNeX: temporal convolutions, spatial filters and dilated convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.blocks.initializers import keras_init_
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.constrained.separable import DepthwiseConv2d
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.joint.sample_norm import NormOfSamples, mixed_samples
from eegzoo.layers.padding import same_padding
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model


@register_model(
    "eegnex",
    tasks=("motor imagery", "erp"),
    paper="Chen et al. (2024), Toward reliable signals decoding for electroencephalogram: a "
    "benchmark study to EEGNeX",
    doi="10.1016/j.bspc.2023.105475",
    source="chenxiachan/EEGNeX, commit 044d7fb (Keras)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class EEGNeX(EEGModel):
    """EEGNeX: two temporal convolutions, spatial filters and two dilated convolutions.

    Equal to the authors' Keras code for EEGNeX-8,32, except that the softmax is left to the loss.
    Lengths are in samples and do not follow `sfreq`.

    The code normalises over unusual axes: its maps are on the first axis, and Keras's batch
    normalisation takes the last axis, which is time. Each sample of the window therefore has its
    own mean, variance, scale and shift, over all maps and channels, and the number of parameters
    grows with `n_times`. The paper's figure, as braindecode interprets it, also differs from the
    code: it has no ELU after the first normalisation, and the last pool has 8 samples.

    The authors train with Adam (1e-3) in batches of 128.

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
        Numbers of filters of the two temporal convolutions. The two dilated convolutions have the
        same numbers in reverse order.
    D : int
        Number of spatial filters for each map.
    kernel_length : int
        Length of the temporal kernels in samples.
    second_kernel_length : int
        Number of taps of the dilated kernels.
    dilations : tuple of int
        Dilations of the two dilated convolutions, in samples after the first pool.
    pool_lengths : tuple of int
        Lengths of the two average pools, each in samples of its input. Samples that do not fill a
        pool are averaged by themselves.
    drop_prob : float
        Dropout probability.
    max_norm : float | None
        Maximum norm of a spatial filter. None: no limit.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Channel names.

    References
    ----------
    Chen, Teng, Chen, Pan, Geyer (2024). Toward reliable signals decoding for electroencephalogram:
    a benchmark study to EEGNeX. Biomed. Signal Process. Control 87, 105475.
    https://doi.org/10.1016/j.bspc.2023.105475

    Reference implementation: https://github.com/chenxiachan/EEGNeX, commit 044d7fb.

    Examples
    --------
    >>> model = EEGNeX(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 504]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, int] = (8, 32),
        D: int = 2,
        kernel_length: int = 64,
        second_kernel_length: int = 16,
        dilations: tuple[int, int] = (2, 4),
        pool_lengths: tuple[int, int] = (4, 4),
        drop_prob: float = 0.5,
        max_norm: float | None = 1.0,
        head_max_norm: float | None = 0.25,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            D=D, kernel_length=kernel_length, second_kernel_length=second_kernel_length,
            drop_prob=drop_prob, max_norm=max_norm, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.n_filters = positive_ints("n_filters", n_filters, 2)
        self.dilations = positive_ints("dilations", dilations, 2)
        self.pool_lengths = positive_ints("pool_lengths", pool_lengths, 2)

        few, many = self.n_filters
        pool_1, pool_2 = self.pool_lengths
        n_pooled = -(-self.n_times // pool_1)
        self.temporal = nn.Sequential(
            _convolution(1, few, self.kernel_length),
            NormOfSamples(self.n_times),
            nn.ELU(),
            _convolution(few, many, self.kernel_length),
            NormOfSamples(self.n_times),
        )
        self.spatial = nn.Sequential(
            DepthwiseConv2d(many, self.D, (self.n_chans, 1), padding="valid", max_norm=max_norm),
            NormOfSamples(self.n_times),
            nn.ELU(),
            _pool(self.n_times, pool_1),
            Dropout(self.drop_prob),
        )
        self.dilated = nn.Sequential(
            _convolution(self.D * many, many, self.second_kernel_length, self.dilations[0]),
            NormOfSamples(n_pooled),
            _convolution(many, few, self.second_kernel_length, self.dilations[1]),
            NormOfSamples(n_pooled),
            nn.ELU(),
            _pool(n_pooled, pool_2),
            Dropout(self.drop_prob),
        )
        self.num_features = few * -(-n_pooled // pool_2)
        self.head = self.make_head(self.n_outputs)
        keras_init_(self)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        mixed = mixed_samples(self.temporal, self.spatial, x)  # (batch, 32 * D, 1, n_times)
        if mixed is None:
            x = self.temporal(x.unsqueeze(1))  # (batch, 32, n_chans, n_times)
            x = self.spatial(x)
        else:
            x = mixed
            for layer in list(self.spatial)[1:]:
                x = layer(x)
        x = self.dilated(x)  # from (batch, 32 * D, 1, n_times / 4) to (batch, 8, 1, n_times / 16)
        return x.flatten(1)

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        head = ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
        keras_init_(head)
        return head


def _convolution(n_in: int, n_out: int, length: int, dilation: int = 1) -> ConstrainedConv2d:
    return ConstrainedConv2d(
        n_in, n_out, (1, length), dilation=(1, dilation), bias=False, max_norm=None
    )


def _pool(n_times: int, length: int) -> nn.AvgPool2d:
    """Return an average pool with Keras's "same" padding, which does not enter the averages."""
    left, _ = same_padding(n_times, length, stride=length)
    # The right side may need one sample more than the left, which `ceil_mode` adds.
    return nn.AvgPool2d((1, length), padding=(0, left), ceil_mode=True, count_include_pad=False)
