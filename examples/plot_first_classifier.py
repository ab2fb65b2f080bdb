"""
A first classifier
==================

From a recording to an accuracy: which hand does a person imagine to move? The recording is
simulated, so that the example runs anywhere.
"""

import matplotlib.pyplot as plt
import mne

from eegzoo.data import simulate_motor_imagery
from eegzoo.report import plot_confusion
from eegzoo.training import EEGClassifier

# %%
# A recording, and its trials
# ---------------------------
# An electroencephalogram (EEG) is the voltage between electrodes on the scalp, here 22 of them at
# 128 samples a second. MNE keeps it in volts. When someone imagines a movement of the left hand,
# the 10-Hz rhythm over the *right* side of the motor cortex becomes weaker, and vice versa. A cue
# tells the person when to start, and the recording has an annotation at each cue.
raw = simulate_motor_imagery(n_trials=80, power_drop=0.95, random_state=0)
print(raw.info["nchan"], "channels,", raw.info["sfreq"], "Hz,", f"{raw.times[-1]:.0f} s")

# %%
# Filtering removes slow drifts and mains interference. ``mne.Epochs`` cuts the four seconds after
# each cue: one *trial* each, the input of the model. Deep learning calls them windows, and
# reserves "epoch" for a pass over the data.
raw.filter(4, 38, verbose=False)
epochs = mne.Epochs(raw, tmin=0, tmax=4, baseline=None, preload=True, verbose=False)
print(epochs.get_data().shape, "trials, channels, samples")

# %%
# Training
# --------
# ``EEGClassifier`` has the interface of scikit-learn. "shallow_convnet" (Schirrmeister et al.
# 2017) is a small network: temporal filters choose frequencies, spatial filters choose places on
# the scalp, and the logarithm of the power that is left tells the classes apart. The classifier
# converts volts to the microvolts that models take, and normalises the channels. The last 30
# trials are held out.
classifier = EEGClassifier("shallow_convnet", max_epochs=20, random_state=0)
classifier.fit(epochs[:50])
print(f"accuracy in trials that were not trained on: {classifier.score(epochs[50:]):.2f}")

# %%
# What was confused, and how the loss fell
# ----------------------------------------
# Guessing would be right in half of the trials. The loss is the mean negative logarithm of the
# probability of the right class; ``history_`` has a row for each pass over the trials.
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
names = {code: name for name, code in epochs.event_id.items()}
true = [names[code] for code in epochs[50:].events[:, 2]]
plot_confusion(true, classifier.predict(epochs[50:]), axes=left)
right.plot([row["train_loss"] for row in classifier.history_])
right.set(xlabel="Pass over the trials", ylabel="Training loss", title="Course of the training")

# %%
# The classifier and what its input has to look like are saved together:
# ``classifier.save("hands.safetensors")``, and later ``EEGClassifier.load("hands.safetensors")``.
# Another recording with other channel orders or another unit is then matched or refused, by name.
