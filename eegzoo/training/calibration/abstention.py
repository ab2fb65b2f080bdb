"""Abstention: the smallest confidence at which a label is worth giving."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between

Array = npt.NDArray[Any]
_ROUNDING = 1e-9  # of sums of weights


@dataclasses.dataclass(frozen=True)
class Abstention:
    """Confidence below which a classifier gives no label, with what it does on held-out people.

    Parameters
    ----------
    threshold : float
        Smallest probability of the most probable label for which it is given.
    accuracy : float
        Share of right labels among those given, each person weighted by the share of their windows
        that get one.
    coverage : float
        Share of windows that get a label, mean over people.
    n_people : int
        Number of held-out people.

    Examples
    --------
    >>> abstention = Abstention(threshold=0.8, accuracy=0.95, coverage=0.6, n_people=24)
    >>> f"{abstention.accuracy:.0%} of the labels given are right, for {abstention.coverage:.0%}"
    '95% of the labels given are right, for 60%'
    """

    threshold: float
    accuracy: float
    coverage: float
    n_people: int


def choose_threshold(
    confidence: Array,
    is_right: Array,
    person: Array,
    *,
    accuracy: float | None = None,
    coverage: float | None = None,
) -> Abstention:
    """Choose the threshold of an abstention on held-out people, each of whom counts alike.

    Parameters
    ----------
    confidence : array, shape (n_windows,)
        Probability of the most probable label.
    is_right : array of bool, shape (n_windows,)
        Whether that label is right.
    person : array, shape (n_windows,)
        Person of each window.
    accuracy : float | None
        Accuracy wanted of the labels that are given. The threshold is the smallest that has it.
    coverage : float | None
        Share of windows wanted with a label. The threshold is the largest that has it.

    Returns
    -------
    Abstention
        Threshold, with the accuracy and the coverage on these people. On new people they are about
        these; there is no guarantee.

    Raises
    ------
    ValueError
        If both or neither of `accuracy` and `coverage` are given, or no threshold has the accuracy.

    Examples
    --------
    >>> confidence = np.array([0.9, 0.8, 0.7, 0.6])
    >>> is_right = np.array([True, True, False, True])
    >>> choose_threshold(confidence, is_right, np.zeros(4), accuracy=0.9)
    Abstention(threshold=0.8, accuracy=1.0, coverage=0.5, n_people=1)
    """
    if (accuracy is None) == (coverage is None):
        raise ValueError("expected either accuracy or coverage, got " + (
            "neither" if accuracy is None else "both"
        ))  # fmt: skip
    _, codes, counts = np.unique(person, return_inverse=True, return_counts=True)
    order = np.argsort(-confidence, kind="stable")
    weight = 1.0 / (len(counts) * counts[codes[order]])
    answered = np.cumsum(weight)
    right = np.cumsum(weight * is_right[order]) / answered
    # Windows of the same confidence get a label together.
    is_last = np.append(np.diff(confidence[order]) != 0, True)
    if accuracy is not None:
        accuracy = number_between("accuracy", accuracy, 0.0, 1.0, above=True)
        places = np.flatnonzero(is_last & (right >= accuracy - _ROUNDING))
        if not len(places):
            raise ValueError(
                f"expected an accuracy that held-out people reach, at most "
                f"{right[is_last].max():.3g}, got {accuracy:g}"
            )
        place = places[-1]
    else:
        coverage = number_between("coverage", coverage, 0.0, 1.0, above=True)
        place = np.flatnonzero(is_last & (answered >= coverage - _ROUNDING))[0]
    return Abstention(
        float(confidence[order[place]]), float(right[place]), float(min(1.0, answered[place])),
        len(counts),
    )  # fmt: skip
