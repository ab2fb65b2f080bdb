"""CSV files of the app Mind Monitor for Muse headbands."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import mne
import numpy as np

from eegzoo.data.reading.formats.columns import read_columns
from eegzoo.data.reading.formats.pauses import annotate
from eegzoo.data.reading.formats.sampling import find_timing
from eegzoo.data.reading.formats.table import raw_of_columns


def is_muse(path: Path) -> bool:
    """Return whether a file has Mind Monitor's columns."""
    if path.suffix.lower() != ".csv":
        return False
    with path.open("rb") as file:
        first = file.readline(2**14)
    return first.lstrip(b"\xef\xbb\xbf").startswith(b"TimeStamp,") and b"RAW_TP9" in first


def read_muse(path: Path, *, sfreq: float = 256.0) -> mne.io.BaseRaw:
    """Read a CSV file of Mind Monitor, recorded with a constant interval.

    Parameters
    ----------
    path : Path
        File.
    sfreq : float
        Sampling rate of the headband in Hz.

    Returns
    -------
    mne.io.Raw
        The columns RAW_TP9, RAW_AF7 and so on in microvolts, with "Elements" as annotations. Gaps
        in the time stamps are pauses.

    Raises
    ------
    ValueError
        If the rows are not samples but means, as with the app's other recording intervals.
    """
    columns = read_columns(path)
    stamps = columns.texts.get("TimeStamp")
    if stamps is None:
        raise ValueError("expected a column TimeStamp with dates, got none")
    times = np.array([datetime.fromisoformat(str(stamp)).timestamp() for stamp in stamps])
    times -= times[0]
    elements = columns.texts.get("Elements", np.full(len(times), ""))
    raw_names = [name for name in columns.numbers if name.startswith("RAW_")]
    samples = np.isfinite(np.stack([columns.numbers[name] for name in raw_names])).all(axis=0)
    signals = {name.removeprefix("RAW_"): columns.numbers[name][samples] for name in raw_names}
    at = times[samples]
    rate = (len(at) - 1) / (at[-1] - at[0]) if len(at) > 1 and at[-1] > at[0] else 0.0
    if np.median(np.diff(at)) > 2 / sfreq:
        raise ValueError(
            f"expected about {sfreq:g} rows per second, as the recording interval 'constant' "
            f"writes them, got {rate:.4g}; --reader-option sfreq=RATE gives another rate"
        )
    timing = find_timing(at, sfreq)
    types = dict.fromkeys(signals, "eeg")
    raw = raw_of_columns(signals, timing, "uV", path, types)
    marked = np.flatnonzero(elements != "")
    annotate(raw, times[marked] - at[0], np.zeros(len(marked)), [str(elements[i]) for i in marked])
    return raw
