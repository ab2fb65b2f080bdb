"""Command ``eegzoo stage``."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import reading_options, results, workers
from eegzoo.cli.completion import complete_trained

if TYPE_CHECKING:
    from eegzoo.sleep.hypnogram import Hypnogram
    from eegzoo.sleep.staging_nights import StagedNight

_OUTPUTS = "Output"


def stage(
    nights: Annotated[list[Path], typer.Argument(help="Recordings, in any format that MNE reads.")],
    model: Annotated[
        str,
        typer.Option(
            help="Name of trained weights, or file saved by eegzoo train.",
            autocompletion=complete_trained,
        ),
    ] = "robustsleepnet",
    channels: Annotated[
        list[str] | None,
        typer.Option(
            help="Derivations, such as C4-M1,Fpz-Cz, which are computed from single electrodes "
            "where necessary; or channels.",
            show_default="one central, frontal and occipital derivation, and both eyes",
        ),
    ] = None,
    lights_off: Annotated[
        str | None,
        typer.Option(
            help="Clock time, such as 23:10, or seconds from the start, from which statistics "
            "count.",
            show_default="the start",
        ),
    ] = None,
    lights_on: Annotated[
        str | None,
        typer.Option(help="Time up to which statistics count.", show_default="the end"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File for the hypnogram: CSV, TSV or, for EDF+ annotations, EDF. Several nights: "
            "a folder. Default: CSV on standard output.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="File for the picture: PNG, SVG or PDF. Several nights: a folder.",
            show_default="none",
            rich_help_panel=_OUTPUTS,
        ),
    ] = None,
    statistics: Annotated[
        Path | None,
        typer.Option(
            help="CSV file for the statistics, with a row for each night.",
            show_default="none",
            rich_help_panel=_OUTPUTS,
        ),
    ] = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="Format of the files in a folder: csv, tsv, edf.",
            rich_help_panel=_OUTPUTS,
        ),
    ] = "csv",
    jobs: workers.Jobs = None,
    cluster: workers.Cluster = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
) -> None:
    """Stage nights: a sleep stage and its probabilities for each 30 s, and a report.

    Each row of a CSV or TSV file describes a window. The columns are onset and duration in seconds,
    stage (W, N1, N2, N3, R or unscored) and the probability of each stage. Where the signal is
    missing, marked as bad, saturated or flat in more than a tenth of a window, the window is
    unscored, as is a shorter one at the end.

    Of several nights, each failure is a line on standard error; the others are staged, and the exit
    status is 1.

    For example:

    [bold]eegzoo stage night.edf --out night.csv --plot night.png[/]

    [bold]eegzoo stage night.edf --channels C4-M1,E1-M2 --lights-off 23:10 --lights-on 06:45[/]

    [bold]eegzoo stage nights/*.edf --out hypnograms --statistics nights.csv --jobs 2[/]
    """
    from eegzoo.arguments import one_of
    from eegzoo.cli.option_values import split
    from eegzoo.sleep.files.night_files import night_files
    from eegzoo.sleep.staging_nights import stage_nights

    one_of("--format", format_, ("csv", "tsv", "edf"))
    workers.check(jobs, cluster)
    if len(nights) > 1 and out is None and plot is None and statistics is None:
        raise ValueError("expected --out FOLDER, --plot FOLDER or --statistics with several nights")
    files = night_files(nights, out, plot, f".{format_}")
    written = [path for night in files for path in (night.hypnogram, night.picture)]
    results.check_outputs([statistics, *written], nights)
    read = reading_options.reading_values(reader_option, truncated)
    with workers.joblib_on(cluster, jobs):
        staged = stage_nights(
            nights,
            model,
            channels=split("--channels", channels) or None,
            lights_off=lights_off,
            lights_on=lights_on,
            out=out,
            plot=plot,
            ending=f".{format_}",
            **read,
        )
        finished = []
        for night in staged:
            finished.append(night)
            _report(night, alone=len(nights) == 1, to_stdout=out is None and len(nights) == 1)
    if statistics is not None:
        _write_statistics(statistics, nights, finished)
    failed = sum(night.hypnogram is None for night in finished)
    if failed:
        if len(nights) > 1:
            typer.echo(f"staged {len(nights) - failed} of {len(nights)} nights", err=True)
        raise typer.Exit(1)


def _report(night: StagedNight, *, alone: bool, to_stdout: bool) -> None:
    """Print what came out of a night: the hypnogram or its statistics, and where the files are."""
    hypnogram = night.hypnogram
    if hypnogram is None:
        typer.echo(f"eegzoo: error: {night.recording}: {night.error}", err=True)
        return
    for note in night.notes:
        typer.echo(f"{night.recording}: {note}", err=True)
    if to_stdout:
        _print_table(hypnogram)
    found = hypnogram.statistics()
    if alone:
        typer.echo("\n".join(found.as_lines()), err=to_stdout)
        for path in night.files:
            typer.echo(f"wrote {path}", err=to_stdout)
        return
    wrote = f", wrote {', '.join(str(path) for path in night.files)}" if night.files else ""
    typer.echo(
        f"{night.recording}: TST {found.total_sleep_time:.1f} min, SE {found.sleep_efficiency:.1f} "
        f"%{wrote}"
    )


def _print_table(hypnogram: Hypnogram) -> None:
    """Print the table of a hypnogram with the same bytes on all platforms."""
    from eegzoo.sleep.files.hypnogram_files import table_rows

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    rows = table_rows(
        hypnogram.onsets, hypnogram.durations, hypnogram.stages, hypnogram.probabilities
    )
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


def _write_statistics(path: Path, nights: Sequence[Path], finished: Sequence[StagedNight]) -> None:
    """Write a row for each night, in the order of the command line; failed ones have an error."""
    from eegzoo.files import written_whole

    by_path = {night.recording: night for night in finished}
    rows: list[dict[str, Any]] = []
    for recording in nights:
        night = by_path[recording]
        row: dict[str, Any] = {"recording": str(recording)}
        if night.hypnogram is not None:
            row["model"] = night.hypnogram.model
            row["channels"] = " ".join(night.hypnogram.channels)
            numbers = night.hypnogram.statistics().as_row()
            row |= {name: _cell(number) for name, number in numbers.items()}
        rows.append({**row, "error": night.error or ""})
    columns = list(
        dict.fromkeys(name for row in sorted(rows, key=len, reverse=True) for name in row)
    )
    with written_whole(path) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _cell(number: float) -> str:
    """Return a number for a table; an empty cell for one that does not exist."""
    return "" if number != number else f"{number:.6g}"
