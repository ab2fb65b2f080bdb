"""A run of a protocol: its seeds, results so far, and progress."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from eegzoo.files import written_whole

Row = dict[str, Any]
T = TypeVar("T")


class Rows:
    """Results so far, in a file of one JSON object a line, so that a run can resume.

    Parameters
    ----------
    path : Path | None
        File. None: results are kept in memory. A last line that was cut off, when a run ended while
        it wrote, does not count, and is replaced by the next result.

    Raises
    ------
    ValueError
        If the file has other lines.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._rows, self._whole = _rows_in(path) if path and path.exists() else ([], True)

    def of(self, key: Mapping[str, Any]) -> list[Row]:
        """Return the rows that have all values of a key."""
        return [row for row in self._rows if key.items() <= row.items()]

    def get(self, key: Mapping[str, Any], measure: Callable[[], Sequence[Row]]) -> list[Row]:
        """Return the rows of a key, which are measured and appended if there are none."""
        found = self.of(key)
        if found:
            return found
        new = [{**key, **row} for row in measure()]
        if self.path is not None and not self._whole:
            with written_whole(self.path) as draft:
                draft.write_text(_lines(self._rows), encoding="utf-8", newline="\n")
            self._whole = True
        self._rows += new
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(_lines(new))
        return new


def _lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _rows_in(path: Path) -> tuple[list[Row], bool]:
    """Return the rows in a file, and whether its last line is complete."""
    *lines, last = path.read_bytes().decode("utf-8", errors="replace").split("\n")
    rows: list[Row] = []
    for number, line in enumerate(filter(None, [*lines, last]), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            if line is last and line.startswith("{"):
                return rows, False
            row = None
        if not isinstance(row, dict):
            raise ValueError(
                f"expected one JSON object a line in the file of results so far, got line {number} "
                f"of {path}: {line[:40]!r}"
            )
        rows.append(row)
    return rows, not last


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
        """Return parameters of `EEGClassifier`, for one epoch of few people in a quick run.

        A quick run learns its own labels in one round.
        """
        settings = dict(given)
        if self.quick:
            settings |= {"max_epochs": 1, "validation": 0.0, "patience": 0}
            if "people_per_batch" in settings:
                settings["people_per_batch"] = 2
            if settings.get("pseudo_labels") is not None:
                settings["pseudo_labels"] = dataclasses.replace(
                    settings["pseudo_labels"], n_rounds=1
                )
        return settings

    def some(self, parts: Sequence[T]) -> Sequence[T]:
        """Return folds or people: all, or the first two in a quick run."""
        return parts[:2] if self.quick else parts
