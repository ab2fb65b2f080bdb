"""A stager for tests: each stage is a rhythm, and the strongest one is the stage."""

import itertools

import numpy as np

FREQUENCIES = {"W": 10.0, "N1": 5.0, "N2": 13.0, "N3": 1.0, "R": 3.0}
SFREQ = 64.0


class BandStager:
    """Compares the power of five rhythms in each window, averaged over channels."""

    name = "bands"
    stages = tuple(FREQUENCIES)
    window_seconds = 30.0
    n_chans = None
    ch_names = None

    def __init__(self, n_chans=None):
        self.n_chans = n_chans
        self.shapes = []

    def probabilities(self, signals, sfreq):
        self.shapes.append(signals.shape)
        length = 30.0 * sfreq
        n_windows = int(signals.shape[1] / length + 1e-6)
        edges = np.rint(np.arange(n_windows + 1) * length).astype(int)
        found = np.zeros((n_windows, 5))
        for place, (start, stop) in enumerate(itertools.pairwise(edges)):
            part = signals[:, start:stop] - signals[:, start:stop].mean(axis=1, keepdims=True)
            spectrum = np.abs(np.fft.rfft(part * np.hanning(part.shape[1]))) ** 2
            at = np.rint(np.array(list(FREQUENCIES.values())) * (stop - start) / sfreq).astype(int)
            power = sum(spectrum[:, at + shift] for shift in (-1, 0, 1)).mean(axis=0) + 1e-30
            found[place] = power / power.sum()
        return found


class ReversedStager(BandStager):
    """Has its stages in another order."""

    stages = tuple(reversed(FREQUENCIES))

    def probabilities(self, signals, sfreq):
        return super().probabilities(signals, sfreq)[:, ::-1]


def planted(stages, sfreq=SFREQ, n_chans=1, seed=0):
    """Return signals in volts in which each window of 30 s has the rhythm of its stage."""
    times = np.arange(round(30 * len(stages) * sfreq)) / sfreq
    frequencies = np.array([FREQUENCIES[stage] for stage in stages])
    window = np.minimum((times / 30).astype(int), len(stages) - 1)
    rhythm = 3e-5 * np.sin(2 * np.pi * frequencies[window] * times)
    noise = np.random.default_rng(seed).normal(0, 1e-5, (n_chans, len(times)))
    return rhythm + noise
