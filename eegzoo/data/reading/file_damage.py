"""Checks that the contents of a recording's file match its header.

MNE trusts the header. It opens a truncated file with fewer samples, allocates memory for any number
of channels, and notices a missing block only when its samples are read.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import mne
import scipy.io

from eegzoo.data.reading.formats.edf.header import read_edf_header
from eegzoo.data.reading.matlab_damage import check_matlab

_GDF_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 8, 8: 8, 16: 4, 17: 8}
_BRAINVISION_BYTES = {"short": 2, "int": 4, "single": 4}
_FIF_FILE_ID, _FIF_BLOCK_START, _FIF_BLOCK_END, _FIF_SAMPLES = 100, 104, 105, 300
_FIF_AMONG_SAMPLES = {*range(100, 121), *range(300, 310)}  # tags of structure and of samples
_ZLIB_RATIO = 1032  # largest ratio of decompressed to compressed bytes


def check_header(path: Path) -> None:
    """Raise ValueError if a file is shorter or longer than its header states."""
    check = _CHECKS.get(path.suffix.lower())
    if check is not None and path.is_file():
        with path.open("rb") as file:
            check(file, path.stat().st_size)


def check_opened(raw: mne.io.BaseRaw, path: Path) -> None:
    """Raise ValueError if the files of `raw` do not contain all of its samples."""
    sfreq, n_times = raw.info["sfreq"], raw.n_times
    if not (math.isfinite(sfreq) and sfreq > 0):
        raise ValueError(f"expected a positive sampling rate, got {sfreq}")
    files = [Path(name) for name in raw.filenames if name is not None and Path(name).is_file()]
    n_bytes = sum(file.stat().st_size for file in files)
    # One sample per byte leaves room for the pauses of FIF, which take no space in the file, and
    # bounds the memory. Other formats may be compressed.
    suffix = path.suffix.lower()
    n_max = n_bytes * (1 if suffix == ".fif" else _ZLIB_RATIO)
    if n_times < 1 or (files and n_times > n_max):
        raise ValueError(f"expected 1 to {n_max} samples in {n_bytes} bytes, got {n_times}")
    for part in files[1:]:
        check_header(part)
    if suffix in (".vhdr", ".ahdr"):
        _check_brainvision_data(raw, path, n_bytes)
    elif suffix == ".set":
        _check_eeglab_data(raw, n_bytes)
    elif suffix not in _CHECKS:
        raw.get_data(start=n_times - 1)  # the last sample must be readable


def _check_edf(file: BinaryIO, size: int) -> None:
    """Check the number of records of an EDF or BDF file; -1 means that it is still recording."""
    header = read_edf_header(file.name)
    n_records, end = header.n_records, size
    if n_records == -1:
        n_records = header.n_whole_records(size)
        end = header.first_byte + n_records * header.record_bytes  # without the unfinished record
    if n_records == 0:
        raise ValueError("expected records with samples, got an empty recording without any")
    _check_count("records", n_records, header.record_bytes, end - header.first_byte)


def gdf_records(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Return the first byte, the number and the length in bytes of the records of a GDF file."""
    (n_records,) = _unpack(file, 236, "<q")
    (n_signals,) = _unpack(file, 252, "<H" if float(_read(file, 4, 4)) >= 1.9 else "<I")
    start = 256 * (1 + n_signals)
    if not 0 < start <= size:
        raise ValueError(f"expected a header of {start} bytes, got a file of {size}")
    n_samples = _unpack(file, 256 + 216 * n_signals, f"<{n_signals}i")
    kinds = _unpack(file, 256 + 220 * n_signals, f"<{n_signals}i")
    unknown = sorted(set(kinds) - set(_GDF_BYTES))
    if unknown or min(n_samples, default=-1) < 0:
        raise ValueError(f"expected samples of types {sorted(_GDF_BYTES)}, got {unknown}")
    n_record = sum(n * _GDF_BYTES[kind] for n, kind in zip(n_samples, kinds, strict=True))
    return start, n_records, n_record


def _check_gdf(file: BinaryIO, size: int) -> None:
    """Check the records and the event table of a GDF file; version 2 may omit the table."""
    version = float(_read(file, 4, 4))
    start, n_records, n_record = gdf_records(file, size)
    _check_count("records", n_records, n_record, min(size - start, n_records * n_record))
    end = start + n_records * n_record
    _check_count("records", n_records, n_record, min(size - start, n_records * n_record))
    if end == size:
        return
    mode, *count = _unpack(file, end, "<B7B")
    n_events = int.from_bytes(bytes(count[:3] if version >= 1.94 else count[3:]), "little")
    table = 8 + n_events * (12 if mode == 3 else 6)
    if not 0 <= size - end - table < n_record:
        raise ValueError(f"expected a table of {n_events} events ({table} bytes) after the "
                         f"records, got {size - end} bytes")  # fmt: skip


def _check_cnt(file: BinaryIO, size: int) -> None:
    """Check the samples and the event table of a Neuroscan CNT file."""
    start = _read(file, 0, 7)
    if start[:4] in (b"RIFF", b"RF64"):
        return  # ANT Neuro's format, which has the same suffix
    if start != b"Version":
        raise ValueError(f"expected a Neuroscan or ANT Neuro file, got the start {start!r}")
    (n_chans,), (n_times,) = _unpack(file, 370, "<H"), _unpack(file, 864, "<i")
    (table,), (stride,) = _unpack(file, 886, "<i"), _unpack(file, 894, "<i")
    n_data = table - 900 - 75 * n_chans
    if n_times == 0 and n_chans > 0 and n_data > 0:
        _check_count("samples", n_data // (2 * n_chans), 2 * n_chans, n_data)
        return
    if n_chans < 1 or n_times < 1 or n_data not in (2 * n_chans * n_times, 4 * n_chans * n_times):
        raise ValueError(f"expected {n_times} samples of {n_chans} channels in 2 or 4 bytes each, "
                         f"got {n_data} bytes before the table of events")  # fmt: skip
    _, n_bytes, _ = _unpack(file, table, "<Bii")
    if not 0 <= n_bytes <= size - table - 9:
        raise ValueError(f"expected a table of events of {n_bytes} bytes, got {size - table - 9}")
    in_block = stride // (n_data // n_chans // n_times) if stride > 1 else 1
    if in_block < 1 or n_times % in_block:
        raise ValueError(f"expected whole blocks of samples, got {n_times} in blocks of {in_block}")


def _check_egi(file: BinaryIO, size: int) -> None:
    """Check the number of samples of an EGI simple binary file."""
    (version,), (n_chans,) = _unpack(file, 0, ">i"), _unpack(file, 22, ">h")
    n_times, n_codes = _unpack(file, 30, ">ih")
    if version not in (2, 4, 6):
        raise ValueError(f"expected EGI simple binary, version 2, 4 or 6, got {version}")
    n_frame = (n_chans + n_codes) * {2: 2, 4: 4, 6: 8}[version]
    _check_count("samples", n_times, n_frame, size - 36 - 4 * n_codes)


def _check_fif(file: BinaryIO, size: int) -> None:
    """Check that the tags of a FIF file follow one another and that its blocks are closed."""
    at, n_open, among_samples = 0, 0, False
    kinds: set[int] = set()
    while at != size:  # some writers omit the last tag
        kind, kind_of_data, n_bytes, following = _unpack(file, at, ">iIii")
        if at == 0 and kind != _FIF_FILE_ID:
            raise ValueError(f"expected a file id as first tag, got a tag of kind {kind}")
        n_open += (kind == _FIF_BLOCK_START) - (kind == _FIF_BLOCK_END)
        if kind == _FIF_SAMPLES:
            kinds.add(kind_of_data)
        elif among_samples and kind not in _FIF_AMONG_SAMPLES:
            raise ValueError(f"expected samples at byte {at}, got a tag of kind {kind}")
        among_samples = kind == _FIF_SAMPLES or (among_samples and kind != _FIF_BLOCK_END)
        end = at + 16 + n_bytes
        if n_bytes < 0 or end > size or (following > 0 and following < end):
            raise ValueError(
                f"expected a tag of {n_bytes} bytes at byte {at}, got {size - at - 16}"
            )
        if following < 0:
            break
        at = following or end
    if n_open:
        raise ValueError(f"expected the end of each block, got {n_open} without one")
    if len(kinds) > 1:
        raise ValueError(f"expected one type of samples, got types {sorted(kinds)}")


def _check_gzipped(file: BinaryIO, size: int) -> None:
    """Check the checksum of a gzipped FIF file, and the FIF file in it."""
    with io.BufferedReader(gzip.GzipFile(fileobj=file)) as content:
        size = sum(len(block) for block in iter(lambda: content.read(2**20), b""))
        _check_fif(content, size)


def _check_brainvision(file: BinaryIO, size: int) -> None:
    """Check that a BrainVision header describes each channel."""
    header = file.read().decode("latin-1")
    stated = _brainvision_field(header, "NumberOfChannels")
    listed = len(re.findall(r"^Ch\d+=", header, re.MULTILINE | re.IGNORECASE))
    if stated is None or not 1 <= stated <= listed:
        raise ValueError(f"expected NumberOfChannels from 1 to {listed}, got {stated}")


def _check_brainvision_data(raw: mne.io.BaseRaw, path: Path, size: int) -> None:
    """Check that BrainVision samples are complete and match the header's count, if it has one."""
    header = path.read_text("latin-1")
    stated = _brainvision_field(header, "DataPoints")
    if stated is not None and stated != raw.n_times:
        raise ValueError(f"expected {stated} samples, got {raw.n_times}")
    if re.search(r"^DataFormat\s*=\s*ASCII", header, re.MULTILINE | re.IGNORECASE):
        raw.load_data(verbose="WARNING")  # raises if a text is not a number
        return
    n_chans = raw.info["nchan"] + (path.suffix == ".ahdr")  # MNE drops its last channel
    if size % (n_chans * _BRAINVISION_BYTES[raw.orig_format]):
        raise ValueError(f"expected samples of all {n_chans} channels, got {size} bytes")


def _check_eeglab(file: BinaryIO, size: int) -> None:
    """Check that an EEGLAB file is intact and that its samples have the stated shape."""
    path = Path(file.name)
    if not check_matlab(path):
        return
    shapes = {name: shape for name, shape, kind in scipy.io.whosmat(path) if kind != "char"}
    counts = scipy.io.loadmat(path, variable_names=["nbchan", "pnts"], squeeze_me=True)
    stated = tuple(float(counts.get(name, 1)) for name in ("nbchan", "pnts"))
    if not 1 <= stated[0] <= size:
        raise ValueError(f"expected 1 to {size} channels, got {stated[0]:g}")
    if len(shapes.get("data", ())) == 2 and shapes["data"] != stated:
        raise ValueError(f"expected {stated} channels and samples, got {shapes['data']}")


def _check_eeglab_data(raw: mne.io.BaseRaw, size: int) -> None:
    """Check that the .fdt file of an EEGLAB structure, if any, holds all samples."""
    n_bytes = 4 * raw.info["nchan"] * raw.n_times
    if Path(raw.filenames[0]).suffix.lower() != ".set" and size != n_bytes:
        raise ValueError(f"expected {n_bytes} bytes in the .fdt file, got {size}")


def _check_count(name: str, stated: int, n_bytes_each: int, n_bytes: int) -> None:
    if n_bytes_each < 1:
        raise ValueError(f"expected signals in {name}, got none")
    if stated * n_bytes_each != n_bytes:
        raise ValueError(
            f"expected {stated} {name} of {n_bytes_each} bytes, got {max(n_bytes, 0)} bytes"
        )


def _brainvision_field(header: str, name: str) -> int | None:
    found = re.search(rf"^{name}\s*=\s*(\d+)\s*$", header, re.MULTILINE | re.IGNORECASE)
    return int(found[1]) if found else None


def _read(file: BinaryIO, at: int, n_bytes: int) -> bytes:
    file.seek(at)
    content = file.read(n_bytes)
    if len(content) < n_bytes:
        raise ValueError(f"expected {n_bytes} bytes at byte {at}, got {len(content)}")
    return content


def _unpack(file: BinaryIO, at: int, kinds: str) -> tuple[Any, ...]:
    return struct.unpack(kinds, _read(file, at, struct.calcsize(kinds)))


_CHECKS: dict[str, Callable[[BinaryIO, int], None]] = {
    ".edf": _check_edf,
    ".bdf": _check_edf,
    ".gdf": _check_gdf,
    ".cnt": _check_cnt,
    ".raw": _check_egi,
    ".fif": _check_fif,
    ".gz": _check_gzipped,  # MNE reads gzipped FIF only
    ".set": _check_eeglab,
    ".vhdr": _check_brainvision,
    ".ahdr": _check_brainvision,
}
