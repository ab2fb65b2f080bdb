"""Formats that MNE reads, where a file needs another look before or after."""

from __future__ import annotations

import datetime
import re
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import mne
import numpy as np

from eegzoo.data.reading.formats.edf.mixed_rates import rate_of_eeg, resample_row
from eegzoo.data.reading.formats.units import correct_units

_EPOCHS = "expected a continuous recording, got epochs; read_epochs reads them"

_MAT73 = "files of MATLAB 7.3 require pymatreader and h5py: pip install eegzoo[mat73]"


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


def read_egi(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read EGI's simple binary format in volts, from its start by the clock on the wall.

    Where a file holds the converter's integers, EGI's description of the format gives range / 2 **
    bits as microvolts (quoted in fieldtrip/fieldtrip#438; EEGLAB's readegi computes the same). MNE
    1.13.2 takes them for volts. It takes the start for the time zone of the computer that reads the
    file, and leaves the milliseconds out.
    """
    raw = mne.io.read_raw_egi(path, **options)
    with path.open("rb") as file:
        _, *date, milliseconds, _, n_chans, _, bits, span = struct.unpack(">i6hi5h", file.read(30))
    if bits and span:
        factor = span / 2**bits * 1e-6 / raw.info["chs"][0]["cal"]
        if factor != 1:
            raw.load_data(verbose="WARNING")
            raw.apply_function(lambda row: row * factor, picks=range(n_chans), verbose="ERROR")
    start = datetime.datetime(*date) + datetime.timedelta(milliseconds=milliseconds)
    return raw.set_meas_date(start.replace(tzinfo=datetime.UTC))


def read_gdf(
    path: Path,
    *,
    include: Sequence[str] | str | None = None,
    exclude: Sequence[str] | str = (),
    **options: Any,
) -> mne.io.BaseRaw:
    """Read a GDF file at the rate of its EEG.

    Parameters
    ----------
    path : Path
        File.
    include, exclude : sequence of str | str
        Channels to read or not to read, or a regular expression for their names, as in MNE.
        MNE 1.13.2 returns the samples of another channel for them, so they are applied afterwards.
    **options
        Other arguments of `mne.io.read_raw_gdf`.
    """
    raw = _at_rate_of_eeg(path, options)
    units = dict(zip(raw.ch_names, _gdf_units(path), strict=False))
    correct_units(raw, units, lambda unit: 1e-6 if unit == "uV" else 1.0, path)
    names = [
        name
        for name in raw.ch_names
        if (include is None or _is_among(name, include)) and not _is_among(name, exclude)
    ]
    return raw.pick(names, verbose="ERROR") if len(names) < len(raw.ch_names) else raw


def _gdf_units(path: Path) -> list[str]:
    """Return the unit of each signal in version 1, of which MNE 1.13.2 knows "uV" alone.

    In version 2 it knows microvolts and millivolts, and warns of others.
    """
    with path.open("rb") as file:
        head = file.read(256)
        if float(head[4:8]) >= 1.9:
            return []
        (n_signals,) = struct.unpack_from("<I", head, 252)
        file.seek(256 + 96 * n_signals)
        texts = [file.read(8).decode("latin-1") for _ in range(n_signals)]
    return [text.split("\0")[0].strip() for text in texts]


def _is_among(name: str, wanted: Sequence[str] | str) -> bool:
    return bool(re.match(wanted, name)) if isinstance(wanted, str) else name in wanted


def _at_rate_of_eeg(path: Path, options: dict[str, Any]) -> mne.io.BaseRaw:
    with path.open("rb") as file:
        head = file.read(256)
        version = float(head[4:8])
        n_signals = struct.unpack_from("<H" if version >= 1.9 else "<I", head, 252)[0]
        head += file.read(256 * n_signals)
    n_samples = struct.unpack_from(f"<{n_signals}i", head, 256 + 216 * n_signals)
    if len(set(n_samples)) <= 1:
        return mne.io.read_raw_gdf(path, **options)
    # MNE reads all channels at the highest rate, and only a whole file at the right times.
    raw = mne.io.read_raw_gdf(path, **{**options, "preload": True})
    ratio = Fraction(rate_of_eeg(raw.ch_names, n_samples), max(n_samples))
    if ratio == 1:
        return raw
    n_times, sfreq = round(raw.n_times * ratio), raw.info["sfreq"]
    rows = [
        # What MNE resampled to the highest rate still contains its own samples.
        row[:: ratio.denominator]
        if ratio.numerator == 1 and n <= max(n_samples) * ratio
        else resample_row(row, n_times, ratio, sfreq, kind == "stim")
        for row, n, kind in zip(raw.get_data(), n_samples, raw.get_channel_types(), strict=True)
    ]
    info = mne.create_info(raw.ch_names, sfreq * float(ratio), raw.get_channel_types())
    with info._unlock():
        info["meas_date"] = raw.info["meas_date"]
    found = mne.io.RawArray(np.stack(rows), info, verbose="ERROR")
    return found.set_annotations(raw.annotations)


def read_eeglab(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read a continuous EEGLAB file."""
    try:
        return mne.io.read_raw_eeglab(path, **options)
    except TypeError as error:
        if "number of trials" in str(error):
            raise ValueError(_EPOCHS) from None
        raise
    except NotImplementedError as error:  # SciPy's, where MNE finds no pymatreader
        raise ImportError(_MAT73) from error


def read_fif(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read a continuous FIF file."""
    try:
        return mne.io.read_raw_fif(path, **options)
    except ValueError as error:
        if not re.search("No raw data|Could not find measurement", str(error)):
            raise
    try:
        mne.read_epochs(path, preload=False, verbose="ERROR")
    except Exception:  # MNE's errors about files of other contents are of any type
        raise ValueError("expected a recording, got a FIF file without raw data") from None
    raise ValueError(_EPOCHS)
