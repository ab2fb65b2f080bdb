"""
EEGNet's weights from Keras
===========================

The authors of EEGNet published Keras code. If you trained with it, your weights can come along.
Keras has the axes of kernels in another order, and flattens feature maps in another order, which
is easy to get wrong without noticing.
"""

import matplotlib.pyplot as plt
import torch

import eegzoo
from eegzoo.models.references import find_reference
from eegzoo.models.references.seeded import draw
from eegzoo.weights import from_keras

# %%
# Weights as Keras has them
# -------------------------
# ``from_keras`` takes an ``.h5`` file that ``model.save`` wrote (extra ``weights``), or arrays by
# name, "layer.tensor", in the order of the layers. In Keras 3,
# ``{f"{layer.name}.{w.name}": w.numpy() for layer in model.layers for w in layer.weights}`` is one.
# Here they are those of a network whose outputs were computed by the authors' code in Keras and are
# stored in this package.
reference = find_reference("eegnet")
weights, x = draw(reference.meta["shapes"], **reference.meta["seeded"])
for name, array in weights.items():
    if "kernel" in name:
        print(f"{name}: {array.shape}")

# %%
# Conversion
# ----------
# Kernels go from (height, width, in, out) to (out, in, height, width), and the rows of the last
# layer from (time, map) to (map, time) order.
model = eegzoo.create_model("eegnet", n_chans=14, n_times=128, n_outputs=2, sfreq=128)
from_keras(model, weights)
windows = torch.from_numpy(x).reshape(-1, 14, 128)  # Keras: (batch, n_chans, n_times, 1)
with torch.inference_mode():
    ours = model(windows).softmax(dim=1)
keras = torch.from_numpy(reference.arrays["probabilities"])
print(f"largest difference from Keras: {(ours - keras).abs().max():.1e}")

# %%
# The usual mistake
# -----------------
# If the last layer is only transposed, every shape fits, nothing raises an error, and the outputs
# are wrong. Compare the outputs of a few windows whenever you convert weights.
transposed = {"head.weight": torch.from_numpy(weights["dense.kernel"].T.copy())}
model.load_state_dict({**model.state_dict(), **transposed})
with torch.inference_mode():
    mistaken = model(windows).softmax(dim=1)

figure, axes = plt.subplots(figsize=(5.5, 5), layout="constrained")
axes.plot([0, 1], [0, 1], color="k", linewidth=0.8)
axes.scatter(keras[:, 0], ours[:, 0], label="converted")
axes.scatter(keras[:, 0], mistaken[:, 0], marker="x", label="last layer only transposed")
axes.set(xlabel="Probability in Keras", ylabel="Probability in eegzoo", aspect="equal")
axes.set_title("The same windows and weights")
axes.legend()

# %%
# The constraints come along as well: EEGNet's ``max_norm`` of 1 and 0.25 are part of the model,
# and hold when you train it further. ``eegzoo verify`` repeats this comparison for every model of
# the zoo.
