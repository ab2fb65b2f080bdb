"""Spatial filters of a trained model and the patterns that they extract from windows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import positive_int
from eegzoo.data.preprocessing.normalization import Normalizer, Standardizer, Whitener
from eegzoo.data.windows.estimator_inputs import as_inputs
from eegzoo.models.front_filters import FrontFilters, SpatialFilters, front_filters
from eegzoo.report.known_signal import known_ch_names, known_sfreq, known_unit
from eegzoo.report.model.cross_spectra import cross_spectra, frequency_response, haufe_patterns
from eegzoo.training.estimator import EEGEstimator

Array = npt.NDArray[Any]

# Width in Hz on either side of its strongest frequency in which a filter that depends on the
# frequency is described.
_BESIDE_PEAK = 1.0


@dataclasses.dataclass(frozen=True)
class SpatialPatterns:
    """Spatial filters and their patterns, as `spatial_patterns` returns them.

    Parameters
    ----------
    ch_names : sequence of str
        Names of the channels.
    filters : array, shape (n_filters, n_chans)
        Weights of the channels, normalisation included.
    patterns : array, shape (n_filters, n_chans)
        Amplitude in each channel, in its unit, for one standard deviation of the filter's output.
    frequencies : array, shape (n_filters,)
        Frequency in Hz at which the temporal filter before each spatial one has its largest gain.
        Of a filter that mixes several temporal filters, and of one that reads the unfiltered
        channels, the frequency at which its output has most power.
    temporal : array of int, shape (n_filters,)
        Index of the temporal filter before each spatial one; -1 if it is not one.
    layers : sequence of str
        Name of the layer that each filter belongs to.
    unit : str
        Unit of the channels.
    note : str
        What a reader has to know about the filters.

    Examples
    --------
    >>> weights, amplitudes = np.array([[1.0, -1.0]]), np.array([[4.0, 0.1]])
    >>> patterns = SpatialPatterns(
    ...     ("C3", "C4"), weights, amplitudes, np.array([11.0]), np.array([0]), ["front.spatial"]
    ... )
    >>> len(patterns)
    1
    """

    ch_names: Sequence[str]
    filters: Array
    patterns: Array
    frequencies: Array
    temporal: Array
    layers: Sequence[str]
    unit: str = "µV"
    note: str = ""

    def __len__(self) -> int:
        return len(self.filters)


def spatial_patterns(estimator: EEGEstimator, X: Any, max_windows: int = 500) -> SpatialPatterns:
    """Return the spatial filters of a fitted estimator and their patterns in windows.

    The covariance of the pattern is that of the windows behind the temporal filter that comes
    before the spatial one. A spatial filter that mixes several temporal filters, as in
    ShallowConvNet, is another filter at each frequency; it is described within 1 Hz of the
    frequency at which its output has most power, at the phase that explains most.

    Parameters
    ----------
    estimator : EEGClassifier | EEGRegressor
        Fitted estimator.
    X : mne.Epochs | Dataset | array, shape (n_windows, n_chans, n_times)
        Windows, as the estimator predicts from them.
    max_windows : int
        Largest number of windows to use. Of more, evenly spaced ones are used.

    Returns
    -------
    SpatialPatterns
        Filters and patterns; empty with a note if the model has no spatial filters.

    References
    ----------
    Haufe et al. (2014). On the interpretation of weight vectors of linear models in multivariate
    neuroimaging. NeuroImage 87. https://doi.org/10.1016/j.neuroimage.2013.10.067

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 10.0, (20, 3, 128)).astype("float32")
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", sfreq=128, max_epochs=1)
    >>> found = spatial_patterns(classifier.fit(X, [0, 1] * 10), X)
    >>> found.filters.shape, found.patterns.shape
    ((16, 3), (16, 3))
    """
    found = front_filters(estimator.model_)
    n_chans, sfreq = estimator.n_chans_, known_sfreq(estimator)
    windows = as_inputs(X, estimator.signal_info_, estimator.check_signal).windows()
    n_used = min(len(windows), positive_int("max_windows", max_windows))
    used = np.linspace(0, len(windows) - 1, n_used).round().astype(int)
    x = np.asarray(windows[used], np.float64)
    z = estimator.normalizer_.transform(x).astype(np.float64)
    frequencies, spectra_xz = cross_spectra(x, z, sfreq)
    _, spectra_zz = cross_spectra(z, z, sfreq)
    responses = _responses(found, sfreq, frequencies)
    parts = [
        _described(part, responses, frequencies, spectra_xz, spectra_zz) for part in found.spatial
    ]
    empty = np.zeros((0, n_chans))
    weights, patterns = (np.concatenate([empty, *(part[i] for part in parts)]) for i in (0, 1))
    peaks, temporal = (np.concatenate([empty[:, 0], *(part[i] for part in parts)]) for i in (2, 3))
    filters = weights @ _matrix_of(estimator.normalizer_, n_chans)
    return SpatialPatterns(
        known_ch_names(estimator), filters, patterns, peaks,
        temporal.astype(int), [part.name for part in found.spatial for _ in part.weights],
        known_unit(estimator), found.note,
    )  # fmt: skip


def _responses(found: FrontFilters, sfreq: float, frequencies: Array) -> Array:
    """Return the response of every temporal filter, shape (n_filters, n_freqs)."""
    parts = [
        frequency_response(part.kernels.numpy(), sfreq, frequencies) for part in found.temporal
    ]
    return np.concatenate([np.zeros((0, len(frequencies))), *parts])


def _matrix_of(normalizer: Normalizer, n_chans: int) -> Array:
    """Return the matrix by which a normalisation multiplies the channels, up to a factor."""
    if isinstance(normalizer, Whitener):
        return np.asarray(normalizer.matrix)
    if isinstance(normalizer, Standardizer):
        return np.diag(1 / np.asarray(normalizer.std))
    return np.eye(n_chans)


def _described(
    part: SpatialFilters, responses: Array, frequencies: Array, xz: Array, zz: Array
) -> tuple[Array, Array, Array, Array]:
    """Return filters of the normalised channels, patterns, peak frequencies and temporal filters.

    `xz` and `zz` are the cross-spectra (n_freqs, n_chans, n_chans) of the channels, before and
    after normalisation, with the normalised channels.
    """
    weights = part.weights.numpy()  # (n_filters, n_inputs, n_chans)
    n_filters = len(weights)
    if part.inputs is None:
        patterns = haufe_patterns(xz.real.sum(0), zz.real.sum(0), weights[:, 0])
        power = np.einsum("mc,fcd,md->mf", weights[:, 0], zz.real, weights[:, 0], optimize=True)
        peaks = frequencies[power.argmax(1)]
        return weights[:, 0], patterns, peaks, np.full(n_filters, -1)
    inputs = part.inputs.numpy()
    if inputs.shape[1] > 1:
        each = [
            _at_strongest(np.einsum("ic,if->fc", weight, responses[i]), frequencies, xz, zz)
            for weight, i in zip(weights, inputs, strict=True)
        ]
        filters, patterns, peaks = (np.array(values) for values in zip(*each, strict=True))
        return filters, patterns, peaks, np.full(n_filters, -1)
    patterns = np.empty((n_filters, xz.shape[1]))
    for i in np.unique(inputs):
        same = inputs[:, 0] == i
        power = abs(responses[i]) ** 2
        cov_xz, cov_zz = (np.tensordot(power, spectra.real, 1) for spectra in (xz, zz))
        patterns[same] = haufe_patterns(cov_xz, cov_zz, weights[same, 0])
    peaks = frequencies[abs(responses).argmax(1)][inputs[:, 0]]
    return weights[:, 0], patterns, peaks, inputs[:, 0]


def _at_strongest(
    weights: Array, frequencies: Array, xz: Array, zz: Array
) -> tuple[Array, Array, float]:
    """Describe a filter with weights (n_freqs, n_chans) at the frequency of its largest output."""
    power = np.einsum("fc,fcd,fd->f", weights, zz, weights.conj(), optimize=True).real
    peak = int(power.argmax())
    near = abs(frequencies - frequencies[peak]) <= _BESIDE_PEAK
    pattern = np.einsum("fcd,fd->c", xz[near], weights[near].conj())
    pattern = pattern / np.sqrt(max(power[near].sum(), np.finfo(float).tiny))
    turn = np.exp(-0.5j * np.angle((pattern**2).sum()))
    # The output of the filter turns against its pattern.
    return (weights[peak] * turn.conj()).real, (pattern * turn).real, float(frequencies[peak])
