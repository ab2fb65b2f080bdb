"""Several models in the same folds: predictions, what they cost, and a row for each."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.timeline import timeline_of
from eegzoo.report.comparison.baseline import cross_validated_baselines
from eegzoo.report.comparison.several_models import compare_models

Fold = tuple[npt.NDArray[Any], npt.NDArray[Any]]
# Windows and repetitions of the time of a prediction.
_TIMED, _REPETITIONS = 64, 3


def result_of_fold(
    fit: Callable[[EpochsDataset], Any], dataset: EpochsDataset, fold: Fold,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:  # fmt: skip
    """Return what a model predicts in a fold, and what it costs.

    Parameters
    ----------
    fit : callable
        Function from training windows to a fitted `EEGClassifier`.
    dataset : EpochsDataset
        Windows.
    fold : tuple of array
        Indices of training and test windows.
    clock : callable
        Function that returns seconds.

    Returns
    -------
    dict
        "predicted", the labels of the test windows; "seconds" of training and test;
        "ms_per_window", the median time to predict a window; the number of "parameters".
    """
    training, test = fold
    start = clock()
    fitted = fit(dataset.subset(training))
    predicted = fitted.predict(dataset.subset(test))
    seconds, few, latencies = clock() - start, dataset.subset(test[:_TIMED]), []
    for _ in range(_REPETITIONS):
        start = clock()
        fitted.predict(few)
        latencies.append(clock() - start)
    return {
        "predicted": np.asarray(predicted).tolist(),
        "seconds": round(seconds, 3),
        "ms_per_window": round(1e3 * float(np.median(latencies)) / len(few), 4),
        "parameters": sum(weight.numel() for weight in fitted.model_.parameters()),
    }


def rows_in_folds(
    dataset: EpochsDataset, folds: Sequence[Fold], results: Mapping[str, Sequence[dict[str, Any]]],
    *, baselines: bool = True,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return a row for each model, compared with the first, and for classical methods.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows, with their subjects in "subject", if they are of several.
    folds : sequence of tuple
        Indices of training and test windows.
    results : mapping of str to sequence of dict
        Results of each fold, as `result_of_fold` returns them, by the name of the model.
    baselines : bool
        Whether to add the classical methods of `cross_validated_baselines`, in the same folds.

    Returns
    -------
    list of dict
        Fields of `ModelRow`, with "parameters", "seconds_per_fold" and "ms_per_window", which are
        None for classical methods.
    """
    scored = np.concatenate([test for _, test in folds])
    order = np.argsort(scored, kind="stable")
    predictions: dict[str, npt.ArrayLike] = {
        name: np.concatenate([each["predicted"] for each in found])[order]
        for name, found in results.items()
    }
    costs: dict[str, dict[str, Any]] = {
        name: {
            "parameters": found[-1]["parameters"],
            "seconds_per_fold": float(np.median([each["seconds"] for each in found])),
            "ms_per_window": float(np.median([each["ms_per_window"] for each in found])),
        }
        for name, found in results.items()
    }
    tested = dataset.subset(scored[order])
    if baselines:
        classical = cross_validated_baselines(dataset.X, dataset.labels, dataset.info.sfreq, folds)
        predictions |= {each.name: each.predicted[scored[order]] for each in classical}
    none = dict.fromkeys(("parameters", "seconds_per_fold", "ms_per_window"))
    who = tested.metadata.get("subject", np.zeros(len(tested), int))
    rows = compare_models(tested.labels, predictions, who, timeline_of(tested))
    return [{**dataclasses.asdict(row), **costs.get(row.name, none)} for row in rows]


def fingerprint(dataset: EpochsDataset, folds: Sequence[Fold]) -> str:
    """Return a SHA-256 of windows, labels, subjects and folds, which results can be kept under.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows.
    folds : sequence of tuple
        Indices of training and test windows.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0, tmax=3, baseline=None, preload=True, verbose=False)
    >>> dataset = eegzoo.data.EpochsDataset.from_epochs(epochs)
    >>> first, last = np.arange(2), np.arange(2, 4)
    >>> one, same, other = [
    ...     fingerprint(dataset, folds)
    ...     for folds in ([(first, last)], [(first, last)], [(last, first)])
    ... ]
    >>> one == same, one == other
    (True, False)
    """
    found = hashlib.sha256()
    for start in range(0, len(dataset), 256):
        found.update(np.ascontiguousarray(dataset.X[start : start + 256]).tobytes())
    sides = [side for fold in folds for side in fold]
    for part in (dataset.labels, dataset.metadata.get("subject", np.empty(0)), *sides):
        found.update(json.dumps(np.asarray(part).tolist()).encode())
    return found.hexdigest()
