"""SPaRCNet in the PyTorch code of one of its authors."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.reference import Reference
from eegzoo.models.references.torch_layout import below, rename

# The author's names of modules, and ours.
PLACES = {"encoder.conv0": "front.0", "encoder.norm0": "front.1", "classifier.1": "head"}
LAYER = {"norm1": "0", "conv1": "2", "norm2": "3", "conv2": "5"}
HALVE = {"norm": "0", "conv": "2"}
for block in range(3):
    theirs, ours = f"encoder.denseblock{block + 1}", f"blocks.{block}"
    for layer in range(2):
        PLACES |= below(f"{theirs}.denselayer{layer + 1}", f"{ours}.{layer}", LAYER)
    PLACES |= below(f"encoder.transition{block + 1}", f"{ours}.2", HALVE)

REFERENCES = {
    "sparcnet": Reference(
        model="sparcnet",
        file="sparcnet_torch.npz",
        arguments={
            "n_chans": 5, "n_times": 40, "n_outputs": 6, "sfreq": 200,
            "n_filters": 8, "depth": 2, "expansion": 4,
        },
        state_from=partial(rename, places=PLACES),
    )
}  # fmt: skip
