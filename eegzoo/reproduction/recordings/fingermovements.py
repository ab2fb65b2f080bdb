"""BCI Competition II, data set IV: half a second before a key press (Blankertz et al., 2002)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import find_folder, missing

SFREQ = 100.0
STORED = "fingermovements_bci2_iv_100hz.npz"
CH_NAMES = (
    "F3", "F1", "Fz", "F2", "F4", "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "C5", "C3",
    "C1", "Cz", "C2", "C4", "C6", "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6", "O1", "O2",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class OfficialSplit:
    """Windows with an official split.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows in microvolts, those for training first.
    y : array, shape (n_windows,)
        Labels.
    n_train : int
        Number of windows for training.
    """

    X: npt.NDArray[Any]
    y: npt.NDArray[Any]
    n_train: int


def load(source: DataSource, directory: Path | None) -> OfficialSplit:
    """Return the windows of the version at 100 Hz.

    They are read from an .npz file with ``X_train``, ``y_train``, ``X_test`` and ``y_test``, of
    shape (n_windows, 28, 50) and (n_windows,).
    """
    path = find_folder(source, directory) / STORED
    if not path.exists():
        raise missing(source, f"no {path.name} in {path.parent}")
    with np.load(path) as stored:
        X = np.concatenate([stored["X_train"], stored["X_test"]])
        y = np.concatenate([stored["y_train"], stored["y_test"]])
        return OfficialSplit(X, y, len(stored["y_train"]))


def simulate() -> OfficialSplit:
    """Return windows of noise in the same shape, 80 for training and 30 for the test."""
    generator = np.random.default_rng(0)
    y = generator.integers(2, size=110)
    X = 10.0 * generator.standard_normal((110, 28, 50))
    X[:, 0] += 10.0 * (2 * y[:, None] - 1) * np.sin(2 * np.pi * 20.0 * np.arange(50) / SFREQ)
    return OfficialSplit(X, np.where(y, "left", "right"), 80)
