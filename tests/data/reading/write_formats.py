"""Small recordings in every tested format, most of them written byte by byte.

To add a format, add a writer and an entry of `FORMATS`.
"""

import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import mne
import numpy as np
import scipy.io

SFREQ = 100.0
CH_NAMES = ("C3", "Cz")
AT = (200, 600)  # samples of the two events
FULL_SCALE = 100e-6  # volts of the largest integer
INT16, INT24, FLOAT32 = FULL_SCALE / (2**15 - 1), FULL_SCALE / (2**23 - 1), 5e-12


class Format(NamedTuple):
    """Writer of a format, and the expected contents of its file."""

    write: Callable[[Path, np.ndarray], None]
    step: float  # resolution of the file in volts
    events: tuple[str, str] | None = None  # descriptions of the events at `AT`
    ch_names: tuple[str, str] = CH_NAMES


def signals(n_times=1000):
    """Return a sine of 50 and a cosine of 20 microvolts, in volts."""
    times = np.arange(n_times) / SFREQ
    return np.stack([5e-5 * np.sin(2 * np.pi * 7 * times), 2e-5 * np.cos(2 * np.pi * 3 * times)])


def integers(data, bits=16):
    return np.round(data / FULL_SCALE * (2 ** (bits - 1) - 1)).astype("<i4")


def write_fif(path, data):
    raw = mne.io.RawArray(data, mne.create_info(list(CH_NAMES), SFREQ, "eeg"), verbose="ERROR")
    raw.set_annotations(mne.Annotations(np.array(AT) / SFREQ, 0.0, ["left", "right"]))
    raw.save(path, verbose="ERROR")


def write_edf(
    path, data, bits=16, n_records=None, tal=None, labels=CH_NAMES, largest=100, plus="C"
):
    """Write EDF (16 bits) or BDF (24 bits) in records of one second, with an ASCII header.

    `tal` contains the annotations of each record (EDF+); `plus` is "C", or "D" with pauses.
    """
    n_signals, n_samples, limit = len(data), round(SFREQ), 2 ** (bits - 1) - 1
    n_complete = data.shape[1] // n_samples
    numbers = integers(data, bits).reshape(n_signals, n_complete, n_samples).transpose(1, 0, 2)
    samples = np.ascontiguousarray(numbers)[..., None].view(np.uint8)[..., : bits // 8]
    records = [record.tobytes() for record in samples]
    labels, sizes = [*labels], [n_samples] * n_signals
    if tal is not None:
        width = -(-max(map(len, tal)) // 6) * 6  # whole samples of 2 or 3 bytes
        records = [a + b.ljust(width, b"\0") for a, b in zip(records, tal, strict=True)]
        standard = "EDF" if bits == 16 else "BDF"
        labels, sizes = [*labels, f"{standard} Annotations"], [*sizes, width // (bits // 8)]
    n = len(labels)
    columns = [
        (labels, 16), ([""] * n, 80), (["uV"] * n, 8), ([-100] * n, 8),
        ([largest] + [100] * (n - 1), 8), ([-limit] * n, 8), ([limit] * n, 8), ([""] * n, 80),
        (sizes, 8), ([""] * n, 32),
    ]  # fmt: skip
    kind = "24BIT" if bits == 24 else ""
    kind = kind if tal is None else f"{standard}+{plus}"
    head = f"{'X X X X':80}{'Startdate X X X X':80}01.01.1001.00.00{256 * (1 + n):<8}{kind:<44}"
    head += f"{n_complete if n_records is None else n_records:<8}{1:<8}{n:<4}"
    head += "".join(f"{value!s:<{width}}" for values, width in columns for value in values)
    version = b"0".ljust(8) if bits == 16 else b"\xffBIOSEMI"
    path.write_bytes(version + head.encode() + b"".join(records))


def write_edf_plus(path, data, at=AT):
    tal = [b"+%d\x14\x14\0" % second for second in range(data.shape[1] // round(SFREQ))]
    for second, sample, name in zip((2, 6), at, (b"left", b"right"), strict=True):
        tal[second] += b"+%d\x14%s\x14\0" % (sample / SFREQ, name)
    write_edf(path, data, tal=tal)


def write_gdf(path, data, version=b"2.20"):
    """Write GDF: a binary header, records and a table of events."""
    n, n_samples, limit = len(data), round(SFREQ), 2**15 - 1
    second = version >= b"2"
    n_header = struct.pack("<H6x" if second else "<q", (n + 1) * (1 if second else 256))
    head = (b"GDF " + version).ljust(184, b"\0") + n_header.ljust(52, b"\0")
    head += struct.pack("<qIIHH", data.shape[1] // n_samples, 1, 1, n, 0)
    labels = b"".join(name.encode().ljust(16, b"\0") for name in CH_NAMES)
    # Microvolts have the unit "uV" in version 1 and the code 4275 in version 2.
    units = (
        bytes(86 * n) + struct.pack("<H", 4275) * n if second else bytes(80 * n) + b"uV      " * n
    )
    limits = np.repeat(np.array([-100, 100, -limit, limit], "<f8"), n).tobytes()
    if not second:
        limits = limits[: 16 * n] + np.repeat(np.array([-limit, limit], "<i8"), n).tobytes()
    sizes = struct.pack("<i", n_samples) * n + struct.pack("<i", 3) * n  # 3: numbers are int16
    records = integers(data).astype("<i2").reshape(n, -1, n_samples).transpose(1, 0, 2).tobytes()
    count = struct.pack("<3Bf", 2, 0, 0, SFREQ) if second else struct.pack("<3BI", 100, 0, 0, 2)
    table = b"\1" + count + struct.pack("<2I2H", *(at + 1 for at in AT), 769, 770)
    path.write_bytes(
        head + labels + units + limits + bytes(80 * n) + sizes + bytes(32 * n) + records + table
    )


def write_brainvision(path, data, layout="MULTIPLEXED", points=True, text=False, at=AT):
    """Write the header, marker and data files of BrainVision, with samples in float32 or text."""
    stem, rows = path.with_suffix(""), (data if layout == "VECTORIZED" else data.T) * 1e6
    if text:
        np.savetxt(stem.with_suffix(".eeg"), rows, fmt="%.9g")
    else:
        rows.astype("<f4").tofile(stem.with_suffix(".eeg"))
    head = "Brain Vision Data Exchange {} File, Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
    path.write_text(
        head.format("Header") + f"DataFile={stem.name}.eeg\nMarkerFile={stem.name}.vmrk\n"
        f"DataFormat={'ASCII' if text else 'BINARY'}\nDataOrientation={layout}\n"
        + (f"DataPoints={data.shape[1]}\n" if points else "")
        + f"NumberOfChannels=2\nSamplingInterval={1e6 / SFREQ:g}\n"
        + ("[ASCII Infos]\nDecimalSymbol=.\nSkipLines=0\nSkipColumns=0\n" if text else "")
        + "[Binary Infos]\nBinaryFormat=IEEE_FLOAT_32\n[Channel Infos]\n"
        + "".join(f"Ch{i}={name},,1,µV\n" for i, name in enumerate(CH_NAMES, start=1)),
        encoding="utf-8",
    )
    stem.with_suffix(".vmrk").write_text(
        head.format("Marker") + f"DataFile={stem.name}.eeg\n[Marker Infos]\n"
        f"Mk1=Stimulus,S  1,{at[0] + 1},1,0\nMk2=Stimulus,S  2,{at[1] + 1},1,0\n",
        encoding="utf-8",
    )


def write_eeglab(path, data, beside=False, nested=False, **changes):
    """Write EEGLAB's structure. With `beside`, the samples are in a separate .fdt file.

    With `nested`, the structure is a single compressed variable, as in older versions.
    """
    samples = (data * 1e6).astype("<f4")
    if beside:
        samples.T.tofile(path.with_suffix(".fdt"))
    places = np.array([(name,) for name in CH_NAMES], dtype=[("labels", object)])
    events = [(name, at + 1.0) for name, at in zip(("left", "right"), AT, strict=True)]
    fields = {
        "setname": "r", "nbchan": 2.0, "trials": 1.0, "pnts": float(data.shape[1]), "srate": SFREQ,
        "xmin": 0.0, "xmax": (data.shape[1] - 1) / SFREQ, "chanlocs": places,
        "event": np.array(events, dtype=[("type", object), ("latency", object)]),
        "data": path.with_suffix(".fdt").name if beside else samples, **changes,
    }  # fmt: skip
    scipy.io.savemat(path, {"EEG": fields} if nested else fields, do_compression=nested)


def write_cnt(path, data, block=1, kind=1, events=((AT[0], 1, 0), (AT[1], 2, 0))):
    """Write Neuroscan CNT: a header (900 bytes + 75 per channel), frames and events.

    `events` are samples, codes and what a response pad adds. Their places are those of their frames
    in bytes, or in samples in a table of kind 3.
    """
    n, n_times = data.shape
    start = 900 + 75 * n
    head = bytearray(start)
    head[:12] = b"Version 3.0\0"
    struct.pack_into("<10s12s", head, 225, b"03/04/10", b"22:30:15")
    for place, value in [(370, n), (376, round(SFREQ))]:
        struct.pack_into("<H", head, place, value)
    for place, value in [(864, n_times), (886, start + 2 * n * n_times), (894, 2 * block)]:
        struct.pack_into("<i", head, place, value)
    for place, name in zip(range(900, start, 75), CH_NAMES, strict=True):
        struct.pack_into("<10s", head, place, name.encode())
        struct.pack_into("<f", head, place + 59, INT16 * 1e6)  # sensitivity
        struct.pack_into("<f", head, place + 71, 204.8)  # calibration: a factor of 1 in Neuroscan
    frames = integers(data).astype("<i2").reshape(n, -1, block).transpose(1, 0, 2).tobytes()
    more = bytes(0 if kind == 1 else 11)
    table = b"".join(
        struct.pack("<HBBi", code, 0, pad, at if kind == 3 else start + 2 * n * at) + more
        for at, code, pad in events
    )
    path.write_bytes(bytes(head) + frames + struct.pack("<Bii", kind, len(table), 0) + table)


def write_egi(path, data, bits=0, microvolts=0):
    """Write EGI's simple binary format: big-endian, with a pulse column per event.

    In microvolts (version 4), or in integers of `bits` over a range of `microvolts` (version 2).
    """
    codes = [b"left", b"rght"]
    counts = (round(SFREQ), len(data), 1, bits, microvolts, data.shape[1], len(codes))
    head = struct.pack(">i6hi5hih", 2 if bits else 4, 2010, 3, 4, 22, 30, 15, 250, *counts)
    pulses = np.zeros((len(codes), data.shape[1]))
    pulses[[0, 1], AT] = 1
    steps = data * 1e6 if not bits else np.round(data * 1e6 * 2**bits / microvolts)
    frames = np.vstack([steps, pulses]).T.astype(">i2" if bits else ">f4")
    path.write_bytes(head + b"".join(codes) + frames.tobytes())


LEFT_RIGHT, MARKERS = ("left", "right"), ("Stimulus/S  1", "Stimulus/S  2")
FORMATS = {
    "r_raw.fif": Format(write_fif, FLOAT32, LEFT_RIGHT),
    "plainly named.fif": Format(write_fif, FLOAT32, LEFT_RIGHT),
    "r_raw.fif.gz": Format(write_fif, FLOAT32, LEFT_RIGHT),
    "r.edf": Format(write_edf, INT16),
    "plus.edf": Format(write_edf_plus, INT16, LEFT_RIGHT),
    "r.bdf": Format(partial(write_edf, bits=24), INT24),
    "r.gdf": Format(write_gdf, INT16, ("769", "770")),
    "first.gdf": Format(partial(write_gdf, version=b"1.25"), INT16, ("769", "770")),
    "r.vhdr": Format(write_brainvision, FLOAT32, MARKERS),
    "vectorized.vhdr": Format(partial(write_brainvision, layout="VECTORIZED"), FLOAT32, MARKERS),
    "text.vhdr": Format(partial(write_brainvision, text=True), FLOAT32, MARKERS),
    "r.set": Format(write_eeglab, FLOAT32, LEFT_RIGHT),
    "nested.set": Format(partial(write_eeglab, nested=True), FLOAT32, LEFT_RIGHT),
    "beside.set": Format(partial(write_eeglab, beside=True), FLOAT32, LEFT_RIGHT),
    "r.cnt": Format(write_cnt, INT16, ("1", "2")),
    "large.cnt": Format(partial(write_cnt, kind=3), INT16, ("1", "2")),
    "blocks.cnt": Format(partial(write_cnt, block=40), INT16, ("1", "2")),
    "r.raw": Format(write_egi, FLOAT32, ("left", "rght"), ("E1", "E2")),
    "integers.raw": Format(
        partial(write_egi, bits=12, microvolts=200), 200e-6 / 2**12, ("left", "rght"), ("E1", "E2")
    ),  # MNE 1.13.2 reads them a million times too large
}
