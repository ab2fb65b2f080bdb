"""Command ``eegzoo list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eegzoo.models.facts import ModelFacts

HEADER = ("model", "tasks", "paper", "parameters", "MACs", "verified against")


def list_(
    pattern: Annotated[str, typer.Argument(help="Shell-style pattern of names.")] = "*",
    task: Annotated[str | None, typer.Option(help="Only models for this task.")] = None,
    weights: Annotated[
        bool | None,
        typer.Option("--weights/--no-weights", help="Only models with (without) trained weights."),
    ] = None,
    foundation: Annotated[
        bool | None,
        typer.Option(
            "--foundation/--no-foundation", help="Only (no) models pretrained for use on any data."
        ),
    ] = None,
    time: Annotated[
        bool, typer.Option("--time", help="Measure milliseconds per window on this machine.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
) -> None:
    """List models with parameters and multiply-adds (MACs) for one window of the paper's size.

    For example:

    [bold]eegzoo list[/]

    [bold]eegzoo list "eeg*" --task "motor imagery"[/]

    [bold]eegzoo list --weights[/]
    """
    from eegzoo.models.facts import list_facts

    found = list_facts(pattern, task=task, foundation=foundation)
    if weights is not None:
        from eegzoo.weights.foundation.names import NAMES
        from eegzoo.weights.stored_cards import stored_cards

        trained = {stored.card.architecture for stored in stored_cards().values()}
        trained |= {name.partition(".")[0] for name in NAMES}
        found = [facts for facts in found if (facts.name in trained) == weights]
    if not found:
        raise ValueError(f"no model matches {pattern!r}")
    header, rows = list(HEADER), [row_of(facts) for facts in found]
    if time:
        from eegzoo.models.measured_facts import milliseconds

        header.insert(5, "ms a window")
        for facts, row in zip(found, rows, strict=True):
            row.insert(5, f"{milliseconds(facts.name):.2f}")
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
    """Return a Markdown table whose first column is formatted as code."""
    lines = [header, ["---"] * len(header), *([f"`{row[0]}`", *row[1:]] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
