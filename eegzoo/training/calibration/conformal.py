"""Conformal sets of labels, with people as the exchangeable unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between, one_of

Array = npt.NDArray[Any]
METHODS = ("hierarchical", "pooled")
_ROUNDING = 1e-9


def set_scores(probabilities: Array) -> Array:
    """Return the score of each label: 0 for the most probable one, else one minus its probability.

    A set holds the labels whose score is at most a limit, so that it is never empty.

    Parameters
    ----------
    probabilities : array, shape (..., n_classes)
        Probabilities.

    Examples
    --------
    >>> set_scores(np.array([[0.75, 0.25, 0.0]])).tolist()
    [[0.0, 0.75, 1.0]]
    """
    probabilities = np.asarray(probabilities, np.float64)
    highest = probabilities.max(axis=-1, keepdims=True)
    return np.where(probabilities == highest, 0.0, 1.0 - probabilities)


def score_limit(scores: Array, person: Array, alpha: float, method: str = "hierarchical") -> float:
    """Return the limit of the scores in the sets of a new person.

    Each person counts alike, however many windows they have.

    Parameters
    ----------
    scores : array, shape (n_windows,)
        Score of the true label of windows whose person the classifier was not trained on.
    person : array, shape (n_windows,)
        Person of each window.
    alpha : float
        Probability that the set of a window of a new person lacks the true label.
    method : {"hierarchical", "pooled"}
        With "hierarchical" that probability is at most `alpha`, whatever the number of people and
        however they differ; on average it is smaller by up to ``1 / (n_people + 1)``. With "pooled"
        it is about `alpha`, and larger by up to ``1 / (n_people + 1)`` where people differ much.

    Returns
    -------
    float
        Limit.

    Raises
    ------
    ValueError
        If there are too few people for `alpha`.

    References
    ----------
    Lee, Barber and Willett (2023). Distribution-free inference with hierarchical data.
    https://doi.org/10.48550/arXiv.2306.06342 ("hierarchical")

    Dunn, Wasserman and Ramdas (2023). Distribution-free prediction sets for two-layer hierarchical
    models. J. Am. Stat. Assoc. 118. https://doi.org/10.1080/01621459.2022.2060112 ("pooled", their
    pooling of distribution functions)

    Examples
    --------
    >>> scores, person = np.arange(10.0), np.arange(10)     # ten people with a window each
    >>> score_limit(scores, person, alpha=0.1), score_limit(scores, person, 0.1, method="pooled")
    (9.0, 8.0)
    """
    alpha = number_between("alpha", alpha, 0.0, 1.0, above=True)
    one_of("method", method, METHODS)
    _, codes, counts = np.unique(person, return_inverse=True, return_counts=True)
    n_people = len(counts)
    # The new person counts as well, with scores that are larger than any known one.
    total = n_people + (method == "hierarchical")
    wanted = (1.0 - alpha) * total
    if wanted > n_people + _ROUNDING:
        raise ValueError(
            f"expected at least {people_needed(alpha)} held-out people for sets with alpha "
            f"{alpha:g}, got {n_people}: with these, alpha is {1 / (n_people + 1):.3g} or more"
        )
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(1.0 / counts[codes[order]])
    place = int(np.searchsorted(reached, wanted - _ROUNDING * total))
    return float(scores[order[min(place, len(order) - 1)]])


def people_needed(alpha: float) -> int:
    """Return the number of held-out people that "hierarchical" sets with `alpha` need.

    Examples
    --------
    >>> people_needed(0.1), people_needed(0.05), people_needed(0.2)
    (9, 19, 4)
    """
    return max(1, math.ceil(1.0 / alpha - 1.0 - _ROUNDING))
