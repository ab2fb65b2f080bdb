"""Markdown tables and CSV files of measurements."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path


def print_rows(
    columns: Sequence[str], rows: Iterable[Sequence[object]], versions: str, path: Path | None
) -> None:
    """Print rows as a Markdown table as they are measured, and write them to a CSV file."""
    print(versions)
    print(f"\n{markdown(columns)}\n|{'---|' * len(columns)}")
    measured = []
    for row in rows:
        measured.append(row)
        print(markdown(row), flush=True)
    if path:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([*columns, "versions"])
            writer.writerows([*row, versions] for row in measured)


def markdown(cells: Iterable[object]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(map(str, cells))} |"
