"""xEEGNet: fixed band-pass filters, learned spatial filters and the power of their outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, islice, pairwise

import torch
from torch import Tensor, nn

from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

# Edges in Hz of delta, theta, alpha, three beta bands and gamma, and of fewer, wider bands for
# kernels too short to separate these.
BANDS = (0.5, 4.0, 8.0, 12.0, 16.0, 20.0, 28.0, 45.0)
COARSE_BANDS = (0.5, 8.0, 16.0, 28.0, 45.0)
SHORTEST_FINE_KERNEL = 75  # samples


@register_model(
    "xeegnet",
    tasks=("pathology",),
    paper="Zanola et al. (2025), xEEGNet: towards explainable AI in EEG dementia classification",
    doi="10.48550/arXiv.2504.21457",
    source="MedMaxLab/shallownetXAI, commit 27d8a94 (PyTorch)",
    standard={"n_chans": 19, "n_times": 500, "n_outputs": 3, "sfreq": 125.0},
)
class XEEGNet(EEGModel):
    """xEEGNet: fixed band-pass filters, learned spatial filters and the power of their outputs.

    The model equals the authors' PyTorch code with the options that they call shn7db, which selfEEG
    uses as defaults for its xEEGNet. At the standard size it has 1043 parameters, of which 168 are
    learned. The temporal filters start as windowed band-pass filters of the EEG's bands (first all
    bands, then pairs of bands, and so on) and are not learned. The authors' code sets
    ``requires_grad`` in every forward pass, depending on a counter; here `freeze_temporal` sets it,
    and a forward pass changes nothing.

    The filters last one second at any `sfreq`; the authors use 125 samples at 125 Hz. Filters of
    bands that start above half of `sfreq`, and filters in excess of all combinations of bands, are
    initialised at random. The model has one output for each class; the authors' code has a single
    output for two classes.

    The authors use windows of 4 s, with each channel standardised. They train with Adam (5e-5,
    multiplied by 0.995 after each epoch) in batches of 64.

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
    F1 : int
        Number of temporal filters.
    D : int
        Number of spatial filters for each temporal filter.
    kernel_seconds : float
        Length of the temporal filters in seconds.
    kernel_length : int | None
        Length of the temporal filters in samples. None: computed from `kernel_seconds`.
    drop_prob : float
        Dropout probability.
    frozen_temporal : bool
        Whether the temporal filters are frozen.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Zanola, Tshimanga, Del Pup, Baiesi, Atzori (2025). xEEGNet: towards explainable AI in EEG
    dementia classification. J. Neural Eng. 22, 046042. https://doi.org/10.48550/arXiv.2504.21457

    Reference implementation: https://github.com/MedMaxLab/shallownetXAI, commit 27d8a94.

    Examples
    --------
    >>> model = XEEGNet(n_chans=19, n_times=500, n_outputs=3, sfreq=125)
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
        sfreq: float,
        *,
        F1: int = 7,
        D: int = 1,
        kernel_seconds: float = 1.0,
        kernel_length: int | None = None,
        drop_prob: float = 0.2,
        frozen_temporal: bool = True,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(F1=F1, D=D, kernel_seconds=kernel_seconds, drop_prob=drop_prob)
        if kernel_length is None:
            kernel_length = self.samples_in(self.kernel_seconds)
        self.set_arguments(kernel_length=kernel_length)
        self.check_smallest_window(self.kernel_length)

        self.num_features = self.F1 * self.D
        self.front = TemporalSpatialConv(
            nn.Conv2d(1, self.F1, (1, self.kernel_length), bias=False),
            nn.Conv2d(self.F1, self.num_features, (n_chans, 1), groups=self.F1, bias=False),
        )
        self.norm = nn.BatchNorm1d(self.num_features)
        self.drop = Dropout(self.drop_prob)
        self.head = self.make_head(self.n_outputs)
        self._set_bands()
        self.freeze_temporal(frozen_temporal)

    def freeze_temporal(self, frozen: bool = True) -> None:
        """Freeze the temporal filters, or make them trainable."""
        self.set_arguments(frozen_temporal=frozen)
        self.front.temporal.requires_grad_(not frozen)

    @torch.no_grad()
    def _set_bands(self) -> None:
        edges = BANDS if self.kernel_length >= SHORTEST_FINE_KERNEL else COARSE_BANDS
        kernels = self.front.temporal.weight
        for kernel, bands in zip(kernels, _band_combinations(edges), strict=False):
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


def _band_combinations(edges: Sequence[float]) -> Iterator[Bands]:
    """Yield each band between two edges, each pair of bands, and so on, with neighbours merged."""
    single = list(pairwise(edges))
    for size in range(1, len(single) + 1):
        for bands in combinations(single, size):
            counts = Counter(chain.from_iterable(bands))
            outer = sorted(edge for edge, count in counts.items() if count == 1)
            yield list(zip(islice(outer, 0, None, 2), islice(outer, 1, None, 2), strict=True))


def _band_pass(n_taps: int, bands: Bands, sfreq: float) -> Tensor:
    """Return a Hamming-windowed band-pass filter with gain 1 at the centre of the first band.

    The taps are those of `scipy.signal.firwin`, which rejects bands that exceed half of `sfreq`;
    here they are cut off there.
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
