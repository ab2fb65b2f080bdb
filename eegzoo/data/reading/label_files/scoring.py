"""A scoring of a night: what somebody, or a network, took each moment for."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between
from eegzoo.data.reading.label_files.scorer_grid import find_grid
from eegzoo.data.reading.label_files.stages import AASM_STAGES, NOT_SCORED, aasm_stage

Array = npt.NDArray[np.float64]
_ALL = (*AASM_STAGES, NOT_SCORED)
_BRIEF = 1e-3  # seconds that are lost to rounding
_USUAL = 30.0  # duration of a single label without one


@dataclasses.dataclass(frozen=True, eq=False)
class Scoring:
    """Sleep stages of a night in the AASM's terms, on the scorer's own grid.

    `read_scoring` and `scoring_of` make one. Times between labels, before the first and after the
    last are not scored.

    Parameters
    ----------
    onset, duration : array, shape (n,)
        Times in seconds from the start of the recording, in order, without overlap.
    stages : array of str, shape (n,)
        "W", "N1", "N2", "N3", "R", or "?" where nobody scored a stage.
    epoch_seconds : float
        Length of the scorer's epochs in seconds.
    offset_seconds : float
        Start of one of them in seconds, less than `epoch_seconds`.
    start : datetime | None
        Clock time of second 0, if it is known.

    Examples
    --------
    >>> scoring = Scoring.of([0, 40, 80], [40, 40, 40], ["W", "S1", "S2"])
    >>> scoring.epoch_seconds, scoring.offset_seconds, scoring.stages.tolist()
    (20.0, 0.0, ['W', 'N1', 'N2'])

    Windows of 30 s have the stage of their greater part, and are of one stage or mixed:

    >>> stages, pure = scoring.of_windows([0, 30, 60, 90, 120], 30.0)
    >>> stages.tolist(), pure.tolist()
    (['W', 'N1', 'N1', 'N2', '?'], [True, False, False, True, False])
    """

    onset: Array
    duration: Array
    stages: npt.NDArray[np.str_]
    epoch_seconds: float
    offset_seconds: float
    start: datetime.datetime | None = None

    @classmethod
    def of(
        cls,
        onset: npt.ArrayLike,
        duration: npt.ArrayLike,
        stages: Sequence[str],
        start: datetime.datetime | None = None,
    ) -> Self:
        """Make a scoring of labels in any order and spelling, and find its grid.

        Parameters
        ----------
        onset, duration : array, shape (n,)
            Times in seconds. A label of duration 0 lasts until the next one.
        stages : sequence of str, length n
            Stages in any spelling, also of Rechtschaffen and Kales.
        start : datetime | None
            Clock time of second 0, if it is known.

        Raises
        ------
        ValueError
            If a stage is unknown, labels of different stages overlap, or there is no stage.
        """
        times, lengths = np.asarray(onset, np.float64), np.asarray(duration, np.float64)
        if not (times.shape == lengths.shape == (len(stages),)) or not len(times):
            raise ValueError(
                f"expected an onset, a duration and a stage of each label, got {times.shape}, "
                f"{lengths.shape} and {len(stages)} stages"
            )
        if not np.isfinite(times).all() or not np.isfinite(lengths).all() or (lengths < 0).any():
            raise ValueError("expected finite onsets, and durations of at least 0")
        known = [aasm_stage(str(stage)) for stage in stages]
        if None in known:
            raise ValueError(f"expected sleep stages, got {stages[known.index(None)]!r}")
        order = np.argsort(times, kind="stable")
        times, lengths = times[order], lengths[order]
        texts = np.array([str(known[place]) for place in order])
        lengths = _until_next(times, lengths)
        epoch, offset = find_grid(times, lengths, texts.tolist())
        _check_overlap(times, lengths, texts)
        return cls(times, lengths, texts, epoch, offset, start)

    def of_windows(
        self, onset: npt.ArrayLike, seconds: float
    ) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.bool_]]:
        """Return the stage of each window, and whether it is of this stage alone.

        Parameters
        ----------
        onset : array, shape (n_windows,)
            Starts of the windows in seconds from the start of the recording.
        seconds : float
            Length of a window in seconds.

        Returns
        -------
        stages : array of str, shape (n_windows,)
            Stage of the greater part of each window; of equal parts, the first in the order W, N1,
            N2, N3, R. "?" where the greater part is not scored.
        pure : array of bool, shape (n_windows,)
            Whether the whole window is of that stage. A window that is not scored is not.
        """
        seconds = number_between("seconds", seconds, 0.0, above=True)
        begin = np.asarray(onset, np.float64).reshape(-1)
        knots = np.stack([self.onset, self.onset + self.duration], axis=1).ravel()
        parts = np.empty((len(begin), len(AASM_STAGES)))
        for place, stage in enumerate(AASM_STAGES):
            lasted = np.where(self.stages == stage, self.duration, 0.0)
            total = np.cumsum(np.stack([np.zeros_like(lasted), lasted], axis=1).ravel())
            parts[:, place] = np.interp(begin + seconds, knots, total)
            parts[:, place] -= np.interp(begin, knots, total)
        rest = seconds - parts.sum(axis=1, keepdims=True)
        parts = np.concatenate([parts, rest], axis=1)
        parts[parts < _BRIEF] = 0.0
        chosen = parts.round(6).argmax(axis=1)
        pure = (parts.max(axis=1) > seconds - _BRIEF) & (chosen < len(AASM_STAGES))
        return np.array(_ALL)[chosen], pure

    def epochs(self) -> tuple[Array, npt.NDArray[np.str_]]:
        """Return the onsets of the scorer's complete epochs, and their stages.

        Epochs without a stage are among them as "?", from the first to the last that has one.
        """
        first, last = float(self.onset[0]), float((self.onset + self.duration).max())
        step = self.epoch_seconds
        begin = np.ceil((first - self.offset_seconds - _BRIEF) / step)
        end = np.floor((last - self.offset_seconds + _BRIEF) / step)
        onset: Array = self.offset_seconds + step * np.arange(int(begin), int(end), dtype=float)
        return onset, self.of_windows(onset, step)[0]

    def centred_windows(self, seconds: float = 30.0) -> Array:
        """Return the onsets of windows that are centred on the scorer's epochs.

        Parameters
        ----------
        seconds : float
            Length of a window in seconds.

        Examples
        --------
        >>> Scoring.of([0, 20, 40, 60], [20, 20, 20, 20], ["W", "N1", "W", "N1"]).centred_windows()
        array([-5., 15., 35., 55.])
        """
        seconds = number_between("seconds", seconds, 0.0, above=True)
        return self.epochs()[0] + (self.epoch_seconds - seconds) / 2

    def shifted(self, seconds: float) -> Self:
        """Return the scoring with all times later by some seconds."""
        start = self.start
        if start is not None:
            start -= datetime.timedelta(seconds=seconds)
        return dataclasses.replace(
            self,
            onset=self.onset + seconds,
            offset_seconds=(self.offset_seconds + seconds) % self.epoch_seconds,
            start=start,
        )


def _until_next(onset: Array, duration: Array) -> Array:
    """Let labels without a duration last until the next one; the last, as long as most do."""
    until = np.diff(onset)
    usual = float(np.median(until)) if len(until) else _USUAL
    return np.where(duration > 0, duration, np.append(until, usual))


def _check_overlap(onset: Array, duration: Array, stages: npt.NDArray[np.str_]) -> None:
    late = np.flatnonzero(onset[:-1] + duration[:-1] - onset[1:] > 2 * _BRIEF)
    if late.size:
        place = int(late[0])
        raise ValueError(
            f"expected one stage at a time, got {stages[place]} until "
            f"{onset[place] + duration[place]:g} s and {stages[place + 1]} from "
            f"{onset[place + 1]:g} s"
        )
