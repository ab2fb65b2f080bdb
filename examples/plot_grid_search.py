"""
A grid search with scikit-learn
===============================

``EEGClassifier`` is an estimator of scikit-learn, so the tools that you know work: pipelines,
splitters and searches. Here a search varies the size of a network and its learning rate.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, GroupKFold

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
# Data of four people
# -------------------
SITES = ("C5", "C3", "C1", "Cz", "C2", "C4", "C6", "Pz")
people = [
    Recording(
        simulate_motor_imagery(30, ch_names=SITES, power_drop=0.95, random_state=seed), f"S{seed}"
    )
    for seed in range(4)
]
dataset = EpochsDataset.from_recordings(people, Preprocessing([Filter(6, 30), Epoch(0.5, 3.5)]))

# %%
# The search
# ----------
# Arguments of the classifier have their names; those of the model follow ``model_params__``. F1 is
# EEGNet's number of temporal filters. ``GroupKFold`` keeps each person on one side of every split.
search = GridSearchCV(
    EEGClassifier("eegnet", max_epochs=8, random_state=0),
    {"model_params__F1": [4, 8], "lr": [0.001, 0.003, 0.01]},
    cv=GroupKFold(4),
    refit=False,
)
search.fit(dataset, dataset.labels, groups=dataset.groups("subject"))
print("best:", search.best_params_, f"with an accuracy of {search.best_score_:.2f}")

# %%
# What the search does not tell
# -----------------------------
# The best score is optimistic, because it was chosen among six on the same people. Report the
# accuracy on people who were not in the search, or run the search inside each fold (*nested*
# cross-validation): ``cross_val_score(search, ..., groups=...)`` does so.
rates = sorted({params["lr"] for params in search.cv_results_["params"]})
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for n_filters in (4, 8):
    chosen = [p["model_params__F1"] == n_filters for p in search.cv_results_["params"]]
    means = search.cv_results_["mean_test_score"][chosen]
    errors = search.cv_results_["std_test_score"][chosen] / np.sqrt(4)
    axes.errorbar(rates, means, errors, marker="o", capsize=4, label=f"F1 = {n_filters}")
axes.axhline(0.5, color="k", linestyle="--", linewidth=1, label="chance")
axes.set(xscale="log", ylim=(0.4, 1), xlabel="Learning rate", ylabel="Accuracy on people left out")
axes.set_title("Mean over four folds, with its standard error")
axes.legend()
