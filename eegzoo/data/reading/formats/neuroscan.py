"""Neuroscan's .cnt files, with events and a start as the file states them.

MNE 1.13.2 gives each event the sample before its own. It also takes the size of the header off the
events of tables of type 3, which hold samples instead of bytes, so that those of 66 channels in
four bytes come 24 samples early in all. EEGLAB's loadcnt (sccn/neuroscanio, commit 42a227a), whose
authors compared it with Neuroscan's own export, and FieldTrip have the samples that are read here.
MNE takes the start, a time by the clock on the wall, for the zone of the computer that reads it.
"""

from __future__ import annotations

import datetime
import itertools
import struct
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import mne

_HEADER_BYTES, _CHANNEL_BYTES = 900, 75
# Code, function key, response pad and its mark, and place of an event; the rest of it is skipped.
_EVENT = {1: "<HBBi", 2: "<HBBi11x", 3: "<HBBi11x"}
_ACCEPT, _REJECT = 0xD, 0xC  # a response pad's upper four bits, where a stretch is marked
_DATES = {"mm/dd/yy": "%m/%d/%y %H:%M:%S", "dd/mm/yy": "%d/%m/%y %H:%M:%S"}


class _Event(NamedTuple):
    sample: int
    text: str
    mark: int


def read_cnt(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read a Neuroscan CNT file.

    Parameters
    ----------
    path : Path
        File.
    **options
        Arguments of `mne.io.read_raw_cnt`, such as ``data_format="int32"``.

    Returns
    -------
    mne.io.Raw
        Recording, read on demand. Its annotations are named as by MNE and start at the samples of
        the events; ``meas_date`` is the clock time in the file, labelled UTC as MNE labels that
        of EDF.

    Raises
    ------
    ValueError
        If the file does not state its number of samples.
    """
    try:
        with warnings.catch_warnings():
            # MNE compares the wrong onsets with the recording; the right ones are compared below.
            warnings.filterwarnings("ignore", "Omitted|Limited")
            raw = mne.io.read_raw_cnt(path, **options)
    except RuntimeError as error:
        if "Could not automatically compute number of bytes" not in str(error):
            raise
        raise ValueError(
            "expected a file that states its number of samples: --reader-option data_format=int16 "
            "or data_format=int32 says how long they are"
        ) from None
    head = _read(path, 0, _HEADER_BYTES)
    if raw.info["meas_date"] is not None:
        raw.set_meas_date(_session_start(head, options.get("date_format", "mm/dd/yy")))
    events = _read_events(path, head, raw.n_times)
    return raw.set_annotations(_annotations(events, raw.n_times, float(raw.info["sfreq"])))


def _session_start(head: bytes, date_format: str) -> datetime.datetime:
    date, time = (text.split(b"\0")[0].decode("ascii") for text in (head[225:235], head[235:247]))
    start = datetime.datetime.strptime(f"{date} {time}", _DATES[date_format])
    return start.replace(tzinfo=datetime.UTC)


def _read_events(path: Path, head: bytes, n_times: int) -> list[_Event]:
    """Return the table of events."""
    (n_chans,), (table,) = struct.unpack_from("<H", head, 370), struct.unpack_from("<i", head, 886)
    start = _HEADER_BYTES + _CHANNEL_BYTES * n_chans
    n_frame = n_chans * ((table - start) // (n_chans * n_times))  # bytes of a sample
    kind, n_bytes, _ = struct.unpack("<Bii", _read(path, table, 9))
    layout = struct.Struct(_EVENT[kind])
    content = _read(path, table + 9, n_bytes)
    found = []
    for code, key, pad, place in layout.iter_unpack(content):
        if pad & 0x0F:
            text = f"KeyPad Response {pad & 0x0F}"
        else:
            text = f"Keyboard Response {key}" if key else str(code)
        mark = 0 if pad & 0x0F else pad >> 4
        found.append(_Event(place if kind == 3 else (place - start) // n_frame, text, mark))
    return found


def _annotations(events: list[_Event], n_times: int, sfreq: float) -> mne.Annotations:
    """Return annotations of events; a rejected stretch lasts until the next mark."""
    marks = [event for event in events if event.mark in (_ACCEPT, _REJECT)]
    ends = {id(mark): then.sample for mark, then in itertools.pairwise(marks)}
    rows = []
    for event in events:
        if event.mark == _REJECT:
            length = ends.get(id(event), n_times) - event.sample
            rows.append((event.sample / sfreq, length / sfreq, f"BAD_{event.text}"))
        elif event.mark != _ACCEPT:
            rows.append((event.sample / sfreq, 0.0, event.text))
    onset, duration, text = zip(*rows, strict=True) if rows else ((), (), ())
    return mne.Annotations(onset, duration, text)


def _read(path: Path, at: int, n_bytes: int) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(n_bytes)
