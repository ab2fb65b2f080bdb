"""Small recordings whose events are written as real laboratories' programs write them."""

import edfio
import mne
import numpy as np
import pybv

NAMES = ("Fz", "C3", "Cz", "C4")
SFREQ = 128
# Eight events in turn, as (onset in seconds, label).
EIGHT = [(2 + 4.5 * k, "ba"[k % 2]) for k in range(8)]


def noise(seconds=40, sfreq=SFREQ, n_chans=4):
    """Return noise of 10 microvolts, in volts."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 1e-5, (n_chans, round(seconds * sfreq)))


def raw_with(annotations=(), stims=None, seconds=40, sfreq=SFREQ):
    """Return a recording with (onset, duration, description) and stim channels by name."""
    data, stims = noise(seconds, sfreq), stims or {}
    info = mne.create_info([*NAMES, *stims], sfreq, ["eeg"] * len(NAMES) + ["stim"] * len(stims))
    raw = mne.io.RawArray(np.vstack([data, *stims.values()]), info, verbose="ERROR")
    if annotations:
        raw.set_annotations(mne.Annotations(*zip(*annotations, strict=True)))
    return raw


def pulses(codes, seconds=40, sfreq=SFREQ, length=10, base=0):
    """Return a stim channel with a code at each onset, {onset: code}."""
    stim = np.full(round(seconds * sfreq), float(base))
    for onset, code in codes.items():
        start = round(onset * sfreq)
        stim[start : start + length] += code
    return stim


def stim_never_zero():
    """Return a stim channel that holds 1, 2, 3, 1, 2, 3, 1, 2 and never returns to zero."""
    stim = np.zeros(40 * SFREQ)
    for k, (onset, _) in enumerate(EIGHT):
        stim[round(onset * SFREQ) :] = 1 + k % 3
    return raw_with(stims={"STI 014": stim})


def status_bits():
    """Return BioSemi's status channel: codes 1 and 2 under bits 16 to 20."""
    codes = {onset: 1 + k % 2 for k, (onset, _) in enumerate(EIGHT)}
    return raw_with(stims={"Status": pulses(codes, base=0x1F0000)})


def write_edf(path, annotations, rows=None, names=NAMES, seconds=40, sfreq=SFREQ):
    """Write EDF+ with (onset, duration, description)."""
    rows = noise(seconds) * 1e6 if rows is None else rows
    signals = [
        edfio.EdfSignal(row, sfreq, label=name, physical_range=(-bound, bound))
        for row, name in zip(rows, names, strict=True)
        for bound in [float(np.ceil(np.abs(row).max() * 1.05 + 1))]
    ]
    notes = [edfio.EdfAnnotation(on, duration or None, text) for on, duration, text in annotations]
    edfio.Edf(signals, annotations=notes, data_record_duration=1).write(path)
    return path


def write_brainvision(folder):
    """Write markers with two blanks, a new segment at 19 s and a marker 5 s after the end."""
    events = [
        {"onset": round(onset * SFREQ), "duration": 1, "description": 1 + (label == "b"),
         "type": "Stimulus"}
        for onset, label in EIGHT
    ]  # fmt: skip
    pybv.write_brainvision(
        data=noise(), sfreq=SFREQ, ch_names=NAMES, fname_base="markers", folder_out=str(folder),
        events=events,
    )  # fmt: skip
    path = folder / "markers.vmrk"
    text = path.read_text(encoding="utf-8").rstrip("\n")
    text += f"\nMk20=New Segment,,{19 * SFREQ},1,0,20200101120000000000"
    path.write_text(f"{text}\nMk21=Stimulus,S  1,{45 * SFREQ},1,0\n", encoding="utf-8")
    return folder / "markers.vhdr"


def blocks():
    """Return blocks of 20 s: rest, task, rest, task."""
    notes = [(2.0 + 22 * k, 20.0, ("rest", "task")[k % 2]) for k in range(4)]
    return raw_with(notes, seconds=92)
