"""Events in the annotations of a recording."""

from __future__ import annotations

import mne
import numpy as np

from eegzoo.data.reading.events.occurrences import Occurrences


def in_annotations(raw: mne.io.BaseRaw) -> dict[str, Occurrences]:
    """Return the occurrences of each description, marks and pauses included.

    A description at successive samples is one event that is held: readers such as MNE's for EGI's
    simple binary format give an annotation for each sample of a pulse.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. Annotations that start outside it are left out.

    Returns
    -------
    dict of str to Occurrences
        Occurrences by description, in alphabetical order.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> {name: len(found) for name, found in in_annotations(raw).items()}
    {'left_hand': 2, 'right_hand': 2}
    """
    notes = raw.annotations
    if len(notes) == 0:
        return {}
    origin = notes.orig_time
    samples = np.asarray(raw.time_as_index(notes.onset, use_rounding=True, origin=origin), np.int64)
    if origin is not None:  # without a date, onsets are counted from sample 0, as MNE has it
        samples += raw.first_samp
    inside = (samples >= raw.first_samp) & (samples <= raw.last_samp)
    descriptions = np.asarray(notes.description, dtype=object)
    found = {}
    for name in sorted(set(descriptions[inside].tolist())):
        chosen = inside & (descriptions == name)
        order = np.argsort(samples[chosen], kind="stable")
        found[str(name)] = _joined(
            samples[chosen][order], np.asarray(notes.duration)[chosen][order], raw.info["sfreq"]
        )
    return found


def _joined(samples: np.ndarray, durations: np.ndarray, sfreq: float) -> Occurrences:
    """Return occurrences in which runs of successive samples are one, and copies are dropped."""
    brief = durations <= 1.5 / sfreq
    follows = np.zeros(len(samples), bool)
    apart = np.diff(samples)
    follows[1:] = (apart == 0) | ((apart == 1) & brief[1:] & brief[:-1])
    starts = np.flatnonzero(~follows)
    ends = np.append(starts[1:], len(samples)) - 1
    held = (samples[ends] - samples[starts]) / sfreq
    durations = np.maximum.reduceat(durations, starts) + held if len(starts) else durations
    return Occurrences(samples[starts], durations)
