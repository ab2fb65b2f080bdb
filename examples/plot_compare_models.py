"""
Comparing two models, with intervals
====================================

"Model A has .81 and model B .78" does not tell which is better. Both were measured on the same
windows of the same people, so the difference can be judged for each person, with an interval.
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from eegzoo.data import Epoch, EpochsDataset, Filter, Preprocessing, Recording
from eegzoo.data import simulate_motor_imagery
from eegzoo.report import compare_predictions, plot_comparison
from eegzoo.training import EEGClassifier

# %%
# Five people, two models
# -----------------------
# Each person is predicted by networks that were trained on the others.
SITES = ("C5", "C3", "C1", "Cz", "C2", "C4", "C6", "Pz")
people = [
    Recording(
        simulate_motor_imagery(40, ch_names=SITES, power_drop=0.95, random_state=seed), f"S{seed}"
    )
    for seed in range(5)
]
dataset = EpochsDataset.from_recordings(people, Preprocessing([Filter(6, 30), Epoch(0.5, 3.5)]))
groups = dataset.groups("subject")
predicted = {
    name: cross_val_predict(
        EEGClassifier(name, align="euclid", max_epochs=8, random_state=0),
        dataset, dataset.labels, cv=LeaveOneGroupOut(), groups=groups,
    )
    for name in ("shallow_convnet", "eegnet")
}  # fmt: skip

# %%
# The difference, person by person
# --------------------------------
# The interval of a person is that of two proportions measured on the same windows (Newcombe 1998).
# That of the mean is over people. McNemar's test counts the windows on which only one model is
# right.
first, second = predicted
comparison = compare_predictions(dataset.labels, predicted[first], predicted[second], groups)
mean = comparison.mean
print(f"{first} minus {second}: {mean.value:+.3f} [{mean.low:+.3f}, {mean.high:+.3f}]")
print(f"only {first} right: {comparison.n_only_first} windows, only {second}: ", end="")
print(f"{comparison.n_only_second}; p = {comparison.p_value:.3f}")

figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
plot_comparison(comparison, first, second, axes=axes)
axes.set_title("Is the difference larger than its uncertainty?")

# %%
# An interval that contains zero says that these people do not tell the models apart. It does not
# say that the models are equally good. Another seed is another network: repeat with several before
# you believe a small difference. ``eegzoo report a.safetensors --against b.safetensors`` does this
# comparison in a report.
