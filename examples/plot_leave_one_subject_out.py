"""
Leave one subject out, with the chance level
============================================

An accuracy says little without knowing on whom it was measured and what luck reaches. Here each
person is predicted by a network that was trained on the others, and the picture shows chance.
"""

import matplotlib.pyplot as plt
from scipy.stats import sem, t
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    check_leakage,
    simulate_motor_imagery,
)
from eegzoo.report import plot_people, scores_of_people
from eegzoo.training import EEGClassifier

# %%
# Six people
# ----------
# One of them, S5, has nothing to decode: the rhythm does not change. Real groups have such people.
SITES = ("FC3", "FC4", "C5", "C3", "C1", "Cz", "C2", "C4", "C6", "CP3", "CP4", "Pz")
recordings = []
for seed in range(6):
    drop = 0.0 if seed == 5 else 0.95
    raw = simulate_motor_imagery(40, ch_names=SITES, power_drop=drop, random_state=seed)
    recordings.append(Recording(raw, subject=f"S{seed}"))
dataset = EpochsDataset.from_recordings(recordings, Preprocessing([Filter(6, 30), Epoch(0.5, 3.5)]))
people = dataset.groups("subject")

# %%
# The split
# ---------
# Windows of one person resemble each other, so a random split would put parts of everybody on both
# sides and measure something else: how well the network knows these people. ``check_leakage``
# refuses splits in which a person, a second or a copied window is on both sides.
splitter = LeaveOneGroupOut()
for train, test in splitter.split(dataset, dataset.labels, people):
    check_leakage(dataset, train, test, apart="subject")

# %%
# One prediction for each window
# ------------------------------
# scikit-learn runs the protocol. Within each fold, everything is fitted on the training people
# alone.
classifier = EEGClassifier("shallow_convnet", align="euclid", max_epochs=10, random_state=0)
predicted = cross_val_predict(
    classifier, dataset, dataset.labels, cv=splitter, groups=people, method="predict"
)

# %%
# The mean hides people
# ---------------------
# The interval of a person is over their trials, that of the mean over people: this is what a new
# person can expect. The grey bar ends at the accuracy that permuted predictions exceed once in
# twenty times. With 40 trials this is well above one half.
scores = scores_of_people(dataset.labels, predicted, people)
values = [person.value for person in scores]
mean, half = sum(values) / len(values), t.ppf(0.975, len(values) - 1) * sem(values)
print(f"mean accuracy {mean:.2f} ± {half:.2f}; lowest {min(values):.2f}")
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
plot_people(scores, mean=(mean, mean - half, min(mean + half, 1.0)), axes=axes)
axes.set_title("Each person predicted by a network trained on the others")
