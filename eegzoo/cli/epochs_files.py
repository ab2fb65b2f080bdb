"""Files of epochs, where a command takes recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import mne

    from eegzoo.data.preprocessing.preprocessing import Preprocessing


def epochs_preprocessing(
    paths: Sequence[Path] | None, tmin: float, tmax: float, types: Sequence[str]
) -> Preprocessing | None:
    """Return the preprocessing of epochs files, or None if the files are recordings.

    Epochs are not filtered, because their edges would cause artefacts, and are cropped to the
    times that they have in common with the window.

    Raises
    ------
    ValueError
        If only some files contain epochs, or if no epochs overlap the window.
    """
    from eegzoo.data.preprocessing.preprocessing import Preprocessing
    from eegzoo.data.preprocessing.window_steps import Epoch
    from eegzoo.data.reading.read_epochs import is_epochs_file, read_epochs

    found = [path for path in paths or [] if is_epochs_file(path)]
    if not found:
        return None
    others = [path for path in paths or [] if path not in found]
    if others:
        raise ValueError(f"expected recordings or epochs, got epochs {found[0]} and {others[0]}")
    ranges = [(each.tmin, each.tmax) for each in map(read_epochs, found)]
    start = max(tmin, *(first for first, _ in ranges))
    end = min(tmax, *(last for _, last in ranges))
    if not start < end:
        raise ValueError(f"expected epochs with times in {tmin:g} to {tmax:g} s, got {ranges}")
    typer.echo(
        f"epochs are not filtered, and their times from {start:g} to {end:g} s are used", err=True
    )
    return Preprocessing([Epoch(start, end)], types=types)


def selected(epochs: mne.BaseEpochs, event_id: Mapping[str, Sequence[str]]) -> mne.BaseEpochs:
    """Return the epochs of the events that have a label, with the labels as their events' names.

    Parameters
    ----------
    epochs : mne.Epochs
        Epochs.
    event_id : mapping of str to sequence of str
        Names of the events, or their codes, of each label. Empty: every event's name is a label.

    Raises
    ------
    ValueError
        If there are no epochs of an event.
    """
    import numpy as np

    from eegzoo.data.reading.events.event_names import resolve

    if not event_id:
        return epochs
    names = {name: name for name in epochs.event_id}
    names |= {str(code): name for name, code in epochs.event_id.items() if str(code) not in names}
    chosen = epochs.copy()
    labels = np.zeros(len(epochs), np.int64)
    for number, found in enumerate(resolve(event_id, names, epochs.event_id).values(), start=1):
        codes = [epochs.event_id[names[name]] for name in found]
        labels[np.isin(epochs.events[:, 2], codes)] = number
    chosen.events[:, 2] = np.where(labels > 0, labels, len(event_id) + 1)
    chosen.event_id = {label: number for number, label in enumerate(event_id, start=1)}
    return chosen[np.flatnonzero(labels)]
