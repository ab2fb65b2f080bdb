"""Small stand-ins for the public data sets, in the places where MNE keeps the real ones."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import mne
import numpy as np

from tests.data.reading.write_formats import write_brainvision


def keep_data_in(folder, monkeypatch):
    """Make `folder` MNE's data folder, whatever the settings of the user who runs the tests."""
    for name in ("EEGBCI", "SAMPLE", "SSVEP"):
        monkeypatch.delenv(f"MNE_DATASETS_{name}_PATH", raising=False)
    monkeypatch.delenv("PHYSIONET_SLEEP_PATH", raising=False)
    monkeypatch.setenv("MNE_DATA", str(folder))
    monkeypatch.setenv("_MNE_FAKE_HOME_DIR", str(folder / "home"))  # as in MNE's own tests


class Signal(NamedTuple):
    """Signal of an EDF file, with samples in tenths of its unit."""

    label: str
    unit: str
    samples: np.ndarray  # (n_records, samples in a record)


def edf_bytes(signals, record_seconds, annotations=None):
    """Return the bytes of an EDF file or, with annotations, of an EDF+ file with one record."""
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
    """Write two seconds of EEGMMIDB with two channels and the annotations T0 and T1."""
    rng = np.random.default_rng(run)
    signals = [Signal(label, "uV", rng.integers(-500, 500, (2, 160))) for label in ("C3..", "Cz..")]
    text = b"+0\x14\x14\0+0\x151\x14T0\x14\0".ljust(32, b"\0"), b"+1\x14\x14\0+1\x151\x14T1\x14\0"
    codes = np.stack([np.frombuffer(tal.ljust(32, b"\0"), "<i2") for tal in text])
    content = edf_bytes([*signals, Signal("EDF Annotations", "", codes)], 1)
    content = content[:192] + b"EDF+C".ljust(44) + content[236:]
    name = f"S{subject:03d}/S{subject:03d}R{run:02d}.edf"
    return write(root / "MNE-eegbci-data/files/eegmmidb/1.0.0" / name, content)


SLEEP_SFREQ = 10  # 100 Hz in the real files
# Numbers of consecutive stages of 30 s. The hypnogram extends beyond the recording.
SLEEP_RUNS = [
    ("Sleep stage W", 80), ("Sleep stage 1", 2), ("Sleep stage 2", 3), ("Movement time", 1),
    ("Sleep stage 3", 2), ("Sleep stage 4", 1), ("Sleep stage R", 2), ("Sleep stage W", 1),
    ("Sleep stage ?", 1), ("Sleep stage 2", 1), ("Sleep stage W", 70),
]  # fmt: skip


def write_night(root, psg="SC4001E0-PSG.edf", hypnogram="SC4001EC-Hypnogram.edf", runs=SLEEP_RUNS):
    """Write a night whose EEG, in microvolts, is the number of the 30 s window."""
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
    """Write MNE's sample recording with MEG, EEG, EOG, stim channel and a projection."""
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
    """Write a subject of MNE's SSVEP data with two channels and one trial per frequency."""
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
    """Return the checksums of files by file name, as in MNE's lists."""
    return {
        Path(path).name: hashlib.new(algorithm, Path(path).read_bytes()).hexdigest()
        for path in paths
    }
