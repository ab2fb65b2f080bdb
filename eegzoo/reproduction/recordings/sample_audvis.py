"""MNE's sample recording of tones and checkerboards, through MNE's fetcher."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eegzoo.data.datasets.sample_audvis import fetch_sample_audvis
from eegzoo.data.reading.recording import Recording
from eegzoo.reproduction.entry import DataSource
from eegzoo.reproduction.recordings.folders import mne_data
from eegzoo.reproduction.recordings.noise import noise_recording
from eegzoo.weights.stored_cards import stored_cards


def load(source: DataSource, directory: Path | None) -> list[Recording]:
    """Return the copy that is filtered to 40 Hz and resampled to 150 Hz."""
    with mne_data(source, directory):
        return fetch_sample_audvis(filtered=True)


def simulate() -> list[Recording]:
    """Return a recording of noise in the same shape, with 288 events."""
    signal = stored_cards()["eegnet.sample_audvis"].card.signal
    labels = np.random.default_rng(0).permutation(["aud_l", "aud_r", "vis_l", "vis_r"] * 72)
    recording = noise_recording(
        signal["ch_names"], signal["sfreq"], labels.tolist(), subject="sample", spacing=1.2, seed=0,
        dataset="sample_audvis",
    )  # fmt: skip
    return [recording]
