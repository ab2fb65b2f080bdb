"""SSVEPFront: what a window contains at the frequencies of flickering stimuli."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from eegzoo.arguments import number_between
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.person.entrainment_filters import EntrainmentFilters
from eegzoo.layers.person.feature_norm import FeatureNorm
from eegzoo.layers.spatial.stimulus_spectra import CanonicalCorrelations, CrossSpectra
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

NEIGHBORS = (0.75, 1.0, 1.5)


@register_model(
    "ssvep_front",
    tasks=("ssvep",),
    paper="Cohen and Gulbinaite (2017), Rhythmic entrainment source separation: optimizing "
    "analyses of neural responses to rhythmic sensory stimulation",
    doi="10.1016/j.neuroimage.2016.11.036",
    source="SciPy 1.17.1 and scikit-learn 1.9.1 (tests/reference/make_ssvep_front.py)",
    standard={
        "n_chans": 8, "n_times": 1000, "n_outputs": 4, "sfreq": 250.0,
        "stimulus_freqs": (13.0, 17.0, 21.0),
    },
)  # fmt: skip
class SSVEPFront(EEGModel):
    """SSVEPFront: signal-to-noise ratios and canonical correlations at the stimuli's frequencies.

    For each stimulus and harmonic, spatial filters separate the response from the activity at
    frequencies beside it (rhythmic entrainment source separation); a feature is log(1 + power),
    where the activity beside it has power 1. They are computed from the person's own windows,
    without labels. Beside them stand the window's largest canonical correlations with the sines and
    cosines of each stimulus and its harmonics. All are z-scored by person. A constrained dense
    layer follows, the only one that learns.

    The statistics of the person are, in training, those of each part of a batch
    (`eegzoo.layers.set_people`), afterwards those set by `eegzoo.layers.fit_person_statistics`.
    There are no authors of this very network.

    Parameters
    ----------
    n_chans : int
        Number of channels.
    n_times : int
        Number of samples in a window. All of it belongs to one stimulus.
    n_outputs : int
        Number of classes, one for each stimulus, and others such as rest.
    sfreq : float
        Sampling rate in Hz.
    stimulus_freqs : sequence of float
        Frequencies of the stimuli in Hz.
    n_harmonics : int
        Number of harmonics of each stimulus, the fundamental included.
    n_filters : int
        Number of spatial filters for each harmonic, at most `n_chans` of which are used.
    n_correlations : int
        Number of canonical correlations for each stimulus, of which at most `n_chans` and twice
        `n_harmonics` exist.
    neighbors : sequence of float
        Distances in Hz, on both sides of a frequency, of the activity beside it.
    shrinkage : float
        Share of the mean variance in the cross-spectra beside a frequency.
    drop_prob : float
        Dropout of the features.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Cohen, Gulbinaite (2017). Rhythmic entrainment source separation: optimizing analyses of neural
    responses to rhythmic sensory stimulation. NeuroImage 147, 43-56.
    https://doi.org/10.1016/j.neuroimage.2016.11.036

    Lin, Zhang, Wu, Gao (2006). Frequency recognition based on canonical correlation analysis for
    SSVEP-based BCIs. IEEE Trans. Biomed. Eng. 53, 2610. https://doi.org/10.1109/TBME.2006.886577

    Examples
    --------
    >>> model = SSVEPFront(8, 512, n_outputs=4, sfreq=128, stimulus_freqs=(13, 17, 21))
    >>> windows = 20 * torch.randn(64, 8, 512)
    >>> eegzoo.layers.fit_person_statistics(model, windows.split(16))(windows).shape
    torch.Size([64, 4])
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        stimulus_freqs: Sequence[float],
        n_harmonics: int = 2,
        n_filters: int = 2,
        n_correlations: int = 2,
        neighbors: Sequence[float] = NEIGHBORS,
        shrinkage: float = 0.02,
        drop_prob: float = 0.1,
        head_max_norm: float | None = 1.0,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            n_harmonics=n_harmonics, n_filters=n_filters, n_correlations=n_correlations,
            drop_prob=drop_prob, head_max_norm=head_max_norm,
        )  # fmt: skip
        self.stimulus_freqs, self.neighbors = check_frequencies(
            stimulus_freqs, self.n_harmonics, neighbors, self.sfreq
        )
        self.shrinkage = number_between("shrinkage", shrinkage, 0.0, 1.0)
        # A wave that is not told from a constant would have no direction.
        self.check_smallest_window(max(2 + 2 * self.n_harmonics, smallest_window(self)))

        freqs = harmonics_of(self.stimulus_freqs, self.n_harmonics)
        self.spectra = CrossSpectra(freqs, self.neighbors, self.n_times, self.sfreq)
        n_filters = min(self.n_filters, self.n_chans)
        self.filters = EntrainmentFilters(len(freqs), self.n_chans, n_filters, self.shrinkage)
        n_correlations = min(self.n_correlations, self.n_chans, 2 * self.n_harmonics)
        self.correlations = CanonicalCorrelations(
            self.stimulus_freqs, self.n_harmonics, n_correlations, self.n_times, self.sfreq
        )
        self.num_features = len(freqs) * n_filters + len(self.stimulus_freqs) * n_correlations
        self.norm = FeatureNorm(self.num_features, self.drop_prob)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        spectra = self.spectra(x)  # (batch, 2, n_freqs, n_chans, n_chans)
        filters = self.filters(spectra)  # (batch, n_freqs, n_filters, n_chans)
        power = ((filters @ spectra[:, 0]) * filters).sum(-1)  # signal-to-noise ratios
        ratios = torch.log1p(power).flatten(1).to(x.dtype)
        correlations = self.correlations(x).flatten(1)
        features: Tensor = self.norm(torch.cat([ratios, correlations], 1))
        return features

    def make_head(self, n_outputs: int) -> ConstrainedDense:
        """Return a newly initialised constrained dense layer."""
        return ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)


def harmonics_of(freqs: Sequence[float], n_harmonics: int) -> list[float]:
    """Return the fundamentals of all stimuli, then their second harmonics, and so on.

    Examples
    --------
    >>> harmonics_of([13, 17], 2)
    [13, 17, 26, 34]
    """
    return [order * freq for order in range(1, n_harmonics + 1) for freq in freqs]


def smallest_window(model: EEGModel) -> int:
    """Return the number of samples in one period of a model's slowest stimulus."""
    return 1 + int(model.sfreq / min(model.stimulus_freqs))


def check_frequencies(
    freqs: object, n_harmonics: int, neighbors: object, sfreq: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the frequencies of stimuli and the distances of their neighbors, checked.

    Raises
    ------
    ValueError
        If a harmonic with its neighbors is not between 0 Hz and half the sampling rate.
    """
    checked = []
    for name, values in (("stimulus_freqs", freqs), ("neighbors", neighbors)):
        expected = f"expected {name} to be different positive numbers in Hz, got {values!r}"
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TypeError(expected)
        try:
            numbers = tuple(float(value) for value in values)
        except (TypeError, ValueError) as error:
            raise ValueError(expected) from error
        if not numbers or len(set(numbers)) < len(numbers) or not min(numbers) > 0:
            raise ValueError(expected)
        checked.append(numbers)
    own, beside = checked
    low, high = min(own) - max(beside), n_harmonics * max(own) + max(beside)
    if not (low > 0 and high < sfreq / 2):
        raise ValueError(
            f"expected stimulus_freqs and their harmonics, with neighbors, between 0 Hz and "
            f"sfreq / 2 = {sfreq / 2:g} Hz, got {low:g} to {high:g} Hz; use fewer n_harmonics "
            "or nearer neighbors"
        )
    return own, beside
