"""
Classification of a running signal
==================================

A classifier that is trained on a recording runs on a signal that arrives in chunks, and gives the
numbers that it gives for the whole recording.
"""

# %%
# Training on what a stream will see
# ----------------------------------
# Filters of zero phase need samples after a window. `as_causal` turns them to run forwards only, so
# that a decision comes without delay.

import matplotlib.pyplot as plt
import numpy as np

from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Filter,
    Preprocessing,
    Recording,
    as_causal,
    simulate_motor_imagery,
)
from eegzoo.online import DecisionRule, Playback, StreamingClassifier, compare, simulate
from eegzoo.training import EEGClassifier

preprocessing = as_causal(Preprocessing([Filter(4.0, 38.0), Epoch(0.5, seconds=3.0)]))
session = simulate_motor_imagery(80, random_state=5)
first = Recording(session.copy().crop(0, 360, include_tmax=False), "S1")
dataset = EpochsDataset.from_recordings([first], preprocessing)
classifier = EEGClassifier("eegnet", causal=True, max_epochs=40, random_state=0).fit(dataset)

# %%
# Offline and in a stream
# -----------------------
# `compare` classifies the later trials both ways.

raw = session.copy().crop(360)
print(compare(classifier, raw, preprocessing=preprocessing))

# %%
# A signal that arrives
# ---------------------
# `Playback` plays a recording; `LSLSource` and `BrainFlowSource` read amplifiers in the same way.
# For two seconds a channel is not connected: the stream abstains, and says why.


def disconnect(data):
    data[4, 5000:5256] = np.nan
    return data


raw.apply_function(disconnect, channel_wise=False)
decisions = []
with Playback(raw, speed=np.inf, chunk_size=20) as source:
    stream = StreamingClassifier(
        classifier, ch_names=source.ch_names, sfreq=source.sfreq, preprocessing=preprocessing
    )
    while (chunk := source.read()) is not None:
        decisions += stream.push(chunk.data, chunk.times)
print(stream.latency)
print({each.reason for each in decisions if each.is_abstention})

# %%
# The probability of the right hand follows the cues with the length of a window.

times = np.array([each.time for each in decisions])
right = np.array([np.nan if each.is_abstention else each.probabilities[1] for each in decisions])
fig, axes = plt.subplots(figsize=(9, 3), layout="constrained")
colours = {"left_hand": "tab:blue", "right_hand": "tab:orange"}
for each in raw.annotations:
    start = each["onset"] - raw.first_time
    axes.axvspan(
        start, start + each["duration"], color=colours[each["description"]], alpha=0.2, lw=0
    )
axes.plot(times, right, color="0.2")
axes.set(xlabel="Time (s)", ylabel="Probability of the right hand", xlim=(0, 80), ylim=(0, 1))

# %%
# Commands
# --------
# A rule turns decisions into few, sure commands.

rule = DecisionRule(classifier.classes_.tolist(), threshold=0.7, dwell_seconds=0.5)
print(simulate(classifier, raw, rule=rule, preprocessing=preprocessing))
