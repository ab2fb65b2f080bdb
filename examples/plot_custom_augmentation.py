"""
An augmentation of your own
===========================

Augmentations change training windows at random in ways that keep their labels: a network that sees
them relies less on what does not matter. Here one imitates electrodes whose contact varies.
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
# An augmentation is a frozen dataclass with a name. It takes a batch of windows, shape (batch, n_chans,
# n_times), with their sampling rate, and returns new ones. Random numbers come from torch's generator,
# so that ``random_state`` makes a training reproducible. It sees normalised windows.


@register_augmentation
@dataclasses.dataclass(frozen=True)
class VaryingContact(Augmentation):
    """Multiply each channel of each window by a gain of its own."""

    spread: float = 0.5
    name: ClassVar[str] = "varying_contact"

    def __call__(self, x, sfreq):
        gains = torch.randn(len(x), x.shape[1], 1, dtype=x.dtype, device=x.device)
        return x * (self.spread * gains).exp()


# %%
# What it does
# ------------
torch.manual_seed(0)
raw = simulate_motor_imagery(n_trials=80, power_drop=0.95, random_state=0)
raw.filter(6, 30, verbose=False)
epochs = mne.Epochs(raw, tmin=0.5, tmax=3.5, baseline=None, preload=True, verbose=False)
X, y = epochs.get_data(units="uV").astype("float32"), epochs.events[:, 2]
window = torch.from_numpy(X[:1, :4])
figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
offsets = 30 * np.arange(4)
for name, shown in (("before", window), ("after", VaryingContact()(window, 128.0))):
    lines = axes.plot(epochs.times, shown[0].T.numpy() - offsets, color=f"C{int(name != 'before')}")
    lines[0].set_label(name)
axes.set(yticks=-offsets, yticklabels=epochs.ch_names[:4], xlabel="Time after the cue (s)")
axes.set(title="One window, 30 µV between channels", ylabel="Channel")
axes.legend(loc="upper right")

# %%
# Does it help?
# -------------
# By name or as an object, alone or in a list. The test trials have contacts that the training has not
# seen. Compare on your own data, with several seeds: an augmentation that helps in one data set can
# hurt in another.
gains = np.random.default_rng(0).lognormal(0, 0.5, (1, X.shape[1], 1)).astype("float32")
for augment in ((), ("varying_contact",), (VaryingContact(0.2), "time_shift")):
    classifier = EEGClassifier(
        "shallow_convnet", sfreq=128, augment=augment, max_epochs=15, random_state=0
    ).fit(X[:50], y[:50])
    same, other = classifier.score(X[50:], y[50:]), classifier.score(gains * X[50:], y[50:])
    print(f"{augment}: {same:.2f} with the same contacts, {other:.2f} with others")
