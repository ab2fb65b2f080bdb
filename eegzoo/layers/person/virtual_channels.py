"""Channels that hold a person's responses to flickering stimuli, in place of electrodes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.layers.person.batch_norm import PersonBatchNorm1d
from eegzoo.layers.person.entrainment_filters import EntrainmentFilters
from eegzoo.layers.spatial.stimulus_spectra import CrossSpectra
from eegzoo.torch_internals import has_hooks

# Number of windows whose spectra stay in the caches until they are added.
_AT_ONCE = 8


class VirtualChannels(nn.Module):
    """Map windows to virtual channels, which the person's own spatial filters compute.

    For each stimulus, the leading filters of `EntrainmentFilters` separate the response at its
    frequency from the activity beside it. Each virtual channel is scaled to mean 0 and variance 1
    over the person's windows. So channels mean the same for all people, wherever their electrodes
    and sources are. No labels are needed.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window.
    sfreq : float
        Sampling rate in Hz.
    freqs : sequence of float
        Frequencies of the stimuli in Hz.
    neighbors : sequence of float
        Distances in Hz, on both sides of a frequency, of the activity beside it.
    n_filters : int
        Number of filters for each frequency.
    shrinkage : float
        Share of the mean variance in the cross-spectra beside a frequency.

    Attributes
    ----------
    n_virtual : int
        Number of virtual channels: ``len(freqs) * n_filters``, those of a frequency together.

    References
    ----------
    Cohen, Gulbinaite (2017). Rhythmic entrainment source separation: optimizing analyses of neural
    responses to rhythmic sensory stimulation. NeuroImage 147, 43-56.
    https://doi.org/10.1016/j.neuroimage.2016.11.036

    Examples
    --------
    >>> channels = VirtualChannels(8, 512, 128, freqs=(13, 17, 21), neighbors=(0.75, 1))
    >>> channels(20 * torch.randn(30, 8, 512)).shape
    torch.Size([30, 6, 512])
    """

    summed_layer = "filters"

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        sfreq: float,
        freqs: Sequence[float],
        neighbors: Sequence[float],
        n_filters: int = 2,
        shrinkage: float = 0.02,
    ) -> None:
        super().__init__()
        self.n_virtual = len(freqs) * n_filters
        self.spectra = CrossSpectra(freqs, neighbors, n_times, sfreq)
        self.filters = EntrainmentFilters(len(freqs), n_chans, n_filters, shrinkage)
        self.norm = PersonBatchNorm1d(self.n_virtual, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_times) to (batch, n_virtual, n_times)."""
        if self.training or has_hooks(self.filters):
            filters = self.filters(self.spectra(x)).flatten(1, 2)
        else:  # those of the person, whatever the spectra of these windows are
            filters = self.filters.filters.flatten(0, 1).expand(x.shape[0], -1, -1)
        virtual: Tensor = self.norm(filters.to(x.dtype) @ x)
        return virtual

    def layer_sums(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the sums of the filters' input, of which a few windows are held at a time."""
        parts = [self.filters.sums(self.spectra(part)) for part in torch.split(x, _AT_ONCE)]
        return tuple(torch.stack(part).sum(0) for part in zip(*parts, strict=True))
