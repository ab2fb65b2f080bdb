"""Command ``eegzoo verify``."""

from __future__ import annotations

from typing import Annotated

import typer

from eegzoo.cli.completion import complete_models


def verify(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Names of models. Default: all.", autocompletion=complete_models),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Device: cpu, cuda, or auto for a GPU if there is one.")
    ] = "cpu",
) -> None:
    """Compare models on this machine with stored results of their reference implementations.

    The comparison covers outputs in evaluation (float32), loss and gradients of a training step
    (float64), the number of parameters, and norm constraints. The exit status is 1 if a model
    differs from its reference.

    For example:

    [bold]eegzoo verify[/]

    [bold]eegzoo verify eegnet tinysleepnet --device cuda[/]
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from eegzoo.models.references import find_reference
    from eegzoo.models.zoo import find_entry, list_models
    from eegzoo.training.loop.run_options import check_device, resolve_device

    names = models or list_models()
    for name in names:
        find_entry(name)
    check_device(device)
    table = Table("model", "outputs", "gradient", "parameters", "verified against", "")
    all_equal = True
    for name in names:
        reference = find_reference(name)
        comparison = reference.compare(resolve_device(device))
        equal = not comparison.failures
        all_equal &= equal
        source = reference.meta["source"]
        if reference.not_by_authors:
            source += f" (not by the authors: {reference.not_by_authors})"
        verdict = (
            "[green]equal[/]" if equal else f"[red]{escape('; '.join(comparison.failures))}[/]"
        )
        table.add_row(
            name, f"{comparison.outputs:.0e}", f"{comparison.gradient:.0e}",
            f"{comparison.n_params:,}", escape(source), verdict,
        )  # fmt: skip
    Console().print(table)
    typer.echo("differences are relative to the largest output and the largest gradient")
    if not all_equal:
        raise typer.Exit(1)
