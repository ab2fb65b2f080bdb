"""The whole part of truncated recordings, for those who want to use it."""

from __future__ import annotations

import logging
from pathlib import Path

import mne

from eegzoo.data.reading.file_damage import gdf_records
from eegzoo.data.reading.formats.edf.header import read_edf_header

_logger = logging.getLogger(__name__)
_SUFFIXES = (".edf", ".bdf", ".gdf", ".vhdr", ".set", ".csv", ".tsv", ".txt")


def check_can_be_kept(path: Path) -> None:
    """Raise ValueError if what is whole in a truncated file of this format is not known."""
    if path.suffix.lower() not in _SUFFIXES:
        raise ValueError(
            f"expected truncated='keep' with a file in {', '.join(_SUFFIXES)}, got {path.name}"
        )


def keep_whole_part(raw: mne.io.BaseRaw, path: Path) -> mne.io.BaseRaw:
    """Return a recording without the samples that its file does not contain.

    Raises
    ------
    ValueError
        If the file contains no complete sample.
    """
    n_times = raw.n_times
    n_whole = min(n_times, _n_whole(raw, path))
    if n_whole < 1:
        raise ValueError("expected complete samples, got none")
    if n_whole < n_times:
        _logger.warning(
            "%s: the file is truncated; %g s of %g s are kept",
            path, n_whole / raw.info["sfreq"], n_times / raw.info["sfreq"],
        )  # fmt: skip
        raw.crop(0, (n_whole - 1) / raw.info["sfreq"])
    return raw


def _n_whole(raw: mne.io.BaseRaw, path: Path) -> int:
    """Return the number of samples that the file contains of all channels."""
    suffix = path.suffix.lower()
    size, n_times = path.stat().st_size, int(raw.n_times)
    if suffix in (".edf", ".bdf"):
        header = read_edf_header(path)
        if header.n_records > 0:
            n_records = header.n_whole_records(size)
            if n_records < header.n_records:
                _logger.warning(
                    "%s: the file is truncated; %d of %d records are kept",
                    path, n_records, header.n_records,
                )  # fmt: skip
    elif suffix == ".gdf":
        with path.open("rb") as file:
            start, n_records, n_record = gdf_records(file, size)
        n_whole = max(size - start, 0) // max(n_record, 1)
        return n_times * min(n_whole, n_records) // max(n_records, 1)
    elif suffix == ".set" and raw.filenames[0] and Path(raw.filenames[0]).suffix == ".fdt":
        return Path(raw.filenames[0]).stat().st_size // int(4 * raw.info["nchan"])
    return n_times
