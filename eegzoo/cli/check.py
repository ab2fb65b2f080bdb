"""Command ``eegzoo check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eegzoo.cli import reading_options
from eegzoo.cli.trained import find_trained

if TYPE_CHECKING:
    import mne


def check(
    recording: Annotated[Path, typer.Argument(help="Recording, in any format that MNE reads.")],
    model: Annotated[
        str | None,
        typer.Option(help="File saved by eegzoo train, or name of trained weights."),
    ] = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
) -> None:
    """Check a recording for common faults.

    Faults are NaN, a wrong unit, flat, clipped or duplicated channels, and mains noise. With
    --model, the recording is also compared with the data that the model expects. The exit status
    is 1 if a finding is an error, and 0 if there are only notes.

    For example:

    [bold]eegzoo check recording.edf[/]

    [bold]eegzoo check recording.edf --model model.safetensors[/]

    [bold]eegzoo check recording.edf --model eegnet.physionet_mi2[/]
    """
    import mne
    from rich.console import Console
    from rich.table import Table

    from eegzoo.data.preprocessing.filter_steps import Resample, Scale
    from eegzoo.data.signal.quality import check_against, check_recording

    raw = reading_options.reader(reader_option, truncated)(recording)
    if isinstance(raw, mne.BaseEpochs):
        raise ValueError(f"expected a continuous recording, got epochs: {recording}")
    findings = []
    if model is not None:
        trained = find_trained(model)
        if trained.signal is None:
            raise ValueError(
                f"expected a model with channel names, got {model}, which was trained on arrays"
            )
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
    _print_events(raw)
    if not findings:
        typer.echo("no faults found")
        return
    table = Table("", "finding", "channels", "description")
    for finding in sorted(findings, key=lambda finding: not finding.fatal):
        mark = "[red]error[/]" if finding.fatal else "note"
        table.add_row(mark, finding.kind, ", ".join(finding.channels) or "all", finding.message)
    Console().print(table)
    if any(finding.fatal for finding in findings):
        raise typer.Exit(1)


def _print_events(raw: mne.io.BaseRaw) -> None:
    """Print the events of a recording, and the --event-id that would use each."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from eegzoo.cli.event_options import spoken
    from eegzoo.data.reading.events.listing import list_events
    from eegzoo.data.reading.events.sources import EventSource

    try:
        with spoken("events"):
            events = list_events(raw)
    except ValueError as error:  # of a stim channel
        typer.echo(f"events: {error}")
        events = list_events(raw, EventSource("annotations"))
    if not events:
        typer.echo("no events found")
        return
    table = Table("event", "count", "duration", "--event-id", "")
    for event in events:
        note = f"left out: {event.left_out}" if event.left_out else ""
        cells = (event.name, str(event.count), f"{event.duration:g} s", event.event_id, note)
        table.add_row(*(escape(cell) for cell in cells))
    Console().print(table)
