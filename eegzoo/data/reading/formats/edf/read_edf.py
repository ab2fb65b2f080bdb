"""EDF and BDF files, with pauses, different rates and annotations in Latin-1."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import mne
import numpy as np

from eegzoo.data.reading.formats.edf.annotations import read_edf_annotations
from eegzoo.data.reading.formats.edf.header import EDFHeader, read_edf_header
from eegzoo.data.reading.formats.edf.mixed_rates import read_mixed_rates
from eegzoo.data.reading.formats.pauses import annotate, with_pauses
from eegzoo.data.reading.formats.units import correct_units, volts

_logger = logging.getLogger(__name__)

# Units as MNE 1.13.2 reads them; all others, such as EDF+'s nV, are volts to it.
_KNOWN = {"uV": 1e-6, "\u00b5V": 1e-6, "\u03bcV": 1e-6, "mV": 1e-3}
# Microvolts in UTF-8, read as Latin-1 or replaced by EDFlib with letters of ASCII.
_MICROVOLTS = ("\u00c2\u00b5V", "\u00ce\u00bcV", "AuV", "I V")


def read_edf(path: Path, **options: Any) -> mne.io.BaseRaw:
    """Read an EDF or BDF file at the rate of its EEG, with pauses where its records have them.

    Parameters
    ----------
    path : Path
        File.
    **options
        Arguments of `mne.io.read_raw_edf`, such as ``encoding="latin1"`` or ``exclude=["ECG"]``.

    Returns
    -------
    mne.io.Raw
        Recording. It is read on demand if all channels have one rate and there are no pauses.

    Raises
    ------
    ValueError
        If the file contains no samples, or if the times of its records overlap.
    """
    header = read_edf_header(path)
    n_records = header.n_whole_records(path.stat().st_size)
    if header.n_records == 0 or n_records == 0:
        raise ValueError("expected records with samples, got an empty recording: no records")
    if not sum(header.n_samples[i] for i in header.signal_places):
        raise ValueError(
            "expected signals, got annotations only, which belong to another file's recording"
        )
    if header.record_seconds == 0:
        raise ValueError("expected seconds per record above 0, got 0")
    try:
        return _open(path, header, options)
    except Exception as error:  # MNE raises a plain Exception
        if "encoding='latin1'" not in str(error) or "encoding" in options:
            raise
    _logger.warning(
        "%s: the annotations are not UTF-8 and are read as Latin-1; --reader-option encoding=NAME "
        "chooses another encoding",
        path,
    )
    return _open(path, header, {**options, "encoding": "latin1"})


def has_known_units(header: EDFHeader) -> bool:
    """Return whether MNE knows the units of all voltages in a file."""
    return all(_volts(header.units[i]) in (_KNOWN.get(header.units[i], 1.0), None)
               for i in header.signal_places)  # fmt: skip


def _volts(unit: str) -> float | None:
    """Return the volts in a unit of a header, or None if it is none of voltage."""
    try:
        return volts("uV" if unit in _MICROVOLTS else unit)
    except ValueError:
        return None


def _open(path: Path, header: EDFHeader, options: dict[str, Any]) -> mne.io.BaseRaw:
    """Return a recording in volts whose duration is that of its records."""
    if header.has_pauses:
        return _in_volts(_with_pauses_of_records(path, header, options), path, header, options)
    raw = _in_volts(_at_rate_of_eeg(path, header, options), path, header, options)
    n_records = header.n_whole_records(path.stat().st_size)
    stated, found = n_records * header.record_seconds, raw.n_times / raw.info["sfreq"]
    if abs(found - stated) > 1 / raw.info["sfreq"]:
        raise ValueError(
            f"expected {n_records} records of {header.record_seconds:g} s, got {found:g} s"
        )
    return raw


def _in_volts(
    raw: mne.io.BaseRaw, path: Path, header: EDFHeader, options: dict[str, Any]
) -> mne.io.BaseRaw:
    """Return a recording in volts, whose units MNE may not know."""
    if has_known_units(header):
        return raw
    units = [header.units[i] for i in header.signal_places]
    whole = {key: value for key, value in options.items() if key not in ("include", "exclude")}
    read = mne.io.read_raw_bdf if header.sample_bytes == 3 else mne.io.read_raw_edf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the recording was read before
        names = read(path, **{**whole, "preload": False, "exclude_after_unique": True}).ch_names
    stated = {
        name: "uV" if unit in _MICROVOLTS else unit
        for name, unit in zip(names, units, strict=True)
        if unit not in _KNOWN
    }
    correct_units(raw, stated, lambda unit: 1.0, path)
    return raw


def _at_rate_of_eeg(path: Path, header: EDFHeader, options: dict[str, Any]) -> mne.io.BaseRaw:
    """Return the recording at the rate of its EEG, without pauses."""
    read = mne.io.read_raw_bdf if header.sample_bytes == 3 else mne.io.read_raw_edf
    n_samples = [header.n_samples[i] for i in header.signal_places]
    options = {"preload": False, "verbose": "WARNING", **options}
    if len(set(n_samples)) == 1:
        return read(path, **options)
    # Duplicate names get a number in all readings, so that they can be chosen by name.
    whole = {**options, "exclude_after_unique": True}
    picked = {key: whole.pop(key) for key in ("include", "exclude") if key in whole}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # each group of channels is read below
        labels = read(path, **whole).ch_names
        chosen = read(path, **whole, **picked).ch_names if picked else labels
    pairs = [(label, n) for label, n in zip(labels, n_samples, strict=True) if label in chosen]
    chosen, n_samples = [label for label, _ in pairs], [n for _, n in pairs]
    if len(set(n_samples)) == 1:
        return read(path, include=chosen, **whole)
    return read_mixed_rates(read, path, chosen, n_samples, whole)


def _with_pauses_of_records(
    path: Path, header: EDFHeader, options: dict[str, Any]
) -> mne.io.BaseRaw:
    """Return a recording whose records lie at the times that they state."""
    found = read_edf_annotations(path, header, options.get("encoding"))
    steps = np.diff(found.record_onsets) - header.record_seconds
    with warnings.catch_warnings():
        # MNE compares the annotations with the time without pauses.
        warnings.filterwarnings("ignore", "Omitted|Limited")
        raw = _at_rate_of_eeg(path, header, options)
    if np.any(np.abs(steps) >= 1 / raw.info["sfreq"]):
        data = raw.get_data(verbose="ERROR")
        n = data.shape[1] // len(found.record_onsets)
        raw = with_pauses(data, raw.info, found.record_onsets, [n] * len(found.record_onsets))
        pauses = raw.annotations
        _logger.info(
            "%s: pauses of %.3g s in all are marked as BAD_ACQ_SKIP (%d)",
            path, pauses.duration.sum(), len(pauses),
        )  # fmt: skip
        if found.rows:
            onsets, durations, texts = zip(*found.rows, strict=True)
            annotate(raw, onsets, durations, texts)
    return raw
