"""Command line of eegzoo: one module per command, with heavy imports inside it."""

from __future__ import annotations

import atexit
import functools
import gc
import sys
from typing import Any

import typer

from eegzoo.cli.check import check
from eegzoo.cli.compare import compare
from eegzoo.cli.doctor import doctor
from eegzoo.cli.embed import embed
from eegzoo.cli.evaluate import evaluate
from eegzoo.cli.export import export
from eegzoo.cli.further_reading import page_for, way_out
from eegzoo.cli.info import info
from eegzoo.cli.interruption import interruptible
from eegzoo.cli.list import list_
from eegzoo.cli.own_modules import import_modules
from eegzoo.cli.predict import predict
from eegzoo.cli.report import report
from eegzoo.cli.reproduce import reproduce
from eegzoo.cli.stage import stage
from eegzoo.cli.store import store
from eegzoo.cli.stream import stream
from eegzoo.cli.train import train
from eegzoo.cli.verify import verify
from eegzoo.cli.weights import weights
from eegzoo.cli.write_store import write_store

# Base class of typer's errors about arguments and options, which has no public name.
UsageError: Any = typer.BadParameter.__base__

app = typer.Typer(
    name="eegzoo",
    help="""A PyTorch model zoo for EEG.

    For example:

    [bold]eegzoo list --task "motor imagery"[/]

    [bold]eegzoo check recording.edf[/]

    [bold]eegzoo train --raw recording.edf --event-id left=1,right=2 --out model.safetensors[/]

    [bold]eegzoo predict model.safetensors another.edf[/]
    """,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

_LOOK = "Look around"
_TRAIN = "Train and evaluate"
_USE = "Use a trained model"
_CHECK = "Check"

app.callback()(import_modules)
app.command("list", rich_help_panel=_LOOK)(list_)
app.command(rich_help_panel=_LOOK)(info)
app.command(rich_help_panel=_LOOK)(weights)
app.command("write-store", rich_help_panel=_TRAIN)(write_store)
app.command(rich_help_panel=_TRAIN)(train)
app.command(rich_help_panel=_TRAIN)(evaluate)
app.command(rich_help_panel=_TRAIN)(compare)
app.command(rich_help_panel=_TRAIN)(report)
app.command(rich_help_panel=_USE)(predict)
app.command(rich_help_panel=_USE)(embed)
app.command(rich_help_panel=_USE)(stage)
app.command(rich_help_panel=_USE)(stream)
app.command(rich_help_panel=_USE)(export)
app.command(rich_help_panel=_CHECK)(check)
app.command(rich_help_panel=_CHECK)(store)
app.command(rich_help_panel=_CHECK)(verify)
app.command(rich_help_panel=_CHECK)(reproduce)
app.command(rich_help_panel=_CHECK)(doctor)


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
        status = _commands()(prog_name="eegzoo", standalone_mode=False)
    except UsageError as error:
        if reason := error.format_message():  # otherwise the help has been printed
            command = getattr(error.ctx, "command_path", None) or _command_given()
            _print_error(f"{reason}{_hint(reason, command)} (see {command} --help)")
        return 2
    except (ValueError, TypeError, OSError, ImportError) as error:
        page, solution = page_for(str(error)), way_out(str(error), _options_of_command())
        reason = f"{error}; {solution}" if solution else str(error)
        _print_error(f"{reason} (more: {page})" if page else reason)
        return 2
    return int(status or 0)


@functools.cache
def _commands() -> Any:
    """Return the commands with their options, which typer takes a tenth of a second to make."""
    return typer.main.get_command(app)


def _command_given() -> str:
    """Return the command that was typed, for errors that do not know it."""
    names = _commands().commands
    return " ".join(["eegzoo", *[word for word in sys.argv[1:] if word in names][:1]])


def _options_of_command() -> list[str]:
    """Return the options of the command that was typed."""
    command = _commands().commands.get(_command_given().rpartition(" ")[2])
    return [] if command is None else [name for each in command.params for name in each.opts]


def _hint(reason: str, command: str) -> str:
    """Return what to type instead, where it is clear what was meant."""
    if "extra argument" not in reason:
        return ""
    if "--raw" in _options_of_command():
        if "--raw" in sys.argv:
            return ": each recording needs a --raw of its own; --raw FOLDER takes all in a folder"
        return ": recordings are given with --raw"
    return ": one recording at a time" if command in ("eegzoo predict", "eegzoo check") else ""


def _print_error(reason: str) -> None:
    """Print an error on one line. Blanks stay as they are: names of events can have several."""
    sys.stderr.write(
        f"eegzoo: error: {' '.join(filter(None, map(str.strip, reason.splitlines())))}\n"
    )
