"""
Export to ONNX
==============

A trained network can run without Python and without PyTorch: on a phone, on a Raspberry Pi or in a
C++ program. The example needs the extra ``onnx``: ``pip install 'eegzoo[onnx]'``.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime

from eegzoo.data import Epoch, EpochsDataset, Filter, Preprocessing, Recording
from eegzoo.data import simulate_motor_imagery
from eegzoo.training import EEGClassifier

# %%
# A trained classifier, saved with its preprocessing
# --------------------------------------------------
SITES = ("C5", "C3", "C1", "Cz", "C2", "C4", "C6", "Pz")
raw = simulate_motor_imagery(60, ch_names=SITES, power_drop=0.95, random_state=0)
preprocessing = Preprocessing([Filter(6, 30), Epoch(0.5, 3.5)])
dataset = EpochsDataset.from_recordings([Recording(raw, "S1")], preprocessing)
classifier = EEGClassifier("eegnet", max_epochs=15, random_state=0).fit(dataset)
folder = Path(tempfile.mkdtemp())
classifier.save(folder / "model.safetensors", preprocessing=preprocessing)

# %%
# The export
# ----------
# With ``--whole``, normalisation and crops are part of the file: it takes windows in microvolts
# and returns probabilities. The command compares onnxruntime with PyTorch and writes nothing if
# they differ. This is ``eegzoo export model.safetensors model.onnx --whole``:
command = [sys.executable, "-m", "eegzoo", "export", "model.safetensors", "model.onnx", "--whole"]
print(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout)

# %%
# Without PyTorch
# ---------------
# What the file expects (channels, sampling rate, filter, labels) is stored in it as JSON. The
# filter is not part of the network, because its best form depends on where the signal comes from.
session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
print(sorted(session.get_modelmeta().custom_metadata_map))
(found,) = session.run(None, {"microvolts": dataset.X})
expected = classifier.predict_proba(dataset.X)
print(f"largest difference of the probabilities: {np.abs(found - expected).max():.1e}")

figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
axes.plot([0, 1], [0, 1], color="k", linewidth=0.8)
axes.scatter(expected[:, 0], found[:, 0], alpha=0.6)
axes.set(xlabel="Probability in PyTorch", ylabel="Probability in onnxruntime", aspect="equal")
axes.set_title(f"{classifier.classes_[0]}, {len(found)} windows")
