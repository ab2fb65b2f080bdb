"""``eegzoo check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eegzoo.cli.trained import find_trained


def check(
    recording: Annotated[Path, typer.Argument(help="A recording in any format MNE reads.")],
    model: Annotated[
        str | None,
        typer.Option(help="A file that eegzoo train saved, or a name of eegzoo weights."),
    ] = None,
) -> None:
    """Look for what makes nonsense of a recording: unit, dead or doubled channels, mains.

    Ends with status 1 if a model could not take it, with 0 if what was found is only to be known.

    For example:

    [bold]eegzoo check recording.edf[/]

    [bold]eegzoo check recording.edf --model model.safetensors[/]

    [bold]eegzoo check recording.edf --model eegnet.physionet_mi2[/]
    """
    from rich.console import Console
    from rich.table import Table

    from eegzoo.data.preprocessing.filter_steps import Resample, Scale
    from eegzoo.data.reading.recordings import read_recording
    from eegzoo.data.signal.quality import check_against, check_recording

    raw = read_recording(recording)
    findings = []
    if model is not None:
        trained = find_trained(model)
        if trained.signal is None:
            raise ValueError(f"{model} was trained on arrays, and knows no channels")
        sfreq = raw.info["sfreq"]
        for step in trained.preprocessing.steps:
            if isinstance(step, Scale):
                step.apply(raw.load_data(verbose="ERROR"))
            elif isinstance(step, Resample):
                sfreq = step.sfreq
        findings += check_against(raw, trained.signal, sfreq)
    findings += check_recording(raw)
    typer.echo(
        f"{recording}: {raw.info['nchan']} channels, {raw.info['sfreq']:g} Hz, "
        f"{raw.times[-1]:.0f} s"
    )
    if not findings:
        typer.echo("nothing found")
        return
    table = Table("", "what", "channels", "in words")
    for finding in sorted(findings, key=lambda finding: not finding.fatal):
        mark = "[red]error[/]" if finding.fatal else "note"
        table.add_row(mark, finding.kind, ", ".join(finding.channels) or "all", finding.message)
    Console().print(table)
    if any(finding.fatal for finding in findings):
        raise typer.Exit(1)
