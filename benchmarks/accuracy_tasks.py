"""Recordings, splits and classical baselines for `bench_accuracy.py`."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import accuracy_baselines as classical
import mne
import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, StratifiedKFold

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    Resample,
    Scale,
    read_recording,
    simulate_motor_imagery,
)  # fmt: skip

Array = npt.NDArray[Any]
Split = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
Splitter = Callable[[int], Iterable[Split]]

FLICKERS = {1: "rest", 2: "13hz", 3: "21hz", 4: "17hz"}
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


def load(name: str, data: Path) -> Task:
    """Return a task whose recordings are read from the folder `data`."""
    return TASKS[name](data)


def five_folds(y: Array) -> Splitter:
    """Return a function from a seed to five shuffled, stratified folds."""
    return lambda seed: StratifiedKFold(5, shuffle=True, random_state=seed).split(y, y)


def eegmmidb(data: Path, runs: tuple[int, ...]) -> Task:
    """Return a task on the imagined movements of subject 1 of EEGMMIDB."""
    recordings = []
    for run in runs:
        path = data / f"mne_data/MNE-eegbci-data/files/eegmmidb/1.0.0/S001/S001R{run:02d}.edf"
        raw = read_recording(path)
        mne.datasets.eegbci.standardize(raw)
        recordings.append(Recording(raw, "S001", run=str(run)))
    wide, narrow = (
        EpochsDataset.from_recordings(recordings, Preprocessing(list(steps)))
        for steps in (
            (Filter(4.0, 38.0), Epoch(0.0, 4.0 - 1 / 160)),
            (Filter(7.0, 30.0), Epoch(1.0, 2.0 - 1 / 160)),
        )
    )
    trials = np.flatnonzero(wide.labels != "T0")
    y = wide.labels[trials]
    csp = functools.partial(classical.csp_lda, np.asarray(narrow.X)[trials], y)
    return Task(
        "5 folds", "4-38 Hz, 0 to 4 s", np.asarray(wide.X)[trials], y, 160.0, five_folds(y),
        {"CSP (7-30 Hz, 1 to 2 s), LDA": csp},
    )  # fmt: skip


def fingermovements(data: Path) -> Task:
    """Return a task on BCI Competition II, data set IV: half a second before a key press."""
    stored = np.load(data / "fingermovements/fingermovements_bci2_iv_100hz.npz")
    X = np.concatenate([stored["X_train"], stored["X_test"]])
    y = np.concatenate([stored["y_train"], stored["y_test"]])
    n_train = len(stored["y_train"])
    official = np.arange(n_train), np.arange(n_train, len(y))
    narrow = band_pass(X, 10.0, 33.0, 100.0)
    csp = functools.partial(classical.csp_lda, narrow, y)
    return Task(
        "official split", "10-33 Hz, 0.5 s", narrow, y, 100.0, lambda seed: [official],
        {"CSP (10-33 Hz), LDA": csp},
    )  # fmt: skip


def band_pass(X: Array, low: float, high: float, sfreq: float) -> Array:
    """Band-pass filter windows too short for an FIR filter, with mirrored ends."""
    filtered: Array = mne.filter.filter_data(
        X.astype(np.float64), sfreq, low, high, method="iir", verbose="ERROR"
    )
    return filtered.astype(np.float32)


def ssvep_exo(data: Path) -> Task:
    """Return a task on SSVEP with three flicker frequencies and rest."""
    recordings = []
    for path in sorted((data / "ssvep_exo").glob("*_raw.fif")):
        raw = read_recording(path)
        events = mne.read_events(path.with_name(path.name.replace("_raw", "-eve")), verbose="ERROR")
        marks = mne.annotations_from_events(
            events, raw.info["sfreq"], FLICKERS, raw.first_samp, raw.info["meas_date"],
            verbose="ERROR",
        )  # fmt: skip
        raw.set_annotations(marks, verbose="ERROR")
        recordings.append(Recording(raw, path.name[4:6], path.name[11:26]))
    # The stored amplitudes are a thousand times too large, and the response begins after 1 s.
    steps = [Scale(1e-3), Filter(8.0, 45.0), Resample(128.0), Epoch(1.0, 5.0 - 1 / 128)]
    dataset = EpochsDataset.from_recordings(recordings, Preprocessing(steps))
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


def eegmat(data: Path) -> Task:
    """Return a task on rest against mental arithmetic."""
    with np.load(data / "eegmat/eegmat_60s_128hz_int16.npz") as stored:
        arrays = dict(stored)
    names = arrays["ch_names"].tolist()
    recordings = []
    for subject in arrays["subject"].tolist():
        for label in ("rest", "task"):
            volts = arrays[label][subject] * float(arrays["scale_uv"]) * 1e-6
            raw = mne.io.RawArray(volts, mne.create_info(names, 128.0, "eeg"), verbose="ERROR")
            raw.set_annotations(mne.Annotations(np.arange(0.0, 60.0, 4.0), 4.0, label))
            recordings.append(Recording(raw, f"{subject:02d}", run=label))
    steps = [Filter(1.0, 45.0), Epoch(0.0, 4.0 - 1 / 128)]
    dataset = EpochsDataset.from_recordings(recordings, Preprocessing(steps))
    X, y, subjects = np.asarray(dataset.X), dataset.labels, dataset.groups("subject")
    power = classical.log_power(X, 128.0, classical.BANDS)
    return Task(
        "6 folds of 4 of 24 subjects", "1-45 Hz, 4 s, aligned by subject",
        align_by_subject(X, subjects), y, 128.0,
        lambda seed: GroupKFold(6, shuffle=True, random_state=seed).split(X, y, subjects),
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


def dreams(data: Path) -> Task:
    """Return a task on sleep staging from one channel."""
    with np.load(data / "dreams_spindles/dreams_excerpts.npz") as stored:
        arrays = dict(stored)
    X, y, subjects = [], [], []
    for subject in range(1, 9):
        microvolts = arrays[f"eeg_{subject}"] * float(arrays["scale_uv"])
        sfreq = float(arrays[f"fs_{subject}"])
        microvolts = mne.filter.filter_data(microvolts, sfreq, 0.5, None, verbose="ERROR")
        microvolts = mne.filter.resample(microvolts, up=100.0, down=sfreq, verbose="ERROR")
        # One recording starts in the middle of a scored window, so the windows are aligned with
        # the first change of stage.
        stored_stages = arrays[f"hyp5s_{subject}"]
        first = int(np.flatnonzero(np.diff(stored_stages))[0] + 1) % STAGES_PER_WINDOW
        n_windows = (len(stored_stages) - first) // STAGES_PER_WINDOW
        n_times = STAGES_PER_WINDOW * 500
        stages = stored_stages[first::STAGES_PER_WINDOW][:n_windows]
        start = first * 500
        X.append(microvolts[start : start + n_windows * n_times].reshape(n_windows, 1, n_times))
        y.append([STAGES[int(stage)] for stage in stages])
        subjects.append([subject] * len(stages))
    windows, groups = np.concatenate(X).astype(np.float32), np.concatenate(subjects)
    labels = np.concatenate(y)
    power = classical.log_power(windows, 100.0, classical.SLEEP_BANDS)
    return Task(
        "leave one of 8 subjects out", "above 0.5 Hz, 20 s", windows, labels, 100.0,
        lambda seed: LeaveOneGroupOut().split(windows, labels, groups),
        {"band power, random forest": functools.partial(classical.forest, power, labels)},
    )  # fmt: skip


def simulated(data: Path) -> Task:
    """Return a task on simulated imagined movements of the left or right hand."""
    raw = simulate_motor_imagery(n_trials=100, random_state=0)
    # The rhythm begins to weaken half a second after the cue.
    wide, narrow = (
        EpochsDataset.from_recordings(
            [Recording(raw.copy(), "simulated")],
            Preprocessing([Filter(low, high), Epoch(0.5, 4.0 - 1 / 128)]),
        )
        for low, high in ((4.0, 38.0), (7.0, 30.0))
    )
    y = wide.labels
    csp = functools.partial(classical.csp_lda, np.asarray(narrow.X), y)
    return Task(
        "5 folds", "4-38 Hz, 0.5 to 4 s", np.asarray(wide.X), y, 128.0, five_folds(y),
        {"CSP (7-30 Hz, 0.5 to 4 s), LDA": csp},
    )  # fmt: skip


TASKS: Mapping[str, Callable[[Path], Task]] = {
    "fists_feet": functools.partial(eegmmidb, runs=(6, 10, 14)),
    "left_right": functools.partial(eegmmidb, runs=(4, 8, 12)),
    "fingermovements": fingermovements,
    "ssvep_exo": ssvep_exo,
    "eegmat": eegmat,
    "dreams": dreams,
    "simulated": simulated,
}
