"""Annotations of recordings that are made of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mne


def with_annotations_of(raw: mne.io.BaseRaw, other: mne.io.BaseRaw) -> mne.io.BaseRaw:
    """Give a recording the annotations of another whose first sample is of the same time.

    In MNE 1.13.2, ``raw.set_annotations(raw.annotations)`` adds the time of the first sample to the
    onsets of recordings that have no date: events of a cropped one move by what was cropped.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. It is modified, and returned.
    other : mne.io.Raw
        Recording with the annotations.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0).crop(2.0)
    >>> same = mne.io.RawArray(raw.get_data(), raw.info, raw.first_samp, verbose=False)
    >>> bool((with_annotations_of(same, raw).annotations.onset == raw.annotations.onset).all())
    True
    """
    annotations = other.annotations.copy()
    dated = annotations.orig_time is not None
    annotations.onset += (raw.first_time if dated else 0.0) - other.first_time
    return raw.set_annotations(annotations, verbose="ERROR")
