"""API reference: a page for each package, with a table of what it exports."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import eegzoo

ROOT = Path(eegzoo.__file__).parent
PACKAGES = (
    "eegzoo",
    *(
        f"eegzoo.{path.parent.name}"
        for path in sorted(ROOT.glob("*/__init__.py"))
        if path.with_suffix(".pyi").exists()
    ),
)


def public_names() -> dict[str, list[str]]:
    """Return the documented names of each package, without packages and dunder names."""
    found = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        found[package] = [
            name
            for name in module.__all__
            if not name.startswith("__") and not inspect.ismodule(getattr(module, name))
        ]
    inner = [package for package in PACKAGES if package != "eegzoo"]
    elsewhere = {id(_value(package, name)) for package in inner for name in found[package]}
    # What the package itself takes from one of its packages is described there.
    found["eegzoo"] = [
        name for name in found["eegzoo"] if id(_value("eegzoo", name)) not in elsewhere
    ]
    return found


def _value(package: str, name: str) -> object:
    return getattr(importlib.import_module(package), name)


def pages(docs: Path) -> dict[str, str]:
    """Return the texts of the pages by file name."""
    names = public_names()
    listed = "\n".join(f"   {package}" for package in names)
    index = f"""{_title("API reference", "=")}
What each package exports, from its docstrings. Names are imported when they are first used: from
``eegzoo.layers`` and ``eegzoo.models`` a program needs torch alone.

.. toctree::
   :maxdepth: 1

{listed}
"""
    found = {"api/index.rst": index}
    for package, exported in names.items():
        found[f"api/{package}.rst"] = _page(package, exported)
    return found


def _page(package: str, exported: list[str]) -> str:
    module = importlib.import_module(package)
    groups: dict[str, list[str]] = {"Classes": [], "Functions": [], "Data": []}
    for name in sorted(exported, key=str.lower):
        value = getattr(module, name)
        kind = "Classes" if inspect.isclass(value) else "Functions" if callable(value) else "Data"
        groups[kind].append(name)
    text = f"{_title(package, '=')}\n{inspect.cleandoc(module.__doc__ or '')}\n"
    others = [name for name in module.__all__ if inspect.isroutine(getattr(module, name))]
    others = [f"`{name}`" for name in others if name not in exported]
    if others:
        text += f"\nIt also exports {', '.join(others)}.\n"
    text += f"\n.. module:: {package}\n"
    for kind, names in groups.items():
        if names:
            listed = "\n".join(f"   {name}" for name in names)
            text += f"\n{_title(kind, '-')}\n.. autosummary::\n   :toctree: reference\n\n{listed}\n"
    return text


def _title(text: str, underline: str) -> str:
    return f"{text}\n{underline * len(text)}\n"
