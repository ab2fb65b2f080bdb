"""The table of ``eegzoo compare``, on the terminal and in files."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eegzoo.cli import results

COLUMNS = (
    "name", "accuracy", "difference", "low", "high", "p_value", "p_holm", "parameters",
    "seconds_per_fold", "ms_per_window",
)  # fmt: skip


def print_rows(rows: Sequence[Mapping[str, Any]], folds: Mapping[str, Any], n_windows: int) -> None:
    """Print a row for each model, with its difference from the first.

    Parameters
    ----------
    rows : sequence of mapping
        Fields of `ModelRow`, with "parameters", "seconds_per_fold" and "ms_per_window", which can
        be None.
    folds : mapping
        Number of folds, "cv", and their "groups".
    n_windows : int
        Number of windows.
    """
    from rich.console import Console
    from rich.table import Table

    n_people = len(rows[0]["people"])
    title = f"{n_windows} windows, {n_people} {'person' if n_people == 1 else 'people'}, "
    title += f"{folds['cv']} folds of {folds['groups'] or 'window'}s"
    first = rows[0]["name"]
    table = Table(
        "model", "accuracy", f"minus {first} (95%)", "p (Holm)", "weights", "s per fold",
        "ms per window", title=title,
    )  # fmt: skip
    for row in rows:
        difference = row["difference"]
        shown = p_value = ""
        if difference is not None:
            shown = "{value:+.3f} [{low:+.3f}, {high:+.3f}]".format(**difference)
            p_value = f"{row['p_holm']:.2g}"
        table.add_row(
            row["name"], f"{row['accuracy']:.3f}", shown, p_value,
            _or_blank(row["parameters"], ","), _or_blank(row["seconds_per_fold"], ".1f"),
            _or_blank(row["ms_per_window"], ".2f"),
        )  # fmt: skip
    Console(width=120).print(table)


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], run: Mapping[str, Any]) -> None:
    """Write the table as CSV, or with the accuracy of each person and the settings as JSON.

    Parameters
    ----------
    path : Path
        File that ends in .csv or .json.
    rows : sequence of mapping
        As for `print_rows`.
    run : mapping
        Settings of the comparison.
    """
    from eegzoo.files import written_whole

    if path.suffix == ".json":
        results.write_json(path, {"models": list(rows), "run": dict(run)})
        return
    with written_whole(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for row in rows:
            difference = row["difference"] or {}
            flat = {**row, "difference": difference.get("value")}
            flat |= {name: difference.get(name) for name in ("low", "high")}
            table.writerow({name: _shown(flat[name]) for name in COLUMNS})


def _or_blank(value: float | None, format: str) -> str:
    return "" if value is None else f"{value:{format}}"


def _shown(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value
