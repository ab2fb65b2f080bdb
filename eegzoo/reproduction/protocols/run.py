"""A run of a protocol: its seeds, results so far, and progress."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

Row = dict[str, Any]
T = TypeVar("T")


class Rows:
    """Results so far, in a file of one JSON object a line, so that a run can resume.

    Parameters
    ----------
    path : Path | None
        File. None: results are kept in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        self._rows: list[Row] = [json.loads(line) for line in lines]

    def of(self, key: Mapping[str, Any]) -> list[Row]:
        """Return the rows that have all values of a key."""
        return [row for row in self._rows if key.items() <= row.items()]

    def get(self, key: Mapping[str, Any], measure: Callable[[], Sequence[Row]]) -> list[Row]:
        """Return the rows of a key, which are measured and appended if there are none."""
        found = self.of(key)
        if found:
            return found
        new = [{**key, **row} for row in measure()]
        self._rows += new
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in new)
        return new


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run of a protocol is given besides recordings.

    Parameters
    ----------
    entry : str
        Name of the entry.
    seeds : tuple of int
        Seeds.
    rows : Rows
        Results so far.
    quick : bool
        Whether to try a protocol with one epoch of training, and on two of its folds or people
        where it can; figures then mean nothing.
    say : callable
        Function that is given a line of progress.
    """

    entry: str
    seeds: tuple[int, ...] = (0,)
    rows: Rows = dataclasses.field(default_factory=Rows)
    quick: bool = False
    say: Callable[[str], None] = lambda line: None

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters of `EEGClassifier`, for one epoch of few people in a quick run."""
        settings = dict(given)
        if self.quick:
            settings |= {"max_epochs": 1, "validation": 0.0, "patience": 0}
            if "people_per_batch" in settings:
                settings["people_per_batch"] = 2
        return settings

    def some(self, parts: Sequence[T]) -> Sequence[T]:
        """Return folds or people: all, or the first two in a quick run."""
        return parts[:2] if self.quick else parts
