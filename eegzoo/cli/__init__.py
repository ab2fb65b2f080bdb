"""Command line of eegzoo: one module per command, with heavy imports inside it."""

from __future__ import annotations

import sys

import typer

from eegzoo.cli.check import check
from eegzoo.cli.evaluate import evaluate
from eegzoo.cli.export import export
from eegzoo.cli.info import info
from eegzoo.cli.list import list_
from eegzoo.cli.predict import predict
from eegzoo.cli.train import train
from eegzoo.cli.verify import verify
from eegzoo.cli.weights import weights

app = typer.Typer(
    name="eegzoo",
    help="A PyTorch model zoo for EEG.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("list")(list_)
app.command()(info)
app.command()(weights)
app.command()(verify)
app.command()(check)
app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(export)


def main() -> None:
    """Run the command line; an error is one line on standard error, with exit status 2."""
    try:
        app()
    except (ValueError, TypeError, OSError, ImportError) as error:
        reason = " ".join(str(error).split())
        sys.stderr.write(f"eegzoo: error: {reason}\n")
        raise SystemExit(2) from None
