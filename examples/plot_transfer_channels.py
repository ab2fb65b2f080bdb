"""
Trained weights on another cap
==============================

A model knows the names of its channels. What if your amplifier has them in another order, under
newer names, or lacks a few? The weights of this example come with the package.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch

import eegzoo
from eegzoo.data import SignalWarning, simulate_motor_imagery

# %%
# A model and its channels
# ------------------------
# ``eegnet.eegmat`` tells rest from mental arithmetic. EEGNet's spatial filters are vectors over
# the channels, so that their order matters: windows in another order would be those of another
# brain.
trained = eegzoo.create_model("eegnet.eegmat", weights=True)
print(", ".join(trained.ch_names))

# %%
# Another order, newer names
# --------------------------
# T3 and T4 are called T7 and T8 today. With ``ch_names``, the filters are put into the order of
# your channels. The outputs are those of before; only the order of additions differs.
raw = simulate_motor_imagery(40, ch_names=trained.ch_names, random_state=0)
n_times = trained.n_times
windows = raw.get_data(units="uV")[:, : 60 * n_times].reshape(len(trained.ch_names), 60, n_times)
x = torch.from_numpy(windows.transpose(1, 0, 2).astype("float32"))
x = (x - x.mean((0, 2), keepdim=True)) / x.std((0, 2), keepdim=True)
new_names = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
mine = [new_names.get(name, name) for name in reversed(trained.ch_names)]
reordered = eegzoo.create_model("eegnet.eegmat", weights=True, ch_names=mine)
with torch.inference_mode():
    expected = trained(x)
    print(f"largest difference: {(reordered(x.flip(1)) - expected).abs().max():.1e}")

# %%
# Missing channels
# ----------------
# By default a missing channel is an error. ``missing="interpolate"`` distributes its filter over
# the others by spherical splines, as MNE interpolates a bad channel; ``missing="zero"`` leaves it
# out. Both warn, and both cost something, the more so the more channels there are to replace.
ways = ("interpolate", "zero")
counts, changes = (1, 2, 4, 6, 8), {way: [] for way in ways}
rng = np.random.default_rng(0)
for n_missing in counts:
    kept = sorted(rng.permutation(len(trained.ch_names))[n_missing:])
    names = [trained.ch_names[place] for place in kept]
    for way in ways:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SignalWarning)  # says which channels are missing
            smaller = eegzoo.create_model(
                "eegnet.eegmat", weights=True, ch_names=names, missing=way
            )
        with torch.inference_mode():
            same = smaller(x[:, kept]).argmax(1) == expected.argmax(1)
        changes[way].append(1 - same.float().mean().item())

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for way, values in changes.items():
    axes.plot(counts, values, marker="o", label=f'missing="{way}"')
axes.set(xlabel=f"Missing channels of {len(trained.ch_names)}", ylim=(0, 1))
axes.set(ylabel="Share of decisions that change", title="Decisions with fewer channels")
axes.legend()
