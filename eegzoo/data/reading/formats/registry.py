"""Formats of recordings, and the reader of each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import mne

from eegzoo.arguments import nearest
from eegzoo.data.reading.formats import (
    brainvision,
    matlab,
    mne_readers,
    muse,
    neuroscan,
    openbci,
    table,
    xdf,
)
from eegzoo.data.reading.formats.edf.read_edf import read_edf

Reader = Callable[..., mne.io.BaseRaw]


class Format(NamedTuple):
    """A format: which files are in it, and what reads them.

    Parameters
    ----------
    name : str
        Name for messages.
    matches : callable
        Return whether a file is in the format, from its suffix or its first bytes.
    read : callable
        Return the recording in a file.
    arguments : callable | None
        Function of MNE whose arguments are the reader's options. None: those of `read`.
    """

    name: str
    matches: Callable[[Path], bool]
    read: Reader
    arguments: Callable[..., Any] | None = None

    @property
    def options(self) -> list[str] | None:
        """Names of the reader's options; None if they depend on the file."""
        parameters = inspect.signature(self.arguments or self.read).parameters
        if "kwargs" in parameters:
            return None
        # MNE's first argument is the file.
        return [name for name in list(parameters)[1:] if name not in ("preload", "verbose")]


def _suffix(*suffixes: str) -> Callable[[Path], bool]:
    return lambda path: path.name.lower().endswith(suffixes)


_MNE = mne.io
# The first format that matches is used.
FORMATS = (
    Format("BDF", _suffix(".bdf"), read_edf, _MNE.read_raw_bdf),
    Format("EDF", _suffix(".edf"), read_edf, _MNE.read_raw_edf),
    Format("GDF", _suffix(".gdf"), mne_readers.read_gdf, _MNE.read_raw_gdf),
    Format("ANT Neuro", mne_readers.is_ant, mne_readers.read_ant, _MNE.read_raw_ant),
    Format("Neuroscan CNT", _suffix(".cnt"), neuroscan.read_cnt, _MNE.read_raw_cnt),
    Format(
        "BrainVision",
        _suffix(".vhdr", ".ahdr"),
        brainvision.read_brainvision,
        _MNE.read_raw_brainvision,
    ),
    Format("EEGLAB", _suffix(".set"), mne_readers.read_eeglab, _MNE.read_raw_eeglab),
    Format("EGI simple binary", _suffix(".raw"), mne_readers.read_egi, _MNE.read_raw_egi),
    Format("FIF", _suffix(".fif", ".fif.gz"), mne_readers.read_fif, _MNE.read_raw_fif),
    Format("OpenBCI text", openbci.is_openbci, openbci.read_openbci),
    Format("Muse CSV", muse.is_muse, muse.read_muse),
    Format("table", _suffix(".csv", ".tsv", ".txt"), table.read_table),
    Format("XDF", _suffix(".xdf", ".xdfz"), xdf.read_xdf),
    Format("MATLAB", _suffix(".mat"), matlab.read_matlab),
)
_OTHER = Format("a format of MNE", lambda path: True, _MNE.read_raw)


def find_format(path: Path) -> Format:
    """Return the format of a file."""
    return next((each for each in FORMATS if path.is_file() and each.matches(path)), _OTHER)


def open_file(path: Path, options: Mapping[str, Any]) -> mne.io.BaseRaw:
    """Open a recording with the reader of its format.

    Raises
    ------
    ValueError
        If an option is unknown.
    """
    header = path.with_suffix(".vhdr")
    if path.suffix.lower() in (".eeg", ".dat", ".avg", ".seg") and header.is_file():
        raise ValueError(
            f"expected the header of BrainVision's files, {header.name}, got {path.name}"
        )
    found = find_format(path)
    known = found.options
    for name in options:
        if known is not None and name not in known:
            raise ValueError(
                f"unknown reader option {name!r} for {found.name}{nearest(name, known)}; known are "
                f"{', '.join(known)}"
            )
    from_mne = found.arguments is not None or found.read.__module__.startswith("mne.")
    defaults = {"preload": False, "verbose": "WARNING"} if from_mne else {}
    try:
        return found.read(path, **defaults, **options)
    except TypeError as error:
        if missing := re.search(r"missing .* required positional argument: '(\w+)'", str(error)):
            name = missing[1]
            raise ValueError(
                f"expected the reader option {name}: --reader-option {name}=VALUE"
            ) from error
        raise
