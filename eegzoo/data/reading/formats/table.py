"""CSV and TSV tables with a row per sample and a column per channel."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.reading.formats.columns import Columns, read_columns
from eegzoo.data.reading.formats.pauses import annotate, with_pauses
from eegzoo.data.reading.formats.sampling import Timing, find_timing
from eegzoo.data.reading.formats.units import unit_in_title, volts

_logger = logging.getLogger(__name__)
_TIME = re.compile(r"(time|times|timestamps?|t|seconds|sec|s|unix ?time)(\b|_).*", re.IGNORECASE)
_PER_SECOND = {"ms": 1e3, "msec": 1e3, "us": 1e6, "µs": 1e6, "ns": 1e9}
_MARKERS = re.compile(r"(stim|trig|marker|event|label|status|annotation|code)", re.IGNORECASE)

Array = npt.NDArray[np.float64]


def read_table(
    path: Path,
    *,
    sfreq: float | None = None,
    time: str | None = None,
    unit: str | None = None,
) -> mne.io.BaseRaw:
    """Read a table with a row per sample and a column per channel.

    Parameters
    ----------
    path : Path
        Text with commas, semicolons, tabs or blanks between columns, and their titles in the first
        row.
    sfreq : float | None
        Sampling rate in Hz. None: it is found from a column of times.
    time : str | None
        Title of the column with the time of each sample in seconds, or as the title says: "time
        (ms)". None: a column named time, timestamp, t or alike.
    unit : str | None
        Unit of the samples: "V", "mV", "uV" or "nV". None: as in the titles, otherwise microvolts.

    Returns
    -------
    mne.io.Raw
        Recording in memory. Columns of markers become stim channels, or annotations if they
        contain text.

    Raises
    ------
    ValueError
        If there is neither a rate nor a column of times, or if the times are not regular.
    """
    columns = read_columns(path)
    clock = _time_column(columns, time)
    if clock is None and sfreq is None:
        raise ValueError(
            f"expected a column of times or the reader option sfreq, got columns "
            f"{list(columns.numbers)[:8]}"
        )
    n_times = len(next(iter({**columns.numbers, **columns.texts}.values())))
    signals = {name: row for name, row in columns.numbers.items() if name != clock}
    if not signals:
        raise ValueError(f"expected columns of samples, got {[*columns.numbers, *columns.texts]}")
    if clock is None:
        timing = Timing(float(sfreq or 0), np.zeros(1), np.array([n_times]))
    else:
        timing = find_timing(columns.numbers[clock] / _per_second(clock), sfreq)
    raw = raw_of_columns(signals, timing, unit, path)
    _annotate(raw, columns.texts, timing)
    return raw


def raw_of_columns(
    signals: dict[str, Array],
    timing: Timing,
    unit: str | None,
    path: Path,
    types: dict[str, str] | None = None,
) -> mne.io.RawArray:
    """Return a recording of columns of samples.

    Parameters
    ----------
    signals : dict of str to array, shape (n_times,)
        Samples by title; a unit in the title applies.
    timing : Timing
        Rate and blocks.
    unit : str | None
        Unit of channels without one in the title. None: microvolts.
    path : Path
        File, for the message that microvolts are assumed.
    types : dict of str to str | None
        MNE's types of channels. None: columns named as markers are "stim", others are "eeg".
    """
    names, kinds, rows = [], [], []
    assumed = unit is None
    for title, row in signals.items():
        name, own = unit_in_title(title)
        kind = (types or {}).get(title) or ("stim" if _is_marker(title, row) else "eeg")
        if kind == "stim" or (types is not None and kind == "misc"):
            factor = 1.0
        else:
            factor = volts(unit or own or "uV")
            assumed = assumed and own is None
        names.append(name)
        kinds.append(kind)
        rows.append(np.nan_to_num(row) if kind == "stim" else row * factor)
    info = mne.create_info(names, timing.sfreq, kinds)
    if assumed and types is None:
        _logger.warning(
            "%s: the samples are taken as microvolts; --reader-option unit=V, mV or nV changes it",
            path,
        )
    return with_pauses(np.stack(rows), info, timing.onsets, timing.lengths)


def _is_marker(title: str, row: Array) -> bool:
    values = row[np.isfinite(row)]
    return bool(_MARKERS.search(title)) and bool((values == np.round(values)).all())


def _time_column(columns: Columns, given: str | None) -> str | None:
    """Return the title of the column of times."""
    if given is not None:
        if str(given) not in columns.numbers:
            raise ValueError(
                f"expected time to be a column of numbers, got {given!r} among "
                f"{list(columns.numbers)}"
            )
        return str(given)
    found = [name for name in columns.numbers if _TIME.fullmatch(name.strip())]
    return found[0] if found else None


def _per_second(title: str) -> float:
    """Return how many units of time, as in "time (ms)", are a second."""
    words = re.findall(r"[a-zµ]+", title.lower().replace("_", " "))
    return next((_PER_SECOND[word] for word in words if word in _PER_SECOND), 1.0)


def _annotate(raw: mne.io.BaseRaw, texts: dict[str, npt.NDArray[np.str_]], timing: Timing) -> None:
    """Annotate a recording with columns of text: one event where a new text starts."""
    firsts = np.cumsum(timing.lengths) - timing.lengths
    for column in texts.values():
        starts = np.flatnonzero((column != "") & (column != np.r_[[""], column[:-1]]))
        blocks = np.searchsorted(firsts, starts, side="right") - 1
        onsets = timing.onsets[blocks] + (starts - firsts[blocks]) / timing.sfreq
        annotate(raw, onsets, np.zeros(len(starts)), [str(text) for text in column[starts]])
