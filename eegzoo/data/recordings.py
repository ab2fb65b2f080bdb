"""Recordings in files, and the events in them."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.file_damage import check_header, check_opened

Events = npt.NDArray[np.int64]

# What MNE says of a file whose numbers are not those that were recorded ...
_DAMAGE = re.compile(
    "Header information is incorrect for record length|Missing header in marker file"
    "|FIF tag directory missing|FIF raw buffer could not be read|Unreadable variable"
)
# ... and of one whose numbers are. Anything else is passed on as a warning.
_HARMLESS = re.compile(
    "This filename .* does not conform|Invalid measurement date|Could not parse meas date"
    "|Invalid patient information|Channels contain different (high|low)pass filters"
    "|Highpass cutoff frequency|Online software filter|Limited .* annotation"
    "|Number of records from the header does not match"  # it was -1: still recording
    "|Invalid tag with only 0/16 bytes"  # no last tag, in a file whose blocks are closed
    "|mixed sampling frequencies and preload=False"  # about reading a part
    "|encountered in"  # NumPy, of electrodes without a place
)


def read_recording(path: str | os.PathLike[str]) -> mne.io.BaseRaw:
    """Open any continuous recording that MNE reads.

    Parameters
    ----------
    path : path-like
        EDF, BDF, GDF, BrainVision, EEGLAB, FIF, CNT, EGI, ... An EDF or BDF file that counts
        -1 records is still being recorded: what is there is read.

    Returns
    -------
    mne.io.Raw
        Its data are read when they are needed.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If MNE cannot read it, or it is damaged: cut short, or not what its header says.

    Warns
    -----
    RuntimeWarning
        If MNE read it with a reservation that may matter: an event outside the signal, a channel
        without a scale, two channels with one name, ...

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    ...     paths = raw.save(f"{folder}/mine_raw.fif", verbose="ERROR")
    ...     read_recording(f"{folder}/mine_raw.fif").info["nchan"]
    22
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        check_header(path)
        raw, remarks = _open(path)
    except Exception as error:  # readers of damaged files raise whatever their parser meets
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} cannot be read as a recording: {reason}") from error
    for remark in remarks:
        warnings.warn(f"{path}: {remark}", RuntimeWarning, stacklevel=2)
    return raw


def _open(path: Path) -> tuple[mne.io.BaseRaw, list[str]]:
    """Return the recording, and what MNE remarks that its user should know."""
    # mne.io.read_raw leaves out EGI's simple binary.
    read = mne.io.read_raw_egi if path.suffix.lower() == ".raw" else mne.io.read_raw
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        raw = read(path, preload=False, verbose="WARNING")
        check_opened(raw, path)
    # A recording goes as far as its last event; BrainVision's header does not say how far.
    last_event_missing = re.compile("Omitted" if path.suffix in (".vhdr", ".ahdr") else "(?!)")
    remarks = []
    for text in dict.fromkeys(" ".join(str(warning.message).split()) for warning in caught):
        if _DAMAGE.search(text) or last_event_missing.search(text):
            raise ValueError(text)
        if not _HARMLESS.search(text):
            remarks.append(text)
    return raw, remarks


def label_events(
    raw: mne.io.BaseRaw, event_id: Mapping[str, str | int] | None = None
) -> tuple[Events, dict[str, int]]:
    """Find the events of a recording and give them labels.

    Parameters
    ----------
    raw : mne.io.Raw
        With annotations or a stim channel.
    event_id : mapping of str to str | int | None
        For each label, the annotation's description or the stim channel's code. None: each
        description is a label; each code, where no annotation marks an event.

    Returns
    -------
    events : array of int, shape (n_events, 3)
        As in MNE: sample, 0, code.
    event_id : dict of str to int
        Code of each label.

    Raises
    ------
    ValueError
        If the recording has no events, none for a label, or two labels for one moment.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> events, event_id = label_events(raw, {"left": "left_hand", "right": "right_hand"})
    >>> events.shape, event_id
    ((4, 3), {'left': 1, 'right': 2})
    """
    found = _annotated(raw)
    if event_id is not None or not found:
        found = {**_in_stim_channel(raw), **found}
    if not found:
        raise ValueError("expected annotations or a stim channel with events, got neither")
    if event_id is None:
        event_id = {description: description for description in sorted(found)}
    if not event_id:
        raise ValueError(f"expected event_id to hold labels, got none; events are {sorted(found)}")
    missing = [str(code) for code in event_id.values() if str(code) not in found]
    if missing:
        raise ValueError(f"expected events {missing}, got events {sorted(found)}")
    codes = {label: code for code, label in enumerate(event_id, start=1)}
    labels: dict[int, str] = {}
    for label, description in event_id.items():
        for sample in found[str(description)]:
            if labels.setdefault(sample, label) != label:
                onset = (sample - raw.first_samp) / raw.info["sfreq"]
                raise ValueError(
                    f"expected one label at a time, got {labels[sample]!r} and {label!r} "
                    f"at {onset:g} s"
                )
    rows = [[sample, 0, codes[label]] for sample, label in sorted(labels.items())]
    return np.array(rows, dtype=np.int64), codes


def labels_among_events(inst: Any, labels: Sequence[str]) -> dict[str, str] | None:
    """Return those of the labels that a recording has events of, as `label_events` takes them.

    None where there are none, and for epochs, whose events are chosen already.
    """
    if isinstance(inst, mne.BaseEpochs):
        return None
    there = {**_in_stim_channel(inst), **_annotated(inst)}
    return {label: label for label in labels if label in there} or None


def _annotated(raw: mne.io.BaseRaw) -> dict[str, list[int]]:
    """Return the samples, as MNE counts them, of each description."""
    if all(name.lower().startswith(("bad", "edge")) for name in raw.annotations.description):
        return {}
    events, codes = mne.events_from_annotations(raw, regexp="^(?!(?i:bad|edge))", verbose="ERROR")
    return {str(name): events[events[:, 2] == code, 0].tolist() for name, code in codes.items()}


def _in_stim_channel(raw: mne.io.BaseRaw) -> dict[str, list[int]]:
    """Return the samples, as MNE counts them, of each code."""
    if "stim" not in raw.get_channel_types():
        return {}
    events = mne.find_events(raw, shortest_event=1, verbose="ERROR")
    return {str(code): events[events[:, 2] == code, 0].tolist() for code in np.unique(events[:, 2])}
