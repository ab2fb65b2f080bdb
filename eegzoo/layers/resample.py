"""Resampling of signals inside a network."""

from __future__ import annotations

import math
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.arguments import number_between
from eegzoo.layers.fixed_tensors import FixedTensors

_LARGEST_TERM = 1000  # of the ratio of the rates
_HALF_LENGTH = 10  # of the filter, in samples of the slower signal
_BETA = 5.0


class Resample(FixedTensors):
    """Resampling with a zero-phase filter, as `scipy.signal.resample_poly` computes it.

    Sample ``k`` of the output is at exactly ``k / new_sfreq`` seconds. The filter against aliasing
    has a Kaiser window, and halves the amplitude at the lower Nyquist frequency; signals are
    mirrored at their ends.

    Parameters
    ----------
    sfreq, new_sfreq : float
        Sampling rates in Hz before and after.

    Raises
    ------
    ValueError
        If the ratio of the rates is not one of integers up to 1000.

    Examples
    --------
    >>> Resample(250, 200)(torch.randn(8, 22, 1000)).shape
    torch.Size([8, 22, 800])
    """

    def __init__(self, sfreq: float, new_sfreq: float) -> None:
        super().__init__()
        self.sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        self.new_sfreq = number_between("new_sfreq", new_sfreq, 0.0, above=True)
        exact = Fraction(self.new_sfreq) / Fraction(self.sfreq)
        ratio = exact.limit_denominator(_LARGEST_TERM)
        if ratio.numerator > _LARGEST_TERM or abs(ratio / exact - 1) > 1e-9:
            raise ValueError(
                f"expected a ratio of integers up to {_LARGEST_TERM} between new_sfreq and sfreq, "
                f"got {self.new_sfreq:g} Hz and {self.sfreq:g} Hz: resample the recording instead"
            )
        self.up, self.down = ratio.numerator, ratio.denominator
        self.reach = _HALF_LENGTH * max(self.up, self.down)  # of the filter, in the finest samples
        self.before = self.reach // self.up

    def compute_tensors(self) -> tuple[Tensor, ...]:
        """Return the filters (up, 1, kernel_length), one for each phase of the output."""
        half = self.reach
        time = torch.arange(-half, half + 1, dtype=torch.float64)
        window = torch.kaiser_window(2 * half + 1, periodic=False, beta=_BETA, dtype=torch.float64)
        lowpass = window * torch.sinc(time / max(self.up, self.down))
        lowpass = F.pad(self.up * lowpass / lowpass.sum(), (0, 1))  # the last entry is zero
        # Output up * k + p is at input down * k + p * down / up, so it has x[down * k + j] times
        # h[p * down - j * up] for j from -before.
        phase = self.down * torch.arange(self.up).unsqueeze(1)
        after = (self.down * (self.up - 1) + half) // self.up
        place = phase - self.up * torch.arange(-self.before, after + 1) + half
        outside = (place < 0) | (place > 2 * half)
        return (lowpass[place.masked_fill(outside, 2 * half + 1)].unsqueeze(1),)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_times) to (batch, n_chans, n_times_new)."""
        if self.up == self.down:
            return x
        (filters,) = self.tensors(x.dtype, x.device)
        n_times = max(1, round(x.shape[-1] * self.up / self.down))
        n_blocks = math.ceil(n_times / self.up)
        needed = (n_blocks - 1) * self.down + filters.shape[-1]
        x_padded = _mirrored(x, self.before, needed - self.before - x.shape[-1])
        batch = x_padded.reshape(-1, 1, x_padded.shape[-1])
        phases = F.conv1d(batch, filters, stride=self.down)  # (batch * n_chans, up, n_blocks)
        out = phases.transpose(1, 2).reshape(*x.shape[:2], n_blocks * self.up)
        return out[..., :n_times]

    def extra_repr(self) -> str:
        """Return both rates."""
        return f"sfreq={self.sfreq:g}, new_sfreq={self.new_sfreq:g}"


def _mirrored(x: Tensor, before: int, after: int) -> Tensor:
    """Return signals continued by their mirror images, however far, without repeating an end."""
    period = max(1, 2 * (x.shape[-1] - 1))
    place = torch.arange(-before, x.shape[-1] + after, device=x.device) % period
    return x[..., torch.where(place < x.shape[-1], place, period - place)]
