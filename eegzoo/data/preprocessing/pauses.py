"""Pauses of recordings, at which filters begin anew."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import mne

from eegzoo.data.reading.events.spoiled import spoiled_stretches
from eegzoo.data.signal.marks import is_pause

_EDGE = "edge of a pause"


@contextlib.contextmanager
def pauses_marked(raw: mne.io.BaseRaw) -> Iterator[str]:
    """Mark the pauses of a recording alike, for MNE's ``skip_by_annotation``.

    MNE 1.13.2 knows the edges that it makes itself where recordings are concatenated, and filters
    across EEGLAB's "boundary" and BrainVision's "New Segment", so that a step between two parts
    spreads into both. Where two edges are at the same sample, or one at the first, its IIR filters
    raise `ZeroDivisionError`.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. Its annotations are as before afterwards.

    Yields
    ------
    str
        Description of the marks. What a pause was filled with is within one.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> raw = raw.set_annotations(mne.Annotations(3.0, 0.0, "boundary"))
    >>> with pauses_marked(raw):
    ...     raw.annotations.description.tolist()
    ['boundary', 'edge of a pause']
    >>> raw.annotations.description.tolist()
    ['boundary']
    """
    sfreq = float(raw.info["sfreq"])
    pauses = [each for each in spoiled_stretches(raw) if is_pause(each.description)]
    spans = [(each.onset, each.onset + each.duration) for each in pauses]
    in_samples = [(round(start * sfreq), round(end * sfreq)) for start, end in spans]
    for start, end in separate(in_samples, raw.n_times):
        raw.annotations.append(start / sfreq + raw.first_time, (end - start) / sfreq, _EDGE)
    try:
        yield _EDGE
    finally:
        raw.annotations.delete([text == _EDGE for text in raw.annotations.description])


def separate(spans: Iterable[tuple[int, int]], n_times: int) -> list[tuple[int, int]]:
    """Return spans of samples between which there are samples.

    Parameters
    ----------
    spans : iterable of tuple of int
        First sample of each and the one after its last; the same for a cut before a sample.
    n_times : int
        Number of samples.

    Examples
    --------
    >>> separate([(0, 0), (3, 3), (3, 5), (5, 5), (7, 7), (7, 7)], 9)
    [(3, 5), (7, 7)]
    """
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return [span for span in apart if span not in ((0, 0), (n_times, n_times))]
