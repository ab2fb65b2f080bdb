"""xEEGNet: fixed filters of the EEG's bands, one spatial filter for each, their power."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, islice, pairwise

import torch
from torch import Tensor, nn

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

# Hz: delta, theta, alpha, three of beta, gamma; and coarser ones for kernels that cannot tell them.
BANDS = (0.5, 4.0, 8.0, 12.0, 16.0, 20.0, 28.0, 45.0)
COARSE_BANDS = (0.5, 8.0, 16.0, 28.0, 45.0)
FINE_FROM = 75  # samples of a kernel


@register_model(
    "xeegnet",
    tasks=("pathology",),
    paper="Zanola et al. (2025), xEEGNet: towards explainable AI in EEG dementia classification",
    doi="10.48550/arXiv.2504.21457",
    source="MedMaxLab/shallownetXAI, commit 27d8a94 (PyTorch)",
    standard={"n_chans": 19, "n_times": 500, "n_outputs": 3, "sfreq": 125.0},
)
class XEEGNet(EEGModel):
    """xEEGNet: band-pass filters that stay as they are, a spatial filter for each, their power.

    Equal to the authors' PyTorch code with the choices that they call shn7db, which selfEEG has as
    xEEGNet's defaults: of 1043 parameters at the standard size 168 are learnt. The temporal
    filters start as windowed band-pass filters of the EEG's bands (after all bands, of pairs of
    them, and so on) and are not learnt. The authors' code decides so anew in every forward, by a
    counter, and writes to ``requires_grad``; here it is `freeze_temporal` that does, and a forward
    changes nothing.

    The filters are one second long at any `sfreq`; the authors have 125 samples at their 125 Hz.
    Those of bands that begin above half of `sfreq`, and those beyond all sets of bands, are drawn
    at random. One output for each class, where theirs has one for two classes.

    The authors standardise each channel of windows of 4 s, and train with Adam (5e-5, times 0.995
    after each epoch) in batches of 64.

    Parameters
    ----------
    n_chans : int
        Channels.
    n_times : int
        Samples in a window.
    n_outputs : int
        Classes.
    sfreq : float
        Sampling rate in Hz.
    F1 : int
        Temporal filters.
    D : int
        Spatial filters for each of them.
    kernel_seconds : float
        Length of the temporal filters.
    kernel_length : int | None
        The same in samples. None: from `kernel_seconds`.
    drop_prob : float
        Probability of dropout.
    frozen_temporal : bool
        Whether the temporal filters stay as they are.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Zanola, Tshimanga, Del Pup, Baiesi, Atzori (2025). xEEGNet: towards explainable AI in EEG
    dementia classification. J. Neural Eng. 22, 046042. https://doi.org/10.48550/arXiv.2504.21457

    Reference implementation: https://github.com/MedMaxLab/shallownetXAI, commit 27d8a94.

    Examples
    --------
    >>> model = XEEGNet(n_chans=19, n_times=500, n_outputs=3)
    >>> model(torch.randn(2, 19, 500)).shape, model.features(torch.randn(2, 19, 500)).shape
    (torch.Size([2, 3]), torch.Size([2, 7]))
    >>> sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    168
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float = 125.0,
        F1: int = 7,
        D: int = 1,
        kernel_seconds: float = 1.0,
        kernel_length: int | None = None,
        drop_prob: float = 0.2,
        frozen_temporal: bool = True,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.F1, self.D = positive_int("F1", F1), positive_int("D", D)
        self.kernel_seconds = number_between("kernel_seconds", kernel_seconds, 0.0, above=True)
        if kernel_length is None:
            kernel_length = max(1, round(self.kernel_seconds * self.sfreq))
        self.kernel_length = positive_int("kernel_length", kernel_length)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.check_smallest_window(self.kernel_length)

        self.num_features = self.F1 * self.D
        self.front = TemporalSpatialConv(
            nn.Conv2d(1, self.F1, (1, self.kernel_length), bias=False),
            nn.Conv2d(self.F1, self.num_features, (n_chans, 1), groups=self.F1, bias=False),
        )
        self.norm = nn.BatchNorm1d(self.num_features)
        self.drop = nn.Dropout(self.drop_prob)
        self.head = self.make_head(self.n_outputs)
        self._set_bands()
        self.freeze_temporal(frozen_temporal)

    def freeze_temporal(self, frozen: bool = True) -> None:
        """Keep the temporal filters as they are from now on, or let them be learnt."""
        self.frozen_temporal = frozen
        self.front.temporal.requires_grad_(not frozen)

    @torch.no_grad()
    def _set_bands(self) -> None:
        edges = BANDS if self.kernel_length >= FINE_FROM else COARSE_BANDS
        for kernel, bands in zip(self.front.temporal.weight, _sets_of_bands(edges), strict=False):
            if bands[-1][0] < self.sfreq / 2:
                kernel.copy_(_band_pass(self.kernel_length, bands, self.sfreq))

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        x = self.norm(self.front(x))  # (batch, F1 * D, n_times - kernel_length + 1)
        power: Tensor = x.square().mean(dim=2)
        decibels: Tensor = self.drop(10 * power.clamp(1e-7, 1e4).log10())
        return decibels

    def make_head(self, n_outputs: int) -> nn.Module:
        """Return a newly initialised head."""
        return nn.Linear(self.num_features, n_outputs, bias=False)


Bands = list[tuple[float, float]]


def _sets_of_bands(edges: Sequence[float]) -> Iterator[Bands]:
    """Return each band between two edges, then each pair of bands, and so on; neighbours joined."""
    single = list(pairwise(edges))
    for size in range(1, len(single) + 1):
        for bands in combinations(single, size):
            times = Counter(chain.from_iterable(bands))
            outer = sorted(edge for edge, count in times.items() if count == 1)
            yield list(zip(islice(outer, 0, None, 2), islice(outer, 1, None, 2), strict=True))


def _band_pass(n_taps: int, bands: Bands, sfreq: float) -> Tensor:
    """Return a Hamming-windowed filter that passes `bands`, the centre of the first unscaled.

    As `scipy.signal.firwin` designs it; a band is cut at half of `sfreq`, where scipy refuses it.
    """
    steps = torch.arange(n_taps, dtype=torch.float64) - (n_taps - 1) / 2
    taps = torch.zeros_like(steps)
    cut = [[min(edge / (sfreq / 2), 1.0) for edge in band] for band in bands]
    for low, high in cut:
        taps += high * torch.sinc(high * steps) - low * torch.sinc(low * steps)
    taps *= torch.hamming_window(n_taps, periodic=False, dtype=torch.float64)
    centre = (cut[0][0] + cut[0][1]) / 2
    gain: Tensor = (taps * torch.cos(torch.pi * centre * steps)).sum()
    return taps / gain
