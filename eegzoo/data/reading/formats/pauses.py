"""Blocks of samples on a common time axis, with the pauses between them filled and marked."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import mne
import numpy as np
import numpy.typing as npt

PAUSE = "BAD_ACQ_SKIP"  # MNE's name: its filters and epochs treat the parts around it separately
# Seconds of a gap, such as a lost packet, that a line may fill without a mark: a mark would make
# filters start anew, and drop every window around it.
_SHORT = 0.02
_logger = logging.getLogger(__name__)
_MAX_BYTES = 2**32  # of the samples with filled pauses: a wrong time must not fill the memory

Array = npt.NDArray[np.float64]


def annotate(
    raw: mne.io.BaseRaw, onsets: npt.ArrayLike, durations: npt.ArrayLike, texts: Sequence[str]
) -> None:
    """Add annotations, with onsets in seconds from the first sample, to a recording from memory."""
    added = mne.Annotations(onsets, durations, texts, orig_time=raw.annotations.orig_time)
    raw.set_annotations(raw.annotations + added)


def with_pauses(
    data: Array, info: mne.Info, onsets: npt.ArrayLike, lengths: npt.ArrayLike
) -> mne.io.RawArray:
    """Return a recording whose blocks lie at their onsets.

    Parameters
    ----------
    data : array, shape (n_chans, n_times)
        Samples of all blocks, one after the other.
    info : mne.Info
        Information about the recording.
    onsets : array-like of float, shape (n_blocks,)
        Start of each block in seconds from the first, increasing.
    lengths : array-like of int, shape (n_blocks,)
        Number of samples in each block.

    Returns
    -------
    mne.io.RawArray
        Recording in which a line joins the samples around each pause, and a stim channel is 0.
        Pauses of more than 20 ms are annotated as "BAD_ACQ_SKIP"; the number of shorter ones is
        logged.

    Raises
    ------
    ValueError
        If a block starts before the one before it ends, or if the pauses are absurdly long.
    """
    sfreq = info["sfreq"]
    lengths = np.asarray(lengths, dtype=np.int64)
    onsets = np.asarray(onsets, dtype=np.float64)
    if len(lengths) == 0 or lengths.sum() != data.shape[1]:
        raise ValueError(f"expected blocks of {data.shape[1]} samples, got {lengths.sum()}")
    firsts = np.cumsum(lengths) - lengths
    places, end = np.zeros(len(onsets), np.int64), 0
    for block, onset in enumerate(onsets - onsets[0]):
        # A deviation of less than a sample is jitter of the time stamps, not a pause.
        shift = onset * sfreq - end
        if shift <= -1:
            raise ValueError(
                f"expected blocks one after the other, got one at {onset:g} s before the end of "
                f"the previous one at {end / sfreq:g} s"
            )
        places[block] = end if shift < 1 - 1e-6 else round(onset * sfreq)
        end = int(places[block] + lengths[block])
    if 8 * len(data) * end > max(_MAX_BYTES, 16 * data.nbytes):
        raise ValueError(
            f"expected pauses that fit into memory, got {end / sfreq:g} s for "
            f"{data.shape[1] / sfreq:g} s of signal"
        )
    filled = np.zeros((len(data), end))
    is_stim = np.array([kind == "stim" for kind in info.get_channel_types()])
    pauses = []
    previous = 0
    for first, place, length in zip(firsts, places, lengths, strict=True):
        filled[:, place : place + length] = data[:, first : first + length]
        if place > previous:
            pauses.append((previous, place - previous))
            weights = np.linspace(0, 1, place - previous + 2)[1:-1]
            around = data[:, [first - 1, first]] * ~is_stim[:, None]
            filled[:, previous:place] = np.outer(around[:, 0], 1 - weights)
            filled[:, previous:place] += np.outer(around[:, 1], weights)
        previous = place + length
    raw = mne.io.RawArray(filled, info, copy=None, verbose="ERROR")
    marked = [(start, n) for start, n in pauses if n > _SHORT * sfreq]
    if len(marked) < len(pauses):
        _logger.warning(
            "gaps of at most %g s that a line fills: %d", _SHORT, len(pauses) - len(marked)
        )
    if marked:
        starts, samples = np.array(marked).T
        annotate(raw, starts / sfreq, samples / sfreq, [PAUSE] * len(marked))
    return raw
