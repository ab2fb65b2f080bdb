"""Bins of spectra above the band of a recording."""

from __future__ import annotations

import torch
from torch import Tensor

# The power falls by this much (in decades) within this many Hz where a recording's band ends. EEG
# through the authors' filters falls by one decade at most, and below the lowest frequency by more.
_DECADES, _HERTZ, _LOWEST = 2.5, 1.5, 15.0


def without_empty_bins(spectra: Tensor, bin_width: float) -> Tensor:
    """Set the bins in which a recording has no signal to zero, channel by channel.

    A recording at 50 Hz, or after a steep low-pass filter, has nothing but leakage and quantisation
    noise in the bins above its band. Networks that standardise each bin would amplify it to the
    size of EEG, and their answers depend on how the recording was resampled. After
    standardisation, bins of zero are zero.

    Parameters
    ----------
    spectra : Tensor, shape (n_windows, n_chans, frames, bins)
        Logarithms (base 10) of power.
    bin_width : float
        Distance between two bins in Hz; the first is at 0 Hz.

    Returns
    -------
    Tensor, shape (n_windows, n_chans, frames, bins)
        Spectra.

    Examples
    --------
    >>> level = torch.tensor([0.0, -1.0, -2.0, -2.5, -9.0, -9.2])  # at 0, 6, ..., 30 Hz
    >>> without_empty_bins(level.expand(2, 1, 28, 6), 6.0)[0, 0, 0]
    tensor([ 0.0000, -1.0000, -2.0000, -2.5000,  0.0000,  0.0000])
    """
    level = spectra.mean(dim=(0, 2), dtype=torch.float64)  # (n_chans, bins)
    step = max(1, round(_HERTZ / bin_width))
    # The largest of all bins from each on, so that a notch filter is no end of the band.
    highest_above = level.flip(-1).cummax(dim=-1).values.flip(-1)
    ends = torch.zeros_like(level, dtype=torch.bool)
    ends[:, step:] = highest_above[:, step:] < level[:, :-step] - _DECADES
    ends &= torch.arange(level.shape[1]) * bin_width >= _LOWEST
    empty = ends.cumsum(dim=-1) > 0
    return spectra.masked_fill(empty[:, None, :], 0.0) if bool(empty.any()) else spectra
