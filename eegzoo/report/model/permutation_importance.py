"""Which channels and bands matter: the score that is lost when they come from other windows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.data.windows.estimator_inputs import Inputs, as_inputs
from eegzoo.report.frequency_bands import Bands, band_bins, check_bands
from eegzoo.report.known_signal import known_ch_names, known_sfreq
from eegzoo.training.along_recordings import outputs_along_recordings
from eegzoo.training.estimator import EEGEstimator
from eegzoo.training.inputs.fit_data import targets_of
from eegzoo.training.prediction import compute_outputs
from eegzoo.training.targets.targets import Classes, LabelSets, Numbers

Array = npt.NDArray[Any]

OF = ("channels", "bands")


@dataclasses.dataclass(frozen=True)
class PermutationImportance:
    """Scores that are lost without parts of the input, as `permutation_importance` returns them.

    Parameters
    ----------
    of : {"channels", "bands"}
        What is exchanged.
    names : tuple of str
        Names of the channels or bands.
    drops : array, shape (n_names, n_repeats)
        Score minus the score with the part exchanged, for each repetition.
    score : float
        Score with all parts in place.
    score_name : str
        Name of the score.
    bands : mapping of str to tuple of float
        Lower and upper edge of each band in Hz; empty for channels.

    Examples
    --------
    >>> drops = np.array([[0.3, 0.4, 0.5], [0.0, 0.1, -0.1]])
    >>> importance = PermutationImportance("channels", ("C3", "Oz"), drops, 0.9, "accuracy")
    >>> importance.mean.round(2).tolist(), importance.interval(0.5).round(2).tolist()
    ([0.4, 0.0], [[0.35, -0.05], [0.45, 0.05]])
    """

    of: str
    names: tuple[str, ...]
    drops: Array
    score: float
    score_name: str
    bands: Mapping[str, tuple[float, float]] = dataclasses.field(default_factory=dict)

    @property
    def mean(self) -> Array:
        """Mean drop of the score over the repetitions, shape (n_names,)."""
        mean: Array = self.drops.mean(axis=1)
        return mean

    def interval(self, level: float = 0.95) -> Array:
        """Return the quantiles of the repetitions that enclose `level` of them, (2, n_names)."""
        level = number_between("level", level, 0.0, 1.0)
        return np.quantile(self.drops, [(1 - level) / 2, (1 + level) / 2], axis=1)


def permutation_importance(
    estimator: EEGEstimator,
    X: Any,
    y: Any = None,
    of: str = "channels",
    *,
    bands: Bands | None = None,
    n_repeats: int = 10,
    max_windows: int | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> PermutationImportance:
    """Return the score that an estimator loses when a channel or a band comes from other windows.

    The windows stay as they are except for one channel, or the Fourier coefficients of one band in
    all channels, which are exchanged among the windows [1]_. What other channels or bands contain
    as well is not missed: a drop of zero does not mean that a channel holds no information.

    Parameters
    ----------
    estimator : EEGClassifier | EEGRegressor
        Fitted estimator.
    X : mne.Epochs | Dataset | array, shape (n_windows, n_chans, n_times)
        Windows that the estimator was not trained on; or sequences of windows.
    y : array | None
        Targets. None: those of the data set or the epochs.
    of : {"channels", "bands"}
        What is exchanged.
    bands : mapping of str to tuple of float | None
        Lower and upper edge of each band in Hz. None: delta, theta, alpha, beta and gamma.
    n_repeats : int
        Number of exchanges of each channel or band.
    max_windows : int | None
        Largest number of windows to use; of more, evenly spaced ones are used. None: all.
    random_state : int | RandomState | None
        Seed of the exchanges.

    Returns
    -------
    PermutationImportance
        Drop of the accuracy, of the share of windows with all labels right, or of R².

    References
    ----------
    .. [1] Breiman (2001). Random forests. Machine Learning 45, 5-32.
       https://doi.org/10.1023/A:1010933404324

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 10.0, (20, 3, 128)).astype("float32")
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", sfreq=128, max_epochs=1)
    >>> importance = permutation_importance(classifier.fit(X, [0, 1] * 10), X, [0, 1] * 10)
    >>> importance.names, importance.drops.shape
    (('channel 1', 'channel 2', 'channel 3'), (3, 10))
    """
    check_is_fitted(estimator, "model_")
    one_of("of", of, OF)
    n_repeats = positive_int("n_repeats", n_repeats)
    inputs = as_inputs(X, estimator.signal_info_, estimator.check_signal)
    expected = (estimator.n_chans_, estimator.n_times_)
    if inputs.window_shape != expected or len(inputs.X) < 2:
        raise ValueError(
            f"expected X of shape (n_windows, {expected[0]}, {expected[1]}) with 2 or more "
            f"windows, got {tuple(inputs.X.shape)}"
        )
    targets = np.asarray(targets_of(inputs, y))
    # A model that runs along recordings needs all of their windows.
    if max_windows is not None and not estimator.is_sequential_:
        n_used = min(len(inputs.X), positive_int("max_windows", max_windows, at_least=2))
        used = np.linspace(0, len(inputs.X) - 1, n_used).round().astype(np.int64)
        inputs, targets = inputs.subset(used), targets[used]
    if isinstance(estimator.targets_, Classes):
        unknown = np.setdiff1d(targets, estimator.targets_.classes)
        if unknown.size:
            known = estimator.targets_.classes.tolist()
            raise ValueError(f"expected labels {known}, got {unknown.tolist()}")
    y_encoded = estimator.targets_.encode(targets)
    weight = torch.ones(np.shape(inputs.X)[:-2], dtype=torch.float64)

    def score(windows: Array) -> float:
        changed = dataclasses.replace(inputs, X=windows)
        return estimator.targets_.score(_outputs(estimator, changed), y_encoded, weight)

    windows = np.asarray(inputs.X[:], np.float32)
    edges: dict[str, tuple[float, float]] = {}
    if of == "bands":
        edges = check_bands(bands, windows.shape[-1], known_sfreq(estimator))
    random = check_random_state(random_state)
    whole = score(windows)
    exchanged = (
        _with_other_channel(windows, n_repeats, random)
        if of == "channels"
        else _with_other_band(windows, edges, known_sfreq(estimator), n_repeats, random)
    )
    drops = np.array([whole - score(changed) for changed in exchanged]).reshape(-1, n_repeats)
    names = known_ch_names(estimator) if of == "channels" else tuple(edges)
    return PermutationImportance(of, names, drops, whole, _score_name(estimator), edges)


def _with_other_channel(
    windows: Array, n_repeats: int, random: np.random.RandomState
) -> Iterator[Array]:
    """Yield the windows with one channel exchanged, for each channel `n_repeats` times.

    The array is reused: it is valid until the next one is asked for.
    """
    changed = windows.copy()
    flat, source = (data.reshape(-1, *windows.shape[-2:]) for data in (changed, windows))
    for channel in range(windows.shape[-2]):
        for _ in range(n_repeats):
            flat[:, channel] = source[random.permutation(len(source)), channel]
            yield changed
        flat[:, channel] = source[:, channel]


def _with_other_band(
    windows: Array,
    bands: Bands,
    sfreq: float,
    n_repeats: int,
    random: np.random.RandomState,
) -> Iterator[Array]:
    """Yield the windows with one band of all channels exchanged, each band `n_repeats` times."""
    n_times = windows.shape[-1]
    flat = windows.reshape(-1, *windows.shape[-2:])
    coefficients = np.fft.rfft(flat).astype(np.complex64)
    for band in bands.values():
        inside = band_bins(band, n_times, sfreq)
        for _ in range(n_repeats):
            order = random.permutation(len(flat))
            changed = np.where(inside, coefficients[order], coefficients)
            yield np.fft.irfft(changed, n_times).astype(np.float32).reshape(windows.shape)


def _outputs(estimator: EEGEstimator, inputs: Inputs) -> torch.Tensor:
    """Return the outputs of an estimator for windows that are changed on purpose, unchecked."""
    model, normalize = estimator.model_.eval(), estimator.normalizer_.transform
    if estimator.is_sequential_ and not inputs.is_sequences:
        return outputs_along_recordings(model, inputs, normalize)
    return compute_outputs(
        model, inputs.X, estimator.targets_.average_crops, estimator.settings().n_crops, None,
        lambda windows: dataclasses.replace(inputs, X=windows).mapped(normalize),
    )  # fmt: skip


def _score_name(estimator: EEGEstimator) -> str:
    if isinstance(estimator.targets_, Numbers):
        return "R²"
    is_sets = isinstance(estimator.targets_, LabelSets)
    return "share of windows with all labels right" if is_sets else "accuracy"
