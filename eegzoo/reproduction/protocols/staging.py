"""Sleep staging with trained networks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.reading.label_files.read_scoring import scoring_of
from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.recordings.dreams import Excerpt
from eegzoo.reproduction.run import Run
from eegzoo.sleep.scorings.agreement import agreement
from eegzoo.sleep.scorings.night_agreement import agreement_over_nights
from eegzoo.sleep.stagers.load_stager import load_stager
from eegzoo.sleep.stagers.robustsleepnet import RobustSleepNetStager
from eegzoo.sleep.stagers.stager import Stager
from eegzoo.sleep.stages import STAGES
from eegzoo.sleep.staging import stage
from eegzoo.sleep.stream import SleepStream

Array = npt.NDArray[Any]
# DREAMS' stages in steps of 5 s, as indices of W, N1, N2, N3, R.
_STAGE_OF = np.array([3, 3, 2, 1, 4, 0])
_STEPS = 6  # in a window of 30 s
_LOWEST_RATE = 100.0  # of YASA
_YASA = {"WAKE": "W", "REM": "R"}
ALL, PURE = "all windows", "windows of one stage"
MEASURES = ("accuracy", "kappa", "macro_f1")
Staging = Callable[[Array, float], Array]


def excerpts(
    recordings: Sequence[Excerpt], run: Run, *, stagers: Mapping[str, Mapping[str, Any]]
) -> list[Score]:
    """Return accuracy, kappa and macro-F1 of stagers in windows of 30 s.

    The label of a window is the most frequent of its six steps of 5 s. Windows of one stage are
    scored apart. Intervals are over excerpts.

    Parameters
    ----------
    recordings : sequence of Excerpt
        Excerpts.
    run : Run
        Run.
    stagers : mapping
        For each label, the name of a stager and how it is used: "weights", and "exact" or "stream".
    """
    scores: list[Score] = []
    truth, pure, people = [], [], []
    for excerpt in recordings:
        true, is_pure = windows_of(excerpt.steps)
        truth.append(true)
        pure.append(is_pure)
        people.append(np.full(len(true), excerpt.subject))
    true, is_pure, person = map(np.concatenate, (truth, pure, people))
    for label, how in stagers.items():
        staging = staging_of(**how)
        found = [
            staging(each.volts, each.sfreq)[: len(own)].argmax(axis=1)
            for each, own in zip(recordings, truth, strict=True)
        ]
        predicted = np.array(STAGES)[np.concatenate(found)]
        scores += _scores(f"{label}, {ALL}", true, predicted, person)
        scores += _scores(f"{label}, {PURE}", true[is_pure], predicted[is_pure], person[is_pure])
        run.say(f"{label}: {scores[-6].value:.3f}")
    return scores


def windows_of(steps: npt.NDArray[np.int64]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the stage of each window of 30 s, and whether all of it is of this stage.

    Parameters
    ----------
    steps : array of int, shape (n_steps,)
        Stages of DREAMS, one for every 5 s.

    Examples
    --------
    >>> windows_of(np.array([5, 5, 5, 5, 3, 3]))
    (array(['W'], dtype='<U2'), array([False]))
    """
    rows = _STAGE_OF[steps[: len(steps) // _STEPS * _STEPS]].reshape(-1, _STEPS)
    counts = np.stack([np.bincount(row, minlength=len(STAGES)) for row in rows])
    return np.array(STAGES)[counts.argmax(axis=1)], counts.max(axis=1) == _STEPS


def staging_of(weights: str, *, exact: bool = False, stream: bool = False) -> Staging:
    """Return a function from channels in volts and their rate to probabilities of windows.

    Parameters
    ----------
    weights : str
        Name of a stager.
    exact : bool
        Whether RobustSleepNet is used by its authors' recipe.
    stream : bool
        Whether the signal comes as a stream.
    """
    stager = load_stager(weights)
    if exact:
        if not isinstance(stager, RobustSleepNetStager):
            raise ValueError(f"expected a RobustSleepNet with exact, got {weights}")
        stager = RobustSleepNetStager(stager.name, stager.networks, lengths=[21], exact=True)
    if stream:
        return lambda volts, sfreq: streamed(stager, volts, sfreq)
    return stager.probabilities


def streamed(stager: Stager, volts: Array, sfreq: float) -> Array:
    """Return the probabilities of the windows of a stream."""
    stream = SleepStream(stager, sfreq=sfreq, n_chans=len(volts))
    return np.array([staged.probabilities for staged in stream.push(volts) + stream.finish()])


def yasa(recordings: Sequence[Excerpt], run: Run, *, label: str) -> list[Score]:
    """Return accuracy, kappa and macro-F1 of YASA's stager in windows of 30 s.

    Excerpts at 50 Hz are resampled to 100 Hz, which YASA needs.

    Parameters
    ----------
    recordings : sequence of Excerpt
        Excerpts.
    run : Run
        Run.
    label : str
        Label of the scores.

    Raises
    ------
    ImportError
        If YASA is not installed.
    """
    try:
        from yasa import SleepStaging
    except ImportError as error:
        raise ImportError("expected YASA: pip install yasa==0.8.1") from error
    truth, found, people = [], [], []
    for excerpt in recordings:
        true, _ = windows_of(excerpt.steps)
        info = mne.create_info(["C3"], excerpt.sfreq, "eeg")
        raw = mne.io.RawArray(excerpt.volts, info, verbose="ERROR")
        if excerpt.sfreq < _LOWEST_RATE:
            raw.resample(_LOWEST_RATE, verbose="ERROR")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            predicted = SleepStaging(raw, eeg_name="C3").predict()
        stages = [_YASA.get(name, name) for name in getattr(predicted, "hypno", predicted)]
        truth.append(true)
        found.append(np.array(stages)[: len(true)])
        people.append(np.full(len(true), excerpt.subject))
    return _scores(f"{label}, {ALL}", *map(np.concatenate, (truth, found, people)))


def _scores(label: str, true: Array, predicted: Array, person: Array) -> list[Score]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an excerpt may have no such window
        found = agreement_over_nights(true, predicted, person)
    return [
        Score(
            label, measure, float(getattr(found.pooled, measure)), found.intervals[measure],
            "bootstrap over excerpts", len(true),
        )
        for measure in MEASURES
    ]  # fmt: skip


def nights(
    recordings: Sequence[Recording], run: Run, *, weights: str, label: str,
    channels: Sequence[str] | None = None, pooled: bool = False,
) -> list[Score]:  # fmt: skip
    """Return accuracy and kappa of whole nights: means over nights, or of all windows together.

    Parameters
    ----------
    recordings : sequence of Recording
        Nights whose annotations are stages.
    run : Run
        Run.
    weights : str
        Name of a stager.
    label : str
        Label of the scores.
    channels : sequence of str | None
        Channels, as in `eegzoo.sleep.stage`.
    pooled : bool
        Whether windows of all nights are scored together.
    """
    stager = load_stager(weights)
    true, predicted, names = [], [], []
    for number, night in enumerate(recordings):
        hypnogram = stage(night.raw, stager, channels=channels)
        own, _ = scoring_of(night.raw).of_windows(hypnogram.onsets, stager.window_seconds)
        one = np.where(hypnogram.stages == "unscored", "?", hypnogram.stages)
        true.append(own)
        predicted.append(one)
        names.append(np.full(len(own), f"{night.subject}/{night.session}/{number}"))
        run.say(f"{night.subject}: {agreement(own, one).accuracy:.3f}")
    found = agreement_over_nights(*map(np.concatenate, (true, predicted, names)))
    n_windows = int(found.pooled.confusion.sum())
    if pooled:
        return [
            Score(
                label, measure, float(getattr(found.pooled, measure)), found.intervals[measure],
                "bootstrap over nights", n_windows,
            )
            for measure in ("accuracy", "kappa")
        ]  # fmt: skip
    return [
        Score.mean(
            label, {name: float(getattr(night, measure)) for name, night in found.nights.items()},
            n_windows, measure=measure, of="nights",
        )
        for measure in ("accuracy", "kappa")
    ]  # fmt: skip
