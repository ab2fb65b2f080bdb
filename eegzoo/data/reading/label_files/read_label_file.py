"""Labels of a recording in another file."""

from __future__ import annotations

import datetime
import os
import warnings
from pathlib import Path

import mne

from eegzoo.arguments import number_between
from eegzoo.data.reading.events.spoiled import spoiled_stretches
from eegzoo.data.reading.label_files.clock_times import seconds_from
from eegzoo.data.reading.label_files.counted_epochs import fitted_to
from eegzoo.data.reading.label_files.edf_start import ANONYMOUS, edf_start, is_unknown
from eegzoo.data.reading.label_files.label_rows import LabelRows, Rows
from eegzoo.data.reading.label_files.stages import stage_of
from eegzoo.data.reading.label_files.table_labels import read_table_labels
from eegzoo.data.reading.label_files.xml_labels import read_xml_labels


def read_label_file(
    path: str | os.PathLike[str], raw: mne.io.BaseRaw, *, epoch_seconds: float | None = None
) -> mne.io.BaseRaw:
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
        description or BIDS's trial_type; or with one sleep stage per line. Onsets may be clock
        times, if the recording has a date.
    raw : mne.io.Raw
        Recording. It is not modified.
    epoch_seconds : float | None
        Duration of a stage in files without times, in seconds. None: what the file says, or 30 s,
        unless another common length fills the recording.

    Returns
    -------
    mne.io.Raw
        Recording with annotations. Its samples are those of `raw`.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file cannot be read, no label is within the recording, or stages without times last
        longer than the recording.

    Warns
    -----
    RuntimeWarning
        If labels start outside the recording; they are left out and counted. If stages without
        times end before the recording does, or their length is inferred. If dates of files are
        placeholders, so that only the time of day aligns them.

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
    labels = read_label_rows(path, raw, epoch_seconds)
    seconds = raw.n_times / float(raw.info["sfreq"])
    if not labels.has_times:
        labels = fitted_to(labels, seconds, str(path))
    late = _late(labels.origin, raw, str(path))
    rows = [_from_first_sample((row[0] + late, *row[1:])) for row in labels.rows]
    inside = [row for row in rows if 0 <= row[0] < seconds]
    if not inside:
        text = (
            f"expected labels within {seconds:g} s of recording in {path}, got {len(rows)} outside"
        )
        if labels.origin is not None and raw.info["meas_date"] is not None:
            text += (
                f": the file starts at {labels.origin}, the recording at {raw.info['meas_date']}"
            )
        raise ValueError(text)
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


def read_label_rows(
    path: Path, raw: mne.io.BaseRaw | None = None, epoch_seconds: float | None = None
) -> LabelRows:
    """Return the labels of a file.

    Parameters
    ----------
    path, epoch_seconds
        As in `read_label_file`.
    raw : mne.io.Raw | None
        Recording, which clock times in tables and samples of events refer to.

    Raises
    ------
    ValueError
        If the file cannot be read, or has no labels.
    """
    name = path.name.lower()
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    if name.endswith((".xml",)):
        labels = read_xml_labels(path)
    elif name.endswith((".csv", ".tsv", ".txt", ".hyp", ".hypno")):
        labels = read_table_labels(path, None if raw is None else _start_of(raw))
    else:
        labels = _of_mne(path, name, raw)
    if not labels.rows:
        raise ValueError(f"expected labels in {path}, got none")
    if epoch_seconds is not None and not labels.has_times:
        labels = labels.with_length(number_between("epoch_seconds", epoch_seconds, 0.0, above=True))
    return labels


def _of_mne(path: Path, name: str, raw: mne.io.BaseRaw | None) -> LabelRows:
    try:
        if name.endswith(("-eve.fif", "_eve.fif", ".eve", "-eve.fif.gz")):
            if raw is None:
                raise ValueError("expected a recording, whose samples the events refer to")
            return LabelRows(_events(path, raw))
        found = mne.read_annotations(path)
    except Exception as error:  # MNE's readers raise errors of any type for other files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} cannot be read as labels: {reason}") from error
    rows = [
        (float(note["onset"]), float(note["duration"]), str(note["description"])) for note in found
    ]
    origin = found.orig_time
    return LabelRows(rows, edf_start(path) if origin is None else origin)


def _from_first_sample(row: tuple[float, float, str]) -> tuple[float, float, str]:
    """Return a sleep stage that began before the recording from its first sample on."""
    onset, duration, text = row
    if onset < 0 < onset + duration and stage_of(text) is not None:
        return 0.0, onset + duration, text
    return row


def _events(path: Path, raw: mne.io.BaseRaw) -> Rows:
    events = mne.read_events(path, verbose="ERROR")
    sfreq = float(raw.info["sfreq"])
    return [((int(s) - raw.first_samp) / sfreq, 0.0, str(int(code))) for s, _, code in events]


def _start_of(raw: mne.io.BaseRaw) -> datetime.datetime | None:
    """Return the clock time of the first sample."""
    start: datetime.datetime | None = raw.info["meas_date"]
    return None if start is None else start + datetime.timedelta(seconds=float(raw.first_time))


def _late(origin: datetime.datetime | None, raw: mne.io.BaseRaw, where: str) -> float:
    """Return by how many seconds a file of labels starts after a recording."""
    start = _start_of(raw)
    if origin is None or start is None or is_unknown(raw.info["meas_date"]):
        return 0.0  # labels count from the start of the recording
    if raw.info["meas_date"].microsecond == 0:
        # MNE reads the start of an EDF recording to the second, and so the other file's counts.
        origin = origin.replace(microsecond=0)
    if ANONYMOUS in (origin.date(), start.date()) and origin.date() != start.date():
        warnings.warn(
            f"{where} is aligned by the time of day, because one of the dates is a placeholder: "
            f"the file starts at {origin}, the recording at {start}",
            RuntimeWarning,
            stacklevel=3,
        )
        return seconds_from(start, f"{origin:%H:%M:%S.%f}")
    return (origin - start).total_seconds()
