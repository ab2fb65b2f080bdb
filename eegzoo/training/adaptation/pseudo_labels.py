"""Labels that a classifier gives to a person's windows itself, where it is confident."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between, one_of, positive_int

Array = npt.NDArray[Any]
# Weights that a person's windows train.
WHICH = ("head", "all")
# Share of the classes' equal share that the rarest class needs among the confident windows.
_RAREST = 0.2
_MOST_CHANGED = 1 / 3
# Share of confident windows below which the windows may hold one state only. Of 24 people at rest
# and in arithmetic, it is smaller in 28 of 48 stretches of one state and 3 of 24 of both.
_DOUBTFUL = 0.5


@dataclasses.dataclass(frozen=True)
class PseudoLabels:
    """When and how a classifier learns from its own labels.

    Parameters
    ----------
    threshold : float | None
        Smallest probability of a label that is used. None: .8 with two classes, .7 with four; six
        tenths of the way from chance to certainty.
    n_rounds : int
        Number of times that labels are given anew and learnt.
    strength : float
        How strongly the head is held at its weights before, as in `fit_head`, if it learns alone.
    smallest_share : float
        Share of confident windows below which nothing is learnt.
    which : {"head", "all"}
        Weights to train: those of the head, or all, as in `EEGClassifier.calibrate`. All take
        seconds, and gain more with networks whose filters learn.

    Examples
    --------
    >>> PseudoLabels().threshold_for(2), PseudoLabels().threshold_for(4)
    (0.8, 0.7)
    """

    threshold: float | None = None
    n_rounds: int = 3
    strength: float = 0.1
    smallest_share: float = 0.4
    which: str = "head"

    def __post_init__(self) -> None:
        if self.threshold is not None:
            number_between("threshold", self.threshold, 0.0, 1.0, above=True)
        positive_int("n_rounds", self.n_rounds)
        number_between("strength", self.strength, 0.0, above=True)
        number_between("smallest_share", self.smallest_share, 0.0, 1.0)
        one_of("which", self.which, WHICH)

    def threshold_for(self, n_classes: int) -> float:
        """Return the threshold with a number of classes."""
        if self.threshold is not None:
            return float(self.threshold)
        return round(1 / n_classes + 0.6 * (1 - 1 / n_classes), 4)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict, of which the constructor makes the same options.

        Examples
        --------
        >>> PseudoLabels(n_rounds=np.int64(2)).to_dict()["n_rounds"]
        2
        """
        return {
            "threshold": None if self.threshold is None else float(self.threshold),
            "n_rounds": int(self.n_rounds), "strength": float(self.strength),
            "smallest_share": float(self.smallest_share), "which": str(self.which),
        }  # fmt: skip


def check_options(options: PseudoLabels | None) -> None:
    """Raise an error unless the options are `PseudoLabels` or None.

    Raises
    ------
    TypeError
        If they are not.
    """
    if options is not None and not isinstance(options, PseudoLabels):
        raise TypeError(
            f'expected pseudo_labels to be PseudoLabels, such as PseudoLabels(which="all"), or '
            f"None, got {options!r}"
        )


def learn_own_labels(
    probabilities: Array,
    learn: Callable[[Array, Array], Array],
    options: PseudoLabels,
) -> tuple[Array, str]:
    """Let a classifier learn from its confident labels, in rounds.

    Parameters
    ----------
    probabilities : array, shape (n_windows, n_classes)
        Probabilities before.
    learn : callable
        Function of the labels of all windows and of a mask of those to learn, which returns the
        new probabilities.
    options : PseudoLabels
        Threshold and rounds.

    Returns
    -------
    chosen : array of bool, shape (n_windows,)
        Windows whose labels were learnt in the last round.
    reason : str
        Why the classifier should not have learnt; empty if there is no reason.
    """
    threshold = options.threshold_for(probabilities.shape[1])
    before = probabilities.argmax(axis=1)
    chosen = probabilities.max(axis=1) >= threshold
    for _ in range(options.n_rounds):
        labels = probabilities.argmax(axis=1)
        reason = _objection(labels, chosen, probabilities.shape[1], options)
        if reason:
            return chosen, reason
        probabilities = learn(labels, chosen)
        learnt, chosen = chosen, probabilities.max(axis=1) >= threshold
    changed = float((probabilities.argmax(axis=1) != before).mean())
    if changed > _MOST_CHANGED:
        return learnt, f"{changed:.0%} of the labels changed while they were learnt"
    return learnt, ""


def doubt_about(probabilities: Array, options: PseudoLabels) -> str:
    """Return why labels that are learnt may not be worth it; empty if there is no reason.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [0.1, 0.9], [0.6, 0.4]])
    >>> doubt_about(p, PseudoLabels())
    '2 of 5 windows have a label with a probability of at least 0.8: do they hold all states?'
    """
    threshold = options.threshold_for(probabilities.shape[1])
    n_confident = int((probabilities.max(axis=1) >= threshold).sum())
    if n_confident >= _DOUBTFUL * len(probabilities):
        return ""
    return (
        f"{n_confident} of {len(probabilities)} windows have a label with a probability of at "
        f"least {threshold:g}: do they hold all states?"
    )


def _objection(labels: Array, chosen: Array, n_classes: int, options: PseudoLabels) -> str:
    """Return why the chosen labels should not be learnt."""
    n_windows, labels = len(labels), labels[chosen]
    if len(labels) < options.smallest_share * n_windows:
        return (
            f"{len(labels)} of {n_windows} windows have a label with a probability of at least "
            f"{options.threshold_for(n_classes):g}: do they hold all states, or one only?"
        )
    counts = np.bincount(labels, minlength=n_classes)
    if counts.min() < max(1, _RAREST * len(labels) / n_classes):
        return (
            f"the confident labels are one-sided: {counts.tolist()} of the classes in their order, "
            "do the windows hold all states, or one only?"
        )
    return ""
