"""Command ``eegzoo info``."""

from __future__ import annotations

from typing import Annotated

import typer

from eegzoo.cli.completion import complete_models


def info(
    model: Annotated[str, typer.Argument(help="Name of a model.", autocompletion=complete_models)],
    n_chans: Annotated[int | None, typer.Option(help="Number of channels.")] = None,
    n_times: Annotated[int | None, typer.Option(help="Number of samples in a window.")] = None,
    n_outputs: Annotated[int | None, typer.Option(help="Number of classes.")] = None,
    sfreq: Annotated[float | None, typer.Option(help="Sampling rate in Hz.")] = None,
) -> None:
    """Show a model's paper, its arguments and a table of its layers.

    Sizes that are not given are those at which the paper counts parameters.

    For example:

    [bold]eegzoo info eegnet[/]

    [bold]eegzoo info eegnet --n-chans 22 --sfreq 250[/]
    """
    from rich.console import Console
    from rich.markup import escape

    from eegzoo.models.facts import find_facts

    facts = find_facts(model)
    arguments, layers = facts.arguments, facts.layers
    given = {"n_chans": n_chans, "n_times": n_times, "n_outputs": n_outputs, "sfreq": sfreq}
    sizes = dict(facts.standard) | {k: size for k, size in given.items() if size is not None}
    if sizes != facts.standard:
        from eegzoo.models.measured_facts import printed_arguments
        from eegzoo.models.model_summary import summary
        from eegzoo.models.zoo import find_entry

        built = find_entry(model).build(**sizes)
        try:
            arguments, layers = printed_arguments(built), str(summary(built))
        except RuntimeError as error:
            raise ValueError(
                f"{model} cannot compute windows of these sizes: {error.__cause__ or error}"
            ) from error
    console = Console(highlight=False)
    console.print(f"[bold]{model}[/]  {escape(facts.summary)}")
    address = f"\nhttps://doi.org/{facts.doi}" if facts.doi else ""
    console.print(f"{facts.paper}{address}", markup=False)
    console.print(f"verified against {facts.source}", markup=False)
    console.print(", ".join(f"{name}={text}" for name, text in arguments.items()), markup=False)
    typer.echo(layers)
