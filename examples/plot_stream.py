"""
Classification of a running signal
==================================

A classifier runs on a signal that arrives in chunks, and gives the numbers that it gives for the
whole recording. `LSLSource` and `BrainFlowSource` read amplifiers as `Playback` plays a recording.
"""

# %%
# Training on what a stream will see
# ----------------------------------
# Filters of zero phase need samples after a window. `as_causal` turns them to run forwards only, so
# that a decision comes without delay. The first 60 trials are for training.

import matplotlib.pyplot as plt
import numpy as np

import eegzoo.data as data
import eegzoo.online as online
from eegzoo.training import EEGClassifier

steps = data.Preprocessing([data.Filter(4.0, 38.0), data.Epoch(0.5, seconds=3.0)])
preprocessing = data.as_causal(steps)
session = data.simulate_motor_imagery(80, random_state=5)
first = data.Recording(session.copy().crop(0, 360, include_tmax=False), "S1")
dataset = data.EpochsDataset.from_recordings([first], preprocessing)
classifier = EEGClassifier("eegnet", causal=True, max_epochs=40, random_state=0).fit(dataset)

# %%
# Offline and in a stream
# -----------------------
# `compare` classifies the other 20 trials both ways.

raw = session.copy().crop(360)
print(online.compare(classifier, raw, preprocessing=preprocessing))

# %%
# A signal that arrives
# ---------------------
# After 40 seconds, one channel is not connected for two seconds: the stream abstains, and says why.

raw._data[4, 5000:5256] = np.nan
decisions = []
with online.Playback(raw, speed=np.inf, chunk_size=20) as source:
    stream = online.StreamingClassifier(
        classifier, ch_names=source.ch_names, sfreq=source.sfreq, preprocessing=preprocessing
    )
    while (chunk := source.read()) is not None:
        decisions += stream.push(chunk.data, chunk.times)
print(stream.latency)
print({each.reason for each in decisions if each.is_abstention})

# %%
# The probability of the right hand follows the cues; a window is three seconds long. The areas are
# the imagery of the left hand (blue) and the right hand (orange).

times = [each.time for each in decisions]
right = [np.nan if each.is_abstention else each.probabilities[1] for each in decisions]
fig, axes = plt.subplots(figsize=(9, 3), layout="constrained")
for each in raw.annotations:
    start = each["onset"] - raw.first_time
    colour = "tab:orange" if each["description"] == "right_hand" else "tab:blue"
    axes.axvspan(start, start + each["duration"], color=colour, alpha=0.2, lw=0)
axes.plot(times, right, color="0.2")
axes.set(xlabel="Time (s)", ylabel="Probability of the right hand", xlim=(0, 120), ylim=(0, 1))

# %%
# Commands
# --------
# A rule turns decisions into few, sure commands.

rule = online.DecisionRule(classifier.classes_.tolist(), threshold=0.6, dwell_seconds=0.5)
print(online.simulate(classifier, raw, rule=rule, preprocessing=preprocessing))
