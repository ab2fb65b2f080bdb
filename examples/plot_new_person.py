"""
A new person: zero-shot, adapted and aligned
============================================

People differ in their rhythms, in their heads and in how the cap sits. How well does a classifier
do on someone it has never seen ("zero-shot"), and what does it gain from this person's windows,
without any label?
"""

import matplotlib.pyplot as plt
import numpy as np

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    simulate_motor_imagery,
)
from eegzoo.training import EEGClassifier

# %%
# Nine people
# -----------
# Each seed simulates another person. The contact of the electrodes differs too, so that each
# channel of each person has a gain of its own. Six people are for training, three are new.
SITES = ("FC3", "FC4", "C5", "C3", "C1", "Cz", "C2", "C4", "C6", "CP3", "CP4", "Pz")
preprocessing = Preprocessing([Filter(6, 30), Epoch(0.5, 3.5)])


def windows_of(seeds):
    recordings = []
    for seed in seeds:
        raw = simulate_motor_imagery(40, ch_names=SITES, power_drop=0.95, random_state=seed)
        raw._data *= np.random.default_rng(seed).lognormal(0, 0.6, (len(SITES), 1))
        recordings.append(Recording(raw, subject=f"S{seed}"))
    return EpochsDataset.from_recordings(recordings, preprocessing)


training = windows_of(range(6))
new_people = {f"S{seed}": windows_of([seed]) for seed in (6, 7, 8)}

# %%
# Three ways to meet a new person
# -------------------------------
# *Zero-shot* uses the classifier as it is. ``adapt`` returns a classifier for one person: it fits
# the normalisation to their windows and learns from those that are classified with confidence.
# With ``align="euclid"`` each person of the training is whitened by their own covariance (He and
# Wu 2020), and so is everybody later. ``X`` has no labels; these only serve for the scores.
settings = {"max_epochs": 15, "random_state": 0}
plain = EEGClassifier("shallow_convnet", **settings).fit(training)
aligned = EEGClassifier("shallow_convnet", align="euclid", **settings).fit(training)
scores = {
    "zero-shot": [plain.score(person) for person in new_people.values()],
    "adapted": [plain.adapt(person.X).score(person) for person in new_people.values()],
    "aligned": [aligned.score(person) for person in new_people.values()],
}
for name, values in scores.items():
    print(f"{name}: {', '.join(f'{value:.2f}' for value in values)}")

# %%
# What it is worth
# ----------------
# These figures are *transductive*: the windows that are scored also gave the statistics. That is
# right for a complete recording, but not for a stream; the guide to new people has the figures for
# statistics of the past alone, and says when alignment hurts.
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for shift, (name, values) in enumerate(scores.items()):
    axes.bar(np.arange(3) + 0.27 * (shift - 1), values, width=0.25, label=name)
axes.axhline(0.5, color="k", linestyle="--", linewidth=1, label="chance")
axes.set(
    xticks=range(3), xticklabels=new_people, ylim=(0, 1), ylabel="Accuracy", xlabel="New person"
)
axes.set_title("People who were not in the training")
figure.legend(loc="outside right upper")
