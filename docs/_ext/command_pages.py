"""A page for each command of the command line, from its help."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer
from markdown_tables import table

from eegzoo.cli import app

_MARKUP = re.compile(r"\[/?[a-z ]*\]")
_EXAMPLE = re.compile(r"^\[bold\](.*?)\[/(?:bold)?\]$", re.MULTILINE)


def commands() -> dict[str, Any]:
    """Return the commands by name, in the order of the command line."""
    return dict(typer.main.get_command(app).commands)


def pages(docs: Path) -> dict[str, str]:
    """Return the texts of the pages by file name."""
    found = {f"commands/{name}.md": _page(name, command) for name, command in commands().items()}
    rows = [
        (f"[eegzoo {name}]({name}.md)", _sentence(one.help)) for name, one in commands().items()
    ]
    listed = "\n".join(commands())
    found["commands/index.md"] = (
        "# Command line\n\n`eegzoo COMMAND --help` prints the same on your machine.\n\n"
        f"{table(('command', 'what it does'), rows)}\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    )
    return found


def _sentence(text: str) -> str:
    return _MARKUP.sub("", text.strip().partition("\n\n")[0]).replace("\n", " ")


def _page(name: str, command: Any) -> str:
    text = _EXAMPLE.sub(r"```console\n$ \1\n```", command.help.replace("\x0c", "").strip())
    text = _MARKUP.sub("", text).replace("\n```\n\n```console\n", "\n")
    context = typer.Context(command, info_name=f"eegzoo {name}")
    usage = " ".join(command.get_usage(context).removeprefix("Usage:").split())
    parts = [f"# eegzoo {name}\n\n```text\n{usage}\n```\n\n{text}\n"]
    given: dict[str, list[tuple[str, str, str]]] = {}
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            group, names = "Arguments", f"`{parameter.name.upper()}`"
        else:
            group = getattr(parameter, "rich_help_panel", None) or "Options"
            names = ", ".join(f"`{one}`" for one in (*parameter.opts, *parameter.secondary_opts))
        default = parameter.default
        shown = "" if default in (None, False, ()) or callable(default) else f"`{default}`"
        meaning = _MARKUP.sub("", getattr(parameter, "help", "") or "").replace("\n", " ")
        given.setdefault(group, []).append((names, meaning, shown))
    parts += [
        f"## {group}\n\n{table(('name', 'meaning', 'default'), rows)}"
        for group, rows in given.items()
    ]
    return "\n".join(parts)
