"""EEG-ITNet: inception of EEGNet's fronts, then a temporal convolutional network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.blocks.eegnet_blocks import depthwise_front, norm_pool
from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.dropout import Dropout
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_EPS, _MOMENTUM = 1e-5, 0.1  # torch's, not Keras's


@register_model(
    "eegitnet",
    tasks=("motor imagery",),
    paper="Salami et al. (2022), EEG-ITNet: an explainable inception temporal convolutional "
    "network for motor imagery classification",
    doi="10.1109/ACCESS.2022.3161489",
    source="braindecode 1.8.1, EEGITNet, a port (tests/reference/make_eegitnet.py)",
    standard={"n_chans": 22, "n_times": 500, "n_outputs": 4, "sfreq": 125.0},
)
class EEGITNet(EEGModel):
    """EEG-ITNet: EEGNet's front with kernels of three lengths, then a depthwise TCN.

    Equal to braindecode's class, a port of the authors' Keras code, whose terms forbid derivatives:
    none of it was used. In the port the normalisations are torch's, and the dilated convolutions
    have no biases, which the normalisation after each takes away. Lengths are in samples, suit the
    authors' 125 Hz and do not follow `sfreq`.

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
        Numbers of temporal filters of each length, each with one spatial filter.
    kernel_lengths : tuple of int
        Lengths of the temporal filters in samples.
    pool_lengths : tuple of int
        Numbers of samples that the pools before and after the TCN average.
    tcn_depth : int
        Number of residual blocks of the TCN. The dilation doubles from each block to the next.
    tcn_kernel_length : int
        Number of taps of the TCN's kernels.
    drop_prob : float
        Dropout probability.
    max_norm : float | None
        Maximum norm of a spatial filter. None: no limit.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Salami, Andreu-Perez, Gillmeister (2022). EEG-ITNet: an explainable inception temporal
    convolutional network for motor imagery classification. IEEE Access 10, 36672-36685.
    https://doi.org/10.1109/ACCESS.2022.3161489

    Reference implementation: https://github.com/braindecode/braindecode, version 1.8.1.

    Examples
    --------
    >>> model = EEGITNet(n_chans=22, n_times=500, n_outputs=4, sfreq=125)
    >>> model(torch.randn(2, 22, 500)).shape, model.features(torch.randn(2, 22, 500)).shape
    (torch.Size([2, 4]), torch.Size([2, 434]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: tuple[int, int, int] = (2, 4, 8),
        kernel_lengths: tuple[int, int, int] = (16, 32, 64),
        pool_lengths: tuple[int, int] = (4, 4),
        tcn_depth: int = 4,
        tcn_kernel_length: int = 4,
        drop_prob: float = 0.4,
        max_norm: float | None = 1.0,
        head_max_norm: float | None = 0.25,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            tcn_depth=tcn_depth, tcn_kernel_length=tcn_kernel_length, drop_prob=drop_prob,
            max_norm=max_norm, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.n_filters = positive_ints("n_filters", n_filters, 3)
        self.kernel_lengths = positive_ints("kernel_lengths", kernel_lengths, 3)
        self.pool_lengths = pool_1, pool_2 = positive_ints("pool_lengths", pool_lengths, 2)
        self.check_smallest_window(pool_1 * pool_2)

        n_maps = sum(self.n_filters)
        self.scales = nn.ModuleList(
            depthwise_front(
                self.n_chans, filters, 1, length, self.max_norm, (1, 2, 3), _EPS, _MOMENTUM
            )
            for filters, length in zip(self.n_filters, self.kernel_lengths, strict=True)
        )
        self.reduce = norm_pool(n_maps, pool_1, self.drop_prob, _EPS, _MOMENTUM)
        self.tcn = nn.Sequential(
            *(
                _Block(n_maps, self.tcn_kernel_length, 2**block, self.drop_prob)
                for block in range(self.tcn_depth)
            )
        )
        self.mix = MapsSequential(
            nn.Conv1d(n_maps, n_maps, 1),
            *norm_pool(n_maps, pool_2, self.drop_prob, _EPS, _MOMENTUM),
        )
        self.num_features = n_maps * (self.n_times // pool_1 // pool_2)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = torch.cat([scale(x) for scale in self.scales], dim=1)  # (batch, 14, n_times)
        x = self.tcn(self.reduce(x))  # (batch, 14, n_times // 4)
        out: Tensor = self.mix(x).flatten(1)
        return out

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)


class _Block(nn.Sequential):
    """Two dilated causal convolutions of each map, with a shortcut."""

    def __init__(self, n_maps: int, kernel_length: int, dilation: int, drop_prob: float) -> None:
        super().__init__()
        for _ in range(2):
            conv = ConstrainedConv1d(
                n_maps, n_maps, kernel_length, padding="causal", dilation=dilation, groups=n_maps,
                bias=False, max_norm=None,
            )  # fmt: skip
            self.extend((conv, nn.BatchNorm1d(n_maps), nn.ELU(), Dropout(drop_prob)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + super().forward(x)  # type: ignore[no-untyped-call]
        return out
