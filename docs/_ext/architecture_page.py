"""The packages and what they import, computed from the source, for contributors."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from figure_pages import as_svg, image
from markdown_tables import table
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

import eegzoo
from eegzoo.report.style import COLORS, describe, styled

ROOT = Path(eegzoo.__file__).parent
WIDTH, HEIGHT, GAP = 1.6, 0.5, 0.5

PAGE = """# Architecture

eegzoo is a stack of packages. Each may import those below it, never one above, and no file is part
of an import cycle. `tests/test_imports.py` computes both from the source, as this page does:

{picture}
{table}
## Why it is so

- **Tensors need torch alone.** `layers` and `models` import neither MNE nor scikit-learn, so that
  someone with tensors needs nothing else.
- **Models do not know about weights.** `weights` turns a name into a trained model; the package's
  own `create_model` joins the two.
- **Names are loaded when they are first used.** An `__init__` says in one sentence what belongs
  there, and its stub (`__init__.pyi`) lists what it exports.
- **Mathematics is in pure functions, state in modules.** The constraint is one function, a mixin
  holds the state, and a constrained layer is a few lines.
- **The training loop is skorch's.** What eegzoo adds is what EEG needs: crops, masks, constraints,
  alignment by person.
- **A figure is drawn from arrays**, takes `axes=`, and has an alternative text.

How a window travels through `fit` and `predict`, how a model or a section of the report is added,
and why each dependency is there: [](contributing.md).
"""


@cache
def imported_packages() -> dict[str, frozenset[str]]:
    """Return the packages that each package imports, type hints and late imports included."""
    packages = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
    found = {}
    for package in packages:
        names = set()
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    parts = [node.module] if node.module != "eegzoo" else [
                        f"eegzoo.{alias.name}" for alias in node.names
                    ]  # fmt: skip
                    names |= {part.split(".")[1] for part in parts if part.startswith("eegzoo.")}
        found[package] = frozenset(names & set(packages) - {package})
    return found


def levels() -> list[list[str]]:
    """Return the packages by the length of their longest chain of imports, the lowest first."""

    @cache
    def level(package: str) -> int:
        return max((level(other) + 1 for other in imported_packages()[package]), default=0)

    found: list[list[str]] = []
    for package in sorted(imported_packages(), key=level):
        while len(found) <= level(package):
            found.append([])
        found[level(package)].append(package)
    return [sorted(row, reverse=True) for row in found]


def pages(docs: Path) -> dict[str, str]:
    """Return the texts of the pages and the picture by file name."""
    rows = []
    for level in reversed(levels()):
        for package in level:
            docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text()))
            needs = ", ".join(f"`{other}`" for other in sorted(imported_packages()[package]))
            files = len(list((ROOT / package).rglob("*.py")))
            rows.append((f"`{package}`", docstring.partition("\n")[0], needs, files))
    figure = draw()
    picture = image("architecture.svg", figure.axes[0].get_label())
    listed = table(("package", "what belongs there", "imports", "files"), rows)
    return {
        "about/architecture.svg": as_svg(figure),
        "about/architecture.md": PAGE.format(picture=picture, table=listed),
    }


@styled
def draw() -> Figure:
    """Draw the packages in levels, with an arrow to each package that is imported directly."""
    rows = levels()
    height = len(rows) * (HEIGHT + GAP)
    figure = Figure(figsize=(6.4, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 6.4), ylim=(0, height))
    axes.set_axis_off()
    places = {}
    for number, row in enumerate(rows):
        for column, package in enumerate(row):
            x = 6.4 * (column + 1) / (len(row) + 1)
            places[package] = x, number * (HEIGHT + GAP) + GAP / 2 + HEIGHT / 2
    reach = _reachable()
    for package, needed in imported_packages().items():
        x, y = places[package]
        # A package that another imported one imports needs no arrow of its own.
        for other in needed - frozenset().union(*(reach[one] for one in needed)):
            to_x, to_y = places[other]
            arrow = {"arrowstyle": "-|>", "color": "#767676", "shrinkA": 0, "shrinkB": 0}
            axes.annotate(
                "", (to_x, to_y + HEIGHT / 2), (x, y - HEIGHT / 2), arrowprops=arrow, zorder=0
            )  # fmt: skip
    for package, (x, y) in places.items():
        box = FancyBboxPatch(
            (x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="#EAF2F8", edgecolor=COLORS[0],
        )  # fmt: skip
        axes.add_patch(box)
        axes.text(x, y, package, ha="center", va="center", fontweight="bold")
    listed = "; ".join(" and ".join(row) for row in rows)
    describe(
        axes,
        f"Packages from the lowest level to the highest, each importing those below: {listed}.",
    )
    return figure


def _reachable() -> dict[str, frozenset[str]]:
    """Return what each package imports, directly or through others."""

    @cache
    def reach(package: str) -> frozenset[str]:
        direct = imported_packages()[package]
        return direct.union(*(reach(other) for other in direct)) if direct else direct

    return {package: reach(package) for package in imported_packages()}
