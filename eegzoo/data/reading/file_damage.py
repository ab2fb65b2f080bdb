"""What the header of a recording claims, held against what its file holds.

MNE believes the header: it opens a file that was cut short with fewer samples, makes room for as
many channels as are claimed, and meets a block that is not there only when its samples are needed.
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

from eegzoo.data.reading.matlab_damage import check_matlab

_GDF_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 8, 8: 8, 16: 4, 17: 8}
_BRAINVISION_BYTES = {"short": 2, "int": 4, "single": 4}
_FIF_FILE_ID, _FIF_BLOCK_START, _FIF_BLOCK_END, _FIF_SAMPLES = 100, 104, 105, 300
_FIF_AMONG_SAMPLES = {*range(100, 121), *range(300, 310)}  # structure, and what concerns samples
_ZLIB_RATIO = 1032  # zlib makes at most so many bytes of one


def check_header(path: Path) -> None:
    """Raise ValueError if the file holds less, or more, than its header claims."""
    check = _CHECKS.get(path.suffix.lower())
    if check is not None and path.is_file():
        with path.open("rb") as file:
            check(file, path.stat().st_size)


def check_opened(raw: mne.io.BaseRaw, path: Path) -> None:
    """Raise ValueError if samples that `raw` promises are not in its files."""
    sfreq, n_times = raw.info["sfreq"], raw.n_times
    if not (math.isfinite(sfreq) and sfreq > 0):
        raise ValueError(f"expected a positive sampling rate, got {sfreq}")
    files = [Path(name) for name in raw.filenames if name is not None and Path(name).is_file()]
    n_bytes = sum(file.stat().st_size for file in files)
    # A byte a sample leaves room for FIF's pauses, and keeps memory within bounds; what is not FIF
    # may be compressed.
    suffix = path.suffix.lower()
    n_most = n_bytes * (1 if suffix == ".fif" else _ZLIB_RATIO)
    if n_times < 1 or (files and n_times > n_most):
        raise ValueError(f"expected 1 to {n_most} samples in {n_bytes} bytes, got {n_times}")
    for part in files[1:]:
        check_header(part)
    if suffix in (".vhdr", ".ahdr"):
        _check_brainvision_data(raw, path, n_bytes)
    elif suffix == ".set":
        _check_eeglab_data(raw, n_bytes)
    elif suffix not in _CHECKS:
        raw.get_data(start=n_times - 1)  # what its reader promised, it reads


def _check_edf(file: BinaryIO, size: int) -> None:
    """EDF and BDF: as many records as the header counts, or -1, which is still recording."""
    if _read(file, 192, 5) in (b"EDF+D", b"BDF+D"):
        raise ValueError("expected a recording without pauses, got EDF+D, whose pauses MNE skips")
    n_signals = _integer(file, 252, 4, "number of signals", 1)
    n_records = _integer(file, 236, 8, "number of records", -1)
    start = _integer(file, 184, 8, "size of the header", 512)
    n_samples = [
        _integer(file, 256 + 216 * n_signals + 8 * signal, 8, "samples in a record", 0)
        for signal in range(n_signals)
    ]
    n_record = sum(n_samples) * (3 if file.name.lower().endswith(".bdf") else 2)
    if n_records == -1:
        n_records = max(size - start, 0) // max(n_record, 1)
        size = start + n_records * n_record  # without the record that is being written
    _check_count("records", n_records, n_record, size - start)


def _check_gdf(file: BinaryIO, size: int) -> None:
    """GDF: records, and then a table of events, which version 2 may leave out."""
    version = float(_read(file, 4, 4))
    (n_records,) = _unpack(file, 236, "<q")
    (n_signals,) = _unpack(file, 252, "<H" if version >= 1.9 else "<I")
    start = 256 * (1 + n_signals)
    if not 0 < start <= size:
        raise ValueError(f"expected a header of {start} bytes, got a file of {size}")
    n_samples = _unpack(file, 256 + 216 * n_signals, f"<{n_signals}i")
    kinds = _unpack(file, 256 + 220 * n_signals, f"<{n_signals}i")
    unknown = sorted(set(kinds) - set(_GDF_BYTES))
    if unknown or min(n_samples, default=-1) < 0:
        raise ValueError(f"expected samples of types {sorted(_GDF_BYTES)}, got {unknown}")
    n_record = sum(n * _GDF_BYTES[kind] for n, kind in zip(n_samples, kinds, strict=True))
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
    """Neuroscan CNT: frames up to a table of events, and the whole table."""
    start = _read(file, 0, 7)
    if start[:4] in (b"RIFF", b"RF64"):
        return  # ANT Neuro's format, which shares the suffix
    if start != b"Version":
        raise ValueError(f"expected a file of Neuroscan or ANT Neuro, got one of {start!r}")
    (n_chans,), (n_times,) = _unpack(file, 370, "<H"), _unpack(file, 864, "<i")
    (table,), (stride,) = _unpack(file, 886, "<i"), _unpack(file, 894, "<i")
    n_frames = table - 900 - 75 * n_chans
    if n_chans < 1 or n_times < 1 or n_frames not in (2 * n_chans * n_times, 4 * n_chans * n_times):
        raise ValueError(f"expected {n_times} samples of {n_chans} channels in 2 or 4 bytes each, "
                         f"got {n_frames} bytes before the table of events")  # fmt: skip
    _, n_bytes, _ = _unpack(file, table, "<Bii")
    if not 0 <= n_bytes <= size - table - 9:
        raise ValueError(f"expected a table of events of {n_bytes} bytes, got {size - table - 9}")
    in_block = stride // (n_frames // n_chans // n_times) if stride > 1 else 1
    if in_block < 1 or n_times % in_block:
        raise ValueError(f"expected whole blocks of samples, got {n_times} in blocks of {in_block}")


def _check_egi(file: BinaryIO, size: int) -> None:
    """EGI's simple binary: frames of all channels and event codes."""
    (version,), (n_chans,) = _unpack(file, 0, ">i"), _unpack(file, 22, ">h")
    n_times, n_codes = _unpack(file, 30, ">ih")
    if version not in (2, 4, 6):
        raise ValueError(f"expected EGI's simple binary, version 2, 4 or 6, got {version}")
    n_frame = (n_chans + n_codes) * {2: 2, 4: 4, 6: 8}[version]
    _check_count("samples", n_times, n_frame, size - 36 - 4 * n_codes)


def _check_fif(file: BinaryIO, size: int) -> None:
    """FIF: tags of which each says where the next one is, in blocks that are closed."""
    at, n_open, among_samples = 0, 0, False
    kinds: set[int] = set()
    while at != size:  # also without a last tag: some writers leave it out
        kind, kind_of_data, n_bytes, following = _unpack(file, at, ">iIii")
        if at == 0 and kind != _FIF_FILE_ID:
            raise ValueError(f"expected a file's id first, got a tag of kind {kind}")
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
    """FIF in gzip: the sum over its bytes is right, and the FIF in it is sound."""
    with io.BufferedReader(gzip.GzipFile(fileobj=file)) as content:
        size = sum(len(block) for block in iter(lambda: content.read(2**20), b""))
        _check_fif(content, size)


def _check_brainvision(file: BinaryIO, size: int) -> None:
    """BrainVision: a line for each channel."""
    header = file.read().decode("latin-1")
    claimed = _brainvision_field(header, "NumberOfChannels")
    listed = len(re.findall(r"^Ch\d+=", header, re.MULTILINE | re.IGNORECASE))
    if claimed is None or not 1 <= claimed <= listed:
        raise ValueError(f"expected {claimed} channels, got {listed}")


def _check_brainvision_data(raw: mne.io.BaseRaw, path: Path, size: int) -> None:
    """BrainVision: whole frames, and as many as the header counts, where it does."""
    header = path.read_text("latin-1")
    claimed = _brainvision_field(header, "DataPoints")
    if claimed is not None and claimed != raw.n_times:
        raise ValueError(f"expected {claimed} samples, got {raw.n_times}")
    if re.search(r"^DataFormat\s*=\s*ASCII", header, re.MULTILINE | re.IGNORECASE):
        raw.load_data(verbose="WARNING")  # text: what is no number shows only now
        return
    n_chans = raw.info["nchan"] + (path.suffix == ".ahdr")  # of which MNE drops the last
    if size % (n_chans * _BRAINVISION_BYTES[raw.orig_format]):
        raise ValueError(f"expected samples of all {n_chans} channels, got {size} bytes")


def _check_eeglab(file: BinaryIO, size: int) -> None:
    """EEGLAB: a sound MATLAB file, whose samples have the shape that is claimed beside them."""
    path = Path(file.name)
    if not check_matlab(path):
        return
    shapes = {name: shape for name, shape, kind in scipy.io.whosmat(path) if kind != "char"}
    counts = scipy.io.loadmat(path, variable_names=["nbchan", "pnts"], squeeze_me=True)
    claimed = tuple(float(counts.get(name, 1)) for name in ("nbchan", "pnts"))
    if not 1 <= claimed[0] <= size:
        raise ValueError(f"expected 1 to {size} channels, got {claimed[0]:g}")
    if len(shapes.get("data", ())) == 2 and shapes["data"] != claimed:
        raise ValueError(f"expected {claimed} channels and samples, got {shapes['data']}")


def _check_eeglab_data(raw: mne.io.BaseRaw, size: int) -> None:
    """EEGLAB: all samples in the .fdt file, where they are not in the structure."""
    n_bytes = 4 * raw.info["nchan"] * raw.n_times
    if Path(raw.filenames[0]).suffix.lower() != ".set" and size != n_bytes:
        raise ValueError(f"expected {n_bytes} bytes beside the structure, got {size}")


def _check_count(name: str, claimed: int, n_bytes_each: int, n_bytes: int) -> None:
    if n_bytes_each < 1:
        raise ValueError(f"expected signals in the {name}, got none")
    if claimed * n_bytes_each != n_bytes:
        raise ValueError(
            f"expected {claimed} {name} of {n_bytes_each} bytes, got {max(n_bytes, 0)} bytes"
        )


def _brainvision_field(header: str, name: str) -> int | None:
    found = re.search(rf"^{name}\s*=\s*(\d+)\s*$", header, re.MULTILINE | re.IGNORECASE)
    return int(found[1]) if found else None


def _read(file: BinaryIO, at: int, n_bytes: int) -> bytes:
    file.seek(at)
    there = file.read(n_bytes)
    if len(there) < n_bytes:
        raise ValueError(f"expected {n_bytes} bytes at byte {at}, got {len(there)}")
    return there


def _unpack(file: BinaryIO, at: int, kinds: str) -> tuple[Any, ...]:
    return struct.unpack(kinds, _read(file, at, struct.calcsize(kinds)))


def _integer(file: BinaryIO, at: int, n_bytes: int, name: str, smallest: int) -> int:
    text = _read(file, at, n_bytes).decode("latin-1").split("\0")[0].strip()
    if not re.fullmatch(r"-?\d+", text) or int(text) < smallest:
        raise ValueError(f"expected the {name}, at least {smallest}, got {text!r}")
    return int(text)


_CHECKS: dict[str, Callable[[BinaryIO, int], None]] = {
    ".edf": _check_edf,
    ".bdf": _check_edf,
    ".gdf": _check_gdf,
    ".cnt": _check_cnt,
    ".raw": _check_egi,
    ".fif": _check_fif,
    ".gz": _check_gzipped,  # of which MNE reads FIF alone
    ".set": _check_eeglab,
    ".vhdr": _check_brainvision,
    ".ahdr": _check_brainvision,
}
