"""PhysioNet's EEGMMIDB, through MNE's fetcher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eegzoo.data.datasets.eegbci import fetch_eegbci
from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import mne_data
from eegzoo.reproduction.recordings.noise import noise_recording
from eegzoo.weights.stored_cards import stored_cards

_FEET = (6, 10, 14)


def load(
    source: DataSource,
    directory: Path | None,
    *,
    subjects: Sequence[int] = (),
    runs: Sequence[int],
    all_but: Sequence[int] = (),
) -> list[Recording]:
    """Return runs of some subjects, or of all 109 but some."""
    chosen = list(subjects) or [number for number in range(1, 110) if number not in all_but]
    with mne_data(source, directory):
        return fetch_eegbci(chosen, runs)


def simulate(
    *, subjects: Sequence[int] = (), runs: Sequence[int], all_but: Sequence[int] = ()
) -> list[Recording]:
    """Return recordings of noise in the same shape: the first subject, or five of five folds."""
    names = stored_cards()["eegnet.physionet_mi2_fold0"].card.signal["ch_names"]
    return [
        noise_recording(
            names, 160.0, _labels(run), subject=f"S{subject:03d}", spacing=4.2, run=str(run),
            seed=100 * subject + run, dataset="eegbci",
        )
        for subject in (subjects or (1, 23, 45, 66, 109))
        for run in runs
    ]  # fmt: skip


def _labels(run: int) -> list[str]:
    if run in (1, 2):
        return ["rest"] * 15
    pair = ["fists", "feet"] if run in _FEET else ["left_fist", "right_fist"]
    return ["rest", pair[0], "rest", pair[1]] * 7 + ["rest", pair[0]]
