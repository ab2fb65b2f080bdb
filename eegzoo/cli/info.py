"""``eegzoo info``."""

from __future__ import annotations

from typing import Annotated

import typer


def info(
    model: Annotated[str, typer.Argument(help="Name of a model.")],
    n_chans: Annotated[int | None, typer.Option(help="Channels.")] = None,
    n_times: Annotated[int | None, typer.Option(help="Samples in a window.")] = None,
    n_outputs: Annotated[int | None, typer.Option(help="Classes.")] = None,
    sfreq: Annotated[float | None, typer.Option(help="Sampling rate in Hz.")] = None,
) -> None:
    """Show a model: paper, arguments, and a table of its layers.

    Sizes that are not given are those at which the paper's parameters are counted.

    For example:

    [bold]eegzoo info eegnet[/]

    [bold]eegzoo info eegnet --n-chans 22 --sfreq 250[/]
    """
    from rich.console import Console

    from eegzoo.models.model_summary import summary
    from eegzoo.models.zoo import find_entry

    entry = find_entry(model)
    given = {"n_chans": n_chans, "n_times": n_times, "n_outputs": n_outputs, "sfreq": sfreq}
    sizes = dict(entry.standard) | {name: size for name, size in given.items() if size is not None}
    built = entry.build(**sizes)
    console = Console(highlight=False)
    console.print(f"[bold]{model}[/]  {entry.summary}")
    console.print(f"{entry.paper}\nhttps://doi.org/{entry.doi}", markup=False)
    console.print(f"verified against {entry.source}", markup=False)
    shown = {name: getattr(v, "__name__", v) for name, v in built.arguments.items()}
    console.print(", ".join(f"{name}={value}" for name, value in shown.items()), markup=False)
    typer.echo(str(summary(built)))
