"""DREAMS' excerpts for sleep spindles: eight half hours of one channel with their stages."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.reading.read_recording import read_recording
from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import find_folder, missing

STORED = "dreams_excerpts.npz"
N_EXCERPTS = 8
STEP_SECONDS = 5  # a stage is stored for every 5 s


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """Half an hour of one person.

    Parameters
    ----------
    subject : str
        Number of the excerpt.
    volts : array, shape (1, n_samples)
        One central channel.
    sfreq : float
        Sampling rate in Hz.
    steps : array of int, shape (n_steps,)
        Stage of every 5 s: 5 wake, 4 REM, 3 S1, 2 S2, 1 S3, 0 S4.
    """

    subject: str
    volts: npt.NDArray[np.float64]
    sfreq: float
    steps: npt.NDArray[np.int64]


def load(source: DataSource, directory: Path | None) -> list[Excerpt]:
    """Return the excerpts, from the files of Zenodo or from one file of int16."""
    folder = find_folder(source, directory)
    if (folder / STORED).exists():
        with np.load(folder / STORED) as stored:
            arrays: dict[str, Any] = dict(stored)
        scale = 1e-6 * float(arrays["scale_uv"])
        return [
            Excerpt(
                str(number), (scale * arrays[f"eeg_{number}"])[None],
                float(arrays[f"fs_{number}"]), arrays[f"hyp5s_{number}"],
            )
            for number in range(1, N_EXCERPTS + 1)
        ]  # fmt: skip
    if (folder / "excerpt1.edf").exists():
        return [_zenodo(folder, number) for number in range(1, N_EXCERPTS + 1)]
    raise missing(source, f"no excerpt1.edf in {folder}")


def simulate() -> list[Excerpt]:
    """Return excerpts of noise in the same shape, two of ten minutes."""
    generator = np.random.default_rng(0)
    found = []
    for number in (1, 2):
        steps = np.repeat(generator.permutation(np.tile([5, 3, 2, 1, 4, 2], 5)), 4)
        signal = 2e-5 * generator.standard_normal((1, len(steps) * STEP_SECONDS * 100))
        found.append(Excerpt(str(number), signal, 100.0, steps))
    return found


def _zenodo(folder: Path, number: int) -> Excerpt:
    raw = read_recording(folder / f"excerpt{number}.edf")
    central = [name for name in raw.ch_names if re.fullmatch(r"(C3|C4|CZ)[-\s]?A1", name.upper())]
    if not central:
        raise ValueError(f"expected C3-A1 or CZ-A1 in excerpt{number}.edf, got {raw.ch_names}")
    with mne.use_log_level("ERROR"):
        volts = raw.get_data(central[:1])
    text = (folder / f"Hypnogram_excerpt{number}.txt").read_text(encoding="latin-1")
    steps = np.array([int(line) for line in text.split() if line.lstrip("-").isdigit()])
    return Excerpt(str(number), volts, raw.info["sfreq"], steps)
