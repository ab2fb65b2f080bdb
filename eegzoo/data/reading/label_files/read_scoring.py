"""Scorings of nights, from label files and from annotations."""

from __future__ import annotations

import datetime
import os
import re
import warnings
from pathlib import Path

import mne

from eegzoo.data.reading.events.annotations import in_annotations
from eegzoo.data.reading.label_files.read_label_file import read_label_file, read_label_rows
from eegzoo.data.reading.label_files.scoring import Scoring
from eegzoo.data.reading.label_files.stages import aasm_stage


def read_scoring(
    path: str | os.PathLike[str],
    raw: mne.io.BaseRaw | None = None,
    *,
    epoch_seconds: float | None = None,
) -> Scoring:
    r"""Read the sleep stages of a label file.

    Parameters
    ----------
    path : path-like
        Hypnogram of any kind that `read_label_file` reads.
    raw : mne.io.Raw | None
        Recording that was scored, in which times are found by the clock. None: times count from
        the start of the file.
    epoch_seconds : float | None
        As in `read_label_file`.

    Returns
    -------
    Scoring
        Stages in the AASM's terms, with the scorer's epoch and its offset.

    Raises
    ------
    ValueError
        If the file has no stages, or as in `read_label_file` and `Scoring.of`.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(f"{folder}/night.csv", "w") as file:
    ...         print("onset,duration,stage", "10,40,W", "50,40,1", "90,20,2", sep="\n", file=file)
    ...     scoring = read_scoring(f"{folder}/night.csv")
    >>> scoring.epoch_seconds, scoring.offset_seconds, scoring.stages.tolist()
    (20.0, 10.0, ['W', 'N1', 'N2'])
    """
    path = Path(path)
    if raw is not None:
        return scoring_of(read_label_file(path, raw, epoch_seconds=epoch_seconds), str(path))
    labels = read_label_rows(path, None, epoch_seconds)
    return _scoring(labels.rows, labels.origin, str(path))


def scoring_of(raw: mne.io.BaseRaw, where: str = "the recording") -> Scoring:
    """Return the sleep stages among the annotations of a recording.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording with sleep stages as annotations, in any spelling. Others are left out. One
        annotation may last for many epochs.
    where : str
        What errors call the recording.

    Returns
    -------
    Scoring
        Stages, with times from the first sample of the recording.

    Raises
    ------
    ValueError
        If no annotation is a sleep stage, or as in `Scoring.of`.

    Examples
    --------
    >>> scoring = scoring_of(eegzoo.data.simulate_sleep(0.1, random_state=0))
    >>> scoring.epoch_seconds, len(scoring.stages)
    (30.0, 12)
    """
    sfreq = float(raw.info["sfreq"])
    rows = [
        ((sample - raw.first_samp) / sfreq, duration, name)
        for name, found in in_annotations(raw).items()
        for sample, duration in zip(found.samples.tolist(), found.durations.tolist(), strict=True)
    ]
    if any(duration > 0 for _, duration, _ in rows):  # MNE's crop leaves labels of no length
        rows = [row for row in rows if row[1] > 0]
    start = raw.info["meas_date"]
    if start is not None:
        start += datetime.timedelta(seconds=float(raw.first_time))
    return _scoring(rows, start, where)


def _scoring(
    rows: list[tuple[float, float, str]], start: datetime.datetime | None, where: str
) -> Scoring:
    staged = [row for row in rows if aasm_stage(row[2]) is not None]
    others = sorted({text for *_, text in rows if aasm_stage(text) is None})
    if not staged:
        raise ValueError(f"expected sleep stages in {where}, got {others[:8] or 'no labels'}")
    odd = [text for text in others if re.match(r"(sleep[ _-]*)?stage\b", text, re.IGNORECASE)]
    if odd:
        warnings.warn(
            f"labels of {where} are not known as sleep stages, and not scored: {odd[:8]}",
            RuntimeWarning,
            stacklevel=3,
        )
    onset, duration, stages = zip(*staged, strict=True)
    try:
        return Scoring.of(onset, duration, stages, start)
    except ValueError as error:
        raise ValueError(f"{where} cannot be read as a scoring: {error}") from error
