"""SSVEP of users of an exoskeleton (Kalunga et al., 2016): rest, 13, 17 or 21 Hz."""

from __future__ import annotations

import re
from pathlib import Path

import mne

from eegzoo.data.reading.read_recording import read_recording
from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import find_folder, missing
from eegzoo.reproduction.recordings.noise import noise_recording

CODES = {1: "rest", 2: "13hz", 3: "21hz", 4: "17hz"}
FREQUENCIES = {"13hz": 13.0, "17hz": 17.0, "21hz": 21.0}
N_SUBJECTS = 6
# Names of the copy with anonymised sessions, and of the files on Zenodo.
_NAMES = (re.compile(r"sub-(\d+)_ses-(\w+)_raw"), re.compile(r"subject(\d+)_run(\d+)_raw"))


def load(source: DataSource, directory: Path | None) -> list[Recording]:
    """Return the sessions of the first six subjects.

    The events are those of the file ``…-eve.fif`` beside a recording or, without one, of its stim
    channel.
    """
    folder = find_folder(source, directory)
    found = [_recording(path) for path in sorted(folder.glob("*_raw.fif"))]
    found = [each for each in found if int(each.subject) <= N_SUBJECTS]
    if not found:
        raise missing(source, f"no subject01_run1_raw.fif in {folder}")
    return found


def simulate() -> list[Recording]:
    """Return recordings of noise in the same shape, of three subjects."""
    labels = [label for label in CODES.values() for _ in range(6)]
    names = [f"O{number}" for number in range(1, 9)]
    return [
        noise_recording(
            names, 256.0, labels, subject=f"{subject:02d}", spacing=8.0, seed=10 * subject + number,
            session=str(number), dataset="ssvep_exo", microvolts=1e4,
        )
        for subject in (1, 2, 3)
        for number in (1, 2)
    ]  # fmt: skip


def _recording(path: Path) -> Recording:
    named = next((found for name in _NAMES if (found := name.fullmatch(path.stem))), None)
    if named is None:
        raise ValueError(
            f"expected subjectNUMBER_runNUMBER_raw.fif or sub-NUMBER_ses-TIME_raw.fif, got "
            f"{path.name}"
        )
    raw = read_recording(path)
    beside = path.with_name(path.name.replace("_raw", "-eve"))
    events = (
        mne.read_events(beside, verbose="ERROR")
        if beside.exists()
        else mne.find_events(raw, verbose="ERROR")
    )
    annotations = mne.annotations_from_events(
        events, raw.info["sfreq"], CODES, raw.first_samp, raw.info["meas_date"], verbose="ERROR"
    )
    raw.set_annotations(annotations, verbose="ERROR")
    return Recording(raw, named[1], named[2], dataset="ssvep_exo")
