"""Stretches of a recording that are marked as bad."""

from __future__ import annotations

from collections.abc import Sequence

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.marks import is_rejected

Spans = list[tuple[float, float]]


def bad_spans(raw: mne.io.BaseRaw) -> Spans:
    """Return start and end, in seconds from the first sample, of the stretches marked as bad."""
    # MNE adds the time of the first sample to the onsets of recordings without a date as well.
    return [
        (float(onset - raw.first_time), float(onset - raw.first_time + duration))
        for onset, duration, text in zip(
            raw.annotations.onset, raw.annotations.duration, raw.annotations.description,
            strict=True,
        )
        if is_rejected(text) and duration > 0
    ]  # fmt: skip


def within(
    spans: Sequence[tuple[float, float]], start: int, n_times: int, sfreq: float
) -> npt.NDArray[np.bool_]:
    """Return which of `n_times` samples, from sample `start` on, are in one of the spans.

    Examples
    --------
    >>> within([(0.5, 2.0)], start=1, n_times=3, sfreq=1.0)
    array([ True,  True, False])
    """
    times = (start + np.arange(n_times)) / sfreq
    half = 0.5 / sfreq  # annotations need not start at a sample
    inside = np.zeros(n_times, bool)
    for first, last in spans:
        inside |= (times >= first - half) & (times <= last + half)
    return inside
