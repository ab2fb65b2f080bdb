"""Test of a classifier that is adapted on a part of a person's windows, on the others."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.training.adaptation.record import AdaptationWarning
from eegzoo.training.classifier import EEGClassifier

Array = npt.NDArray[Any]
FIRST = (10, 20, 40)
# Windows that are scored at once, between two adaptations to all windows so far.
STEP = 5
PARTS = {
    "half": "adapted on a random half, the other scored, both ways (inductive)",
    **{f"first {n}": f"adapted on the first {n} windows, the others scored" for n in FIRST},
    "running": "statistics of all windows so far, without pseudo-labels, the next five scored",
}


def scores_of_parts(
    classifier: EEGClassifier, windows: Any, labels: Array, seed: int
) -> dict[str, float]:
    """Return the balanced accuracy in those of `PARTS` for which a person has enough windows.

    Balanced accuracy is the mean over the classes that the scored windows have.

    Parameters
    ----------
    classifier : EEGClassifier
        Classifier that was not trained on the person.
    windows : EpochsDataset | array, shape (n_windows, ...)
        Windows of the person, in the order of time.
    labels : array, shape (n_windows,)
        Their labels.
    seed : int
        Seed of the halves.
    """
    n_windows = len(labels)
    order = np.random.default_rng(seed).permutation(n_windows)
    halves = order[: n_windows // 2], order[n_windows // 2 :]
    tests: dict[str, list[tuple[Array, Array]]] = {"half": [halves, halves[::-1]]}
    every = np.arange(n_windows)
    for n in FIRST:
        if n <= n_windows - STEP:
            tests[f"first {n}"] = [(every[:n], every[n:])]
    tests["running"] = [
        (every[:start], every[start : start + STEP]) for start in range(STEP, n_windows, STEP)
    ]
    return {
        part: _balanced(classifier, windows, labels, splits, part) for part, splits in tests.items()
    }


def _balanced(
    classifier: EEGClassifier,
    windows: Any,
    labels: Array,
    splits: Sequence[tuple[Array, Array]],
    part: str,
) -> float:
    """Return the balanced accuracy over the second part of all splits, adapted on the first."""
    right = np.zeros(len(labels), bool)
    steps = _steps(classifier) if part == "running" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AdaptationWarning)
        for known, new in splits:
            adapted = classifier.adapt(windows[known], how=steps)
            right[new] = adapted.predict(windows[new]) == labels[new]
    scored = np.unique(np.concatenate([new for _, new in splits]))
    classes = [scored[labels[scored] == label] for label in np.unique(labels[scored])]
    return float(np.mean([right[rows].mean() for rows in classes]))


def _steps(classifier: EEGClassifier) -> list[str]:
    """Return the steps of `EEGClassifier.adapt` without labels of its own."""
    aligned = ["align"] if classifier.align_ is not None else []
    return [*aligned, "statistics"]
