"""Recordings in files, and the events in them."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import mne

from eegzoo.data.reading.file_damage import check_header, check_opened

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
