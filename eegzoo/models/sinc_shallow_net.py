"""Sinc-ShallowNet: band-pass filters with trained edges, then spatial filters of each band."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.layers.blocks.maps_sequential import MapsSequential
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fixed_tensors import FixedTensors
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

_LOWEST = 1.0  # Hz, below which no band begins
_FIRST, _STEP = 5.0, 1.0  # Hz above the lowest at which the first band begins, and each further one


@register_model(
    "sinc_shallow_net",
    tasks=("motor imagery",),
    paper="Borra et al. (2020), Interpretable and lightweight convolutional neural network for EEG "
    "decoding: application to movement execution and imagination",
    doi="10.1016/j.neunet.2020.05.032",
    source="braindecode 1.8.1, SincShallowNet, a port (tests/reference/make_sinc_shallow_net.py)",
    standard={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0},
)
class SincShallowNet(EEGModel):
    """Sinc-ShallowNet: band-pass filters of which only the edges are trained, then spatial filters.

    Equal to braindecode's class, a port of a Keras network after the paper: no code of the authors
    was found. Each temporal filter is the difference of two sinc functions times a Hamming window,
    with a lower edge and a bandwidth as its only parameters; bands begin 1 Hz apart, the first at 6
    Hz. Lengths are in samples and do not follow `sfreq`. The pool is that for 250 Hz; braindecode's
    is that for 128 Hz (55 samples, 12 apart). Normalisations have torch's momentum, where
    braindecode's forget all batches but the last.

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
        Number of band-pass filters.
    D : int
        Number of spatial filters of each band.
    kernel_length : int
        Length of the band-pass filters in samples, an odd number.
    bandwidth : float
        Initial width of the bands in Hz.
    pool_length : int
        Number of samples that are averaged.
    pool_stride : int
        Number of samples from one average to the next.
    drop_prob : float
        Dropout probability.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Borra, Fantozzi, Magosso (2020). Interpretable and lightweight convolutional neural network for
    EEG decoding: application to movement execution and imagination. Neural Networks 129, 55-74.
    https://doi.org/10.1016/j.neunet.2020.05.032

    Reference implementation: https://github.com/braindecode/braindecode, version 1.8.1.

    Examples
    --------
    >>> model = SincShallowNet(n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape, model.features(torch.randn(2, 22, 1000)).shape
    (torch.Size([2, 4]), torch.Size([2, 2496]))
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        n_filters: int = 32,
        D: int = 2,
        kernel_length: int = 33,
        bandwidth: float = 4.0,
        pool_length: int = 109,
        pool_stride: int = 23,
        drop_prob: float = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_filters=n_filters, D=D, kernel_length=kernel_length, bandwidth=bandwidth,
            pool_length=pool_length, pool_stride=pool_stride, drop_prob=drop_prob,
        )  # fmt: skip
        if self.kernel_length % 2 == 0 or self.kernel_length == 1:
            raise ValueError(
                f"expected kernel_length to be odd and at least 3, got {self.kernel_length}"
            )
        highest = _LOWEST + _FIRST + (self.n_filters - 1) * _STEP + self.bandwidth
        if highest >= self.sfreq / 2:
            raise ValueError(
                f"expected the highest band to end below sfreq / 2 = {self.sfreq / 2:g} Hz, got "
                f"{highest:g} Hz; use fewer n_filters or a smaller bandwidth"
            )
        self.check_smallest_window(self.pool_length)

        n_maps = self.D * self.n_filters
        self.front = TemporalSpatialConv(
            _SincConv(self.n_filters, self.kernel_length, self.sfreq, self.bandwidth),
            nn.Conv2d(self.n_filters, n_maps, (self.n_chans, 1), groups=self.n_filters, bias=False),
            nn.BatchNorm2d(self.n_filters),
        )
        self.pool = MapsSequential(
            nn.BatchNorm1d(n_maps),
            nn.ELU(),
            nn.AvgPool1d(self.pool_length, self.pool_stride),
            Dropout(self.drop_prob),
        )
        self.num_features = n_maps * ((self.n_times - self.pool_length) // self.pool_stride + 1)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.front(x)  # (batch, 64, n_times)
        out: Tensor = self.pool(x).flatten(1)
        return out


class _SincConv(FixedTensors, nn.Conv2d):
    """Convolution in time with band-pass filters, whose weight follows from the bands' edges."""

    def __init__(self, n_filters: int, kernel_length: int, sfreq: float, bandwidth: float) -> None:
        padding = (0, kernel_length // 2)
        super().__init__(1, n_filters, (1, kernel_length), padding=padding, bias=False)
        del self.weight
        self.sfreq = sfreq
        self.low_freqs = nn.Parameter(_FIRST + _STEP * torch.arange(n_filters).float())
        self.bandwidths = nn.Parameter(torch.full((n_filters,), bandwidth))

    @property
    def weight(self) -> Tensor:  # type: ignore[override]
        """Kernels of shape (n_filters, 1, 1, kernel_length), in the dtype of the parameters."""
        dtype = torch.promote_types(self.low_freqs.dtype, torch.float32)
        low = _LOWEST + self.low_freqs.to(dtype).abs()
        high = (low + self.bandwidths.to(dtype).abs()).clamp(_LOWEST, self.sfreq / 2)
        angles, window = self.tensors(dtype, low.device)
        waves = torch.sin(angles * high.unsqueeze(1)) - torch.sin(angles * low.unsqueeze(1))
        before = waves * window / (angles * (high - low).unsqueeze(1))
        kernels = torch.cat((before, torch.ones_like(before[:, :1]), before.flip(1)), dim=1)
        return (kernels / kernels.std())[:, None, None].to(self.low_freqs.dtype)

    def compute_tensors(self) -> tuple[Tensor, ...]:
        """Return the angle of 1 Hz at each sample before the middle, and the window there."""
        length = self.kernel_size[1]
        steps = torch.arange(-(length // 2), 0, dtype=torch.float64)
        window = torch.hamming_window(length, periodic=False, dtype=torch.float64)
        return 2 * math.pi / self.sfreq * steps, window[: length // 2]
