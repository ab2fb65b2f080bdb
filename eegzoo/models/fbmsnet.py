"""FBMSNet: temporal filters of four lengths in frequency bands, then spatial log-variances."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_ints
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.fast_conv.fast_layers import FastConv1d
from eegzoo.layers.fronts.filter_bank import FilterBank
from eegzoo.layers.joint.log_variances_of_bands import log_variances_of_bands
from eegzoo.layers.padding import same_padding
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_SECONDS = (0.06, 0.124, 0.252, 0.5)  # lengths of the temporal filters


@register_model(
    "fbmsnet",
    tasks=("motor imagery",),
    paper="Liu et al. (2023), FBMSNet: a filter-bank multi-scale convolutional neural network for "
    "EEG-based motor imagery decoding",
    doi="10.1109/TBME.2022.3193277",
    source="Want2Vanish/FBMSNet, commit 1c6b659 (PyTorch)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class FBMSNet(EEGModel):
    """FBMSNet: temporal filters of four lengths, spatial filters of each, and log-variances.

    From the temporal filters on, the model equals the authors' PyTorch code; the log-softmax is
    left to the loss. The bands are shared out among the lengths in their order, the lowest bands to
    the shortest filters. From the spatial filters on, the network is `FBCNet`, with temporal maps
    in the place of bands. Lengths follow `sfreq`: at 250 Hz they are the authors' 15, 31, 63 and
    125 samples. The authors' script passes a dropout probability to the network, which has no
    dropout.

    The band-pass filters differ from the authors' as they do in `FBCNet`: the authors filter before
    the network and only forwards, `FilterBank` forwards and backwards. `features_of_bands` takes
    bands that were filtered in another way.

    The authors use 4 s from the cue on, and train with Adam (1e-3) in batches of 16. Their loss is
    the cross-entropy and a center loss, which draws the features of a class together; `features`
    returns what the latter takes.

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
    n_bands : int
        Number of adjacent frequency bands, at least one for each length.
    bandwidth : float
        Width of each band, and lower edge of the first band, in Hz.
    n_filters : tuple of int
        Numbers of temporal and of spatial filters, the second a multiple of the first. Temporal
        filters and bands that the lengths do not share equally belong to the first length.
    kernel_lengths : sequence of int | None
        Lengths of the temporal filters in samples. None: 0.06, 0.124, 0.252 and 0.5 s.
    n_segments : int
        Number of segments of a window, each with its own variance; the authors use segments of one
        second. Samples that do not fill a segment at the end are ignored.
    max_norm : float | None
        Maximum norm of a spatial filter. None: no limit.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Liu, Yang, Yu, Wang, Wu (2023). FBMSNet: a filter-bank multi-scale convolutional neural network
    for EEG-based motor imagery decoding. IEEE Trans. Biomed. Eng. 70, 436-445.
    https://doi.org/10.1109/TBME.2022.3193277

    Reference implementation: https://github.com/Want2Vanish/FBMSNet, commit 1c6b659.

    Examples
    --------
    >>> model = FBMSNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 1152]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_bands: int = 9,
        bandwidth: float = 4.0,
        n_filters: tuple[int, int] = (36, 288),
        kernel_lengths: Sequence[int] | None = None,
        n_segments: int = 4,
        max_norm: float | None = 2.0,
        head_max_norm: float | None = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        if kernel_lengths is None:
            kernel_lengths = [self.samples_in(seconds) for seconds in _SECONDS]
        self.set_arguments(
            n_bands=n_bands, bandwidth=bandwidth, kernel_lengths=kernel_lengths,
            n_segments=n_segments, max_norm=max_norm, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.n_filters = n_temporal, n_maps = positive_ints("n_filters", n_filters, 2)
        n_scales = len(self.kernel_lengths)
        for name, value in (("n_bands", self.n_bands), ("the first of n_filters", n_temporal)):
            if value < n_scales:
                raise ValueError(
                    f"expected {name} to be at least {n_scales}, one for each of kernel_lengths, "
                    f"got {value}"
                )
        if n_maps % n_temporal:
            raise ValueError(
                f"expected the second of n_filters to be a multiple of the first, got {n_filters}"
            )
        self.filter_bank = FilterBank(self.sfreq, self.n_bands, self.bandwidth)
        # A variance needs two samples.
        self.check_smallest_window(max(self.filter_bank.shortest, 2 * self.n_segments))

        self.shares = _shares(self.n_bands, n_scales)
        filters = _shares(n_temporal, n_scales)
        self.scales = nn.ModuleList(
            FastConv1d(bands, maps, length, bias=False)
            for bands, maps, length in zip(self.shares, filters, self.kernel_lengths, strict=True)
        )
        self.temporal_norm = nn.BatchNorm1d(n_temporal)
        self.spatial = ConstrainedConv2d(
            n_temporal, n_maps, (self.n_chans, 1), padding="valid", groups=n_temporal,
            max_norm=self.max_norm,
        )  # fmt: skip
        self.norm = nn.BatchNorm1d(n_maps)
        self.activation = nn.SiLU()
        self.num_features = n_maps * self.n_segments
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        return self.features_of_bands(self.filter_bank(x))

    def features_of_bands(self, bands: Tensor) -> Tensor:
        """Map band-pass filtered windows (batch, n_bands, n_chans, n_times) to features."""
        # One-dimensional convolutions are several times as fast as those of images on CPUs.
        signals = bands.transpose(1, 2).flatten(0, 1)  # (batch * n_chans, n_bands, n_times)
        filtered = [
            scale(F.pad(share, same_padding(self.n_times, length)))
            for share, scale, length in zip(
                torch.split(signals, self.shares, dim=1),
                self.scales,
                self.kernel_lengths,
                strict=True,
            )
        ]
        maps = self.temporal_norm(torch.cat(filtered, dim=1))  # (batch * n_chans, 36, n_times)
        maps = torch.unflatten(maps, 0, (bands.shape[0], self.n_chans)).transpose(1, 2)
        found = log_variances_of_bands(
            self.spatial, self.norm, self.activation, maps, self.n_segments
        )
        return found.flatten(1).to(bands.dtype)  # logarithms are in at least float32

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)


def _shares(n_all: int, n_parts: int) -> list[int]:
    """Return the sizes of equal parts, of which the first also takes what is left over."""
    share = n_all // n_parts
    return [n_all - share * (n_parts - 1), *[share] * (n_parts - 1)]
