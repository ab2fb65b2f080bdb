"""``eegzoo list``."""

from __future__ import annotations

from typing import Annotated

import typer


def list_(
    pattern: Annotated[str, typer.Argument(help="Shell-style pattern of names.")] = "*",
    task: Annotated[str | None, typer.Option(help="Only models for this task.")] = None,
) -> None:
    """List the models.

    For example:

    [bold]eegzoo list[/]

    [bold]eegzoo list "eeg*" --task "motor imagery"[/]
    """
    from rich.console import Console
    from rich.table import Table

    from eegzoo.models import find_entry, list_models

    names = list_models(pattern, task=task)
    if not names:
        raise ValueError(f"no model matches {pattern!r}")
    table = Table("model", "tasks", "parameters", "paper")
    for name in names:
        entry = find_entry(name)
        size = sum(weight.numel() for weight in entry.build(**entry.standard).parameters())
        table.add_row(name, ", ".join(entry.tasks), f"{size:,}", entry.paper.partition(", ")[0])
    Console().print(table)
