"""Command line of eegzoo: one module per command, with heavy imports inside it."""

from __future__ import annotations

import atexit
import gc
import sys
from typing import Any

import typer

from eegzoo.cli.check import check
from eegzoo.cli.compare import compare
from eegzoo.cli.embed import embed
from eegzoo.cli.evaluate import evaluate
from eegzoo.cli.export import export
from eegzoo.cli.info import info
from eegzoo.cli.interruption import interruptible
from eegzoo.cli.list import list_
from eegzoo.cli.own_modules import import_modules
from eegzoo.cli.predict import predict
from eegzoo.cli.report import report
from eegzoo.cli.stage import stage
from eegzoo.cli.stream import stream
from eegzoo.cli.train import train
from eegzoo.cli.verify import verify
from eegzoo.cli.weights import weights

# Base class of typer's errors about arguments and options, which has no public name.
UsageError: Any = typer.BadParameter.__base__

app = typer.Typer(
    name="eegzoo",
    help="A PyTorch model zoo for EEG.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


app.callback()(import_modules)
app.command("list")(list_)
app.command()(info)
app.command()(weights)
app.command()(verify)
app.command()(check)
app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(compare)
app.command()(embed)
app.command()(report)
app.command()(stage)
app.command()(stream)
app.command()(export)


def main() -> None:
    """Run the command line; an error is one line on standard error, with exit status 2.

    Ctrl-C and SIGTERM end a command with one line as well, and with exit status 130 or 143.
    """
    atexit.register(gc.freeze)  # otherwise Python searches all imported modules for garbage: 1 s
    with interruptible():
        raise SystemExit(_run())


def _run() -> int:
    """Run the command line, and return the exit status."""
    try:
        status = app(prog_name="eegzoo", standalone_mode=False)
    except UsageError as error:
        if reason := error.format_message():  # otherwise the help has been printed
            command = getattr(error.ctx, "command_path", "eegzoo")
            _print_error(f"{reason} (see {command} --help)")
        return 2
    except (ValueError, TypeError, OSError, ImportError) as error:
        _print_error(str(error))
        return 2
    return int(status or 0)


def _print_error(reason: str) -> None:
    sys.stderr.write(f"eegzoo: error: {' '.join(reason.split())}\n")
