"""Samples that are not finite within stretches of a recording that are marked as bad."""

from __future__ import annotations

from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.bad_stretches import Spans, bad_spans, within


def lost_spans(raw: mne.io.BaseRaw, names: list[str]) -> Spans:
    """Return start and end in seconds of each run of samples that are lost in bad stretches."""
    spans, found = bad_spans(raw), []
    sfreq = raw.info["sfreq"]
    for first, last in spans:
        start, stop = (int(np.clip(round(t * sfreq), 0, raw.n_times)) for t in (first, last))
        stop = min(stop + 1, raw.n_times)
        if start >= stop:
            continue
        data = raw.get_data(picks=names, start=start, stop=stop, verbose="ERROR")
        lost = np.flatnonzero(~np.isfinite(data).all(axis=0))
        if lost.size:
            found.append(((start + lost[0]) / sfreq, (start + lost[-1] + 1) / sfreq))
    return found


def fill_lost_samples(raw: mne.io.BaseRaw) -> None:
    """Replace lost samples of a loaded recording by straight lines, in place.

    Filters would spread what is not finite over the whole recording. Windows that overlap bad
    stretches are left out later, so that the lines are in none.
    """
    spans = bad_spans(raw)
    if not spans:
        return

    def fill(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
        inside = within(spans, 0, data.shape[1], raw.info["sfreq"])
        lost = inside & ~np.isfinite(data).all(axis=0)
        if lost.any() and not lost.all():
            places = np.arange(data.shape[1])
            for row in data:
                row[lost] = np.interp(places[lost], places[~lost], row[~lost])
        return data

    raw.apply_function(fill, picks="all", channel_wise=False, verbose="ERROR")


def overlap(spans: Spans, starts: npt.NDArray[Any], ends: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return which windows overlap one of the spans.

    Examples
    --------
    >>> overlap([(1.5, 2.5)], np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    array([False,  True,  True, False])
    """
    found = np.zeros(len(starts), bool)
    for first, last in spans:
        found |= (starts < last) & (ends > first)
    return found
