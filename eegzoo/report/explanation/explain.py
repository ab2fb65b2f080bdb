"""Explanation of single decisions by attributions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils import check_random_state

from eegzoo.arguments import number_between, one_of, positive_int
from eegzoo.report.explanation.attribution_methods import (
    ablation,
    captum_attr,
    integrated_gradients,
)
from eegzoo.report.explanation.attributions import METHODS, Attributions
from eegzoo.report.explanation.explained_outputs import (
    ExplainedOutputs,
    explained_outputs,
    row_batches,
)
from eegzoo.report.frequency_bands import Bands, check_bands
from eegzoo.training.estimator import EEGEstimator

Array = npt.NDArray[Any]

# Share of an output's change that the attributions may miss before a warning.
_TOLERANCE = 0.05


def explain(
    classifier: EEGEstimator,
    X: Any,
    y: Any = None,
    method: str = "integrated_gradients",
    *,
    target: Any = None,
    baseline: str | npt.ArrayLike = "mean",
    bands: Bands | None = None,
    n_steps: int = 64,
    patch_seconds: float = 0.2,
    n_repeats: int = 5,
    random_state: int | np.random.RandomState | None = 0,
) -> Attributions:
    """Attribute outputs of a fitted estimator to the channels, samples and bands of its windows.

    What is explained is the logit of a class (averaged over the crops of a window), the logit of a
    label, or a predicted number. The attributions refer to the windows as the estimator takes them,
    in microvolts: normalisation and crops are part of the function that is explained.

    Parameters
    ----------
    classifier : EEGClassifier | EEGRegressor
        Fitted estimator of single windows.
    X : mne.Epochs | Dataset | array, shape (n_windows, n_chans, n_times)
        Windows to explain, as the estimator predicts from them.
    y : array, shape (n_windows,) | None
        Class whose logit is explained for each window. None: the predicted class.
    method : {"integrated_gradients", "occlusion", "permutation"}
        "integrated_gradients" [1]_ integrates the gradient along the straight path from the
        baseline; the attributions of a window add up to the difference of the outputs.
        "occlusion" [2]_ replaces a stretch of one channel by the baseline, and "permutation" by
        that of other windows; the attribution is what the output loses.
    target : label | int | None
        Class, label (column of y) or target (column of y) that is explained for all windows,
        instead of `y`. Required for estimators with several labels or targets.
    baseline : {"mean", "zero"} | array, shape (n_chans, n_times) or (n_windows, n_chans, n_times)
        Windows that contain nothing: flat lines at the mean of each channel of each window, or at
        zero, or windows in microvolts. Not used by "permutation".
    bands : mapping of str to tuple of float | None
        Lower and upper edge in Hz of bands that channels are split into. None: delta, theta, alpha,
        beta and gamma.
    n_steps : int
        Number of points on the path of "integrated_gradients".
    patch_seconds : float
        Length in seconds of the stretches of "occlusion" and "permutation".
    n_repeats : int
        Number of other windows that "permutation" takes a stretch from, one after the other.
    random_state : int | RandomState | None
        Seed of the choice of other windows.

    Returns
    -------
    Attributions
        Attributions with names of channels, times and classes, and methods that plot them.

    Raises
    ------
    ImportError
        If Captum is not installed.
    ValueError
        If the estimator was trained on sequences of windows, the windows do not match it, or it is
        not clear which output is to be explained.

    Warns
    -----
    UserWarning
        If the attributions of "integrated_gradients" do not add up; more steps help.

    References
    ----------
    .. [1] Sundararajan, Taly, Yan (2017). Axiomatic attribution for deep networks. ICML.
       https://doi.org/10.48550/arXiv.1703.01365
    .. [2] Zeiler, Fergus (2014). Visualizing and understanding convolutional networks. ECCV.
       https://doi.org/10.1007/978-3-319-10590-1_53

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 10.0, (20, 3, 128)).astype("float32")
    >>> classifier = eegzoo.training.EEGClassifier("eegnet", sfreq=128, max_epochs=1)
    >>> classifier = classifier.fit(X, ["left", "right"] * 10)
    >>> attributions = explain(classifier, X[:4], ["left"] * 4)
    >>> attributions.values.shape, attributions.by_band.shape
    ((4, 3, 128), (4, 5, 3))
    >>> sums = attributions.values.sum(axis=(1, 2))
    >>> np.allclose(sums, attributions.differences, atol=0.01)
    True
    """
    one_of("method", method, METHODS)
    captum_attr()
    n_steps = positive_int("n_steps", n_steps)
    n_repeats = positive_int("n_repeats", n_repeats)
    number_between("patch_seconds", patch_seconds, 0.0, above=True)
    outputs = explained_outputs(classifier, X, y, target)
    windows, sfreq = outputs.windows, outputs.sfreq
    edges = check_bands(bands, windows.shape[-1], sfreq)
    patch_length = max(1, round(patch_seconds * sfreq))
    if method == "permutation":
        if len(windows) < 2:
            raise ValueError("expected X of at least 2 windows for 'permutation', got 1")
        name, differences = "other windows", None
        random = check_random_state(random_state)
        parts = [
            ablation(outputs, windows[_donors(len(windows), random)], edges, patch_length)
            for _ in range(n_repeats)
        ]
        values, by_band = (np.mean(part, axis=0) for part in zip(*parts, strict=True))
    else:
        name, flat = _baseline(baseline, windows)
        differences = _explained(outputs, windows) - _explained(outputs, flat)
        if method == "occlusion":
            values, by_band = ablation(outputs, flat, edges, patch_length)
        else:
            values, by_band = integrated_gradients(outputs, flat, edges, n_steps)
            _check_sums(values, differences, n_steps)
    return Attributions(
        values=values.astype(np.float32), by_band=by_band.astype(np.float32), bands=edges,
        ch_names=outputs.ch_names, times=outputs.times, labels=outputs.classes[outputs.targets],
        classes=outputs.classes, method=method, baseline=name, unit=outputs.unit,
        differences=differences, patch_seconds=patch_length / sfreq,
    )  # fmt: skip


def _donors(n_windows: int, random: np.random.RandomState) -> npt.NDArray[np.int64]:
    """Return another window for each window."""
    order = random.permutation(n_windows)
    donors = np.empty_like(order)
    donors[order] = np.roll(order, 1)
    return donors


def _baseline(baseline: str | npt.ArrayLike, windows: Array) -> tuple[str, Array]:
    """Return the name of a baseline, and the baseline of each window."""
    if isinstance(baseline, str):
        one_of("baseline", baseline, ("mean", "zero"))
        flat = np.zeros_like(windows)
        if baseline == "mean":
            flat += windows.mean(-1, dtype=np.float64, keepdims=True).astype(windows.dtype)
        return baseline, flat
    given = np.asarray(baseline, np.float32)
    if given.shape not in (windows.shape, windows.shape[1:]) or not np.isfinite(given).all():
        raise ValueError(
            f"expected baseline to be 'mean', 'zero' or finite numbers of shape "
            f"{windows.shape[1:]} or {windows.shape}, got an array of shape {given.shape}"
        )
    return "given", np.broadcast_to(given, windows.shape).copy()


def _explained(outputs: ExplainedOutputs, windows: Array) -> Array:
    """Return the explained output of each window, with the normalisation of the explained ones."""
    function, parts = outputs.differentiable(), []
    with torch.inference_mode():
        for rows in row_batches(len(windows)):
            found = function(torch.from_numpy(windows)[rows], rows)
            parts.append(found[torch.arange(len(rows)), torch.from_numpy(outputs.targets)[rows]])
    explained: Array = torch.cat(parts).numpy()
    return explained


def _check_sums(values: Array, differences: Array, n_steps: int) -> None:
    """Warn if attributions do not add up to the differences of the outputs."""
    missed = abs(values.sum(axis=(1, 2), dtype=np.float64) - differences)
    # The smallest differences are compared with the typical one.
    scale = np.maximum(abs(differences), np.median(abs(differences)))
    n_wrong = int((missed > _TOLERANCE * scale + 1e-6).sum())
    if n_wrong:
        warnings.warn(
            f"the attributions of {n_wrong} of {len(values)} windows miss the difference of the "
            f"outputs by more than {_TOLERANCE:.0%}; use more than n_steps={n_steps}",
            UserWarning,
            stacklevel=3,
        )
