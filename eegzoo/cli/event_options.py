"""Options that say which events of a recording are used, and how windows are cut at them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import mne

    from eegzoo.data.preprocessing.event_windows import EventWindows
    from eegzoo.data.preprocessing.window_steps import WindowStep
    from eegzoo.data.reading.events.sources import EventSource

EventId = Annotated[
    list[str] | None,
    typer.Option(
        help="Labels and their events, such as left=1,right=2, left=left/hit,left/miss or "
        "left=left/*. A tag stands for all events that have it: left for left/hit and left/miss. "
        "Names with commas are quoted: 'left=\"press, left\"'.",
        show_default="all but pauses and bad stretches, and rest if there are two others",
    ),
]
Window = Annotated[
    float | None,
    typer.Option(
        help="Length of windows in seconds. Events with a duration, such as sleep stages or "
        "blocks, are cut into as many windows as fit, instead of --tmin and --tmax.",
        show_default="one window for each event",
    ),
]
Stride = Annotated[
    float | None,
    typer.Option(
        help="Seconds between the starts of windows, with --window.", show_default="--window"
    ),
]
Stages = Annotated[
    bool,
    typer.Option(
        "--stages",
        help="Labels are sleep stages in any spelling, also of Rechtschaffen and Kales: windows of "
        "30 s (--window) get the AASM's.",
        show_default="no",
    ),
]
Stim = Annotated[
    str | None, typer.Option(help="Stim channel to read events from.", show_default="all")
]
StimMask = Annotated[
    str | None,
    typer.Option(
        help="Bits of the codes in stim channels to use, such as 0xFF.",
        show_default="0xFF for a channel named Status, all for others",
    ),
]
EventsFrom = Annotated[
    str | None,
    typer.Option(
        help="Source of events: annotations or stim.", show_default="the one with more events"
    ),
]
Annotations = Annotated[
    list[Path] | None,
    typer.Option(
        help="File with the labels of a recording, one for each --raw: EDF+ hypnogram, BIDS "
        "events.tsv, CSV or TSV (onset, duration, description), one sleep stage per line, XML of "
        "NSRR or Profusion, or -eve.fif.",
        show_default="none",
    ),
]


def event_source(
    stim: str | None = None, stim_mask: str | None = None, events_from: str | None = None
) -> EventSource:
    """Return where events are read from.

    Raises
    ------
    ValueError
        If the mask is no number, or an option has a wrong value.
    """
    from eegzoo.arguments import one_of
    from eegzoo.data.reading.events.sources import SOURCES, EventSource

    mask = None
    if stim_mask is not None:
        try:
            mask = int(stim_mask, 0)
        except ValueError:
            mask = 0
        if mask < 1:
            raise ValueError(
                f"expected --stim-mask to be a positive number such as 0xFF, got {stim_mask!r}"
            )
    if events_from is not None:
        one_of("--events-from", events_from, SOURCES)
    if stim is not None and events_from == "annotations":
        raise ValueError("expected --stim without --events-from annotations, got both")
    return EventSource(events_from, stim, mask)


def window_step(tmin: float, tmax: float, window: float | None, stride: float | None) -> WindowStep:
    """Return the step that cuts windows.

    Raises
    ------
    ValueError
        If --stride is given without --window, or a number is not positive.
    """
    from eegzoo.data.preprocessing.window_steps import Epoch, Stretch

    if window is None:
        if stride is not None:
            raise ValueError("expected --stride with --window, got it alone")
        return Epoch(tmin, tmax)
    for name, seconds in (("--window", window), ("--stride", stride)):
        if seconds is not None and not 0 < seconds <= 1e6:
            raise ValueError(f"expected {name} to be a positive number of seconds, got {seconds:g}")
    return Stretch(window, stride)


def parse_event_id(values: Sequence[str] | None) -> dict[str, list[str]]:
    """Return the events of each label in the values of --event-id.

    Raises
    ------
    ValueError
        If there is no pair of label and event, a label occurs twice, or a quote is not closed.
    """
    from eegzoo.data.reading.events.event_names import split_quoted, unquoted

    pairs: dict[str, list[str]] = {}
    label = None
    for value in values or ():
        label = None
        for item in split_quoted(value):
            parts = split_quoted(item, "=")
            if len(parts) > 1:
                label, event = unquoted(parts[0]), "=".join(parts[1:])
                if not label or not event.strip():
                    raise ValueError(f"expected label=event pairs for --event-id, got {item!r}")
                if label in pairs:
                    raise ValueError(
                        f"expected different labels in --event-id, got {label!r} twice"
                    )
                pairs[label] = [event.lstrip()]
            elif label is not None:
                if item.strip():
                    pairs[label].append(item)
            elif item.strip():
                raise ValueError(f"expected label=event pairs for --event-id, got {item!r}")
    if values and not pairs:
        raise ValueError(f"expected values for --event-id, got {','.join(values)!r}")
    return pairs


def parse_events(values: Sequence[str] | None) -> list[str]:
    """Return the names in the values of --events, which are separated by commas.

    Raises
    ------
    ValueError
        If the option is given without names, or a quote is not closed.
    """
    from eegzoo.data.reading.events.event_names import split_quoted

    names = [item for value in values or () for item in split_quoted(value) if item.strip()]
    if values and not names:
        raise ValueError(f"expected values for --events, got {','.join(values)!r}")
    return names


def default_events(
    raw: mne.io.BaseRaw, source: EventSource, name: str, says: bool = True
) -> dict[str, list[str]]:
    """Return all events of a recording as labels, without rest if there are two others.

    With `says`, what is left out is said on standard error.
    """
    from eegzoo.data.reading.events.labels import labelled_events
    from eegzoo.data.reading.events.listing import list_events
    from eegzoo.data.reading.events.sources import EventSource

    with spoken(name):
        labelled = labelled_events(raw, None, source)
    labels = list(labelled.event_id)
    left_out = [
        f"{event.count} of {event.name!r}, which {event.left_out}"
        for event in list_events(raw, EventSource("annotations"))
        if event.left_out and not event.name.lower().startswith("new segment")
    ]
    if "rest" in labels and len(labels) > 2:
        labels.remove("rest")
        count = labelled.names.count("rest")
        left_out.append(f"{count} of 'rest' (--event-id can include them)")
    if left_out and says:
        typer.echo(f"{name}: events left out: {'; '.join(left_out)}", err=True)
    return {label: [label] for label in labels}


def say_left_out(name: str, cut: EventWindows) -> None:
    """Say on standard error which windows are left out, and why."""
    summary = cut.summary()
    if summary is not None:
        typer.echo(f"{name}: {summary}", err=True)


@contextmanager
def spoken(name: str) -> Iterator[None]:
    """Say warnings about events on standard error, in one line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        typer.echo(f"{name}: {text}", err=True)
