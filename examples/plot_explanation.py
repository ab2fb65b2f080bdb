"""
Why the network decided so
==========================

An accuracy does not tell whether a network looks at the brain or at the eyes. Integrated gradients
attribute each decision to channels, times and frequency bands. The example needs the extra
``explain``: ``pip install 'eegzoo[explain]'``.
"""

import matplotlib.pyplot as plt
import mne

from eegzoo.data import simulate_motor_imagery
from eegzoo.report import explain, permutation_importance, plot_importance
from eegzoo.training import EEGClassifier

# %%
# A classifier of imagined movements
# ----------------------------------
# In this simulated recording we know the answer: the rhythm near 10 Hz becomes weaker at C4 for
# the left hand and at C3 for the right. So what is left of it at C3 speaks for the left hand.
raw = simulate_motor_imagery(n_trials=80, power_drop=0.95, random_state=0)
raw.filter(4, 38, verbose=False)
epochs = mne.Epochs(raw, tmin=0, tmax=4, baseline=None, preload=True, verbose=False)
classifier = EEGClassifier("shallow_convnet", max_epochs=20, random_state=0).fit(epochs[:50])
new = epochs[50:]
print(f"accuracy on 30 new trials: {classifier.score(new):.2f}")

# %%
# Which channels speak for which hand?
# ------------------------------------
# The attributions of a trial add up to the difference that the trial makes to the output, compared
# with a flat signal. Here they are the sums over time, averaged over sixteen new trials.
attributions = explain(classifier, new[:16], method="integrated_gradients", n_steps=32)
figure, axes = plt.subplots(2, 1, figsize=(9, 6), layout="constrained")
for axis, label in zip(axes, attributions.classes, strict=True):
    by_channel = attributions.mean(label).sum(axis=-1)
    axis.bar(attributions.ch_names, by_channel, color=["C0" if v > 0 else "C3" for v in by_channel])
    axis.axhline(0, color="k", linewidth=0.8)
    axis.set(title=f"Decisions for {label}", ylabel="Attribution (logit)")
    axis.tick_params(axis="x", rotation=90)
axes[1].set_xlabel("Channel")

# %%
# Does it need the rhythm?
# ------------------------
# Another question, with another method: how much accuracy is lost if a frequency band is exchanged
# between trials? It needs no gradient, so that the two methods check each other.
importance = permutation_importance(classifier, new, of="bands", n_repeats=5)
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
plot_importance(importance, axes=axes)
