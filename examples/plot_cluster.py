"""
Many recordings on a cluster
============================

joblib's settings say where recordings are computed: in this process, in several, or on the workers
of a Dask cluster. Here a small cluster runs inside this script; on yours, connect with
``Client("tcp://scheduler:8786")``, and everything below stays as it is.
"""

import tempfile

import joblib
import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster

from eegzoo.data import Epoch, Filter, Preprocessing, Recording, WindowStore
from eegzoo.data import simulate_motor_imagery
from eegzoo.training import BlockSampler, EEGClassifier

# %%
# Write a store by the workers
# ----------------------------
# Each recording is a task, which writes its windows whole or not at all. One whose worker is lost
# is computed again by another worker; the store is the same, byte for byte. A run that is
# interrupted itself continues when it is repeated.
cluster = LocalCluster(
    n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0", silence_logs=50
)
SITES = ("C3", "Cz", "C4", "CP3", "CP4", "Pz")


def recordings():
    for seed in range(12):
        raw = simulate_motor_imagery(24, ch_names=SITES, power_drop=0.9, random_state=seed)
        yield Recording(raw, subject=f"S{seed:02}")


with Client(cluster) as client, joblib.parallel_config(backend="dask", client=client):
    steps = Preprocessing([Filter(6, 30), Epoch(0.5, 2.5)])
    store = WindowStore.write(tempfile.mkdtemp(), recordings(), steps, verbose=0)
cluster.close()
print(store)

# %%
# Train from blocks of its files
# ------------------------------
# Single windows at random are slow to read from a network. ``BlockSampler`` reads runs of
# neighbours into a buffer and draws from it. With ``checkpoint_every``, a training that is killed
# resumes within an epoch, and ends with the same weights bit for bit. Under ``torchrun``, the
# processes read different blocks.
dataset = store.dataset()
is_new = np.isin(dataset.groups("subject"), ["S10", "S11"])
sampler = BlockSampler(block_length=8, buffer_length=128)
classifier = EEGClassifier(
    "eegnet", max_epochs=4, sampler=sampler, random_state=0,
    checkpoint=tempfile.mkdtemp(), checkpoint_every=20,
)  # fmt: skip
classifier.fit(dataset.subset(np.flatnonzero(~is_new)))
score = classifier.score(dataset.subset(np.flatnonzero(is_new)), dataset.labels[is_new])
print(f"accuracy on new people: {score:.2f}")

# %%
# How random is that?
# -------------------
# Where windows of a block are alike, as in one sleep stage, batches vary more than those of a full
# shuffle: by this factor at most, which a longer buffer lowers.
buffers = np.geomspace(64, 8192, 40).round().astype(int)
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for length in (8, 16, 32):
    ratios = [BlockSampler(length, buffer).variance_inflation(64) for buffer in buffers]
    axes.plot(buffers, ratios, label=f"blocks of {length} windows")
axes.axhline(1, color="grey", linestyle=":", label="full shuffle")
axes.set(
    xlabel="Windows in the buffer", ylabel="Variance of a batch's mean (ratio)", xscale="log",
    yscale="log", title="Batches of 64 windows, worst case",
)  # fmt: skip
axes.legend()
