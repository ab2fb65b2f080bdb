"""
A store larger than memory
==========================

A hundred nights do not fit into memory. A ``WindowStore`` writes the windows of each recording to
disk once; training then reads the windows of each batch when it needs them.
"""

import tempfile
import tracemalloc

import matplotlib.pyplot as plt
import numpy as np

from eegzoo.data import Epoch, Filter, Preprocessing, Recording, WindowStore
from eegzoo.data import simulate_motor_imagery
from eegzoo.training import EEGClassifier

# %%
# Write the store
# ---------------
# Only one recording is in memory at a time, or one for each worker (``n_jobs``). If the run is
# interrupted, the next one continues; if the preprocessing changes, the windows are computed anew.
# Real recordings are passed without loading them: ``Recording(read_recording(path),
# subject="S1")``.
SITES = ("C5", "C3", "C1", "Cz", "C2", "C4", "C6", "Pz")
preprocessing = Preprocessing([Filter(6, 30), Epoch(0.5, 3.5)])


def recordings(n):
    for seed in range(n):
        raw = simulate_motor_imagery(40, ch_names=SITES, power_drop=0.95, random_state=seed)
        yield Recording(raw, subject=f"S{seed}")


folder = tempfile.mkdtemp()
store = WindowStore.write(folder, recordings(8), preprocessing, verbose=0)
print(store.shape, "windows, channels, samples")

# %%
# Train from it
# -------------
# The data set has the interface of one in memory, so that the estimators, splits and torch's data
# loaders take it. The normalisation is fitted in blocks.
dataset = WindowStore(folder).dataset()
train = np.flatnonzero(dataset.groups("subject") != "S7")
test = np.flatnonzero(dataset.groups("subject") == "S7")
classifier = EEGClassifier("eegnet", max_epochs=5, align="euclid", random_state=0)
classifier.fit(dataset.subset(train))
print(f"accuracy on a new person: {classifier.score(dataset.subset(test)):.2f}")

# %%
# What it holds in memory
# -----------------------
# The largest amount of memory while all windows are visited once, in batches of 16.
peaks = {"in memory": [], "store": []}
sizes = (2, 4, 8)
for n in sizes:
    part = WindowStore.write(tempfile.mkdtemp(), recordings(n), preprocessing, verbose=0)
    for name, found in peaks.items():
        tracemalloc.start()
        windows = part[np.arange(len(part))] if name == "in memory" else part
        for start in range(0, len(windows), 16):
            windows[start : start + 16]
        found.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
        del windows

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for name, found in peaks.items():
    axes.plot(sizes, found, marker="o", label=name)
axes.set(xlabel="Recordings", ylabel="Memory (MB)", ylim=(0, None), title="Visiting all windows")
axes.legend()
