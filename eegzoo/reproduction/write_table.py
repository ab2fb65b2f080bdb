"""Writer of the table in ``docs/reproduce.md``.

It runs as ``python -m eegzoo.reproduction.write_table`` in a clone of the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eegzoo.reproduction.catalogue import data_sources, list_entries
from eegzoo.reproduction.entry import Entry, Figure
from eegzoo.reproduction.record import Record, compare, stored_record

PAGE = Path(__file__).parents[2] / "docs" / "reproduce.md"
START, END = "<!-- written by eegzoo.reproduction.write_table -->", "<!-- end -->"
HEADINGS = {"card": "Trained weights", "benchmark": "Benchmarks", "paper": "Papers"}
# Rows of an entry that has more figures than this are left to `eegzoo reproduce NAME --list`.
MOST_FIGURES = 12


def page(text: str) -> str:
    """Return the text of the page with the current tables between the two marks."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{tables()}\n{END}{after}"


def tables() -> str:
    """Return the tables of all entries and of the data sets, in Markdown."""
    lines: list[str] = []
    for kind, heading in HEADINGS.items():
        lines += [f"### {heading}", "", *_table(list_entries(kind=kind)), ""]
    lines += ["### Data", "", "| name | what | address | licence |", "|---|---|---|---|"]
    for source in data_sources().values():
        if source.address:
            lines.append(
                f"| {source.name} | {source.title} | <{source.address}> | {source.licence} |"
            )
    return "\n".join(lines) + "\n"


def _table(entries: list[Entry]) -> Iterator[str]:
    yield "| entry | figure | paper | ours | run here | difference | |"
    yield "|---|---|---|---|---|---|---|"
    for entry in entries:
        record = stored_record(entry.name)
        shown = entry.figures[:MOST_FIGURES]
        for place, figure in enumerate(shown):
            yield _row(f"`{entry.name}`" if place == 0 else "", figure, record)
        if len(entry.figures) > len(shown):
            yield f"| | {len(entry.figures) - len(shown)} more figures | | | | | |"
        if not entry.figures:
            yield f"| `{entry.name}` | {entry.title} | | | | | {_state(entry, record)} |"


def _row(name: str, figure: Figure, record: Record | None) -> str:
    what = figure.label if figure.measure == "accuracy" else f"{figure.label}: {figure.measure}"
    paper = f"{figure.paper.value:.3f}" if figure.paper else ""
    ours = f"{figure.ours.value:.3f}" if figure.ours else ""
    score = record.score(figure.label, figure.measure) if record else None
    if score is None:
        return f"| {name} | {what} | {paper} | {ours} | | | not run here |"
    found = compare(figure, score, score, len(record.seeds) if record else 1)
    change = found.from_ours or found.from_paper
    difference = "" if change is None else f"{change.value:+.3f}"
    note = f" ({record.note})" if record and record.note else ""
    return (
        f"| {name} | {what} | {paper} | {ours} | {score.value:.3f} | {difference} | "
        f"{found.outcome}{note} |"
    )


def _state(entry: Entry, record: Record | None) -> str:
    if record is not None:
        return "run"
    return "times of a machine" if entry.protocol == "script" else "not run here"


def write_table() -> None:
    """Write the current tables into the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write_table()
