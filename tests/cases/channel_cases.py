"""Recordings whose channels, names, units or rates are peculiar, as real laboratories write them.

All are synthetic: pink noise of 10 microvolts with fixed seeds, eight events "a" and "b" in turn,
the first (a "b") at 2 s, one every 4.5 s, each followed by 3 s of 10 Hz ("a") or 22 Hz ("b").
"""

import edfio
import mne
import numpy as np

NAMES = ("Fz", "C3", "Cz", "C4", "P3", "Pz", "P4", "Oz")
SIXTEEN = (
    "Fp1", "Fp2", "F3", "F4", "C3", "C4", "P3", "P4", "O1", "O2", "F7", "F8",
    "T7", "T8", "P7", "P8",
)  # fmt: skip
EVENTS = [(2 + 4.5 * k, 10.0 if k % 2 else 22.0) for k in range(8)]  # onset, frequency
OLD_NAMES = ("Fp1", "Fp2", "C3", "C4", "O1", "O2", "T3", "T6")
SPELLINGS = (
    "EEG {}-A2", "{}-AVG", "POL {}", "{}_REF", "EEG {}-LE", "EEG {}-Ref", "{}..", "{}:A1", "{}-M1",
)  # fmt: skip
SFREQ = 128.0


def pink_noise(n_chans, n_times, seed):
    """Return pink noise of 10 microvolts, in volts."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal((n_chans, n_times)))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.shape[1]), 1))
    noise = np.fft.irfft(spectrum, n_times)
    return 10e-6 * noise / noise.std(axis=1, keepdims=True)


def trials(n_chans=8, seconds=40, seed=0, sfreq=SFREQ):
    """Return noise with the oscillations of the events on the first four channels, in volts."""
    data = pink_noise(n_chans, round(sfreq * seconds), seed)
    times = np.arange(round(3 * sfreq)) / sfreq
    for onset, frequency in EVENTS:
        first = round(onset * sfreq)
        part = data[:4, first : first + len(times)]
        part += 12e-6 * np.sin(2 * np.pi * frequency * times[: part.shape[1]])
    return data


def annotations(seconds=40):
    """Return the events as onset, duration and text."""
    events = [(onset, 0.0, "a" if f == 10.0 else "b") for onset, f in EVENTS]
    return [event for event in events if event[0] + 3 <= seconds]


def make_raw(data, names=NAMES, types="eeg", notes=None, sfreq=SFREQ):
    """Return a recording in memory with the events."""
    raw = mne.io.RawArray(data, mne.create_info(list(names), sfreq, types), verbose="ERROR")
    onset, duration, text = zip(*(annotations() if notes is None else notes), strict=True)
    return raw.set_annotations(mne.Annotations(onset, duration, text))


def write_edf(path, data, names=NAMES, rates=None, notes=None, units=None):
    """Write EDF+; `data` are rows in volts, each with its own rate in Hz."""
    signals = []
    for place, (row, name) in enumerate(zip(data, names, strict=True)):
        microvolts = np.asarray(row) * 1e6
        bound = float(np.ceil(np.abs(microvolts).max() * 1.05 + 1))
        signal = edfio.EdfSignal(
            microvolts, rates[place] if rates else SFREQ, label=name,
            physical_dimension=units[place] if units else "uV", physical_range=(-bound, bound),
        )  # fmt: skip
        signals.append(signal)
    marks = [
        edfio.EdfAnnotation(onset, duration or None, text)
        for onset, duration, text in (annotations() if notes is None else notes)
    ]
    edfio.Edf(signals, annotations=marks, data_record_duration=1).write(path)


def two_of_sixteen_thousandfold(path):
    """Write 16 channels, of which C3 and F8 are a thousand times too large."""
    data = trials(16, seed=3)
    data[[4, 11]] *= 1e3
    write_edf(path, data, SIXTEEN)


def mains_of_2_mv(path):
    """Write 2 mV of 50 Hz on all channels."""
    data = trials(seed=8)
    write_edf(path, data + 2e-3 * np.sin(2 * np.pi * 50 * np.arange(data.shape[1]) / SFREQ))


def offset_and_drift(path):
    """Write an offset of 5 mV and a drift of 3 mV."""
    data = trials(seed=9)
    drift = 5e-3 + 3e-3 * np.sin(2 * np.pi * np.arange(data.shape[1]) / SFREQ / 60)
    write_edf(path, data + drift)


def spelled(path, spelling):
    """Write channels whose names are spelled in another way."""
    write_edf(path, trials(seed=13), [spelling.format(name) for name in OLD_NAMES])


def bipolar(path):
    """Write bipolar derivations."""
    names = ["Fp1-F7", "F7-T3", "T3-T5", "T5-O1", "Fp2-F8", "F8-T4", "T4-T6", "T6-O2"]
    write_edf(path, trials(seed=14), names)


def numbered(path):
    """Write channels Ch1 to Ch8."""
    write_edf(path, trials(seed=15), [f"Ch{k}" for k in range(1, 9)])


def polysomnography(path):
    """Write a short night: two EEG, EOG, EMG, temperature and an event marker."""
    data = [*pink_noise(3, 12000, 22), *pink_noise(1, 120, 24), np.full(120, 37e-6)]
    data[4][60:] += 1e-7
    names = ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal", "EMG submental", "Temp rectal"]
    stages = [(0, 60, "Sleep stage W"), (60, 60, "Sleep stage 2")]
    marker = np.full(120, 1e-3)
    write_edf(
        path, [*data, marker], [*names, "Event marker"], [100, 100, 100, 1, 1, 1], stages
    )  # fmt: skip


def study(first, second):
    """Write two files of one study: the second in another order, and with an ECG."""
    write_edf(first, trials(seed=28))
    order = [7, 0, 2, 1, 3, 4, 6, 5]
    ecg = 5e-4 * (np.arange(round(40 * SFREQ)) % 100 < 4)
    names = [*(NAMES[place] for place in order), "ECG"]
    write_edf(second, [*trials(seed=29)[order], ecg], names)


def twice(path, equal):
    """Write T8-P8 twice, as CHB-MIT does, and a channel without a name."""
    data = trials(4, seed=31)
    data[2] = data[1] if equal else data[2]
    write_edf(path, [*data, data[0]], ["F7-T7", "T8-P8", "T8-P8", "Cz", "-"])


def contacts(path, kind):
    """Write sEEG contacts, T3 and T7 among them, or an ECoG grid."""
    names = ["T3", "T7", "A1", "A2", "B1", "B2", "H1", "H2"]
    names = names if kind == "seeg" else [f"G{k}" for k in range(1, 9)]
    make_raw(5 * trials(seed=17), names, kind).save(path, verbose="ERROR")


def bad_channel(path):
    """Write 400 microvolts of noise in Cz, which is marked as bad."""
    data = trials(seed=20)
    data[2] = 400e-6 * np.random.default_rng(0).standard_normal(data.shape[1])
    raw = make_raw(data)
    raw.info["bads"] = ["Cz"]
    raw.save(path, verbose="ERROR")


def nan_within_bad():
    """Return a recording with NaN from 40.5 to 43 s inside BAD_lost."""
    data = trials(seconds=44, seed=19)
    data[:, round(40.5 * SFREQ) : round(43 * SFREQ)] = np.nan
    return make_raw(data, notes=[*annotations(), (40.25, 3.0, "BAD_lost")])


def projection_not_applied():
    """Return epochs whose average reference is a delayed projection."""
    data = trials(seed=30) + 40e-6 * np.sin(np.arange(round(40 * SFREQ)) / 5)
    raw = make_raw(data).set_eeg_reference(projection=True, verbose="ERROR")
    return mne.Epochs(
        raw, tmin=0, tmax=3, baseline=None, preload=True, proj="delayed", verbose="ERROR"
    )
