"""Command ``eegzoo reproduce``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import results
from eegzoo.cli.completion import complete_entries

if TYPE_CHECKING:
    from eegzoo.reproduction.entry import Entry
    from eegzoo.reproduction.record import Comparison, Record


def reproduce(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Entries, trained weights, or patterns. Certificates are verify:MODEL.",
            show_default=False,
            autocompletion=complete_entries,
        ),
    ] = None,
    show: Annotated[
        bool,
        typer.Option("--list", help="List entries and run nothing; of one name, its description."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
    kind: Annotated[
        str | None, typer.Option(help="Only entries of a kind: card, benchmark or paper.")
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Directory of data sets. Default: EEGZOO_DATA, and MNE's folder."),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Number of seeds. Default: as many as published.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file for the records.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="File of the results so far (JSON lines), which are not repeated."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Run the protocol on simulated recordings in the shape of the data, in seconds; "
            "the figures mean nothing.",
        ),
    ] = False,
) -> None:
    """Get published figures again: of cards, of the benchmarks, and of papers.

    For each figure: protocol, data with their address and licence, seeds, the paper's figure, ours,
    the one got now, the difference with a 95% interval, and the environment. The exit status is 1
    if a figure is outside the interval of the published one, and 2 if data are missing.

    For example:

    [bold]eegzoo reproduce --list[/]

    [bold]eegzoo reproduce eegnet.physionet_mi2[/]

    [bold]eegzoo reproduce bench:eegmat --data-dir data --resume fits.jsonl --out record.json[/]

    [bold]eegzoo reproduce "paper:*bci2a*" --dry-run[/]
    """
    entries = chosen(names, kind)
    if show:
        _show(entries, as_json, details=bool(names) and len(entries) <= 3)
        return
    if not names:
        raise ValueError("expected the name of an entry, or --list, got neither")
    results.check_outputs([out])
    from eegzoo.reproduction.record import compared
    from eegzoo.reproduction.recordings.folders import MissingDataError
    from eegzoo.reproduction.reproduce import reproduce as run

    done: list[dict[str, Any]] = []
    missing: list[str] = []
    outside = False
    for entry in entries:
        wanted = entry.seeds if seeds is None else tuple(range(seeds))
        if not as_json:
            typer.echo("\n".join(lines_of(entry)))
        try:
            record = run(
                entry, data_dir=data_dir, seeds=wanted, results=resume, dry_run=dry_run,
                progress=_say,
            )  # fmt: skip
        except MissingDataError as error:
            missing.append(f"{entry.name}: {error}")
            continue
        comparisons = compared(entry, record)
        outside |= not dry_run and any(each.outcome == "outside" for each in comparisons)
        if not as_json:
            _print(record, comparisons)
        done.append(as_dict(entry, record, comparisons))
    if as_json:
        typer.echo(_text(done))
    if out is not None and done:
        results.write_json(out, {"records": done})
    for line in missing:
        typer.echo(f"eegzoo: not run: {line}", err=True)
    if missing:
        raise typer.Exit(2)
    if outside:
        raise typer.Exit(1)


def chosen(names: Sequence[str] | None, kind: str | None) -> list[Entry]:
    """Return the entries of names and patterns, or all, of a kind."""
    from eegzoo.reproduction.catalogue import find_entries, list_entries

    if not names:
        return list_entries(kind=kind)
    found: dict[str, Entry] = {}
    for name in names:
        is_pattern = any(character in name for character in "*?[")
        some = list_entries(name, kind=kind) if is_pattern else find_entries(name)
        if not some:
            raise ValueError(f"no entry matches {name!r}")
        found |= {entry.name: entry for entry in some if kind in (None, entry.kind)}
    return list(found.values())


def lines_of(entry: Entry) -> Iterator[str]:
    """Yield what is known of an entry before it runs."""
    yield f"{entry.name}: {entry.title}"
    yield f"  protocol   {protocol_in_words(entry)}"
    if entry.data.name != "none":
        yield f"  data       {entry.data.title}; {entry.data.address or entry.data.how}"
        yield f"  licence    {entry.data.licence}"
    if entry.data.citation:
        yield f"  cite       {entry.data.citation}"
    if others := [each for each in also_of(entry) if each != entry.name]:
        yield f"  see also   {', '.join(others)}"
    yield f"  seeds      {', '.join(map(str, entry.seeds))}"
    yield f"  takes      about {entry.minutes:g} minutes on one core"
    if entry.note:
        yield f"  note       {entry.note}"


def also_of(entry: Entry) -> list[str]:
    """Return the names of the entries with figures of the same cards."""
    from eegzoo.reproduction.catalogue import covering

    return sorted({other.name for name in entry.covers for other in covering(name)})


def protocol_in_words(entry: Entry) -> str:
    """Return the name of a protocol with its parameters, on one line."""
    import json

    given = ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}"
        for name, value in entry.parameters.items()
    )
    return f"{entry.protocol}({given})"


def as_dict(entry: Entry, record: Record, comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return all that is known of a run for a JSON file."""
    import dataclasses

    return {
        **record.to_dict(),
        "title": entry.title,
        "protocol": {"name": entry.protocol, "parameters": entry.parameters},
        "data": dataclasses.asdict(entry.data),
        "comparisons": [
            {
                "label": each.figure.label,
                "measure": each.figure.measure,
                "value": each.score.value,
                "ours": _or_none(each.figure.ours),
                "paper": _or_none(each.figure.paper),
                "difference_from_ours": _or_none(each.from_ours),
                "difference_from_paper": _or_none(each.from_paper),
                "outcome": each.outcome,
            }
            for each in comparisons
        ],
    }


def _or_none(value: Any) -> dict[str, Any] | None:
    import dataclasses

    return None if value is None else dataclasses.asdict(value)


def _text(value: Any) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def _say(line: str) -> None:
    typer.echo(f"  {line}", err=True)


def _show(entries: Sequence[Entry], as_json: bool, *, details: bool) -> None:
    """Print the entries, with the state of our own runs."""
    from eegzoo.reproduction.record_files import has_record

    if as_json:
        typer.echo(
            _text([{**entry.to_dict(), "run_here": has_record(entry.name)} for entry in entries])
        )
        return
    if details:
        for entry in entries:
            typer.echo("\n".join(lines_of(entry)))
            for figure in entry.figures:
                ours = f"ours {_value(figure.ours)}" if figure.ours else "not run here"
                paper = f", paper {_value(figure.paper)}" if figure.paper else ""
                typer.echo(f"  {figure.label}, {figure.measure}: {ours}{paper}")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("entry", "what", "data", "ours", "paper", "run here")
    for entry in entries:
        first = entry.figures[0] if entry.figures else None
        table.add_row(
            entry.name, entry.title, entry.data.name, _value(first and first.ours),
            _value(first and first.paper), "yes" if has_record(entry.name) else "not run here",
        )  # fmt: skip
    Console().print(table)


def _value(stated: Any) -> str:
    return "" if stated is None else f"{stated.value:.3f}"


def _print(record: Record, comparisons: Sequence[Comparison]) -> None:
    """Print the figures of a run, their differences, and the environment."""
    from rich.console import Console
    from rich.table import Table

    if record.note:
        typer.echo(f"  {record.note}")
    if comparisons:
        table = Table("figure", "measure", "paper", "ours", "now", "difference", "")
        for each in comparisons:
            change = each.from_ours or each.from_paper
            low, high = each.score.interval
            table.add_row(
                each.figure.label, each.figure.measure, _value(each.figure.paper),
                _value(each.figure.ours), f"{each.score.value:.3f} [{low:.3f}, {high:.3f}]",
                "" if change is None
                else f"{change.value:+.3f} [{change.interval[0]:+.3f}, {change.interval[1]:+.3f}]",
                each.outcome,
            )  # fmt: skip
        Console().print(table)
    machine = record.environment
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    typer.echo(f"  {versions}; {machine['platform']}, {machine['cpu']}; {record.seconds:g} s")
