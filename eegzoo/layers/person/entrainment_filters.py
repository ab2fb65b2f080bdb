"""Spatial filters of one person for the response to a stimulus that flickers."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.autocast import without_autocast
from eegzoo.layers.person.person_statistics import PersonStatistics
from eegzoo.layers.spatial.generalized_eigen import signal_filters
from eegzoo.torch_internals import wide_dtype


class EntrainmentFilters(PersonStatistics):
    """Spatial filters that separate the power at a frequency from that beside it, by person.

    For each frequency, S is the mean over a person's windows of the cross-spectrum at this
    frequency, and N the mean of that at frequencies near by. The filters w are the generalised
    eigenvectors of (S, N) with the largest signal-to-noise ratio ``w'Sw / w'Nw``, scaled to
    ``w'Nw = 1``. N is shrunk to its mean variance. No labels are needed: it is enough that the
    stimulus flickers in some of the windows.

    Parameters
    ----------
    n_freqs : int
        Number of frequencies.
    n_chans : int
        Number of channels.
    n_filters : int
        Number of filters for each frequency, at most `n_chans`.
    shrinkage : float
        Share of the mean variance on the diagonal of N, 0 to 1.
    momentum : float
        Share of a batch in the running means.

    Attributes
    ----------
    running_spectra : Tensor, shape (2, n_freqs, n_chans, n_chans)
        S and N of the person, or their mean over people.
    filters : Tensor, shape (n_freqs, n_filters, n_chans)
        Filters that follow from them. The sign of each is such that the sum of its pattern ``S w``
        is positive.

    References
    ----------
    Cohen, Gulbinaite (2017). Rhythmic entrainment source separation: optimizing analyses of neural
    responses to rhythmic sensory stimulation. NeuroImage 147, 43-56.
    https://doi.org/10.1016/j.neuroimage.2016.11.036

    Examples
    --------
    >>> spectra = torch.rand(30, 2, 3, 8, 1) ** 2 * torch.eye(8)
    >>> EntrainmentFilters(n_freqs=3, n_chans=8)(spectra).shape
    torch.Size([30, 3, 2, 8])
    """

    running_spectra: Tensor
    filters: Tensor

    def __init__(
        self,
        n_freqs: int,
        n_chans: int,
        n_filters: int = 2,
        shrinkage: float = 0.02,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        self.n_freqs = positive_int("n_freqs", n_freqs)
        self.n_chans = positive_int("n_chans", n_chans)
        self.n_filters = positive_int("n_filters", n_filters)
        if self.n_filters > self.n_chans:
            raise ValueError(
                f"expected n_filters to be at most n_chans={self.n_chans}, got {self.n_filters}"
            )
        self.shrinkage = number_between("shrinkage", shrinkage, 0.0, 1.0)
        self.momentum = number_between("momentum", momentum, 0.0, 1.0)
        one = torch.eye(self.n_chans)
        self.register_buffer("running_spectra", one.repeat(2, self.n_freqs, 1, 1))
        self.register_buffer("filters", one[: self.n_filters].repeat(self.n_freqs, 1, 1))

    def forward(self, spectra: Tensor) -> Tensor:
        """Return the filters of each window's person.

        Parameters
        ----------
        spectra : Tensor, shape (batch, 2, n_freqs, n_chans, n_chans)
            Cross-spectra of each window at the frequencies, and beside them.

        Returns
        -------
        Tensor, shape (batch, n_freqs, n_filters, n_chans)
        """
        n_windows = spectra.shape[0]
        with without_autocast(spectra):
            if not self.training:
                return self.filters.to(spectra.dtype).expand(n_windows, -1, -1, -1)
            means = self.parts(spectra).mean(1)
            self._track(means.detach().mean(0))
            filters = self._filters(means[:, 0], means[:, 1])
            return filters.repeat_interleave(n_windows // self.n_people, 0)

    def _filters(self, signal: Tensor, noise: Tensor) -> Tensor:
        return signal_filters(signal, noise, self.n_filters, self.shrinkage)

    @torch.no_grad()
    def _track(self, means: Tensor) -> None:
        self.running_spectra.lerp_(means.to(self.running_spectra.dtype), self.momentum)
        self.filters.copy_(self._filters(*self.running_spectra.to(means.dtype)))

    def sums(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the number of windows and the sums of their cross-spectra."""
        spectra = x.detach().to(wide_dtype(x))
        return spectra.new_tensor(float(len(x))), spectra.sum(0)

    @torch.no_grad()
    def set_statistics(self, *sums: Tensor) -> None:
        """Set the mean cross-spectra and the filters that follow from them."""
        count, total = sums
        means = total / count
        self.running_spectra.copy_(means)
        self.filters.copy_(self._filters(means[0], means[1]))

    def extra_repr(self) -> str:
        """Return the arguments."""
        return (
            f"n_freqs={self.n_freqs}, n_chans={self.n_chans}, n_filters={self.n_filters}, "
            f"shrinkage={self.shrinkage:g}, momentum={self.momentum:g}"
        )
