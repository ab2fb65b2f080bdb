"""PhysioNet's Sleep-EDF Expanded, through MNE's fetcher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eegzoo.data.datasets.simulated import simulate_sleep
from eegzoo.data.datasets.sleep_physionet import fetch_sleep_physionet
from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import mne_data

# Subjects of the cassette part without recordings.
_ABSENT = (39, 68, 69, 78, 79)


def load(
    source: DataSource, directory: Path | None, *, n_subjects: int = 20,
    parts: Sequence[str] = ("age",),
) -> list[Recording]:  # fmt: skip
    """Return nights of the first subjects of the cassette part, and all of the telemetry part."""
    age = [number for number in range(83) if number not in _ABSENT][:n_subjects]
    found: list[Recording] = []
    with mne_data(source, directory):
        for part in parts:
            found += fetch_sleep_physionet(age if part == "age" else range(22), part=part)
    return found


def simulate(*, n_subjects: int = 20, parts: Sequence[str] = ("age",)) -> list[Recording]:
    """Return naps of three subjects, of nine minutes, with channels of the same names."""
    found = []
    for number in range(3):
        raw = simulate_sleep(0.15, random_state=number)
        raw.pick(raw.ch_names[:1], verbose="ERROR")
        raw.rename_channels({raw.ch_names[0]: "Fpz-Cz"})
        found.append(Recording(raw, f"SC4{number:02d}", dataset="sleep_physionet"))
    return found
