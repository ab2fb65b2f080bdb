"""Tables in Markdown: written for the pages, and read from the results of the benchmarks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

_CELL_BORDER = re.compile(r"(?<!\\)\|")


@dataclasses.dataclass(frozen=True)
class MarkdownTable:
    """Table below a heading.

    Parameters
    ----------
    heading : str
        Text of the heading of level 2 above it.
    header : tuple of str
        Titles of the columns.
    rows : tuple of tuple of str
        Cells.
    """

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def rows_with(self, names: Iterable[str]) -> MarkdownTable:
        """Return the rows of which a cell is a name, or begins with it and a dot or a comma."""
        begins = re.compile(rf"`?({'|'.join(map(re.escape, names))})`?([.,].*)?$")
        found = [row for row in self.rows if any(begins.match(cell) for cell in row)]
        return dataclasses.replace(self, rows=tuple(found))

    def __str__(self) -> str:
        return table(self.header, self.rows)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table, which scrolls by itself on a narrow screen."""
    lines = [header, ["---"] * len(header), *rows]
    text = "\n".join(
        f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in lines
    )
    return f"{text}\n"


def tables_in(text: str) -> list[MarkdownTable]:
    """Return the tables of a text in Markdown."""
    found, heading, lines = [], "", []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            lines.append(tuple(cell.strip() for cell in _CELL_BORDER.split(line)[1:-1]))
            continue
        if len(lines) > 2:
            found.append(MarkdownTable(heading, lines[0], tuple(lines[2:])))
        lines = []
        if line.startswith("## "):
            heading = line.removeprefix("## ")
    return found
