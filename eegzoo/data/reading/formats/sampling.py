"""Sampling rate and pauses of samples that have a time each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between

Array = npt.NDArray[np.float64]
_AROUND = 0.25  # seconds around a sample from whose times the jitter is removed


class Timing(NamedTuple):
    """Sampling rate, and the onset in seconds and the number of samples of each block."""

    sfreq: float
    onsets: Array
    lengths: npt.NDArray[np.int64]


def find_timing(times: Array, sfreq: float | None = None) -> Timing:
    """Find the sampling rate of regular samples, and the pauses between their blocks.

    Parameters
    ----------
    times : array, shape (n_times,)
        Time of each sample in seconds.
    sfreq : float | None
        Sampling rate in Hz, if it is known; the times then only show pauses. None: it is found
        from times that are regular within each block.

    Returns
    -------
    Timing
        Rate and blocks. The rate is a whole number if no sample of the longest block is thereby
        moved by more than half an interval.

    Raises
    ------
    ValueError
        If times are not finite, not increasing or, without `sfreq`, not regular.

    Examples
    --------
    >>> sfreq, onsets, lengths = find_timing(np.r_[0:100, 200:250] / 250)
    >>> sfreq, onsets.tolist(), lengths.tolist()
    (250.0, [0.0, 0.8], [100, 50])
    """
    if len(times) < 2 or not np.isfinite(times).all():
        raise ValueError("expected at least two samples with finite times")
    intervals = np.diff(times)
    if sfreq is not None:
        sfreq = number_between("sfreq", sfreq, 0.0, above=True)
        return _timing_at(times, sfreq)
    if (intervals <= 0).any():
        place = int(np.flatnonzero(intervals <= 0)[0])
        raise ValueError(
            f"expected times that increase, got {times[place]:.6f} and {times[place + 1]:.6f} in "
            f"rows {place + 1} and {place + 2}; the reader option sfreq gives a rate instead"
        )
    usual = float(np.median(intervals))
    is_pause = intervals > 1.5 * usual
    irregular = np.mean(np.abs(intervals - usual) > 0.5 * usual)
    if irregular > 0.1:
        raise ValueError(
            f"expected regular times, got intervals from {intervals.min():g} to "
            f"{intervals.max():g} s; the reader option sfreq gives a rate instead"
        )
    blocks = _blocks(is_pause)
    first, stop = max(blocks, key=lambda block: block[1] - block[0])
    n = stop - first - 1
    rate = n / (times[stop - 1] - times[first]) if n > 0 else 1 / usual
    return Timing(
        _snapped(rate, round(rate), n), times[[a for a, _ in blocks]] - times[0], _lengths(blocks)
    )


def measured_timing(times: Array, nominal: float) -> Timing:
    """Find the blocks and the true rate of samples whose times are jittered.

    Parameters
    ----------
    times : array, shape (n_times,)
        Time of each sample in seconds, with jitter such as that of packets on a network.
    nominal : float
        Sampling rate that the device claims in Hz.

    Returns
    -------
    Timing
        Blocks, and the rate on the clock of `times`: the nominal one if the clocks agree to half a
        sample.
    """
    rate = _usual_rate(times, nominal)
    _, _, lengths = _timing_at(times, rate)
    ends = np.cumsum(lengths)
    n_intervals = int((lengths - 1).sum())
    for _ in range(3 if n_intervals else 0):  # the ends of blocks are found by the rate
        spans = [_span(times[end - n : end], rate) for end, n in zip(ends, lengths, strict=True)]
        rate = n_intervals / sum(spans)
    return _timing_at(times, _snapped(rate, nominal, n_intervals))


def _usual_rate(times: Array, nominal: float) -> float:
    """Return the rate of most stretches of a second, which neither jitter nor pauses change."""
    width = min(round(nominal) or 1, len(times) - 1)
    seconds = float(np.median(times[width:] - times[:-width]))
    return width / seconds if seconds > 0 else nominal


def _timing_at(times: Array, sfreq: float) -> Timing:
    """Return the blocks of samples at a known rate, from jittered times.

    Jitter moves the times of some samples, whereas a pause moves those of all later ones: it is a
    step in the lag behind the rate between the medians of a quarter of a second before and after.
    """
    lag = times - np.arange(len(times)) / sfreq
    n_around = max(round(_AROUND * sfreq), 8)
    # A timer of software may be late by some samples, and then goes on from there.
    intervals = np.diff(times)
    deviation = float(np.median(np.abs(intervals - np.median(intervals)))) * sfreq
    least = (0.75 if deviation < 0.015 else 3.0) / sfreq
    ends = [0]
    for last in np.flatnonzero(intervals > 1.5 / sfreq):
        before = lag[max(ends[-1], last + 1 - n_around) : last + 1]
        after = lag[last + 1 : last + 1 + n_around]
        jitter = max(np.ptp(before), np.ptp(after))
        if np.median(after) - np.median(before) > max(least, jitter):
            ends.append(int(last) + 1)
    firsts = np.array(ends)
    lengths = np.diff(np.r_[firsts, len(times)])
    onsets = np.array(
        [_start(times[a : a + n], sfreq) for a, n in zip(firsts, lengths, strict=True)]
    )
    onsets -= onsets[0]
    # The medians of jittered times may let blocks touch each other.
    for block in range(1, len(onsets)):
        onsets[block] = max(onsets[block], onsets[block - 1] + lengths[block - 1] / sfreq)
    return Timing(sfreq, onsets, lengths)


def _start(times: Array, sfreq: float) -> float:
    """Return the time of the first sample, from the times of those around it."""
    near = times[: max(round(_AROUND * sfreq), 8)]
    return float(np.median(near - np.arange(len(near)) / sfreq))


def _span(times: Array, sfreq: float) -> float:
    """Return the time from the first sample to the last."""
    return _start(times, sfreq) * -1.0 - _start(-times[::-1], sfreq)


def _snapped(rate: float, to: float, n: int) -> float:
    """Return the other rate if it moves none of `n` samples by more than half an interval."""
    return float(to) if to > 0 and abs(rate / to - 1) * max(n, 1) <= 0.5 else rate


def _blocks(is_pause: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    ends = np.flatnonzero(is_pause) + 1
    return list(zip([0, *ends.tolist()], [*ends.tolist(), len(is_pause) + 1], strict=True))


def _lengths(blocks: list[tuple[int, int]]) -> npt.NDArray[np.int64]:
    return np.array([stop - first for first, stop in blocks], dtype=np.int64)
