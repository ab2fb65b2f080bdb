"""The events of a recording, as a table."""

from __future__ import annotations

import dataclasses
import re

import mne
import numpy as np

from eegzoo.data.reading.events.event_names import quoted
from eegzoo.data.reading.events.occurrences import Occurrences
from eegzoo.data.reading.events.sources import EventSource
from eegzoo.data.signal.marks import reason_left_out


@dataclasses.dataclass(frozen=True)
class EventSummary:
    """Event of a recording.

    Parameters
    ----------
    name : str
        Description of the annotation, or code of the stim channel.
    count : int
        Number of occurrences.
    duration : float
        Median duration in seconds.
    source : {"annotations", "stim"}
        Where it was found.
    left_out : str | None
        Why it is no class unless it is asked for by name. None: it is one.

    Examples
    --------
    >>> print(EventSummary("Stimulus/S  1", 4, 0.0, "annotations").event_id)
    "S 1"="Stimulus/S  1"
    """

    name: str
    count: int
    duration: float
    source: str
    left_out: str | None = None

    @property
    def event_id(self) -> str:
        """Item of ``--event-id`` that would use the event."""
        label = re.sub(r"\s+", " ", self.name.rpartition("/")[2]).strip() or self.name
        return f"{quoted(label)}={quoted(self.name)}"


def list_events(raw: mne.io.BaseRaw, source: EventSource | None = None) -> list[EventSummary]:
    """Return all events of a recording, marks and pauses included.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    source : EventSource | None
        Where events are read from. None: annotations and stim channels.

    Returns
    -------
    list of EventSummary
        Events of annotations, then of stim channels, by name.

    Raises
    ------
    ValueError
        If codes of a stim channel cannot be read, as in `in_stim_channels`.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> [(event.name, event.count, event.event_id) for event in list_events(raw)]
    [('left_hand', 2, 'left_hand=left_hand'), ('right_hand', 2, 'right_hand=right_hand')]
    """
    source = EventSource() if source is None else source
    table = []
    if source.events_from != "stim":
        noted = EventSource("annotations").all_events(raw)
        for name, found in noted.items():
            table.append(_summary(name, found, "annotations", reason_left_out(name)))
    if source.events_from != "annotations":
        coded = dataclasses.replace(source, events_from="stim").all_events(raw)
        table += [_summary(name, found, "stim", None) for name, found in coded.items()]
    return table


def _summary(name: str, found: Occurrences, source: str, left_out: str | None) -> EventSummary:
    duration = round(float(np.median(found.durations)), 6)
    return EventSummary(name, len(found), duration, source, left_out)
