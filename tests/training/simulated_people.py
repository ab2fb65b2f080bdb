"""Windows of simulated people, whose channels are mixed differently in each of them."""

import numpy as np

from eegzoo.data import EpochsDataset, SignalInfo

SFREQ, N_TIMES, CH_NAMES = 64.0, 128, ("C3", "Cz", "C4", "Pz")


def make_people(n_people=8, n_windows=20, seed=0, strength=1.0, n_classes=2):
    """Return windows in microvolts, labels and people.

    Each class has a rhythm of 10 Hz in a source of its own; each person mixes the sources into
    channels in another way and has another amplitude.
    """
    rng = np.random.default_rng(seed)
    n, n_chans = n_people * n_windows, len(CH_NAMES)
    y, people = np.arange(n) % n_classes, np.arange(n_people).repeat(n_windows)
    sources = rng.normal(0, 1, (n, n_chans, N_TIMES))
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    rhythm = np.sin(2 * np.pi * 10 * np.arange(N_TIMES) / SFREQ + phase)
    sources[np.arange(n), y] += strength * rhythm
    mixing = np.eye(n_chans) + 0.25 * rng.normal(0, 1, (n_people, n_chans, n_chans))
    scale = 10 * np.exp(rng.normal(0, 0.3, n_people))
    X = (scale[:, None, None] * mixing)[people] @ sources
    return X.astype(np.float32), y, people


def make_dataset(X, y, people, **metadata):
    """Return a data set of windows, with the people as its subjects."""
    info = SignalInfo(CH_NAMES, SFREQ, N_TIMES)
    names = [str(label) for label in range(int(y.max()) + 1)]
    return EpochsDataset(X, y, names, info, {"subject": people.astype(str), **metadata})
