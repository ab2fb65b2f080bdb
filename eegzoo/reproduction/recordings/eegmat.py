"""PhysioNet's EEG during mental arithmetic tasks (Zyma et al., 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.reading.read_recording import read_recording
from eegzoo.data.reading.recording import Recording
from eegzoo.data.signal.filtering.resampling import resample_raw
from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import find_folder, missing

SFREQ, SECONDS, MINUTE = 128.0, 4.0, 60.0
N_SUBJECTS = 24
CH_NAMES = (
    "Fp1", "Fp2", "F3", "F4", "F7", "F8", "T3", "T4", "C3", "C4", "T5", "T6", "P3", "P4", "O1",
    "O2", "Fz", "Cz", "Pz",
)  # fmt: skip
# The label of each condition, and the number that PhysioNet's files have for it.
LABELS = {"rest": "rest", "task": "arithmetic"}
_FILES = {"rest": 1, "task": 2}
STORED = "eegmat_60s_128hz_int16.npz"


def load(source: DataSource, directory: Path | None) -> list[Recording]:
    """Return one minute of rest and one of arithmetic of the first 24 subjects.

    They are read from the files of PhysioNet (``Subject00_1.edf`` and so on), or from one file of
    int16 at 128 Hz.
    """
    folder = find_folder(source, directory)
    if (folder / STORED).exists():
        return list(_stored(folder / STORED))
    if (folder / "Subject00_1.edf").exists():
        return list(_physionet(folder))
    raise missing(source, f"no Subject00_1.edf in {folder}")


def simulate() -> list[Recording]:
    """Return recordings of noise in the same shape, of three subjects."""
    generator = np.random.default_rng(0)
    t = np.arange(round(MINUTE * SFREQ)) / SFREQ
    found = []
    for subject in range(3):
        for run, frequency in (("rest", 10.0), ("task", 20.0)):
            signal = 10.0 * generator.standard_normal((len(CH_NAMES), len(t)))
            signal[:4] += 10.0 * np.sin(2 * np.pi * frequency * t)
            found.append(_recording(1e-6 * signal, CH_NAMES, subject, run))
    return found


def _stored(path: Path) -> Iterator[Recording]:
    with np.load(path) as stored:
        arrays = dict(stored)
    volts, names = float(arrays["scale_uv"]) * 1e-6, arrays["ch_names"].tolist()
    for subject in arrays["subject"].tolist():
        for run in LABELS:
            yield _recording(arrays[run][subject] * volts, names, subject, run)


def _physionet(folder: Path) -> Iterator[Recording]:
    """Yield the last minute of rest and the first of arithmetic, as the authors compare them."""
    for subject in range(N_SUBJECTS):
        for run, number in _FILES.items():
            raw = read_recording(folder / f"Subject{subject:02d}_{number}.edf")
            raw.rename_channels({name: name.removeprefix("EEG ") for name in raw.ch_names})
            raw.pick(list(CH_NAMES), verbose="ERROR")
            slow = resample_raw(raw, SFREQ)
            n_times = round(MINUTE * SFREQ)
            data = slow.get_data()
            part = data[:, -n_times:] if run == "rest" else data[:, :n_times]
            yield _recording(part, CH_NAMES, subject, run)


def _recording(
    volts: npt.NDArray[np.float64], ch_names: tuple[str, ...] | list[str], subject: int, run: str
) -> Recording:
    info = mne.create_info(list(ch_names), SFREQ, "eeg")
    raw = mne.io.RawArray(volts, info, verbose="ERROR")
    onsets = np.arange(0.0, raw.n_times / SFREQ, SECONDS)
    raw.set_annotations(mne.Annotations(onsets, SECONDS, LABELS[run]))
    return Recording(raw, f"{subject:02d}", run=run, dataset="eegmat")
