"""Simulated recordings in the shape of a data set, to try a protocol without its data."""

from __future__ import annotations

from collections.abc import Sequence

import mne
import numpy as np

from eegzoo.data.reading.recording import Recording


def noise_recording(
    ch_names: Sequence[str],
    sfreq: float,
    labels: Sequence[str],
    *,
    subject: str,
    spacing: float,
    seed: int,
    session: str = "1",
    run: str | None = None,
    dataset: str = "",
    split: str | None = None,
    microvolts: float = 10.0,
    duration: float = 0.0,
) -> Recording:
    """Return a recording of noise with events whose label shows in the signal.

    Each label has a rhythm of its own in the second after the event, so that a protocol has
    something to learn.

    Parameters
    ----------
    ch_names : sequence of str
        Channels.
    sfreq : float
        Sampling rate in Hz.
    labels : sequence of str
        Labels of the events, in order.
    subject, session, run, dataset, split : str
        As in `Recording`.
    spacing : float
        Seconds between events; the first is one second after the start.
    seed : int
        Seed.
    microvolts : float
        Standard deviation of the noise.
    duration : float
        Duration of the annotations in seconds.
    """
    generator = np.random.default_rng(seed)
    n_times = round((1.0 + spacing * len(labels) + 1.0) * sfreq)
    signal = generator.standard_normal((len(ch_names), n_times))
    onsets = 1.0 + spacing * np.arange(len(labels))
    t = np.arange(round(min(spacing, 4.0) * sfreq)) / sfreq
    names = sorted(set(labels))
    for onset, label in zip(onsets, labels, strict=True):
        start = round(onset * sfreq)
        place = names.index(label)
        signal[place % len(ch_names), start : start + len(t)] += 2 * np.sin(
            2 * np.pi * (9.0 + 4.0 * place) * t
        )
    info = mne.create_info(list(ch_names), sfreq, "eeg")
    raw = mne.io.RawArray(1e-6 * microvolts * signal, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations(onsets, duration, list(labels)))
    return Recording(raw, subject, session=session, run=run, dataset=dataset, split=split)
