"""How sure a score is: intervals over people or windows, chance levels, and the worst people."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Scores = Mapping[str, float]
Score = Callable[[Any, Any], Scores]
CONFIDENCE = 0.95
_N_PERMUTATIONS = 500
_ERRORS = ("mean absolute error",)  # scores of which less is better
_FRACTIONS = ("accuracy",)
# What scores of numbers can be: Student's interval over few people can be wider.
_RANGES = {
    "R2": (-math.inf, 1.0), "mean absolute error": (0.0, math.inf), "correlation": (-1.0, 1.0),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Statistic:
    """One score with what is needed to judge it.

    Parameters
    ----------
    name : str
        Name of the metric.
    value : float
        Score of all windows.
    interval : tuple of float
        95% interval: of the mean over people or, of one person, over windows. NaN if undefined.
    chance : float
        Score of always predicting the commonest label, or mean score of permuted predictions.
    chance_limit : float
        Score that luck exceeds once in twenty times.
    people : dict of str to float
        Score of each person.
    chance_of_people : dict of str to float
        Chance of each person.
    """

    name: str
    value: float
    interval: tuple[float, float]
    chance: float
    chance_limit: float
    people: dict[str, float]
    chance_of_people: dict[str, float]

    @property
    def mean(self) -> float:
        """Mean over people."""
        return float(np.mean(list(self.people.values())))

    @property
    def worst_fifth(self) -> float:
        """Mean over the fifth of the people with the worst scores, at least one."""
        ordered = sorted(self.people.values(), reverse=self.name not in _ERRORS)
        return float(np.mean(ordered[-max(1, math.ceil(len(ordered) / 5)) :]))

    @property
    def below_chance(self) -> dict[str, float]:
        """Scores of the people whose score is worse than chance."""
        sign = -1 if self.name in _ERRORS else 1
        return {
            person: value
            for person, value in self.people.items()
            if sign * value < sign * self.chance_of_people[person]
        }


def class_statistics(
    true: npt.NDArray[Any],
    predicted: npt.NDArray[Any],
    people: npt.NDArray[Any],
    n_independent: int,
) -> Statistic:
    """Return the accuracy with its interval and chance level.

    Parameters
    ----------
    true, predicted : array, shape (n,)
        Labels.
    people : array, shape (n,)
        Subject of each window.
    n_independent : int
        Number of windows that do not overlap, which the binomial counts.

    Examples
    --------
    >>> true = np.array(["a", "b"] * 20)
    >>> found = class_statistics(true, np.where(np.arange(40) < 30, true, "c"), np.zeros(40), 40)
    >>> found.value, [round(limit, 3) for limit in found.interval], found.chance_limit
    (0.75, [0.598, 0.858], 0.625)
    """
    right = predicted == true
    each = {str(person): float(right[people == person].mean()) for person in np.unique(people)}
    chances = {str(person): commonest(true[people == person]) for person in np.unique(people)}
    value, chance = float(right.mean()), commonest(true)
    if len(each) > 1:
        low, high = _over_people(list(each.values()))
        interval = (max(0.0, low), min(1.0, high))
    else:
        n_right = round(value * n_independent)
        found = stats.binomtest(n_right, n_independent).proportion_ci(CONFIDENCE, method="wilson")
        interval = (float(found.low), float(found.high))
    limit = float(stats.binom.ppf(CONFIDENCE, n_independent, chance) / n_independent)
    return Statistic("accuracy", value, interval, chance, limit, each, chances)


def number_statistics(
    true: npt.NDArray[Any],
    predicted: npt.NDArray[Any],
    people: npt.NDArray[Any],
    n_independent: int,
    score: Score,
) -> list[Statistic]:
    """Return the scores of predicted numbers, with intervals and the scores of permutations.

    Predictions are permuted within people. Those of windows that overlap are rotated instead, which
    keeps neighbours alike.

    Parameters
    ----------
    true, predicted : array, shape (n,)
        Numbers.
    people : array, shape (n,)
        Subject of each window.
    n_independent : int
        Number of windows that do not overlap.
    score : callable
        Function of true and predicted numbers that returns scores by name.
    """
    generator = np.random.default_rng(0)
    members = [np.flatnonzero(people == person) for person in np.unique(people)]
    names = [str(person) for person in np.unique(people)]
    values = score(true, predicted)
    each = [score(true[mine], predicted[mine]) for mine in members]
    permuted, permuted_each, drawn = [], [], []
    for _ in range(_N_PERMUTATIONS):
        shuffled = predicted.copy()
        for mine in members:
            if n_independent < len(true):
                shuffled[mine] = np.roll(predicted[mine], generator.integers(len(mine)))
            else:
                shuffled[mine] = predicted[generator.permutation(mine)]
        permuted.append(score(true, shuffled))
        permuted_each.append([score(true[mine], shuffled[mine]) for mine in members])
        chosen = generator.integers(len(true), size=n_independent)
        drawn.append(score(true[chosen], predicted[chosen]))
    found = []
    for name, value in values.items():
        people_scores = {person: one[name] for person, one in zip(names, each, strict=True)}
        chances = {
            person: float(np.mean([one[place][name] for one in permuted_each]))
            for place, person in enumerate(names)
        }
        if len(names) > 1:
            limits = _over_people(list(people_scores.values()))
            least, most = _RANGES.get(name, (-math.inf, math.inf))
            interval = (max(least, limits[0]), min(most, limits[1]))
        else:
            tail = (1 - CONFIDENCE) / 2
            low, high = np.quantile([one[name] for one in drawn], [tail, 1 - tail])
            interval = (float(low), float(high))
        luck = [one[name] for one in permuted]
        limit = float(np.quantile(luck, 1 - CONFIDENCE if name in _ERRORS else CONFIDENCE))
        found.append(
            Statistic(name, value, interval, float(np.mean(luck)), limit, people_scores, chances)
        )
    return found


def commonest(labels: npt.NDArray[Any]) -> float:
    """Return the share of the commonest label."""
    return float(np.unique(labels, return_counts=True)[1].max() / len(labels))


def in_words(statistic: Statistic, n_windows: int, n_independent: int) -> list[str]:
    """Return the lines that say what a score is worth: the first with the score itself."""
    n_people = len(statistic.people)
    form = ".3f" if statistic.name not in _ERRORS else ".4g"
    low, high = statistic.interval
    over = "people" if n_people > 1 else "windows"
    how = "binomial" if statistic.name in _FRACTIONS else "permutation"
    counted = f"{n_windows} windows"
    if n_independent < n_windows:
        counted += f" ({n_independent} independent)"
    lines = [
        f"{statistic.name} {statistic.value:{form}} on {counted} of {n_people} "
        f"{'people' if n_people > 1 else 'person'}, 95% interval over {over} {low:{form}} to "
        f"{high:{form}}; chance {statistic.chance:{form}}, by luck "
        f"{'down' if statistic.name in _ERRORS else 'up'} to {statistic.chance_limit:{form}} "
        f"({how})"
    ]
    if n_people > 1:
        lines.append(
            f"mean {statistic.name} over people {statistic.mean:{form}}, over the worst fifth of "
            f"them {statistic.worst_fifth:{form}}"
        )
    below = statistic.below_chance
    if below:
        named = ", ".join(
            f"{person} ({value:{form}}, chance {statistic.chance_of_people[person]:{form}})"
            for person, value in below.items()
        )
        lines.append(f"{statistic.name} worse than chance: {named}")
    return lines


def as_dict(statistic: Statistic, n_windows: int, n_independent: int) -> dict[str, Any]:
    """Return a statistic for a JSON file, in which NaN is null."""
    return {
        "value": _or_none(statistic.value),
        "interval": [_or_none(limit) for limit in statistic.interval],
        "interval_over": "people" if len(statistic.people) > 1 else "windows",
        "chance": _or_none(statistic.chance),
        "chance_limit": _or_none(statistic.chance_limit),
        "n_windows": n_windows,
        "n_independent": n_independent,
        "n_people": len(statistic.people),
        "people": {person: _or_none(value) for person, value in statistic.people.items()},
        "worst_fifth": _or_none(statistic.worst_fifth),
        "below_chance": sorted(statistic.below_chance),
    }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _over_people(values: list[float]) -> tuple[float, float]:
    """Return the 95% interval of a mean over people, by Student's t."""
    error = stats.sem(values)
    if not error > 0:
        return (values[0], values[0]) if error == 0 else (math.nan, math.nan)
    low, high = stats.t.interval(CONFIDENCE, len(values) - 1, np.mean(values), error)
    return float(low), float(high)
