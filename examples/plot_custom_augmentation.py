"""
An augmentation of your own
===========================

Augmentations change training windows at random in ways that keep their labels, so that a network
relies less on what does not matter. Here one varies the amplitude, because the next session's
electrodes and amplifier will too.
"""

import dataclasses
from typing import ClassVar

import matplotlib.pyplot as plt
import mne
import numpy as np
import torch

from eegzoo.data import simulate_motor_imagery
from eegzoo.training import EEGClassifier
from eegzoo.training.augmentation.base import Augmentation, register_augmentation

# %%
# The class
# ---------
# An augmentation is a frozen dataclass with a name. It takes a batch of normalised windows, shape
# (batch, n_chans, n_times), with their sampling rate, and returns new ones. Random numbers come
# from torch's generator, so that ``random_state`` makes a training reproducible.


@register_augmentation
@dataclasses.dataclass(frozen=True)
class VaryingGain(Augmentation):
    """Multiply each window by a gain of its own."""

    spread: float = 0.5
    name: ClassVar[str] = "varying_gain"

    def __call__(self, x, sfreq):
        gains = torch.randn(len(x), 1, 1, dtype=x.dtype, device=x.device)
        return x * (self.spread * gains).exp()


print(VaryingGain()(torch.ones(3, 1, 2), sfreq=128.0)[:, 0, 0])

# %%
# Use it
# ------
# By name or as an object, alone or beside others: ``augment=("varying_gain", "time_shift")``. The
# three seeds give three networks, because one could be lucky.
raw = simulate_motor_imagery(n_trials=80, power_drop=0.95, random_state=0)
raw.filter(6, 30, verbose=False)
epochs = mne.Epochs(raw, tmin=0.5, tmax=3.5, baseline=None, preload=True, verbose=False)
X, y = epochs.get_data(units="uV").astype("float32"), epochs.events[:, 2]
factors = (0.4, 0.6, 1.0, 1.7, 2.5)
settings = {"sfreq": 128, "max_epochs": 15}
scores = {}
for name, augment in (("no augmentation", ()), ("varying gain", ("varying_gain",))):
    fitted = [
        EEGClassifier("shallow_convnet", augment=augment, random_state=seed, **settings).fit(
            X[:50], y[:50]
        )
        for seed in range(3)
    ]
    scores[name] = [[each.score(k * X[50:], y[50:]) for k in factors] for each in fitted]

# %%
# Does it help?
# -------------
# Here it does, for sessions with smaller amplitudes, and costs little. Compare on your own data:
# what helps in one data set can hurt in another, and so can too much of it.
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for name, values in scores.items():
    axes.plot(factors, np.mean(values, axis=0), marker="o", label=name)
axes.set(xscale="log", xticks=factors, xticklabels=factors, ylim=(0.5, 1), ylabel="Accuracy")
axes.set(xlabel="Amplitude of the test trials (training = 1)", title="Mean of three networks")
axes.minorticks_off()
axes.legend()
