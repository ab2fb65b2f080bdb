"""Windows with the stage of a scorer and another's: of a network, or of a second scorer."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.reading.label_files.scoring import Scoring
from eegzoo.data.reading.label_files.stages import NOT_SCORED
from eegzoo.sleep.scorings.agreement import as_stages

Array = npt.NDArray[np.float64]
# Stages a recording: returns the onsets of windows of 30 s, in seconds from its first sample, and
# their stages.
Staging = Callable[[mne.io.BaseRaw], tuple[npt.ArrayLike, npt.ArrayLike]]
WINDOW_SECONDS = 30.0


@dataclasses.dataclass(frozen=True, eq=False)
class ScoredWindows:
    """Windows with two stages each.

    Parameters
    ----------
    onset : array, shape (n_windows,)
        Starts in seconds from the start of the recording.
    true, predicted : array of str, shape (n_windows,)
        Stages by the AASM, or "?" for windows that are not scored.
    pure : array of bool, shape (n_windows,)
        Whether the true stage is that of the whole window.

    Examples
    --------
    >>> onset, pure = np.array([0.0, 30.0]), np.array([True, False])
    >>> windows = ScoredWindows(onset, np.array(["W", "N1"]), np.array(["W", "N2"]), pure)
    >>> len(windows), windows.subset(windows.pure).predicted.tolist()
    (2, ['W'])
    """

    onset: Array
    true: npt.NDArray[np.str_]
    predicted: npt.NDArray[np.str_]
    pure: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.onset)

    def subset(self, chosen: npt.NDArray[np.bool_]) -> ScoredWindows:
        """Return some of the windows."""
        return ScoredWindows(
            self.onset[chosen], self.true[chosen], self.predicted[chosen], self.pure[chosen]
        )


def compare_staging(
    raw: mne.io.BaseRaw, staging: Staging, scoring: Scoring
) -> tuple[ScoredWindows, ScoredWindows | None]:
    """Stage a recording, and pair its windows with those of a scorer.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. It is not modified.
    staging : callable
        Function of a recording that returns the onsets of successive windows of 30 s, in seconds
        from its first sample, and their stages.
    scoring : Scoring
        Stages of the scorer.

    Returns
    -------
    windows : ScoredWindows
        Windows from the start of the recording. Their true stage is that of their greater part.
    epochs : ScoredWindows | None
        The scorer's epochs, each with the stage of the window of 30 s that is centred on it. None
        if these are the same windows.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_night(0.05, random_state=0)  # six windows
    >>> def always_awake(raw):
    ...     onset = np.arange(0, raw.n_times / raw.info["sfreq"] - 29.9, 30)
    ...     return onset, ["W"] * len(onset)
    >>> bouts = eegzoo.data.Scoring.of([0, 40, 100, 120], [40, 60, 20, 60], ["W", "N1", "W", "N2"])
    >>> windows, epochs = compare_staging(raw, always_awake, bouts)
    >>> windows.true.tolist(), epochs.true.tolist()
    (['W', 'N1', 'N1', 'W', 'N2', 'N2'], ['W', 'W', 'N1', 'N1', 'N1', 'W', 'N2', 'N2', 'N2'])
    """
    onset, stages = _staged(raw, staging)
    true, pure = scoring.of_windows(onset, WINDOW_SECONDS)
    windows = ScoredWindows(onset, true, stages, pure)
    if scoring.epoch_seconds == WINDOW_SECONDS and scoring.offset_seconds == 0:
        return windows, None
    begin, of_epochs = scoring.epochs()
    length = raw.n_times / float(raw.info["sfreq"])
    inside = (begin > -scoring.epoch_seconds / 2) & (begin + scoring.epoch_seconds / 2 < length)
    begin, of_epochs = begin[inside], of_epochs[inside]
    centred = begin + (scoring.epoch_seconds - WINDOW_SECONDS) / 2
    found = stages_at(raw, staging, centred)
    return windows, ScoredWindows(begin, of_epochs, found, of_epochs != NOT_SCORED)


def stages_at(raw: mne.io.BaseRaw, staging: Staging, onset: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Return the stages of windows that begin anywhere.

    The recording is staged once for each remainder of the onsets by 30 s: from its start, and from
    later times, so that a network sees each window in its context.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. It is not modified.
    staging : callable
        As in `compare_staging`.
    onset : array, shape (n_windows,)
        Starts of windows of 30 s in seconds from the first sample. Windows that exceed the
        recording get the stage of the nearest window inside it.

    Returns
    -------
    array of str, shape (n_windows,)
        Stages.

    Raises
    ------
    ValueError
        If a recording is shorter than a window.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_night(0.05, random_state=0)
    >>> def first_asleep(raw):
    ...     onset = np.arange(0, raw.n_times / raw.info["sfreq"] - 29.9, 30)
    ...     return onset, ["N1"] + ["W"] * (len(onset) - 1)
    >>> stages_at(raw, first_asleep, [0, 15, 45]).tolist()  # staged from 0 s and from 15 s on
    ['N1', 'N1', 'W']
    """
    sfreq = float(raw.info["sfreq"])
    last = raw.n_times / sfreq - WINDOW_SECONDS
    if last < 0:
        raise ValueError(
            f"expected a recording of at least {WINDOW_SECONDS:g} s, got {raw.n_times / sfreq:g} s"
        )
    wanted = np.clip(np.asarray(onset, np.float64), 0.0, last)
    shift = np.round(wanted % WINDOW_SECONDS * sfreq) / sfreq % WINDOW_SECONDS
    found = np.full(len(wanted), NOT_SCORED, dtype="<U2")
    for each in np.unique(shift):
        mine = np.flatnonzero(shift == each)
        part = raw if each == 0 else raw.copy().crop(tmin=float(each))
        begin, stages = _staged(part, staging)
        place = np.rint((wanted[mine] - each - begin[0]) / WINDOW_SECONDS).astype(int)
        found[mine] = stages[np.clip(place, 0, len(stages) - 1)]
    return found


def compare_scorings(one: Scoring, other: Scoring) -> ScoredWindows:
    """Pair the epochs of a scorer with what another made of the same time.

    Times are aligned by the clock, where both scorings know it.

    Parameters
    ----------
    one, other : Scoring
        Scorings of the same night. The windows are the epochs of `one`; the other's stage is that
        of the greater part of each.

    Returns
    -------
    ScoredWindows
        Epochs of `one`, with its stages as the true ones. `pure` tells whether the other gives the
        whole epoch one stage.

    Raises
    ------
    ValueError
        If the scorings have no time in common.

    Warns
    -----
    RuntimeWarning
        If only one of them knows the clock, so that both are taken to start together; or if one
        begins or ends by more than an epoch before the other.

    Examples
    --------
    >>> one = Scoring.of([0, 30, 90, 150], [30, 60, 60, 30], ["W", "N1", "N2", "N3"])
    >>> other = Scoring.of([0, 60, 90], [60, 30, 90], ["W", "N1", "N2"])
    >>> compare_scorings(one, other).predicted.tolist()
    ['W', 'W', 'N1', 'N2', 'N2', 'N2']
    """
    if one.start is not None and other.start is not None:
        other = other.shifted((other.start - one.start).total_seconds())
    elif one.start is not other.start:
        warnings.warn(
            "only one of the scorings knows the clock: both are taken to start together",
            RuntimeWarning,
            stacklevel=2,
        )
    onset, true = one.epochs()
    predicted, pure = other.of_windows(onset, one.epoch_seconds)
    overlap = (predicted != NOT_SCORED) & (true != NOT_SCORED)
    if not overlap.any():
        raise ValueError(
            "expected scorings of the same time, got {:g} to {:g} s and {:g} to {:g} s without a "
            "stage in common".format(*_span(one), *_span(other))
        )
    early, late = np.subtract(_span(one), _span(other))
    if max(abs(early), abs(late)) > max(one.epoch_seconds, other.epoch_seconds):
        warnings.warn(
            "the scorings are of different lengths, {:g} to {:g} s and {:g} to {:g} s; what only "
            "one scores is left out".format(*_span(one), *_span(other)),
            RuntimeWarning,
            stacklevel=2,
        )
    return ScoredWindows(onset, true, predicted, pure)


def _staged(raw: mne.io.BaseRaw, staging: Staging) -> tuple[Array, npt.NDArray[np.str_]]:
    onset, stages = staging(raw)
    begin, found = np.asarray(onset, np.float64), as_stages("stages", stages)
    if begin.shape != found.shape or begin.ndim != 1 or not len(begin):
        raise ValueError(
            f"expected staging to return an onset and a stage of each window, got shapes "
            f"{begin.shape} and {found.shape}"
        )
    return begin, found


def _span(scoring: Scoring) -> tuple[float, float]:
    """Return the first and the last second that a scoring has a label for."""
    return float(scoring.onset[0]), float((scoring.onset + scoring.duration).max())
