"""Events of a recording and their labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.reading.events.event_names import listed, resolve
from eegzoo.data.reading.events.occurrences import Occurrences
from eegzoo.data.reading.events.sources import EventSource
from eegzoo.data.signal.marks import reason_left_out

Events = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class LabelledEvents:
    """Events of a recording with their labels, durations and names.

    Parameters
    ----------
    events : array of int, shape (n_events, 3)
        Events in MNE's format, in the order of time.
    event_id : dict of str to int
        Code of each label.
    durations : array of float, shape (n_events,)
        Durations in seconds.
    names : tuple of str
        Name of each event: its description, or its code in a stim channel.
    """

    events: Events
    event_id: dict[str, int]
    durations: npt.NDArray[np.float64]
    names: tuple[str, ...]


def label_events(
    raw: mne.io.BaseRaw,
    event_id: Mapping[str, Any] | None = None,
    source: EventSource | None = None,
) -> tuple[Events, dict[str, int]]:
    """Find the events of a recording and assign labels to them.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording with annotations or a stim channel.
    event_id : mapping of str to str | int | sequence of str | int | None
        Events of each label: annotation descriptions, stim channel codes, MNE's hierarchical tags
        (``"left"`` for ``left/hit`` and ``left/miss``), or names with the wildcards ``*`` and
        ``?``. None: every event is a label, except pauses, marks of bad stretches, time stamps and
        unscored sleep stages.
    source : EventSource | None
        Where events are read from. None: from the source with more events; with `event_id`, from
        annotations and, for what is not found there, from stim channels.

    Returns
    -------
    events : array of int, shape (n_events, 3)
        Events in MNE's format: sample, 0, code.
    event_id : dict of str to int
        Code of each label.

    Raises
    ------
    ValueError
        If the recording has no events or none for a label, or if a sample has two labels.

    Warns
    -----
    RuntimeWarning
        If annotations and stim channels have different events, if the codes of a stim channel may
        not be those that were sent, or if a condition is left out because it is named like a mark.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> events, event_id = label_events(raw, {"left": "left_hand", "right": "right_hand"})
    >>> events.shape, event_id
    ((4, 3), {'left': 1, 'right': 2})
    """
    labelled = labelled_events(raw, event_id, source)
    return labelled.events, labelled.event_id


def labelled_events(
    raw: mne.io.BaseRaw,
    event_id: Mapping[str, Any] | None = None,
    source: EventSource | None = None,
) -> LabelledEvents:
    """Return events like `label_events`, with their durations and names."""
    source = EventSource() if source is None else source
    if event_id is None:
        found = source.classes(raw)
        if not found:
            raise ValueError(
                "expected annotations or a stim channel with events, got neither" + _marks(raw)
            )
        return _rows(raw, found, {name: [name] for name in sorted(found)})
    if not event_id:
        names = listed(source.all_events(raw))
        raise ValueError(f"expected event_id to hold labels, got none; events are {names}")
    found, chosen = _chosen(raw, event_id, source)
    return _rows(raw, found, chosen)


def labels_among_events(inst: Any, labels: Sequence[str]) -> dict[str, str] | None:
    """Return the labels that occur among the events of a recording.

    Parameters
    ----------
    inst : mne.io.Raw | mne.Epochs
        Recording, or epochs, whose events are already selected.
    labels : sequence of str
        Labels to look for.

    Returns
    -------
    dict of str to str | None
        Labels as the argument `event_id` of `label_events`. None: no label occurs, or `inst` is
        epochs.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> labels_among_events(raw, ["left_hand", "feet"])
    {'left_hand': 'left_hand'}
    """
    if isinstance(inst, mne.BaseEpochs):
        return None
    noted = EventSource("annotations").all_events(inst)
    found = _classes(EventSource().all_events(inst), noted)
    return {label: label for label in labels if label in found} or None


def _chosen(
    raw: mne.io.BaseRaw, event_id: Mapping[str, Any], source: EventSource
) -> tuple[dict[str, Occurrences], dict[str, list[str]]]:
    """Return all events that were looked at, and the names of those of each label."""
    if source.events_from is None:  # a stim channel is read, and refused, only if it is needed
        noted = EventSource("annotations").all_events(raw)
        try:
            return noted, resolve(event_id, noted, _classes(noted, noted))
        except ValueError:
            pass
    else:
        noted = {} if source.events_from == "stim" else source.all_events(raw)
    found = source.all_events(raw)
    return found, resolve(event_id, found, _classes(found, noted))


def _classes(found: Mapping[str, Any], noted: Mapping[str, Any]) -> list[str]:
    """Return the sorted names of the events that wildcards and tags can mean."""
    return sorted(name for name in found if reason_left_out(name, name not in noted) is None)


def _rows(
    raw: mne.io.BaseRaw, found: Mapping[str, Occurrences], chosen: Mapping[str, list[str]]
) -> LabelledEvents:
    """Return the events of all labels in the order of time."""
    event_id = {label: code for code, label in enumerate(chosen, start=1)}
    at: dict[int, tuple[str, str, float]] = {}
    for label, names in chosen.items():
        for name in names:
            occurrences = found[name]
            for sample, duration in zip(
                occurrences.samples.tolist(), occurrences.durations.tolist(), strict=True
            ):
                known = at.setdefault(sample, (label, name, duration))[0]
                if known != label:
                    onset = (sample - raw.first_samp) / raw.info["sfreq"]
                    raise ValueError(
                        f"expected one label at a time, got {known!r} and {label!r} at {onset:g} s"
                    )
    rows = sorted((sample, *values) for sample, values in at.items())
    return LabelledEvents(
        np.array([[row[0], 0, event_id[row[1]]] for row in rows], dtype=np.int64),
        event_id,
        np.array([row[3] for row in rows]),
        tuple(row[2] for row in rows),
    )


def _marks(raw: mne.io.BaseRaw) -> str:
    """Return the end of an error message: the annotations that are no events, if there are any."""
    names = list(EventSource("annotations").all_events(raw))
    return f" (annotations that are no classes: {listed(names)})" if names else ""
