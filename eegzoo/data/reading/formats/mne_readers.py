"""Formats that MNE reads, where a file needs another look before or after."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import mne

from eegzoo.data.reading.formats.edf.mixed_rates import read_mixed_rates

_EPOCHS = "expected a continuous recording, got epochs; read_epochs reads them"


def is_ant(path: Path) -> bool:
    """Return whether a .cnt file is ANT Neuro's; Neuroscan's has the same suffix."""
    if path.suffix.lower() != ".cnt":
        return False
    with path.open("rb") as file:
        return file.read(4) in (b"RIFF", b"RF64")


def read_ant(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read a .cnt file of ANT Neuro with antio.

    Raises
    ------
    ImportError
        If antio is not installed.
    """
    try:
        import antio  # noqa: F401 (MNE imports it)
    except ImportError as error:
        raise ImportError(
            "ANT Neuro's .cnt files require antio: pip install eegzoo[ant]"
        ) from error
    return mne.io.read_raw_ant(path, **options)


def read_gdf(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read a GDF file at the rate of its EEG."""
    with path.open("rb") as file:
        head = file.read(256)
        version = float(head[4:8])
        n_signals = struct.unpack_from("<H" if version >= 1.9 else "<I", head, 252)[0]
        head += file.read(256 * n_signals)
    n_samples = struct.unpack_from(f"<{n_signals}i", head, 256 + 216 * n_signals)
    if len(set(n_samples)) <= 1:
        return mne.io.read_raw_gdf(path, **options)
    labels = mne.io.read_raw_gdf(path, **options).ch_names
    return read_mixed_rates(mne.io.read_raw_gdf, path, labels, n_samples, options)


def read_eeglab(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read a continuous EEGLAB file."""
    try:
        return mne.io.read_raw_eeglab(path, **options)
    except TypeError as error:
        if "number of trials" not in str(error):
            raise
    raise ValueError(_EPOCHS)


def read_fif(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read a continuous FIF file."""
    try:
        return mne.io.read_raw_fif(path, **options)
    except ValueError as error:
        if "No raw data" not in str(error):
            raise
    try:
        mne.read_epochs(path, preload=False, verbose="ERROR")
    except ValueError:
        raise ValueError("expected a recording, got a FIF file without raw data") from None
    raise ValueError(_EPOCHS)
