"""Tasks of the accuracy benchmark: windows, splits and classical baselines."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, StratifiedKFold

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.reproduction.protocols import classical
from eegzoo.reproduction.recordings.dreams import Excerpt
from eegzoo.reproduction.recordings.fingermovements import OfficialSplit

Array = npt.NDArray[Any]
Split = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
Splitter = Callable[[int], Iterable[Split]]

STAGES_PER_WINDOW = 4  # scorers rated windows of 20 s; the stages are stored every 5 s
STAGES = {5: "W", 4: "REM", 3: "S1", 2: "S2", 1: "S3+S4", 0: "S3+S4"}


@dataclasses.dataclass(frozen=True)
class Task:
    """Windows of a data set with their splits and classical baselines.

    Parameters
    ----------
    protocol : str
        Description of the splits.
    preprocessing : str
        Description of the networks' windows.
    X : array, shape (n_windows, n_chans, n_times)
        Windows for the networks, in microvolts.
    y : array, shape (n_windows,)
        Labels.
    sfreq : float
        Sampling rate in Hz.
    splits : callable
        Function from a seed to pairs of training and test indices.
    baselines : mapping
        Classical methods by name, each a function from training and test indices to the labels
        predicted for the test windows.
    """

    protocol: str
    preprocessing: str
    X: Array
    y: Array
    sfreq: float
    splits: Splitter
    baselines: Mapping[str, Callable[[Array, Array], Array]]


def task_of(name: str, recordings: Any) -> Task:
    """Return a task.

    Parameters
    ----------
    name : str
        Name of the task.
    recordings : sequence of Recording | OfficialSplit | sequence of Excerpt
        Recordings of its data set.
    """
    return TASKS[name](recordings)


def five_folds(y: Array) -> Splitter:
    """Return a function from a seed to five shuffled, stratified folds."""
    return lambda seed: StratifiedKFold(5, shuffle=True, random_state=seed).split(y, y)


def windows_of(recordings: Sequence[Recording], *steps: Mapping[str, Any]) -> EpochsDataset:
    """Return the windows that preprocessing steps, given as dicts, make of recordings."""
    return EpochsDataset.from_recordings(recordings, Preprocessing.from_dict({"steps": steps}))


def band(low: float, high: float) -> dict[str, Any]:
    """Return the step of a band-pass filter."""
    return {"step": "filter", "l_freq": low, "h_freq": high}


def window(tmin: float, tmax: float) -> dict[str, Any]:
    """Return the step of cutting windows."""
    return {"step": "epoch", "tmin": tmin, "tmax": tmax}


def imagery(recordings: Sequence[Recording]) -> Task:
    """Return a task on two imagined movements of EEGMMIDB, without the pauses between them."""
    wide = windows_of(recordings, band(4.0, 38.0), window(0.0, 4.0 - 1 / 160))
    narrow = windows_of(recordings, band(7.0, 30.0), window(1.0, 2.0 - 1 / 160))
    trials = np.flatnonzero(wide.labels != "rest")
    # The files' own labels: the order of the classes decides how networks begin.
    is_first = np.isin(wide.labels[trials], ("left_fist", "fists"))
    y = np.where(is_first, "T1", "T2")
    csp = functools.partial(classical.csp_lda, np.asarray(narrow.X)[trials], y)
    return Task(
        "5 folds", "4-38 Hz, 0 to 4 s", np.asarray(wide.X)[trials], y, 160.0, five_folds(y),
        {"CSP (7-30 Hz, 1 to 2 s), LDA": csp},
    )  # fmt: skip


def fingermovements(split: OfficialSplit) -> Task:
    """Return a task on BCI Competition II, data set IV: half a second before a key press."""
    official = np.arange(split.n_train), np.arange(split.n_train, len(split.y))
    narrow = band_pass(split.X, 10.0, 33.0, 100.0)
    csp = functools.partial(classical.csp_lda, narrow, split.y)
    return Task(
        "official split", "10-33 Hz, 0.5 s", narrow, split.y, 100.0, lambda seed: [official],
        {"CSP (10-33 Hz), LDA": csp},
    )  # fmt: skip


def band_pass(X: Array, low: float, high: float, sfreq: float) -> Array:
    """Band-pass filter windows too short for an FIR filter, with mirrored ends."""
    filtered: Array = mne.filter.filter_data(
        X.astype(np.float64), sfreq, low, high, method="iir", verbose="ERROR"
    )
    return filtered.astype(np.float32)


def ssvep_exo(recordings: Sequence[Recording]) -> Task:
    """Return a task on SSVEP with three flicker frequencies and rest."""
    # The stored amplitudes are a thousand times too large, and the response begins after 1 s.
    dataset = windows_of(
        recordings, {"step": "scale", "factor": 1e-3}, band(8.0, 45.0),
        {"step": "resample", "sfreq": 128.0}, window(1.0, 5.0 - 1 / 128),
    )  # fmt: skip
    X, y, subjects = np.asarray(dataset.X), dataset.labels, dataset.groups("subject")
    return Task(
        "leave one of 6 subjects out", "8-45 Hz, 1 to 5 s, aligned by subject",
        align_by_subject(X, subjects), y, 128.0,
        lambda seed: LeaveOneGroupOut().split(X, y, subjects),
        {
            "CCA, LDA": functools.partial(
                classical.lda, classical.canonical_correlations(X, 128.0), y
            ),
            "band power, LDA": functools.partial(
                classical.lda, classical.flicker_power(X, 128.0), y
            ),
        },
    )  # fmt: skip


def eegmat(recordings: Sequence[Recording]) -> Task:
    """Return a task on rest against mental arithmetic."""
    dataset = windows_of(recordings, band(1.0, 45.0), window(0.0, 4.0 - 1 / 128))
    X, subjects = np.asarray(dataset.X), dataset.groups("subject")
    # The order of the classes decides how networks begin.
    y = np.where(dataset.labels == "rest", "rest", "task")
    power = classical.log_power(X, 128.0, classical.BANDS)
    n_folds = min(6, len(np.unique(subjects)))
    return Task(
        "6 folds of 4 of 24 subjects", "1-45 Hz, 4 s, aligned by subject",
        align_by_subject(X, subjects), y, 128.0,
        lambda seed: GroupKFold(n_folds, shuffle=True, random_state=seed).split(X, y, subjects),
        {
            "band power, LR": functools.partial(classical.logistic, power, y),
            "band power z-scored by subject, LR": functools.partial(
                classical.logistic, classical.z_score(power, subjects), y
            ),
        },
    )  # fmt: skip


def align_by_subject(X: Array, subjects: Array) -> Array:
    """Whiten each subject's windows by their own covariance (Euclidean alignment).

    No labels are used. Each subject is scaled to the root mean square of all windows.
    """
    aligned, level = np.empty_like(X), float(np.sqrt((X**2).mean()))
    for subject in np.unique(subjects):
        own = X[subjects == subject]
        aligned[subjects == subject] = level * classical.whiten(own)
    return aligned


def dreams(excerpts: Sequence[Excerpt]) -> Task:
    """Return a task on sleep staging from one channel."""
    X, y, subjects = [], [], []
    for number, excerpt in enumerate(excerpts, start=1):
        microvolts = 1e6 * excerpt.volts[0]
        microvolts = mne.filter.filter_data(microvolts, excerpt.sfreq, 0.5, None, verbose="ERROR")
        microvolts = mne.filter.resample(microvolts, up=100.0, down=excerpt.sfreq, verbose="ERROR")
        # One recording starts in the middle of a scored window, so the windows are aligned with
        # the first change of stage.
        first = int(np.flatnonzero(np.diff(excerpt.steps))[0] + 1) % STAGES_PER_WINDOW
        n_windows = (len(excerpt.steps) - first) // STAGES_PER_WINDOW
        n_times = STAGES_PER_WINDOW * 500
        stages = excerpt.steps[first::STAGES_PER_WINDOW][:n_windows]
        start = first * 500
        X.append(microvolts[start : start + n_windows * n_times].reshape(n_windows, 1, n_times))
        y.append([STAGES[int(stage)] for stage in stages])
        subjects.append([number] * len(stages))
    windows, groups = np.concatenate(X).astype(np.float32), np.concatenate(subjects)
    labels = np.concatenate(y)
    power = classical.log_power(windows, 100.0, classical.SLEEP_BANDS)
    return Task(
        "leave one of 8 subjects out", "above 0.5 Hz, 20 s", windows, labels, 100.0,
        lambda seed: LeaveOneGroupOut().split(windows, labels, groups),
        {"band power, random forest": functools.partial(classical.forest, power, labels)},
    )  # fmt: skip


def simulated(recordings: Sequence[Recording]) -> Task:
    """Return a task on simulated imagined movements of the left or right hand."""
    # The rhythm begins to weaken half a second after the cue.
    wide, narrow = (
        windows_of(recordings, band(low, high), window(0.5, 4.0 - 1 / 128))
        for low, high in ((4.0, 38.0), (7.0, 30.0))
    )
    y = wide.labels
    csp = functools.partial(classical.csp_lda, np.asarray(narrow.X), y)
    return Task(
        "5 folds", "4-38 Hz, 0.5 to 4 s", np.asarray(wide.X), y, 128.0, five_folds(y),
        {"CSP (7-30 Hz, 0.5 to 4 s), LDA": csp},
    )  # fmt: skip


TASKS: Mapping[str, Callable[[Any], Task]] = {
    "fists_feet": imagery,
    "left_right": imagery,
    "fingermovements": fingermovements,
    "ssvep_exo": ssvep_exo,
    "eegmat": eegmat,
    "dreams": dreams,
    "simulated": simulated,
}
