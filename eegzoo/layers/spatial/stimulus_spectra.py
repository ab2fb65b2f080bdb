"""What a window contains at the frequencies of stimuli."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from eegzoo.layers.autocast import without_autocast
from eegzoo.layers.fixed_tensors import FixedTensors
from eegzoo.layers.spatial.covariance import window_covariance
from eegzoo.layers.spatial.symmetric_eigen import symmetric_eigen
from eegzoo.layers.spatial.symmetric_functions import inverse_sqrt
from eegzoo.torch_internals import wide_dtype

# Just enough for channels that are combinations of each other, as average-referenced ones are.
_SHRINKAGE = 1e-6
# Squared correlations below it have no square root with a useful derivative.
_SMALLEST = 1e-8


class CrossSpectra(FixedTensors):
    """Cross-spectra of windows at given frequencies, and their mean beside each.

    The Fourier coefficient c of the channels is taken over the whole centred window without taper;
    a cross-spectrum is the real part of ``c c^H``. The module has no parameters and no state.

    Parameters
    ----------
    freqs : sequence of float
        Frequencies in Hz.
    neighbors : sequence of float
        Distances in Hz, on both sides of each frequency, of those beside it.
    n_times : int
        Number of samples in a window.
    sfreq : float
        Sampling rate in Hz.

    Examples
    --------
    >>> spectra = CrossSpectra([13.0, 17.0], [0.75, 1.0], n_times=512, sfreq=128)
    >>> spectra(torch.randn(4, 8, 512)).shape
    torch.Size([4, 2, 2, 8, 8])
    """

    def __init__(
        self, freqs: Sequence[float], neighbors: Sequence[float], n_times: int, sfreq: float
    ) -> None:
        super().__init__()
        self.freqs, self.neighbors = tuple(freqs), tuple(neighbors)
        self.n_times, self.sfreq, self.n_freqs = n_times, sfreq, len(self.freqs)

    def compute_tensors(self) -> tuple[Tensor]:
        """Return cosines and sines of the frequencies and of those beside each."""
        away = (*self.neighbors, *(-step for step in self.neighbors))
        beside = [freq + step for freq in self.freqs for step in away]
        angles = _angles([*self.freqs, *beside], self.n_times, self.sfreq)
        return (torch.cat([angles.cos(), angles.sin()], 1) / self.n_times,)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_times) to (batch, 2, n_freqs, n_chans, n_chans).

        The first of each two is the cross-spectrum at a frequency, the second the mean beside it,
        in `eegzoo.torch_internals.wide_dtype`.
        """
        with without_autocast(x):
            exact = x.to(wide_dtype(x))
            exact = exact - exact.mean(-1, keepdim=True)
            (waves,) = self.tensors(exact.dtype, exact.device)
            cosines, sines = (exact @ waves).mT.chunk(2, 1)
            own = torch.stack([part[:, : self.n_freqs] for part in (cosines, sines)], 2)
            beside = torch.cat(
                [
                    torch.unflatten(part[:, self.n_freqs :], 1, (self.n_freqs, -1))
                    for part in (cosines, sines)
                ],
                2,
            )
            means = beside.mT @ beside / (2 * len(self.neighbors))
            return torch.stack([own.mT @ own, means], 1)


class CanonicalCorrelations(FixedTensors):
    """Largest canonical correlations of windows with sines and cosines of given frequencies.

    The module has no parameters and no state.

    Parameters
    ----------
    freqs : sequence of float
        Frequencies in Hz.
    n_harmonics : int
        Number of harmonics of each frequency, the fundamental included.
    n_correlations : int
        Number of correlations for each frequency.
    n_times : int
        Number of samples in a window.
    sfreq : float
        Sampling rate in Hz.

    References
    ----------
    Lin, Zhang, Wu, Gao (2006). Frequency recognition based on canonical correlation analysis for
    SSVEP-based BCIs. IEEE Trans. Biomed. Eng. 53, 2610. https://doi.org/10.1109/TBME.2006.886577

    Examples
    --------
    >>> correlate = CanonicalCorrelations([13.0, 17.0], 2, 1, n_times=512, sfreq=128)
    >>> t = torch.arange(512) / 128
    >>> correlate(torch.sin(2 * torch.pi * 13 * t).expand(1, 1, -1)).round(decimals=2).flatten()
    tensor([1., 0.])
    """

    def __init__(
        self,
        freqs: Sequence[float],
        n_harmonics: int,
        n_correlations: int,
        n_times: int,
        sfreq: float,
    ) -> None:
        super().__init__()
        self.freqs, self.n_harmonics, self.n_correlations = (
            tuple(freqs), n_harmonics, n_correlations
        )  # fmt: skip
        self.n_times, self.sfreq = n_times, sfreq

    def compute_tensors(self) -> tuple[Tensor]:
        """Return orthonormal waves of each frequency with its harmonics."""
        orders = range(1, self.n_harmonics + 1)
        freqs = [order * freq for freq in self.freqs for order in orders]
        angles = _angles(freqs, self.n_times, self.sfreq)
        waves = torch.stack([angles.cos(), angles.sin()])
        waves = torch.unflatten(waves, 2, (len(self.freqs), -1))
        waves = waves - waves.mean(1, keepdim=True)
        waves = waves.permute(2, 1, 0, 3).flatten(2)  # (n_freqs, n_times, 2 * n_harmonics)
        return (torch.linalg.qr(waves)[0] / math.sqrt(self.n_times),)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_times) to (batch, n_freqs, n_correlations)."""
        with without_autocast(x):
            whitening = inverse_sqrt(window_covariance(x, _SHRINKAGE)).unsqueeze(1)
            exact = x.to(whitening.dtype)
            exact = (exact - exact.mean(-1, keepdim=True)).unsqueeze(1)
            (waves,) = self.tensors(exact.dtype, exact.device)
            mixed = whitening @ (exact @ waves)
            # The squared correlations are the eigenvalues of either product; take the smaller.
            short = mixed if mixed.shape[-2] <= mixed.shape[-1] else mixed.mT
            squared = symmetric_eigen(short @ short.mT)[0]
            largest = squared.sort(-1, descending=True).values[..., : self.n_correlations]
            return largest.clamp_min(_SMALLEST).sqrt().to(x.dtype)


def _angles(freqs: Sequence[float], n_times: int, sfreq: float) -> Tensor:
    """Return the angles of waves, shape (n_times, n_freqs)."""
    t = torch.arange(n_times, dtype=torch.float64) / sfreq
    return 2 * math.pi * t.outer(torch.tensor(freqs, dtype=torch.float64))
