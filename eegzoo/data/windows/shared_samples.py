"""Times of windows relative to each other, found by the samples that they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.data.windows.lazy_windows import Windows
from eegzoo.data.windows.timeline import Timeline

Indices = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
_N_SAMPLES = 16  # that two windows must have in common, one after another
_AT_MOST = 2**22  # hashes that are compared; of more, a part is chosen by their value
_CHUNK = 64


def timeline_of_rows(inputs: Inputs) -> Timeline | None:
    """Return where the rows of the inputs were cut from, or None if nothing is known.

    The times of data sets are in their metadata. Rows of arrays, which have none, and sequences are
    compared by their samples: two that share some overlap.

    Parameters
    ----------
    inputs : Inputs
        Windows, or sequences of windows.
    """
    n_rows, metadata = len(inputs.X), inputs.metadata
    if not inputs.is_sequences and inputs.info is not None and ("onset" in metadata):
        return Timeline.of(metadata, n_rows, inputs.info.n_times, inputs.info.sfreq)
    if isinstance(inputs.X, Windows):
        return None
    return timeline_of_samples(np.asarray(inputs.X))


def timeline_of_samples(X: npt.NDArray[np.float32]) -> Timeline:
    """Return times in samples of windows that were cut from signals that are not known.

    Parameters
    ----------
    X : array, shape (n, n_chans, n_times) or (n, n_windows, n_chans, n_times)
        Windows, or sequences, which count as one long window each.

    Returns
    -------
    Timeline
        Windows that share samples are of one recording, the others each of one of their own.

    Examples
    --------
    >>> signal = np.random.default_rng(0).normal(size=(2, 100)).astype(np.float32)
    >>> X = np.stack([signal[:, start : start + 40] for start in (0, 20, 60)])
    >>> timeline = timeline_of_samples(X)
    >>> timeline.recording.tolist(), timeline.start.tolist()
    ([0, 0, 1], [0.0, 20.0, 0.0])
    """
    n_rows = len(X)
    hashes, row, place = _hashes(X)
    order = np.argsort(hashes, kind="stable")  # by row within equal hashes: row[first] is smaller
    same = hashes[order][1:] == hashes[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    other = row[first] != row[second]
    first, second = first[other], second[other]
    shift = place[first] - place[second]
    # One edge for each pair of rows; shifts are stored plus an offset, because 0 is no edge.
    pairs, chosen = np.unique(row[first] * n_rows + row[second], return_index=True)
    offset = 4 * int(np.prod(X.shape[1:])) + 1
    rows, columns = pairs // n_rows, pairs % n_rows
    forward = shift[chosen].astype(np.float64)
    edges = coo_array(
        (
            np.concatenate([forward, -forward]) + offset,
            (np.concatenate([rows, columns]), np.concatenate([columns, rows])),
        ),
        (n_rows, n_rows),
    ).tocsr()
    _, recording = connected_components(edges, directed=False)
    start = _starts(edges, recording, offset)
    n_times = X.shape[-1] * (X.shape[1] if X.ndim == 4 else 1)
    return Timeline(recording.astype(np.int64), start, start + (n_times - 0.5), np.arange(n_rows))


def _starts(edges: csr_array, recording: npt.NDArray[Any], offset: int) -> npt.NDArray[np.float64]:
    """Return the start of each row after the first start of its recording, in samples."""
    start = np.zeros(len(recording))
    sizes = np.bincount(recording)
    for first in np.unique(recording, return_index=True)[1][sizes > 1]:
        order, before = breadth_first_order(edges, first, directed=False)
        for row in order[1:]:
            start[row] = start[before[row]] + edges[int(before[row]), int(row)] - offset
        start[order] -= start[order].min()
    return start


def _hashes(X: npt.NDArray[np.float32]) -> tuple[Hashes, Indices, Indices]:
    """Return hashes of runs of samples of all channels, with their rows and places."""
    n_rows = len(X)
    n_chans, n_times = X.shape[-2:]
    total = n_times * (X.shape[1] if X.ndim == 4 else 1)
    generator = np.random.default_rng(0)
    channel, lag = (
        generator.integers(0, 2**63, size, np.uint64) * np.uint64(2) + np.uint64(1)
        for size in (n_chans, min(_N_SAMPLES, total))
    )
    # What is kept depends on the hash alone, so that the same runs are kept of all windows.
    limit = np.uint64(2**64 - 1) // np.uint64(max(1, -(-n_rows * total // _AT_MOST)))
    found: list[tuple[Hashes, Indices, Indices]] = []
    for begin in range(0, n_rows, _CHUNK):
        chunk = np.ascontiguousarray(X[begin : begin + _CHUNK], np.float32)
        if chunk.ndim == 4:  # (rows, n_chans, n_windows * n_times)
            chunk = np.ascontiguousarray(chunk.transpose(0, 2, 1, 3)).reshape(
                len(chunk), n_chans, total
            )
        bits = chunk.view(np.uint32).astype(np.uint64)
        column = _mixed((bits * channel[:, None]).sum(axis=1, dtype=np.uint64))
        length = total - len(lag) + 1
        run = np.zeros((len(chunk), length), np.uint64)
        varies = np.zeros((len(chunk), length), bool)
        for step, factor in enumerate(lag):
            part = column[:, step : step + length]
            run += part * factor
            varies |= part != column[:, :length]
        run = _mixed(run)
        row, place = np.nonzero(varies & (run <= limit))  # a constant is shared by chance
        found.append((run[row, place], row + begin, place))
    if not found:
        return np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64)
    hashes, row, place = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return hashes, row.astype(np.int64), place.astype(np.int64)


def _mixed(values: Hashes) -> Hashes:
    """Return values whose bits all depend on all bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
