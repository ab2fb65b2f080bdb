"""TangentNet: covariances in the tangent space of each person, and band power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from eegzoo.arguments import number_between, positive_int
from eegzoo.layers.blocks.dense_mixture import DenseMixture
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.fronts.band_power import BandPower
from eegzoo.layers.fronts.butterworth_bank import ButterworthBank, check_bands
from eegzoo.layers.person.feature_norm import FeatureNorm
from eegzoo.layers.person.whitening import PersonWhitening
from eegzoo.layers.spatial.covariance import FLOOR, upper_triangle, window_covariance
from eegzoo.layers.spatial.symmetric_functions import matrix_log
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import register_model

Bands = Sequence[tuple[float, float]]

_BANDS = ((1.0, 4.0), (4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 45.0))
_POWER_BANDS = tuple((float(low), float(low + 4)) for low in range(1, 45, 4))
_REGISTERED: Any = {
    "tasks": ("mental workload", "motor imagery"),
    "paper": "Barachant et al. (2012), Multiclass brain-computer interface classification by "
    "Riemannian geometry; kin of Kobler et al. (2022), SPD domain-specific batch normalization",
    "doi": "10.1109/TBME.2011.2172210",
    "source": "SciPy 1.17.1 and pyRiemann 0.12 (tests/reference/make_tangent_net.py)",
    "standard": {"n_chans": 19, "n_times": 1000, "n_outputs": 2, "sfreq": 250.0},
}


@register_model(
    "tangent_net_two_heads",
    **_REGISTERED,
    defaults={"two_heads": True, "drop_prob": 0.0, "head_max_norm": 0.8},
)
@register_model("tangent_net", **_REGISTERED)
class TangentNet(EEGModel):
    """TangentNet: log-covariances and band power of a window, referred to its person.

    The window is filtered into bands. In each, its covariance is shrunk to its mean variance,
    whitened by the person's mean covariance, and mapped by the matrix logarithm into the tangent
    space, where it is a vector. Beside these stands the logarithm of band power by Welch's method,
    of the channels as they are and average-referenced. All are z-scored by person. A constrained
    dense layer follows, the only one that learns.

    `tangent_net_two_heads` has two dense layers, one on the tangent vectors and one on the powers,
    whose probabilities are averaged. On people who were not in the training it is the better one.

    Everything before it is fixed but for the statistics of the person, which need no labels: in
    training those of each part of a batch (`eegzoo.layers.set_people`), afterwards those set by
    `eegzoo.layers.fit_person_statistics`. Without, the mean over the people of the training stands
    in, which costs much of the accuracy.

    There are no authors of this very network. Its parts are Barachant's tangent space with the
    recentring of Zanini, which TSMNet learns by batch normalisation.

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
    bands : sequence of tuple of float
        Lower and upper edge in Hz of each band of the covariances.
    filter_order : int
        Order of the Butterworth filters, which run forwards and backwards.
    shrinkage : float
        Share of the mean variance in the covariances.
    power_bands : sequence of tuple of float | None
        Lower and upper edge in Hz of each band of the powers. None: no powers.
    power_seconds : float
        Length of Welch's segments in seconds, at most that of a window.
    drop_prob : float
        Dropout of the features.
    head_max_norm : float | None
        Maximum norm of the weights of an output. None: no limit.
    two_heads : bool
        Whether tangent vectors and powers have a dense layer each (`DenseMixture`). The outputs are
        then logarithms of probabilities; a single output is the mean of both.
    power_max_norm : float | None
        Maximum norm of an output's weights in the layer of the powers, with two heads. None: no
        limit.
    ch_names : sequence of str | None
        Names of the channels.

    References
    ----------
    Barachant, Bonnet, Congedo, Jutten (2012). Multiclass brain-computer interface classification by
    Riemannian geometry. IEEE Trans. Biomed. Eng. 59, 920.
    https://doi.org/10.1109/TBME.2011.2172210

    Zanini, Congedo, Jutten, Said, Berthoumieu (2018). Transfer learning: a Riemannian geometry
    framework with applications to brain-computer interfaces. IEEE Trans. Biomed. Eng. 65, 1107.
    https://doi.org/10.1109/TBME.2017.2742541

    Kobler, Hirayama, Zhao, Kawanabe (2022). SPD domain-specific batch normalization to crack
    interpretable unsupervised domain adaptation in EEG. NeurIPS.
    https://doi.org/10.48550/arXiv.2206.01323

    Examples
    --------
    >>> model = TangentNet(n_chans=19, n_times=512, n_outputs=2, sfreq=128)
    >>> windows = 20 * torch.randn(30, 19, 512)
    >>> eegzoo.layers.fit_person_statistics(model, windows.split(10))(windows).shape
    torch.Size([30, 2])
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        n_outputs: int,
        sfreq: float,
        *,
        bands: Bands = _BANDS,
        filter_order: int = 4,
        shrinkage: float = 0.05,
        power_bands: Bands | None = _POWER_BANDS,
        power_seconds: float = 2.0,
        drop_prob: float = 0.5,
        head_max_norm: float | None = 0.5,
        two_heads: bool = False,
        power_max_norm: float | None = 0.5,
        ch_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(n_chans, n_times, n_outputs, sfreq, ch_names)
        self.set_arguments(
            power_seconds=power_seconds, drop_prob=drop_prob, head_max_norm=head_max_norm,
            two_heads=two_heads, power_max_norm=power_max_norm,
        )  # fmt: skip
        self.bands = check_bands("bands", bands, self.sfreq)
        self.filter_order = positive_int("filter_order", filter_order)
        self.shrinkage = number_between("shrinkage", shrinkage, 0.0, 1.0)
        self.power_bands = (
            None if power_bands is None else check_bands("power_bands", power_bands, self.sfreq)
        )
        if self.two_heads and self.power_bands is None:
            raise ValueError("expected power_bands with two_heads, got None")
        self.filter_bank = ButterworthBank(self.sfreq, self.bands, self.filter_order)
        smallest = self.filter_bank.shortest
        if self.power_bands is not None:
            # The narrowest band holds a frequency of segments of this length.
            narrowest = min(high - low for low, high in self.power_bands)
            smallest = max(smallest, 1 + int(self.sfreq / min(narrowest, self.sfreq)))
        self.check_smallest_window(smallest)

        self.whitening = PersonWhitening(len(self.bands), self.n_chans)
        self._n_tangent = len(self.bands) * self.n_chans * (self.n_chans + 1) // 2
        self._n_powers = 2 * len(self.power_bands or ()) * self.n_chans
        self.num_features = self._n_tangent + self._n_powers
        if self.power_bands is not None:
            segment_length = min(self.n_times, self.samples_in(self.power_seconds))
            self.power = BandPower(self.sfreq, self.power_bands, segment_length)
        self.norm = FeatureNorm(self.num_features, self.drop_prob)
        self.head = self.make_head(self.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map windows (batch, n_chans, n_times) to features (batch, num_features)."""
        if x.shape[0] == 0:  # torch.fft does not accept empty batches
            return x.new_zeros(0, self.num_features)
        return self.refer(*self.measure(x))

    def measure(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the covariances of windows in each band, and their powers, without statistics.

        Parameters
        ----------
        x : Tensor, shape (batch, n_chans, n_times)
            Windows in microvolts.

        Returns
        -------
        covariances : Tensor, shape (batch, n_bands, n_chans, n_chans)
            In `eegzoo.torch_internals.wide_dtype`.
        powers : Tensor, shape (batch, 2 * n_power_bands * n_chans)
            Logarithms of the powers of the channels as they are, then average-referenced.
        """
        bands = self.filter_bank(x)  # (batch, n_bands, n_chans, n_times)
        covariances = window_covariance(bands, self.shrinkage)
        if self.power_bands is None:
            return covariances, x.new_zeros(len(x), 0)
        both = (x, x - x.mean(1, keepdim=True))
        powers = [(self.power(signals) + FLOOR).log().flatten(1) for signals in both]
        return covariances, torch.cat(powers, 1)

    def refer(self, covariances: Tensor, powers: Tensor) -> Tensor:
        """Map what `measure` returns to features (batch, num_features), referred to the person."""
        tangent = upper_triangle(matrix_log(self.whitening(covariances)))
        # n_bands * n_chans * (n_chans + 1) / 2 features, then those of the powers
        features: Tensor = self.norm(torch.cat([tangent.flatten(1).to(powers.dtype), powers], 1))
        return features

    def make_head(self, n_outputs: int) -> ConstrainedDense | DenseMixture:
        """Return a newly initialised constrained dense layer, or one for each part."""
        if self.two_heads:
            norms = (self.head_max_norm, self.power_max_norm)
            return DenseMixture((self._n_tangent, self._n_powers), n_outputs, norms)
        return ConstrainedDense(self.num_features, n_outputs, max_norm=self.head_max_norm)
