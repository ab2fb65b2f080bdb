"""Labels of a recording in another file."""

from __future__ import annotations

import datetime
import os
import warnings
from pathlib import Path

import mne

from eegzoo.data.reading.events.spoiled import spoiled_stretches
from eegzoo.data.reading.label_files.table_labels import read_table_labels
from eegzoo.data.reading.label_files.xml_labels import read_xml_labels

Rows = list[tuple[float, float, str]]


def read_label_file(path: str | os.PathLike[str], raw: mne.io.BaseRaw) -> mne.io.BaseRaw:
    """Return a recording with the labels of another file as its annotations.

    Marks of pauses and bad stretches in the recording stay; its other annotations are replaced.
    Sleep stages are written as in EDF+, such as "Sleep stage 2", in whatever way the file spells
    them.

    Parameters
    ----------
    path : path-like
        EDF+ or FIF file with annotations, such as a hypnogram; MNE's events (``-eve.fif``); XML of
        the National Sleep Research Resource or of Compumedics Profusion; or a table (CSV or TSV)
        with the columns onset and duration, in seconds from the start of the recording, and
        description or BIDS's trial_type; or with one sleep stage of 30 s per line.
    raw : mne.io.Raw
        Recording. It is not modified.

    Returns
    -------
    mne.io.Raw
        Recording with annotations. Its samples are those of `raw`.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file cannot be read, or no label is within the recording.

    Warns
    -----
    RuntimeWarning
        If labels start outside the recording; they are left out and counted.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(f"{folder}/labels.csv", "w") as file:
    ...         print("onset,duration,description", file=file)
    ...         print("2,8,rest", file=file)
    ...     read_label_file(f"{folder}/labels.csv", raw).annotations.description.tolist()
    ['rest']
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    rows = _rows(path, raw)
    if not rows:
        raise ValueError(f"expected labels in {path}, got none")
    seconds = raw.n_times / float(raw.info["sfreq"])
    inside = [row for row in rows if 0 <= row[0] < seconds]
    if not inside:
        raise ValueError(
            f"expected labels within {seconds:g} s of recording in {path}, got {len(rows)} outside"
        )
    if len(inside) < len(rows):
        warnings.warn(
            f"{len(rows) - len(inside)} of {len(rows)} labels in {path} are left out, because they "
            f"start outside the recording of {seconds:g} s",
            RuntimeWarning,
            stacklevel=2,
        )
    onset, duration, description = zip(*inside, strict=True)
    # A scorer's last epoch may end after the recording does.
    duration = tuple(min(d, seconds - o) for o, d in zip(onset, duration, strict=True))
    labelled = raw.copy().set_annotations(mne.Annotations(onset, duration, description))
    for mark in spoiled_stretches(raw):
        labelled.annotations.append(mark.onset + raw.first_time, mark.duration, mark.description)
    return labelled


def _rows(path: Path, raw: mne.io.BaseRaw) -> Rows:
    """Return onset in seconds from the start of the recording, duration and description."""
    name = path.name.lower()
    if name.endswith((".xml",)):
        return read_xml_labels(path)
    if name.endswith((".csv", ".tsv", ".txt", ".hyp", ".hypno")):
        return read_table_labels(path)
    try:
        if name.endswith(("-eve.fif", "_eve.fif", ".eve", "-eve.fif.gz")):
            return _events(path, raw)
        found = mne.read_annotations(path)
    except Exception as error:  # MNE's readers raise errors of any type for other files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} cannot be read as labels: {reason}") from error
    return [
        (_from_start(note["onset"], raw, found.orig_time), note["duration"], note["description"])
        for note in found
    ]


def _events(path: Path, raw: mne.io.BaseRaw) -> Rows:
    events = mne.read_events(path, verbose="ERROR")
    sfreq = float(raw.info["sfreq"])
    return [((int(s) - raw.first_samp) / sfreq, 0.0, str(int(code))) for s, _, code in events]


def _from_start(onset: float, raw: mne.io.BaseRaw, origin: datetime.datetime | None) -> float:
    """Return seconds from the first sample of a recording."""
    start = raw.info["meas_date"]
    if origin is None or start is None:  # a file of labels alone counts from the recording's start
        return float(onset)
    return float(onset) + float((origin - start).total_seconds()) - float(raw.first_time)
