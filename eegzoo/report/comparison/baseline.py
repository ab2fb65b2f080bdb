"""Classical baselines, cross-validated in the folds of a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from mne.decoding import CSP
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eegzoo.arguments import one_of
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.timeline import kept_together, purged, timeline_of

Array = npt.NDArray[Any]
Folds = Sequence[tuple[Array, Array]]
BANDS = {
    "delta": (1.0, 4.0), "theta": (4.0, 8.0), "alpha": (8.0, 13.0), "beta": (13.0, 30.0),
    "gamma": (30.0, 45.0),
}  # fmt: skip
CHANCE = {"classes": "commonest class", "labels": "no label", "numbers": "mean"}
# CSP of more than two classes diagonalises their covariances together, which takes minutes for
# many channels.
_MOST_SHARED = 20_000  # classes times squared channels
_MOST_VALUES = 3e8  # of covariances, for spatial filters


@dataclasses.dataclass(frozen=True)
class Baseline:
    """Predictions of a classical method.

    Parameters
    ----------
    name : str
        Name of the method.
    predicted : array, of the shape of the targets
        Prediction for each window by a fit that did not see it.
    """

    name: str
    predicted: Array


def band_powers(X: Any, sfreq: float, bands: Mapping[str, tuple[float, float]] = BANDS) -> Array:
    """Return the logarithm of the power of windows in frequency bands.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows in microvolts.
    sfreq : float
        Sampling rate in Hz.
    bands : mapping of str to tuple of float
        Lower and upper edge of each band in Hz. Those without a frequency of the windows are left
        out.

    Returns
    -------
    array, shape (n_windows, n_chans * n_bands)
        Powers, in decibels of one square microvolt.

    Examples
    --------
    A sine of 10 Hz with an amplitude of 2 µV has 2 µV², which is 3 dB:

    >>> x = 2 * np.sin(2 * np.pi * 10 * np.arange(200) / 100)[None, None]
    >>> round(float(band_powers(x, 100.0, {"alpha": (8.0, 13.0)})[0, 0]), 2)
    3.01
    """
    n_times = X.shape[-1]
    frequencies = np.fft.rfftfreq(n_times, 1 / sfreq)
    inside = [(low <= frequencies) & (frequencies < high) for low, high in bands.values()]
    inside = [one for one in inside if one.any()]
    if not inside:
        raise ValueError(
            f"expected bands with frequencies of windows of {n_times / sfreq:g} s at {sfreq:g} Hz, "
            f"got {dict(bands)}"
        )
    found = []
    for start in range(0, len(X), 256):
        part = np.asarray(X[start : start + 256], np.float64)
        power = abs(np.fft.rfft(part - part.mean(axis=-1, keepdims=True))) ** 2 * 2 / n_times**2
        each = np.stack([power[..., one].sum(axis=-1) for one in inside], axis=-1)
        found.append(10 * np.log10(each + 1e-10).reshape(len(part), -1))
    return np.concatenate(found)


def same_covariance(X: Any) -> Array:
    """Return windows of few samples with the covariances of longer windows.

    Covariances are all that common spatial patterns use of windows: ten times shorter windows
    give the same patterns in a tenth of the time.

    Parameters
    ----------
    X : array | Windows, shape (n_windows, n_chans, n_times)
        Windows.

    Returns
    -------
    array, shape (n_windows, n_chans, 2 * n_chans)
        Windows without their means, whose covariances are those of `X`.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(1, 3, 500))
    >>> short = same_covariance(X)
    >>> short.shape, np.allclose(np.cov(short[0], bias=True), np.cov(X[0], bias=True), atol=1e-6)
    ((1, 3, 6), True)
    """
    n_chans = X.shape[1]
    covariances = np.empty((len(X), n_chans, n_chans))
    for start in range(0, len(X), 256):
        part = np.asarray(X[start : start + 256], np.float64)
        part = part - part.mean(axis=-1, keepdims=True)
        covariances[start : start + 256] = part @ part.transpose(0, 2, 1) / X.shape[2]
    # Re-referenced or interpolated channels make them singular.
    ridge = 1e-9 * np.trace(covariances, axis1=1, axis2=2)[:, None, None] + 1e-12
    factors = np.linalg.cholesky(covariances + ridge * np.eye(n_chans)) * np.sqrt(n_chans)
    return np.concatenate([factors, -factors], axis=2)  # their mean is zero


def has_spatial_patterns(shape: tuple[int, ...], n_classes: int) -> bool:
    """Return whether common spatial patterns are computed for windows of a shape.

    Examples
    --------
    >>> has_spatial_patterns((500, 128, 1000), 2), has_spatial_patterns((500, 128, 1000), 12)
    (True, False)
    """
    n_windows, n_chans, _ = shape
    if n_chans < 2 or n_windows * n_chans**2 > _MOST_VALUES:
        return False
    return n_classes <= 2 or n_classes * n_chans**2 <= _MOST_SHARED


def cross_validated_baselines(
    X: Any, y: npt.ArrayLike, sfreq: float, folds: Folds, kind: str = "classes"
) -> list[Baseline]:
    """Return the predictions of classical methods, each by a fit on the other folds.

    For classes they are linear discriminant analysis of band powers and, with several channels,
    of common spatial patterns [1]_; for several labels, logistic regressions of band powers; for
    numbers, their ridge regression. The last one predicts the commonest class, no label or the
    mean.

    Parameters
    ----------
    X : array | Windows, shape (n_windows, n_chans, n_times)
        Windows in microvolts, as the model gets them.
    y : array, shape (n_windows,) or (n_windows, n_targets)
        Targets.
    sfreq : float
        Sampling rate in Hz.
    folds : sequence of tuple
        Training and test windows of each fold; each window is tested once.
    kind : {"classes", "labels", "numbers"}
        Kind of the targets.

    References
    ----------
    .. [1] Blankertz, Tomioka, Lemm, Kawanabe and Müller (2008). Optimizing spatial filters for
       robust EEG single-trial analysis. IEEE Signal Processing Magazine 25, 41-56.
       https://doi.org/10.1109/MSP.2008.4408441

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=40, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0, tmax=4, baseline=None, preload=True, verbose=False)
    >>> dataset = eegzoo.data.EpochsDataset.from_epochs(epochs)
    >>> found = cross_validated_baselines(
    ...     dataset.X, dataset.labels, dataset.info.sfreq, baseline_folds(dataset)
    ... )
    >>> [baseline.name for baseline in found]
    ['CSP and LDA', 'band power and LDA', 'commonest class']
    >>> [round(float((baseline.predicted == dataset.labels).mean()), 2) for baseline in found]
    [0.7, 0.68, 0.5]
    """
    one_of("kind", kind, tuple(CHANCE))
    y = np.asarray(y)
    powers = band_powers(X, sfreq)
    methods: dict[str, tuple[Any, Any]] = {}
    if kind == "classes":
        if has_spatial_patterns(X.shape, len(np.unique(y))):
            patterns = CSP(n_components=min(6, X.shape[1]), reg=0.05, rank="full", log=True)
            lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
            methods["CSP and LDA"] = (make_pipeline(patterns, lda), same_covariance(X))
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        methods["band power and LDA"] = (make_pipeline(StandardScaler(), lda), powers)
        methods[CHANCE[kind]] = (DummyClassifier(strategy="most_frequent"), powers)
    elif kind == "labels":
        one = OneVsRestClassifier(LogisticRegression(C=0.1, max_iter=1000))
        name = "band power and logistic regression"
        methods[name] = (make_pipeline(StandardScaler(), one), powers)
        methods[CHANCE[kind]] = (DummyClassifier(strategy="constant", constant=0 * y[0]), powers)
    else:
        ridge = RidgeCV(np.logspace(-1, 5, 13))
        name = "band power and ridge regression"
        methods[name] = (make_pipeline(StandardScaler(), ridge), powers)
        methods[CHANCE[kind]] = (DummyRegressor(), powers)
    found = []
    for name, (method, features) in methods.items():
        predicted = np.empty_like(y, dtype=np.float64 if kind == "numbers" else y.dtype)
        with mne.use_log_level("ERROR"):
            for training, test in folds:
                fitted = method.fit(features[training], y[training])
                predicted[test] = fitted.predict(features[test])
        found.append(Baseline(name, predicted))
    return found


def baseline_folds(
    dataset: EpochsDataset, *, stratified: bool = True, n_folds: int = 5
) -> list[tuple[Array, Array]]:
    """Return folds of windows: of subjects if there are several, else of blocks and stretches.

    No training window overlaps a test window or shares its block.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows.
    stratified : bool
        Whether folds have similar shares of the classes.
    n_folds : int
        Number of folds, fewer if there are fewer groups.

    Returns
    -------
    list of tuple
        Training and test windows of each fold. Empty: there are too few windows.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=20, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0, tmax=3, baseline=None, preload=True, verbose=False)
    >>> dataset = eegzoo.data.EpochsDataset.from_epochs(epochs)
    >>> [len(test) for training, test in baseline_folds(dataset)]
    [4, 4, 4, 4, 4]
    """
    timeline = timeline_of(dataset)
    people = dataset.metadata.get("subject", np.zeros(len(dataset)))
    groups = people if len(np.unique(people)) > 1 else kept_together(timeline, n_folds)
    n_folds = min(n_folds, len(np.unique(groups)))
    if stratified:
        counts = np.bincount(dataset.y, minlength=len(dataset.classes))
        n_folds = min(n_folds, int(counts[counts > 0].min()))
        if (counts > 0).sum() < 2:
            return []
    if n_folds < 2:
        return []
    kind = StratifiedGroupKFold if stratified else GroupKFold
    splitter = kind(n_folds, shuffle=True, random_state=0)
    folds = []
    for training, test in splitter.split(np.zeros(len(dataset)), dataset.y, groups):
        kept = purged(timeline, training, test)
        if len(test) and len(kept) and not (stratified and len(np.unique(dataset.y[kept])) < 2):
            folds.append((kept, test))
    complete = sum(len(test) for _, test in folds) == len(dataset)
    return folds if complete else []
