"""Reading of continuous recordings in any format that MNE supports."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mne

from eegzoo.arguments import one_of
from eegzoo.data.reading.file_damage import check_header, check_opened
from eegzoo.data.reading.formats.registry import open_file
from eegzoo.data.reading.repeated_warnings import counted
from eegzoo.data.reading.truncation import check_can_be_kept, keep_whole_part

TRUNCATED = ("raise", "keep")

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
    "|The data contains .boundary. events"  # no window crosses one
    "|encountered in"  # NumPy's, about electrodes without a position
)


def read_recording(
    path: str | os.PathLike[str],
    *,
    truncated: str = "raise",
    reader_options: Mapping[str, Any] | None = None,
) -> mne.io.BaseRaw:
    """Open a continuous recording.

    Parameters
    ----------
    path : path-like
        File in EDF, BDF, GDF, BrainVision, EEGLAB, FIF, CNT, EGI or another format of MNE; a text
        of the OpenBCI GUI, a CSV file of Mind Monitor (Muse), another CSV or TSV table, XDF, or
        MATLAB. An EDF or BDF file with a record count of -1 is still being recorded; its complete
        records are read.
    truncated : {"raise", "keep"}
        What to do with a file that is shorter than its header states: raise an error, or keep the
        samples that are complete.
    reader_options : mapping of str to object | None
        Arguments for the reader of the format: those of MNE's reader, such as
        ``{"encoding": "latin1"}`` for EDF; ``sfreq``, ``time`` and ``unit`` for tables; ``stream``
        and ``unit`` for XDF; ``data``, ``sfreq``, ``ch_names`` and ``unit`` for MATLAB.

    Returns
    -------
    mne.io.Raw
        Recording. Its samples are read on demand unless the format is a table, XDF or MATLAB, or an
        EDF file has pauses or channels at different rates. Such channels are resampled to the rate
        of the EEG; pauses are annotated as "BAD_ACQ_SKIP".

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ImportError
        If the format requires a package that is not installed.
    ValueError
        If the file cannot be read, if it is truncated or does not match its header, or if an option
        is unknown.

    Warns
    -----
    RuntimeWarning
        If MNE warns about a fault that may matter, such as an event outside the signal, a channel
        without a scale or two channels with the same name.

    Notes
    -----
    What is assumed or changed, such as a unit that the file does not state, is logged by the logger
    "eegzoo".

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    ...     paths = raw.save(f"{folder}/mine_raw.fif", verbose="ERROR")
    ...     read_recording(f"{folder}/mine_raw.fif").info["nchan"]
    22
    """
    path = Path(path)
    one_of("truncated", truncated, TRUNCATED)
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        if path.is_dir() and not path.suffix:
            raise IsADirectoryError("it is a folder, expected a file in it")
        if truncated == "keep":
            check_can_be_kept(path)
        else:
            check_header(path)
        raw, messages = _open(path, truncated == "keep", reader_options or {})
    except ImportError as error:
        raise ImportError(f"{path}: {error}") from error
    except Exception as error:  # the exceptions of MNE's readers for damaged files are of any type
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path} cannot be read as a recording: {reason}") from error
    for message in messages:
        warnings.warn(f"{path}: {message}", RuntimeWarning, stacklevel=2)
    return raw


def _open(path: Path, keep: bool, options: Mapping[str, Any]) -> tuple[mne.io.BaseRaw, list[str]]:
    """Return the recording and those of MNE's warnings that may matter to the user."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        raw = open_file(path, options)
        if keep:
            raw = keep_whole_part(raw, path)
        else:
            check_opened(raw, path)
    messages = []
    for text in (" ".join(str(warning.message).split()) for warning in caught):
        if not keep and _DAMAGE.search(text):
            raise ValueError(text)
        if not _HARMLESS.search(text):
            messages.append(text)
    return raw, counted(messages)
