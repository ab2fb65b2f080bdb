"""
A night of sleep
================

Sleep is scored in windows of 30 seconds as wake (W), light sleep (N1, N2), deep sleep (N3) or REM
sleep (R). A small network learns this from four simulated nights and stages a fifth. With a
download there is nothing to train: ``stage(raw)`` uses the published weights of RobustSleepNet.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from eegzoo.data import Epoch, EpochsDataset, Filter, Preprocessing, Recording, simulate_night
from eegzoo.sleep import plot_hypnogram, stage
from eegzoo.training import EEGClassifier

# %%
# Nights
# ------
# What a scorer looks for is in the signals: alpha and blinks (W), spindles (N2), slow waves (N3),
# rapid eye movements (R). Each recording has two bipolar derivations and a stage for each 30 s.
# The nights are short, so that the example is.


def night(seed, n_hours=1.5):
    return simulate_night(
        n_hours, ch_names=("C4-M1", "Fpz-Cz"), sfreq=64, quiet=0.1, random_state=seed
    )


preprocessing = Preprocessing([Filter(0.3, 30), Epoch(0, seconds=30)])
windows = EpochsDataset.from_recordings(
    [Recording(night(seed), f"S{seed}") for seed in range(4)], preprocessing
)
print(len(windows), "windows of", windows.X.shape[1:], "channels and samples")

# %%
# A network, trained in seconds
# -----------------------------
# It sees each window alone. Networks for real nights also see the windows before and after, and
# are trained on hundreds of nights; that is what published weights are for. The file holds the
# preprocessing too, so that the next night is treated in the same way.
classifier = EEGClassifier(
    "shallow_convnet", model_params={"n_filters": 16}, lr=0.005, n_crops=3, max_epochs=10,
    random_state=0,
)  # fmt: skip
path = Path(tempfile.mkdtemp()) / "stager.safetensors"
classifier.fit(windows).save(path, preprocessing=preprocessing)

# %%
# Stage another night
# -------------------
# ``stage`` chooses the derivations by name, says which windows cannot be scored and why, and
# returns a hypnogram with its statistics. Here the truth is known.
raw = night(seed=12, n_hours=3)
hypnogram = stage(raw, path)
truth = raw.annotations.description
share = sum(found == true for found, true in zip(hypnogram.stages, truth, strict=True)) / len(truth)
print(f"{share:.0%} of the windows are right")
print(f"total sleep time: {hypnogram.statistics().total_sleep_time:.0f} min")

# %%
# The picture
# -----------
# Stages on top, their probabilities below (the *hypnodensity*, which shows where the network is
# unsure), and the spectrogram. ``hypnogram.save("night.csv")`` or ``.edf`` writes a file for
# others.
figure = plot_hypnogram(hypnogram, raw, title="A simulated night")
plt.figure(figure)  # hands the figure to pyplot, which shows it (matplotlib 3.11 or newer)
