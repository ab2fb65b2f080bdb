"""Small stand-ins for the public data sets, in the places where MNE keeps the true ones."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import mne
import numpy as np

from tests.data.reading.write_formats import write_brainvision


def keep_data_in(folder, monkeypatch):
    """Let MNE find its data in `folder`, and keep the settings of who runs the tests out of it."""
    for name in ("EEGBCI", "SAMPLE", "SSVEP"):
        monkeypatch.delenv(f"MNE_DATASETS_{name}_PATH", raising=False)
    monkeypatch.delenv("PHYSIONET_SLEEP_PATH", raising=False)
    monkeypatch.setenv("MNE_DATA", str(folder))
    monkeypatch.setenv("_MNE_FAKE_HOME_DIR", str(folder / "home"))  # MNE's own tests use it


class Signal(NamedTuple):
    """One signal of an EDF file; its samples are integers of a tenth of its unit."""

    label: str
    unit: str
    samples: np.ndarray  # (n_records, samples in a record)


def edf_bytes(signals, record_seconds, annotations=None):
    """Return EDF, or EDF+ with the text of its annotations in its one record."""
    n_records = len(signals[0].samples) if signals else 1
    columns = [
        ([s.label for s in signals], 16), ([""] * len(signals), 80), ([s.unit for s in signals], 8),
        ([-3276.8] * len(signals), 8), ([3276.7] * len(signals), 8),
        ([-32768] * len(signals), 8), ([32767] * len(signals), 8),
        ([""] * len(signals), 80), ([s.samples.shape[1] for s in signals], 8),
        ([""] * len(signals), 32),
    ]  # fmt: skip
    data = b"".join(
        s.samples[record].astype("<i2").tobytes() for record in range(n_records) for s in signals
    )
    if annotations is not None:
        data = annotations + bytes(len(annotations) % 2)
        words = ["EDF Annotations", "", "", -1, 1, -32768, 32767, "", len(data) // 2, ""]
        columns = [([word], width) for word, (_, width) in zip(words, columns, strict=True)]
    n_signals = len(columns[0][0])
    head = f"{0:<8}{'X X X X':80}{'Startdate 24-APR-1989 X X X':80}24.04.8916.13.00"
    head += f"{256 * (1 + n_signals):<8}{'' if annotations is None else 'EDF+C':<44}"
    head += f"{n_records:<8}{record_seconds:<8}{n_signals:<4}"
    head += "".join(f"{value!s:<{width}}" for values, width in columns for value in values)
    return head.encode() + data


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def write_eegbci(root, subject=1, run=6):
    """Two seconds of EEGMMIDB: two of its channels, T0 and T1."""
    rng = np.random.default_rng(run)
    signals = [Signal(label, "uV", rng.integers(-500, 500, (2, 160))) for label in ("C3..", "Cz..")]
    text = b"+0\x14\x14\0+0\x151\x14T0\x14\0".ljust(32, b"\0"), b"+1\x14\x14\0+1\x151\x14T1\x14\0"
    codes = np.stack([np.frombuffer(tal.ljust(32, b"\0"), "<i2") for tal in text])
    content = edf_bytes([*signals, Signal("EDF Annotations", "", codes)], 1)
    content = content[:192] + b"EDF+C".ljust(44) + content[236:]
    name = f"S{subject:03d}/S{subject:03d}R{run:02d}.edf"
    return write(root / "MNE-eegbci-data/files/eegmmidb/1.0.0" / name, content)


SLEEP_SFREQ = 10  # 100 Hz in the true files
# Stages of 30 s, in runs; what was scored goes on after the end of the recording.
SLEEP_RUNS = [
    ("Sleep stage W", 80), ("Sleep stage 1", 2), ("Sleep stage 2", 3), ("Movement time", 1),
    ("Sleep stage 3", 2), ("Sleep stage 4", 1), ("Sleep stage R", 2), ("Sleep stage W", 1),
    ("Sleep stage ?", 1), ("Sleep stage 2", 1), ("Sleep stage W", 70),
]  # fmt: skip


def write_night(root, psg="SC4001E0-PSG.edf", hypnogram="SC4001EC-Hypnogram.edf", runs=SLEEP_RUNS):
    """One night: EEG channels hold the number of the 30 s, in microvolts."""
    n_stages = sum(n for _, n in runs)
    numbers = 10 * np.arange(n_stages)[:, None]
    fast, slow = numbers.repeat(30 * SLEEP_SFREQ, 1), numbers.repeat(30, 1)
    signals = [
        Signal("EEG Fpz-Cz", "uV", fast), Signal("EEG Pz-Oz", "uV", -fast),
        Signal("EOG horizontal", "uV", fast), Signal("Resp oro-nasal", "", slow),
        Signal("EMG submental", "uV", slow), Signal("Temp rectal", "DegC", slow),
        Signal("Event marker", "", slow),
    ]  # fmt: skip
    text, onset = b"+0\x14\x14\0", 0
    for stage, n in [*runs, ("Sleep stage ?", 100)]:
        text += f"+{onset}\x15{30 * n}\x14{stage}\x14\0".encode()
        onset += 30 * n
    folder = root / "physionet-sleep-data"
    return [
        write(folder / psg, edf_bytes(signals, 30)),
        write(folder / hypnogram, edf_bytes([], 0, text)),
    ]


SAMPLE_EVENTS = {300: 1, 400: 2, 500: 3, 600: 4, 700: 5, 800: 32}


def write_sample(root, filtered=False):
    """MNE's sample recording: a MEG channel, all EEG, EOG, the stim channel, a projection."""
    eeg = [f"EEG {number:03d}" for number in range(1, 61)]
    types = {"MEG 0113": "grad", **dict.fromkeys(eeg, "eeg"), "EOG 061": "eog", "STI 014": "stim"}
    sfreq = 150.15 if filtered else 600.6
    info = mne.create_info(list(types), sfreq, list(types.values()))
    info["bads"] = ["EEG 053"]
    data = 1e-5 * np.random.default_rng(0).standard_normal((len(types), 1000))
    data[-1] = 0
    for sample, code in SAMPLE_EVENTS.items():
        data[-1, sample] = code
    raw = mne.io.RawArray(data, info, first_samp=5000, verbose="ERROR")
    raw.set_meas_date(1_000_000_000)
    raw.set_eeg_reference(projection=True, verbose="ERROR")
    kind = "filt-0-40_raw" if filtered else "raw"
    path = root / "MNE-sample-data/MEG/sample" / f"sample_audvis_{kind}.fif"
    path.parent.mkdir(parents=True, exist_ok=True)
    raw.save(path, verbose="ERROR")
    return path


SSVEP_MARKERS = [("Comment", "begin", 1), ("Stimulus", "S255", 201), ("Stimulus", "S155", 601)]


def write_ssvep(root, subject=1):
    """One subject of MNE's SSVEP set: two channels, a trial of each frequency."""
    folder = root / f"ssvep-example-data/sub-{subject:02d}/ses-01/eeg"
    folder.mkdir(parents=True)
    path = folder / f"sub-{subject:02d}_ses-01_task-ssvep_eeg.vhdr"
    write_brainvision(path, 1e-5 * np.random.default_rng(subject).standard_normal((2, 1000)))
    markers = path.with_suffix(".vmrk")
    head, _, _ = markers.read_text().partition("Mk1=")
    lines = [
        f"Mk{number}={kind},{name},{at},1,0\n"
        for number, (kind, name, at) in enumerate(SSVEP_MARKERS, start=1)
    ]
    markers.write_text(head + "".join(lines))
    return path


def checksums_of(paths, algorithm):
    """What the lists of MNE would hold, if the stand-ins were the true files."""
    return {
        Path(path).name: hashlib.new(algorithm, Path(path).read_bytes()).hexdigest()
        for path in paths
    }
