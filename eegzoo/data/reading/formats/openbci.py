"""Text files of the OpenBCI GUI."""

from __future__ import annotations

import re
from pathlib import Path

import mne
import numpy as np

from eegzoo.data.reading.formats.columns import read_columns
from eegzoo.data.reading.formats.sampling import Timing
from eegzoo.data.reading.formats.table import raw_of_columns

_RATE = re.compile(r"Sample Rate\s*=\s*([\d.]+)", re.IGNORECASE)
_COUNT = re.compile(r"Number of channels\s*=\s*(\d+)", re.IGNORECASE)


def is_openbci(path: Path) -> bool:
    """Return whether a text file starts as the OpenBCI GUI writes it."""
    if path.suffix.lower() not in (".txt", ".csv"):
        return False
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf").startswith(b"%OpenBCI")


def read_openbci(path: Path, *, sfreq: float | None = None) -> mne.io.BaseRaw:
    """Read a text file of the OpenBCI GUI, version 4 or later.

    Parameters
    ----------
    path : Path
        File.
    sfreq : float | None
        Sampling rate in Hz. None: as the file states.

    Returns
    -------
    mne.io.Raw
        EEG channels in microvolts of the file, accelerometer and others as "misc", and a marker
        column as "stim". Samples that the sample index shows to be lost are a pause.

    Raises
    ------
    ValueError
        If the file states no sampling rate or has no EXG channels.
    """
    columns = read_columns(path, has_duplicates=True)
    header = "\n".join(columns.comments)
    stated = _RATE.search(header)
    if sfreq is None:
        if stated is None:
            raise ValueError(
                "expected a line '%Sample Rate = … Hz', got none: give --reader-option sfreq=RATE"
            )
        sfreq = float(stated[1])
    rate = float(sfreq)
    if not rate > 0:
        raise ValueError(f"expected a positive sampling rate, got {rate:g} Hz")
    numbers = columns.numbers
    exg = [name for name in numbers if re.match(r"EXG Channel", name, re.IGNORECASE)]
    if not exg:  # before version 5 the columns have no titles
        count = _COUNT.search(header)
        exg = list(numbers)[1 : 1 + int(count[1])] if count else []
    if not exg:
        raise ValueError(f"expected columns named EXG Channel, got {list(numbers)[:8]}")
    index = next(iter(numbers))
    types = dict.fromkeys(exg, "eeg")
    kept = {name: numbers[name] for name in exg}
    for name, row in numbers.items():
        if name.lower().startswith("marker"):
            types[name], kept[name] = "stim", row
        elif name.lower().startswith(("accel", "gyro", "analog")):
            types[name], kept[name] = "misc", row
    return raw_of_columns(kept, _timing(numbers[index], rate), "uV", path, types)


def _timing(index: np.typing.NDArray[np.float64], rate: float) -> Timing:
    """Return the blocks of samples whose index, which starts again at its maximum, has no gap."""
    steps = np.diff(index)
    ascending = steps[steps > 0]
    usual = float(np.median(ascending)) if len(ascending) else 1.0  # 2 with a Daisy module
    top = index.max() + usual
    missing = (steps % top) / usual - 1
    if len(steps) == 0 or np.mean(missing == 0) < 0.9:  # the Ganglion counts otherwise
        return Timing(rate, np.zeros(1), np.array([len(index)]))
    lost = np.maximum(np.round(missing), 0)
    ends = np.flatnonzero(lost) + 1
    firsts = np.r_[0, ends]
    onsets = (firsts + np.r_[0, np.cumsum(lost[ends - 1])]) / rate
    return Timing(rate, onsets, np.diff(np.r_[firsts, len(index)]))
