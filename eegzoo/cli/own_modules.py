"""Option ``--import``: modules with models of users' own."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer


def import_modules(
    modules: Annotated[
        list[str] | None,
        typer.Option("--import", help="Python module with models of your own, imported first."),
    ] = None,
) -> None:
    """Import modules before a command runs. Those in the current folder are found."""
    if not {"", str(Path.cwd())} & set(sys.path):
        sys.path.insert(0, str(Path.cwd()))
    for module in modules or []:
        importlib.import_module(module)
