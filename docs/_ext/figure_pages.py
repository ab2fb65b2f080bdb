"""Figures of the guide, drawn by the scripts in docs/figures whenever the site is built."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

FIGURES = Path(__file__).parents[1] / "figures"


def as_svg(figure: Figure) -> str:
    """Return a figure as SVG, the same for the same figure."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "eegzoo", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def image(path: str, text: str, **options: str) -> str:
    """Return a picture with an alternative text as a MyST directive."""
    lines = [f":{key}: {value}" for key, value in {"alt": text, **options}.items()]
    return "\n".join([f"```{{image}} {path}", *lines, "```", ""])


def figures() -> dict[str, str]:
    """Return the pictures by file name, each with a page part that holds its alternative text."""
    from eegzoo.report import alternative_text

    found = {}
    for path in sorted(FIGURES.glob("*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        figure = module.draw()
        found[f"generated/{path.stem}.svg"] = as_svg(figure)
        text = alternative_text(figure)
        found[f"generated/{path.stem}.txt"] = image(f"/generated/{path.stem}.svg", text)
    return found
