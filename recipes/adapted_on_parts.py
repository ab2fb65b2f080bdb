"""Test of a classifier that is adapted on a part of a person's windows, on the others."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from fixed_features import Windows
from protocol import Array

from eegzoo.training import AdaptationWarning, EEGClassifier

FIRST = (10, 20, 40)
# Windows that are scored at once, between two adaptations to all windows so far.
STEP = 5
PARTS = {
    "half": "adapted on a random half, the other scored, both ways (inductive)",
    **{f"first {n}": f"adapted on the first {n} windows, the others scored" for n in FIRST},
    "running": "statistics of all windows so far, without pseudo-labels, the next five scored",
}


def scores_of_parts(classifier: EEGClassifier, own: Windows, seed: int) -> dict[str, float]:
    """Return the balanced accuracy in those of `PARTS` for which a person has enough windows.

    The windows of the person are in the order of time. Balanced accuracy is the mean over the
    classes that the scored windows have.
    """
    n_windows = len(own.y)
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
    return {part: _balanced(classifier, own, splits, part) for part, splits in tests.items()}


def _balanced(
    classifier: EEGClassifier, own: Windows, splits: Sequence[tuple[Array, Array]], part: str
) -> float:
    """Return the balanced accuracy over the second part of all splits, adapted on the first."""
    right = np.zeros(len(own.y), bool)
    steps = classifier_steps(classifier) if part == "running" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AdaptationWarning)
        for known, new in splits:
            adapted = classifier.adapt(own[known].X, how=steps)
            right[new] = adapted.predict(own[new].X) == own[new].y
    scored = np.unique(np.concatenate([new for _, new in splits]))
    classes = [scored[own.y[scored] == label] for label in np.unique(own.y[scored])]
    return float(np.mean([right[rows].mean() for rows in classes]))


def classifier_steps(classifier: EEGClassifier) -> list[str]:
    """Return the steps of `EEGClassifier.adapt` without labels of its own."""
    aligned = ["align"] if classifier.align_ is not None else []
    return [*aligned, "statistics"]
