"""Power of signals in frequency bands by Welch's method."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.autocast import without_autocast
from eegzoo.layers.fixed_tensors import FixedTensors
from eegzoo.layers.fronts.butterworth_bank import check_bands


class BandPower(FixedTensors):
    """Mean power density of each channel in frequency bands, by Welch's method.

    It equals the mean of `scipy.signal.welch` over the frequencies of a band, both edges included:
    Hann windows that overlap by half, each without its mean. Only the frequencies in the bands are
    computed, as products with cosines and sines. The module has no parameters and no state.

    Parameters
    ----------
    sfreq : float
        Sampling rate in Hz.
    bands : sequence of tuple of float
        Lower and upper edge of each band in Hz.
    segment_length : int
        Number of samples of a segment.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid, or a band has no frequency of segments of this length.

    References
    ----------
    Welch (1967). The use of fast Fourier transform for the estimation of power spectra. IEEE Trans.
    Audio Electroacoust. 15, 70-73. https://doi.org/10.1109/TAU.1967.1161901

    Examples
    --------
    >>> power = BandPower(sfreq=128, bands=((8, 12), (12, 16)), segment_length=256)
    >>> power(torch.randn(16, 19, 512)).shape
    torch.Size([16, 2, 19])
    """

    def __init__(
        self, sfreq: float, bands: Iterable[tuple[float, float]], segment_length: int
    ) -> None:
        super().__init__()
        self.sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        self.bands = check_bands("bands", bands, self.sfreq)
        self.segment_length = positive_int("segment_length", segment_length)
        step = self.sfreq / self.segment_length
        for low, high in self.bands:
            if math.ceil(low / step) * step > high:
                raise ValueError(
                    "expected bands with a multiple of sfreq / segment_length = "
                    f"{step:g} Hz, got {(low, high)}"
                )

    def compute_tensors(self) -> tuple[Tensor, Tensor]:
        """Return tapered waves of the frequencies in the bands, and the weights of their powers."""
        length = self.segment_length
        freqs = torch.arange(length // 2 + 1, dtype=torch.float64) * self.sfreq / length
        inside = torch.stack([(freqs >= low) & (freqs <= high) for low, high in self.bands])
        used = inside.any(0).nonzero().flatten()
        t = torch.arange(length, dtype=torch.float64)
        taper = 0.5 - 0.5 * torch.cos(2 * math.pi * t / length)
        angles = 2 * math.pi * t.outer(used.double()) / length
        waves = torch.cat([angles.cos(), angles.sin()], 1) * taper.unsqueeze(1)
        # The mean of a segment is subtracted before the taper, which is linear as well.
        waves = waves - waves.mean(0)
        # All frequencies but 0 Hz and half the sampling rate stand for two.
        twice = torch.where((used > 0) & (2 * used < length), 2.0, 1.0).double()
        averages = inside[:, used].double() * twice / (self.sfreq * taper.square().sum())
        return waves, (averages / inside.sum(1, keepdim=True)).mT

    def forward(self, x: Tensor) -> Tensor:
        """Map signals (batch, n_chans, n_times) to power densities (batch, n_bands, n_chans).

        The unit is that of `x`, squared, per Hz.
        """
        exact = x.to(torch.promote_types(x.dtype, torch.float32))
        with without_autocast(x):
            waves, averages = self.tensors(exact.dtype, exact.device)
            segments = exact.unfold(-1, self.segment_length, self.segment_length // 2)
            cosines, sines = (segments @ waves).chunk(2, -1)
            power = (cosines.square() + sines.square()).mean(-2)  # (batch, n_chans, n_freqs)
            bands = power @ averages
        return bands.mT.to(x.dtype)

    def extra_repr(self) -> str:
        """Return the sampling rate, the bands and the length of a segment."""
        low, high = self.bands[0][0], self.bands[-1][1]
        return (
            f"sfreq={self.sfreq:g}, {len(self.bands)} bands from {low:g} to {high:g} Hz, "
            f"segment_length={self.segment_length}"
        )
