"""Recordings whose times, rates or formats are peculiar, as real laboratories write them.

All are synthetic: noise of 10 microvolts with fixed seeds, or sines where the right samples matter.
"""

import struct
from pathlib import Path

import edfio
import numpy as np

from tests.data.reading.write_formats import write_edf as write_plain_edf

NAMES = ("Fz", "C3", "Cz", "C4", "P3", "Pz", "P4", "Oz")
EVENTS = [(2 + 4.5 * k, 0.0, "a" if k % 2 else "b") for k in range(8)]  # onset, duration, name


def noise(n_chans, n_times, seed=0):
    """Return noise of 10 microvolts, in volts."""
    return 10e-6 * np.random.default_rng(seed).standard_normal((n_chans, n_times))


def write_edf(path, signals, names, rates, annotations=(), unit="uV", record_seconds=1):
    """Write EDF+ of signals in volts, each with its own rate in Hz."""
    written = []
    for row, name, rate in zip(signals, names, rates, strict=True):
        scaled = np.asarray(row) * 1e6
        bound = float(np.ceil(np.abs(scaled).max() * 1.05 + 1))
        written.append(
            edfio.EdfSignal(
                scaled, rate, label=name, physical_dimension=unit, physical_range=(-bound, bound)
            )
        )
    notes = [edfio.EdfAnnotation(on, length or None, text) for on, length, text in annotations]
    edf = edfio.Edf(written, annotations=notes, data_record_duration=record_seconds)
    edf.write(path)


def write_edf_d(path, pauses=(), seconds=40, first=0.0, bits=16, texts=("a", "b")):
    """Write EDF+D at 100 Hz in records of a second; `pauses` maps records to seconds before them.

    Channel C3 is the time of each sample in microvolts, from the start of the first record. Events
    are half a second into every fifth record.
    """
    shift = np.zeros(seconds)
    for record, pause in dict(pauses).items():
        shift[record:] += pause
    clock = np.arange(100 * seconds) / 100 + np.repeat(shift, 100)
    tal = []
    for record in range(seconds):
        onset = record + shift[record] + first
        tal.append(f"+{onset:.10g}\x14\x14\0".encode())
        if record % 5 == 2:
            text = texts[record // 5 % len(texts)].encode("latin-1")
            tal[-1] += f"+{onset + 0.5:.10g}\x14".encode() + text + b"\x14\0"
    data = np.stack([np.minimum(clock, 100), np.zeros_like(clock)]) * 1e-6
    write_plain_edf(Path(path), data, bits=bits, tal=tal, plus="D")
    return clock


def write_latin_1(path):
    """Write EDF+ with an annotation in Latin-1."""
    events = [
        (on, length, {"a": "Augen zu", "b": "Augen auf"}[name]) for on, length, name in EVENTS
    ]
    write_edf(path, noise(8, 128 * 40), NAMES, [128] * 8, events)
    content = Path(path).read_bytes()
    Path(path).write_bytes(content.replace(b"Augen zu", b"H\xe4nde zu"))


def write_openbci(path, n_times=1500, lost=(), step=1):
    """Write a text of the OpenBCI GUI at 250 Hz, without the samples in `lost`.

    With a Daisy module the sample index has a `step` of 2.
    """
    x = noise(8, n_times) * 1e6
    titles = ["Sample Index", *(f"EXG Channel {k}" for k in range(8))]
    titles += ["Accel Channel 0", "Accel Channel 1", "Accel Channel 2", "Other", "Other"]
    titles += ["Timestamp", "Marker Channel", "Timestamp (Formatted)"]
    lines = [
        "%OpenBCI Raw EXG Data", "%Number of channels = 8", "%Sample Rate = 250 Hz",
        "%Board = OpenBCI_GUI$BoardCytonSerial", ", ".join(titles),
    ]  # fmt: skip
    for k in sorted(set(range(n_times)) - set(lost)):
        row = [
            f"{step * k % 256:.1f}",
            *(f"{v:.4f}" for v in x[:, k]),
            "0.0",
            "0.0",
            "1.0",
            "64",
            "0",
        ]
        row += [f"{1.6e9 + k / 250:.4f}", str(int(k == 300)), "2020-09-13 12:26:40.000"]
        lines.append(", ".join(row))
    Path(path).write_text("\n".join(lines) + "\n")
    return x


def write_table(path, times, columns, separator=",", decimal=".", time="time"):
    """Write a table with a column of times, if there are any, and columns by title."""
    titles = [*([time] if times is not None else []), *columns]
    rows = [*([np.asarray(times)] if times is not None else []), *columns.values()]
    lines = [separator.join(titles)]
    for values in zip(*rows, strict=True):
        cells = [v if isinstance(v, str) else f"{v:.6f}".replace(".", decimal) for v in values]
        lines.append(separator.join(cells))
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_muse(path, n_times=2560, lost=()):
    """Write a CSV file of Mind Monitor at 256 Hz, in packets of 12 samples with one time each."""
    x = 800 + noise(4, n_times) * 1e6
    titles = ["TimeStamp", "Delta_TP9", "RAW_TP9", "RAW_AF7", "RAW_AF8", "RAW_TP10", "Elements"]
    lines = [",".join(titles)]
    for k in sorted(set(range(n_times)) - set(lost)):
        if k == 512:
            lines.append(f"{_stamp(k / 256)},,,,,,/muse/elements/blink")
        lines.append(
            ",".join([_stamp((k - k % 12) / 256), "0.5", *(f"{v:.4f}" for v in x[:, k]), ""])
        )
    Path(path).write_text("\n".join(lines) + "\n")
    return x


def _stamp(seconds):
    minutes, rest = divmod(seconds, 60)
    return f"2024-01-02 10:{int(minutes):02d}:{rest:06.3f}"


def write_xdf(path, times, samples, markers=(), nominal=250, labels=None, unit="microvolts"):
    """Write XDF with a stream of EEG and one of markers, byte by byte.

    References
    ----------
    https://github.com/sccn/xdf/wiki/Specifications
    """
    labels = labels or [f"E{k + 1}" for k in range(len(samples))]
    channels = "".join(
        f"<channel><label>{name}</label><type>EEG</type><unit>{unit}</unit></channel>"
        for name in labels
    )
    header = (
        "<?xml version='1.0'?><info><name>{}</name><type>{}</type><channel_count>{}"
        "</channel_count><nominal_srate>{}</nominal_srate><channel_format>{}</channel_format>"
        "<desc>{}</desc></info>"
    )
    eeg = header.format("amp", "EEG", len(samples), nominal, "double64",
                        f"<channels>{channels}</channels>")  # fmt: skip
    notes = header.format("notes", "Markers", 1, 0, "string", "")
    content = b"XDF:" + _chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>")
    content += _chunk(2, struct.pack("<I", 1) + eeg.encode())
    content += _chunk(2, struct.pack("<I", 2) + notes.encode())
    rows = b"".join(
        struct.pack("<Bd", 8, time) + np.asarray(column, "<f8").tobytes()
        for time, column in zip(times, samples.T, strict=True)
    )
    content += _chunk(3, struct.pack("<IBI", 1, 4, len(times)) + rows)
    rows = b"".join(
        struct.pack("<BdBB", 8, time, 1, len(text)) + text.encode() for time, text in markers
    )
    content += _chunk(3, struct.pack("<IBI", 2, 4, len(markers)) + rows)
    for stream in (1, 2):
        content += _chunk(6, struct.pack("<I", stream) + b"<?xml version='1.0'?><info></info>")
    Path(path).write_bytes(content)


def _chunk(tag, content):
    return struct.pack("<BIH", 4, len(content) + 2, tag) + content
