"""Staging by RobustSleepNet, or by the mean of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.arguments import positive_int
from eegzoo.models.robustsleepnet import RobustSleepNet
from eegzoo.sleep.stagers.empty_bins import without_empty_bins
from eegzoo.sleep.stagers.sequences import mean_over_sequences, standardize_around
from eegzoo.sleep.stagers.signals import Array, bandpass, cut_windows
from eegzoo.sleep.stagers.stager import Stager

BAND = (0.2, 30.0)
ORDER = 2
_AT_ONCE = 320  # windows, or sequences: as many as a processor's cache holds


class RobustSleepNetStager(Stager):
    """Mean of the probabilities of one or several RobustSleepNets, from any EEG and EOG channels.

    Filter, sampling rate and scale are the authors'. They pad a recording with 15 minutes of zeros,
    which changes the local statistics at its ends, so this does not. Bins above the band of a
    recording (`without_empty_bins`) are zero, so that answers do not depend on its resampling.

    The authors standardise spectra over each sequence of 21 windows, so that each window passes
    through the network 21 times, in another scale each time. With ``exact=False`` each window is
    standardised once for each length of sequence, by as many windows around it: ten times faster,
    and as good (see ``benchmarks/bench_sleep.py``).

    Parameters
    ----------
    name : str
        Name of the weights.
    networks : sequence of RobustSleepNet
        Networks in evaluation mode. Their number of channels has no influence.
    lengths : sequence of int
        Lengths of the sequences, in windows, over which probabilities are averaged.
    stride : int
        Number of windows between the starts of successive sequences.
    exact : bool
        Whether to standardise spectra over each sequence, as the authors do.
    """

    def __init__(
        self,
        name: str,
        networks: Sequence[RobustSleepNet],
        *,
        lengths: Sequence[int] = (21, 41),
        stride: int = 1,
        exact: bool = False,
    ) -> None:
        super().__init__(name)
        if len(networks) == 0 or len(lengths) == 0:
            raise ValueError("expected at least one network and one length, got none")
        self.networks = tuple(networks)
        self.lengths = tuple(positive_int("lengths", length) for length in lengths)
        self.stride = positive_int("stride", stride)
        self.exact = exact

    def _probabilities(self, signals: npt.NDArray[np.floating], sfreq: float, n: int) -> Array:
        first = self.networks[0]
        # One channel after the other, because a night in float64 is large.
        channels = [scaled_windows(channel, sfreq, n, first) for channel in signals]
        with torch.inference_mode():
            windows = torch.stack(channels, dim=1)
            spectra = torch.cat([first.spectra(part) for part in torch.split(windows, 64)])
            del channels, windows
            spectra = without_empty_bins(spectra, first.sfreq / first.frame_length)
            compute = self._exact if self.exact else self._once
            sums = torch.stack([compute(spectra, length) for length in self.lengths])
            mean = sums.mean(dim=0) / len(self.networks)
        probabilities: Array = mean.numpy()
        return probabilities

    def _once(self, spectra: Tensor, length: int) -> Tensor:
        """Return the sum over networks, with each window standardised by those around it."""
        standardized = standardize_around(spectra, length)
        total = torch.zeros(len(spectra), len(self.stages), dtype=torch.float64)
        for network in self.networks:
            parts = [
                network.project(network.window_features(part))
                for part in torch.split(standardized, _AT_ONCE)
            ]
            classify = partial(_classify_projected, network)
            total += mean_over_sequences(
                classify, torch.cat(parts), length, self.stride, batch_size=_AT_ONCE
            )
        return total

    def _exact(self, spectra: Tensor, length: int) -> Tensor:
        """Return the sum over networks, with spectra standardised over each sequence."""
        total = torch.zeros(len(spectra), len(self.stages), dtype=torch.float64)
        for network in self.networks:
            classify = partial(_classify_spectra, network)
            total += mean_over_sequences(classify, spectra, length, self.stride, batch_size=8)
        return total


def _classify_projected(network: RobustSleepNet, projected: Tensor) -> Tensor:
    """Return the logits of projected windows in sequences (batch, length, ...)."""
    logits: Tensor = network.head(network.over_projected(projected.transpose(0, 1)))
    return logits.transpose(0, 1)


def _classify_spectra(network: RobustSleepNet, spectra: Tensor) -> Tensor:
    """Return the logits of spectra in sequences (batch, length, n_chans, frames, bins)."""
    windows = network.window_features(network.standardize(spectra).flatten(0, 1))
    logits: Tensor = network.head(
        network.over_windows(torch.unflatten(windows, 0, spectra.shape[:2]))
    )
    return logits


def scaled_windows(
    channel: npt.NDArray[np.floating], sfreq: float, n_windows: int, network: RobustSleepNet
) -> Tensor:
    """Return the windows of a channel, filtered and in interquartile ranges.

    Parameters
    ----------
    channel : array, shape (n_samples,)
        Signal of the channel, in any unit.
    sfreq : float
        Sampling rate in Hz.
    n_windows : int
        Number of complete windows.
    network : RobustSleepNet
        Network that takes them.

    Returns
    -------
    Tensor of float32, shape (n_windows, n_times)
        Windows at the sampling rate of the network.
    """
    filtered = bandpass(np.asarray(channel, np.float64), sfreq, *BAND, ORDER)
    windows = cut_windows(filtered, sfreq, network.sfreq, n_windows, network.n_times)
    return scale_by_quartiles(windows, 2 * network.LIMIT)


def scale_by_quartiles(x: Tensor, limit: float) -> Tensor:
    """Clip a signal, subtract its median and divide it by its interquartile range.

    The limits are so many times the distances of the quartiles from the median.

    Examples
    --------
    >>> scale_by_quartiles(torch.tensor([0.0, 1, 2, 3, 1e9]), 40.0)
    tensor([-1.0000, -0.5000,  0.0000,  0.5000, 19.0000])
    """
    low, middle, high = np.percentile(x.numpy(), [25, 50, 75])
    clipped = x.clamp(float(-limit * (middle - low)), float(limit * (high - middle)))
    low, middle, high = np.percentile(clipped.numpy(), [25, 50, 75])
    scale = high - low
    # The authors' scale of a flat signal.
    return (clipped - float(middle)) / float(scale if scale > 0 else 1e-5)
