"""Events of a recording and their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

Events = npt.NDArray[np.int64]


def label_events(
    raw: mne.io.BaseRaw, event_id: Mapping[str, str | int] | None = None
) -> tuple[Events, dict[str, int]]:
    """Find the events of a recording and assign labels to them.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording with annotations or a stim channel.
    event_id : mapping of str to str | int | None
        Annotation description or stim channel code of each label. None: every description is a
        label. If no annotation marks an event, every code is a label.

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

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> events, event_id = label_events(raw, {"left": "left_hand", "right": "right_hand"})
    >>> events.shape, event_id
    ((4, 3), {'left': 1, 'right': 2})
    """
    found = _annotated(raw)
    if event_id is not None or not found:
        found = {**_in_stim_channel(raw), **found}
    if not found:
        raise ValueError("expected annotations or a stim channel with events, got neither")
    if event_id is None:
        event_id = {description: description for description in sorted(found)}
    if not event_id:
        raise ValueError(f"expected event_id to hold labels, got none; events are {sorted(found)}")
    missing = [str(code) for code in event_id.values() if str(code) not in found]
    if missing:
        raise ValueError(f"expected events {missing}, got events {sorted(found)}")
    codes = {label: code for code, label in enumerate(event_id, start=1)}
    labels: dict[int, str] = {}
    for label, description in event_id.items():
        for sample in found[str(description)]:
            if labels.setdefault(sample, label) != label:
                onset = (sample - raw.first_samp) / raw.info["sfreq"]
                raise ValueError(
                    f"expected one label at a time, got {labels[sample]!r} and {label!r} "
                    f"at {onset:g} s"
                )
    rows = [[sample, 0, codes[label]] for sample, label in sorted(labels.items())]
    return np.array(rows, dtype=np.int64), codes


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
    found = {**_in_stim_channel(inst), **_annotated(inst)}
    return {label: label for label in labels if label in found} or None


def _annotated(raw: mne.io.BaseRaw) -> dict[str, list[int]]:
    """Return the event samples, including `first_samp`, of each annotation description."""
    if all(name.lower().startswith(("bad", "edge")) for name in raw.annotations.description):
        return {}
    events, codes = mne.events_from_annotations(raw, regexp="^(?!(?i:bad|edge))", verbose="ERROR")
    return {str(name): events[events[:, 2] == code, 0].tolist() for name, code in codes.items()}


def _in_stim_channel(raw: mne.io.BaseRaw) -> dict[str, list[int]]:
    """Return the event samples, including `first_samp`, of each stim channel code."""
    if "stim" not in raw.get_channel_types():
        return {}
    events = mne.find_events(raw, shortest_event=1, verbose="ERROR")
    return {str(code): events[events[:, 2] == code, 0].tolist() for code in np.unique(events[:, 2])}
