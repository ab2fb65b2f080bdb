"""Command ``eegzoo check``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eegzoo.cli import channel_options, matching, reading_options, results
from eegzoo.cli.completion import complete_trained
from eegzoo.cli.recording_paths import existing
from eegzoo.cli.trained import find_trained, model_files

if TYPE_CHECKING:
    import mne

    from eegzoo.cli.trained import Trained
    from eegzoo.data.reading.events.listing import EventSummary
    from eegzoo.data.signal.quality import Finding


def check(
    recording: Annotated[
        Path,
        typer.Argument(help="Recording, in any format that MNE reads.", callback=existing),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            help="File saved by eegzoo train, or name of trained weights.",
            autocompletion=complete_trained,
        ),
    ] = None,
    reader_option: reading_options.ReaderOption = None,
    truncated: reading_options.Truncated = "raise",
    channels: channel_options.Channels = None,
    exclude: channel_options.Exclude = None,
    types: channel_options.Types = None,
    bads: channel_options.Bads = "interpolate",
    rename: channel_options.Rename = None,
    json: Annotated[
        Path | None, typer.Option(help="JSON file for the results.", show_default="none")
    ] = None,
) -> None:
    """Check a recording: its channels, its events and common faults.

    Faults are NaN, a wrong unit, flat, clipped or duplicated channels, and mains noise. With
    --model, the recording is also compared with the data that the model expects. The exit status
    is 1 if a finding is an error, and 0 if there are only notes. The recording is read in blocks,
    so that long ones fit in memory.

    --json writes eeg_channels (names by which a model matches them), left_out (reason by name),
    interpolated, sfreq, events (count and duration by name) and findings (kind, channels, message,
    whether it is an error, and the factor for a wrong unit).

    For example:

    [bold]eegzoo check recording.edf[/]

    [bold]eegzoo check recording.edf --model model.safetensors[/]

    [bold]eegzoo check recording.edf --model eegnet.physionet_mi2[/]
    """
    import mne

    from eegzoo.data.signal.channel_names import standard_name
    from eegzoo.data.signal.quality import check_recording

    options = channel_options.ChannelOptions(channels, exclude, types, bads, rename)
    options.check()
    results.check_outputs([json], [recording, *(model_files(model) if model else [])])
    trained = None if model is None else find_trained(model)
    raw = reading_options.reader(reader_option, truncated)(recording)
    if isinstance(raw, mne.BaseEpochs):
        raise ValueError(f"expected a continuous recording, got epochs: {recording}")
    chosen = channel_options.choose(
        [(str(recording), raw)], options,
        types=("eeg",) if trained is None else trained.preprocessing.types,
        keep=() if trained is None else matching.channels_of(trained), repair=False,
    )  # fmt: skip
    raw, choice, interpolated = chosen.raws[0], chosen.choices[0], chosen.interpolated[0]
    findings: list[Finding] = []
    factor = 1.0
    if trained is not None:
        found, factor = _compared(raw, choice.final_names, trained)
        findings += found
    checked = [name for name in choice.final_names if name not in interpolated]
    if set(choice.types) <= _IN_VOLTS:
        findings += check_recording(raw, checked, factor)
    events = _events(raw)
    typer.echo(
        f"{recording}: {raw.info['nchan']} channels, {raw.info['sfreq']:.10g} Hz, "
        f"{raw.times[-1]:.0f} s"
    )
    typer.echo(channel_options.describe(choice, interpolated))
    _print_events(events)
    _print(findings)
    if json is not None:
        kinds = zip(choice.final_names, choice.types, strict=True)
        results.write_json(
            json,
            {
                "eeg_channels": [standard_name(name, kind) for name, kind in kinds],
                "left_out": dict(choice.left_out),
                "interpolated": interpolated,
                "sfreq": float(raw.info["sfreq"]),
                "events": {
                    event.name: {"count": event.count, "duration": event.duration}
                    for event in events
                    if not event.left_out
                },
                "findings": [_as_dict(finding) for finding in findings],
            },
        )
    if any(finding.fatal for finding in findings):
        raise typer.Exit(1)


_IN_VOLTS = {"eeg", "seeg", "ecog", "dbs"}


def _compared(
    raw: mne.io.BaseRaw, names: Sequence[str], trained: Trained
) -> tuple[list[Finding], float]:
    """Return mismatches with a model, and the factor by which its preprocessing scales."""
    from eegzoo.data.preprocessing.filter_steps import Resample, Scale
    from eegzoo.data.signal.quality import check_against

    sfreq, factor = raw.info["sfreq"], 1.0
    for step in trained.preprocessing.steps:
        if isinstance(step, Scale):
            factor *= step.factor
        elif isinstance(step, Resample):
            sfreq = step.sfreq
    if trained.signal is None:
        raise ValueError(
            f"expected a model with channel names, got {trained.name}, which was trained on arrays"
        )
    return check_against(raw, trained.signal, sfreq, names), factor


def _events(raw: mne.io.BaseRaw) -> list[EventSummary]:
    """Return the events of a recording; those of annotations if stim channels are unreadable."""
    from eegzoo.cli.event_options import spoken
    from eegzoo.data.reading.events.listing import list_events
    from eegzoo.data.reading.events.sources import EventSource

    try:
        with spoken("events"):
            return list_events(raw)
    except ValueError as error:
        typer.echo(f"events: {error}")
        return list_events(raw, EventSource("annotations"))


def _print_events(events: Sequence[EventSummary]) -> None:
    """Print events, and the --event-id that would use each."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if not events:
        typer.echo("no events found")
        return
    table = Table("event", "count", "duration", "--event-id", "")
    for event in events:
        note = f"left out: {event.left_out}" if event.left_out else ""
        cells = (event.name, str(event.count), f"{event.duration:g} s", event.event_id, note)
        table.add_row(*(escape(cell) for cell in cells))
    Console().print(table)


def _print(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not findings:
        typer.echo("no faults found")
        return
    table = Table("", "finding", "channels", "description")
    for finding in sorted(findings, key=lambda finding: not finding.fatal):
        mark = "[red]error[/]" if finding.fatal else "note"
        table.add_row(mark, finding.kind, ", ".join(finding.channels) or "all", finding.message)
    Console().print(table)


def _as_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding for JSON; only those about a unit have a factor."""
    values = {
        "kind": finding.kind, "channels": list(finding.channels), "message": finding.message,
        "error": finding.fatal,
    }  # fmt: skip
    return values if finding.factor is None else {**values, "factor": finding.factor}
