"""Confusion matrices on the terminal, and results in JSON files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def print_confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str]) -> None:
    """Print a confusion matrix with true labels as rows and predicted labels as columns."""
    from rich.console import Console
    from rich.table import Table

    table = Table("true \\ predicted", *labels, title="confusion matrix")
    for label, row in zip(labels, matrix, strict=True):
        table.add_row(label, *(str(count) for count in row))
    Console().print(table)


def write_json(path: Path, results: dict[str, Any]) -> None:
    """Write results to a JSON file, completely or not at all."""
    from eegzoo.files import written_whole

    with written_whole(path) as draft:
        draft.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
