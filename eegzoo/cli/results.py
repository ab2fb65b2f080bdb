"""Output files, and confusion matrices on the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def check_outputs(outputs: Iterable[Path | None], inputs: Iterable[Path] = ()) -> None:
    """Raise an error if an output file cannot be written, or would replace another file in use.

    Call it before a long computation.

    Parameters
    ----------
    outputs : iterable of Path | None
        Files to write.
    inputs : iterable of Path
        Files that the command reads.
    """
    from eegzoo.files import check_writable

    used = {path.resolve() for path in inputs}
    for path in outputs:
        if path is None:
            continue
        check_writable(path)
        if path.resolve() in used:
            raise ValueError(f"expected different files for input and output, got {path} twice")
        used.add(path.resolve())


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
        draft.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8", newline="\n")
