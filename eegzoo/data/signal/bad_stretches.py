"""Stretches of a recording that are marked as bad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

Spans = list[tuple[float, float]]


def bad_spans(raw: mne.io.BaseRaw) -> Spans:
    """Return start and end, in seconds from the first sample, of the stretches marked as bad."""
    return [
        (onset - raw.first_time, onset - raw.first_time + duration)
        for onset, duration, text in zip(
            _onsets(raw), raw.annotations.duration, raw.annotations.description, strict=True
        )
        if text.lower().startswith("bad") and duration > 0
    ]


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


def _onsets(raw: mne.io.BaseRaw) -> npt.NDArray[Any]:
    """Return the onsets of annotations on the scale of ``raw.first_time``."""
    onsets: npt.NDArray[Any] = raw.annotations.onset
    return onsets if raw.annotations.orig_time is not None else onsets + raw.first_time
