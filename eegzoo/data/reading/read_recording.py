"""Reading of continuous recordings in any format that MNE supports."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import mne

from eegzoo.data.reading.file_damage import check_header, check_opened

# MNE's warnings about files whose samples are not those that were recorded: they become errors.
_DAMAGE = re.compile(
    "Header information is incorrect for record length|Missing header in marker file"
    "|FIF tag directory missing|FIF raw buffer could not be read|Unreadable variable"
)
# MNE's warnings that do not concern the samples: they are dropped. All others are passed on.
_HARMLESS = re.compile(
    "This filename .* does not conform|Invalid measurement date|Could not parse meas date"
    "|Invalid patient information|Channels contain different (high|low)pass filters"
    "|Highpass cutoff frequency|Online software filter|Limited .* annotation"
    "|Number of records from the header does not match"  # it was -1: still recording
    "|Invalid tag with only 0/16 bytes"  # no last tag, in a file whose blocks are all closed
    "|mixed sampling frequencies and preload=False"  # concerns reading of parts
    "|encountered in"  # NumPy's, about electrodes without a position
)


def read_recording(path: str | os.PathLike[str]) -> mne.io.BaseRaw:
    """Open a continuous recording in any format that MNE reads.

    Parameters
    ----------
    path : path-like
        File in EDF, BDF, GDF, BrainVision, EEGLAB, FIF, CNT, EGI or another format. An EDF or BDF
        file with a record count of -1 is still being recorded; its complete records are read.

    Returns
    -------
    mne.io.Raw
        Recording whose samples are read on demand.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If MNE cannot read the file, or if it is truncated or does not match its header.

    Warns
    -----
    RuntimeWarning
        If MNE warns about a fault that may matter, such as an event outside the signal, a channel
        without a scale or two channels with the same name.

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
        raw, messages = _open(path)
    except Exception as error:  # the exceptions of MNE's readers for damaged files are of any type
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} cannot be read as a recording: {reason}") from error
    for message in messages:
        warnings.warn(f"{path}: {message}", RuntimeWarning, stacklevel=2)
    return raw


def _open(path: Path) -> tuple[mne.io.BaseRaw, list[str]]:
    """Return the recording and those of MNE's warnings that may matter to the user."""
    # mne.io.read_raw does not support EGI's simple binary format.
    read = mne.io.read_raw_egi if path.suffix.lower() == ".raw" else mne.io.read_raw
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        raw = read(path, preload=False, verbose="WARNING")
        check_opened(raw, path)
    messages = []
    for text in dict.fromkeys(" ".join(str(warning.message).split()) for warning in caught):
        if _DAMAGE.search(text):
            raise ValueError(text)
        if not _HARMLESS.search(text):
            messages.append(text)
    return raw, messages
