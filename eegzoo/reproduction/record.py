"""Record of a run: scores, their differences from the stated figures, and the environment."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Self

from scipy import stats

from eegzoo.reproduction.entry import Entry, Figure, Stated
from eegzoo.reproduction.figures.difference import Difference, difference
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.record_files import file_of

# Figures are stated with three digits.
ROUNDING = 5e-4


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A score beside the figures that are stated.

    Parameters
    ----------
    figure : Figure
        Stated figure.
    score : Score
        Score of this run.
    from_ours, from_paper : Difference | None
        Difference from our figure and from the paper's.
    outcome : {"reproduced", "outside", "measured"}
        Whether the score is inside the 95% interval of our figure, or inside what other seeds can
        give; or, if only a paper states a figure, whether the difference from it may be zero.
        "measured" if none is stated.
    """

    figure: Figure
    score: Score
    from_ours: Difference | None
    from_paper: Difference | None
    outcome: str


@dataclasses.dataclass(frozen=True)
class Record:
    """What a run of an entry gave.

    Parameters
    ----------
    entry : str
        Name of the entry.
    seeds : tuple of int
        Seeds of this run.
    scores : tuple of Score
        Scores.
    environment : mapping
        Versions and machine.
    seconds : float
        Duration.
    note : str
        What differs from the entry's protocol; empty if nothing.

    Examples
    --------
    >>> record = stored_record("eegsym.mi_8")
    >>> Record.from_dict(record.to_dict()) == record
    True
    """

    entry: str
    seeds: tuple[int, ...]
    scores: tuple[Score, ...]
    environment: Mapping[str, Any]
    seconds: float
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        found = dataclasses.asdict(self)
        found["scores"] = [score.to_dict() for score in self.scores]
        found["seeds"] = list(self.seeds)
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the record that `to_dict` described."""
        given = {field.name: values[field.name] for field in dataclasses.fields(cls)}
        given["seeds"] = tuple(given["seeds"])
        given["scores"] = tuple(map(Score.from_dict, given["scores"]))
        return cls(**given)

    def score(self, label: str, measure: str) -> Score | None:
        """Return the score of a label and measure, or None."""
        found = (each for each in self.scores if (each.label, each.measure) == (label, measure))
        return next(found, None)


@cache
def stored_record(entry: str) -> Record | None:
    """Return the record of our own run of an entry, or None if it was not run."""
    path = file_of(entry)
    if not path.exists():
        return None
    return Record.from_dict(json.loads(path.read_text(encoding="utf-8")))


def compared(entry: Entry, record: Record) -> list[Comparison]:
    """Return the comparison of each score with the figure of the same label."""
    figures = {(figure.label, figure.measure): figure for figure in entry.figures}
    stored = stored_record(entry.name)
    return [
        compare(
            figures.get((score.label, score.measure), Figure(score.label, score.measure)),
            score,
            stored.score(score.label, score.measure) if stored else None,
            len(record.seeds),
        )
        for score in record.scores
    ]


def compare(
    figure: Figure, score: Score, stored: Score | None = None, n_seeds: int = 1
) -> Comparison:
    """Return the comparison of a score with a stated figure.

    Parameters
    ----------
    figure : Figure
        Stated figure.
    score : Score
        Score.
    stored : Score | None
        Score of our stored run, which has the values of each person, and an interval where the
        stated figure has none.
    n_seeds : int
        Number of seeds that the score is the mean of.
    """
    ours, paper, from_ours, from_paper = figure.ours, figure.paper, None, None
    if ours is not None:
        same = stored if stored and abs(stored.value - ours.value) <= ROUNDING else None
        if same and (ours.interval is None or ours.interval[0] == ours.interval[1]):
            ours = dataclasses.replace(ours, interval=same.interval)
        from_ours = difference(score, ours.value, ours.interval, same.units if same else None)
    if paper is not None:
        from_paper = difference(score, paper.value, paper.interval)
    judged, change = (ours, from_ours) if ours is not None else (paper, from_paper)
    if judged is None or change is None:
        outcome = "measured"
    else:
        is_inside = _inside(score, judged, change) or _by_seeds(score, judged, n_seeds)
        outcome = "reproduced" if is_inside else "outside"
    return Comparison(figure, score, from_ours, from_paper, outcome)


def _inside(score: Score, stated: Stated, change: Difference) -> bool:
    if stated.interval is None:
        return change.includes_zero or abs(change.value) <= ROUNDING
    low, high = stated.interval
    return low - ROUNDING <= score.value <= high + ROUNDING


def _by_seeds(score: Score, stated: Stated, n_seeds: int) -> bool:
    """Return whether other seeds may explain a difference: Student's prediction interval."""
    if stated.over_seeds is None or stated.n_seeds < 2:
        return False
    freedom = stated.n_seeds - 1
    deviation = stated.over_seeds * math.sqrt(stated.n_seeds / freedom)
    margin = stats.t.ppf(0.975, freedom) * deviation * math.sqrt(1 / n_seeds + 1 / stated.n_seeds)
    return bool(abs(score.value - stated.value) <= margin + ROUNDING)
