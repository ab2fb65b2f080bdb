"""Windows with a rhythm below one electrode in one class, and a classifier that learnt it."""

import re
from functools import cache

import numpy as np

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.data.datasets.simulated_sources import pink_noise, project_sources, rhythm_around
from eegzoo.training import EEGClassifier

CH_NAMES = ("F3", "Fz", "F4", "C3", "Cz", "C4", "P3", "Pz", "P4", "O1", "O2")
SFREQ, N_TIMES, HZ, SITE = 128.0, 256, 21.0, "P3"


@cache
def planted(n_windows=160, amplitude=6.0):
    """Return windows in which "active" has a rhythm of 21 Hz below P3, and "quiet" has none.

    A stronger source below O2 has the same power at 10 Hz in both classes.

    Returns
    -------
    training, test : EpochsDataset
        Windows: 120 and 40.
    pattern : array, shape (n_chans,)
        Map of the source on the scalp.
    """
    rng = np.random.default_rng(0)
    maps, background = project_sources(CH_NAMES, (SITE, "O2"), rng)
    n = n_windows * N_TIMES
    labels = np.arange(n_windows) % 2
    rhythm = rhythm_around(np.full(n, HZ), 1.0, SFREQ, rng).real * np.repeat(labels, N_TIMES)
    distractor = rhythm_around(np.full(n, 10.0), 1.0, SFREQ, rng).real
    data = amplitude * np.outer(maps[:, 0], rhythm) + 10.0 * np.outer(maps[:, 1], distractor)
    data += 4.0 * background @ pink_noise(len(background), n, SFREQ, rng)
    data += rng.standard_normal(data.shape)
    X = data.reshape(len(data), n_windows, N_TIMES).swapaxes(0, 1).astype(np.float32)
    info = SignalInfo(CH_NAMES, SFREQ, N_TIMES)
    dataset = EpochsDataset(X, labels, ("quiet", "active"), info)
    return dataset.subset(np.arange(120)), dataset.subset(np.arange(120, n_windows)), maps[:, 0]


@cache
def trained(model="eegnet", normalize="standardize", max_epochs=25, **parameters):
    """Return a classifier that was trained on these windows."""
    classifier = EEGClassifier(
        model, recipe="plain", normalize=normalize, max_epochs=max_epochs, batch_size=16, lr=0.005,
        random_state=0, **parameters,
    )  # fmt: skip
    return classifier.fit(planted()[0])


def sites_of_patterns(text):
    """Return where the patterns of filters that pass the rhythm are largest, from a text."""
    found = re.findall(r"([\d.]+) Hz: pattern largest at (\w+)", text)
    return [site for hz, site in found if abs(float(hz) - HZ) <= 1]
