"""
Your own EDF file
=================

From a file on your disk to a classifier that can be used on the next file. EDF stands for any
format that MNE reads. The example needs the extra ``edf``, because it first writes the file that
you would bring: ``pip install 'eegzoo[edf]'``.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from scipy.signal import welch

from eegzoo.data import Epoch, EpochsDataset, Filter, Preprocessing, Recording
from eegzoo.data import list_events, read_recording, simulate_motor_imagery
from eegzoo.training import EEGClassifier

# %%
# Two recordings of one person, as a laboratory would have them: trials of six seconds each.
folder = Path(tempfile.mkdtemp())
both = simulate_motor_imagery(90, classes=("feet", "left_hand"), random_state=0)
both.copy().crop(0, 360, include_tmax=False).export(folder / "monday.edf", verbose=False)
both.copy().crop(360).export(folder / "tuesday.edf", verbose=False)

# %%
# Look before training
# --------------------
# ``list_events`` shows what can become a label. On the command line, ``eegzoo check monday.edf``
# says this too, and looks for wrong units, flat, clipped or copied channels and mains
# interference.
monday = read_recording(folder / "monday.edf")
for event in list_events(monday):
    print(event.name, event.count)

# %%
# From file to windows
# --------------------
# A ``Preprocessing`` is a list of steps. It is saved with the classifier, so that the next
# recording gets exactly the same treatment, and it can be printed as MNE code.
preprocessing = Preprocessing([Filter(4, 38), Epoch(0, 4)])
dataset = EpochsDataset.from_recordings([Recording(monday, "me")], preprocessing)
print(preprocessing.as_mne_code())

# %%
# Train on Monday, use on Tuesday
# -------------------------------
classifier = EEGClassifier("shallow_convnet", max_epochs=20, random_state=0).fit(dataset)
path = folder / "feet_or_hand.safetensors"
classifier.save(path, preprocessing=preprocessing)

later = Recording(read_recording(folder / "tuesday.edf"), "me")
tuesday = EpochsDataset.from_recordings([later], preprocessing)
print(f"accuracy on Tuesday: {EEGClassifier.load(path).score(tuesday):.2f}")

# %%
# The command line does the same in two lines:
#
# .. code-block:: console
#
#    $ eegzoo train --raw monday.edf --event-id feet=feet,hand=left_hand --out model.safetensors
#    $ eegzoo predict model.safetensors tuesday.edf > predictions.csv
#
# The spectra show what the labels differ in: with the hand, the rhythm at C4 is weaker.
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
c4 = dataset.info.ch_names.index("C4")
for label in dataset.classes:
    windows = dataset.X[dataset.labels == label][:, c4]
    frequencies, powers = welch(windows, dataset.info.sfreq, nperseg=128)
    axes.semilogy(frequencies, powers.mean(axis=0), label=label)
axes.set(
    xlim=(4, 38),
    ylim=(0.1, 100),
    xlabel="Frequency (Hz)",
    ylabel="Power (µV²/Hz)",
    title="Channel C4",
)
axes.legend()
