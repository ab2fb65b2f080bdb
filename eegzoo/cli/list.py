"""``eegzoo list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eegzoo.models.facts import ModelFacts

HEADER = ("model", "tasks", "paper", "parameters", "MACs", "verified against")


def list_(
    pattern: Annotated[str, typer.Argument(help="Shell-style pattern of names.")] = "*",
    task: Annotated[str | None, typer.Option(help="Only models for this task.")] = None,
    time: Annotated[
        bool, typer.Option("--time", help="Measure milliseconds for a window, on this machine.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a table in Markdown.")] = False,
) -> None:
    """List the models: parameters and multiply-adds for one window of standard size.

    For example:

    [bold]eegzoo list[/]

    [bold]eegzoo list "eeg*" --task "motor imagery"[/]
    """
    from eegzoo.models.facts import milliseconds, model_facts
    from eegzoo.models.zoo import list_models

    names = list_models(pattern, task=task)
    if not names:
        raise ValueError(f"no model matches {pattern!r}")
    header, rows = list(HEADER), [row_of(model_facts(name)) for name in names]
    if time:
        header.insert(5, "ms a window")
        for name, row in zip(names, rows, strict=True):
            row.insert(5, f"{milliseconds(name):.2f}")
    if markdown:
        typer.echo(as_markdown(header, rows))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def row_of(facts: ModelFacts) -> list[str]:
    """Return a model's row of the table."""
    return [
        facts.name,
        ", ".join(facts.tasks),
        f"{facts.authors} {facts.year}",
        f"{facts.n_params:,}",
        f"{facts.n_macs / 1e6:.2f} M",
        facts.source,
    ]


def as_markdown(header: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown; the first column is code."""
    lines = [header, ["---"] * len(header), *([f"`{row[0]}`", *row[1:]] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
