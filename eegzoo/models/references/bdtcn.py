"""BD-TCN in its authors' class of braindecode."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.reference import Reference
from eegzoo.models.references.torch_layout import below, rename

DEPTH = 3
# The authors' names of modules, and ours.
BLOCK = {
    "conv1": "body.0",
    "conv1.parametrizations.weight": "body.0",
    "conv2": "body.3",
    "conv2.parametrizations.weight": "body.3",
    "downsample": "shortcut",
}
PLACES = {"base_tcn.final_layer.fc": "head"}
for block in range(DEPTH):
    PLACES |= below(f"base_tcn.temporal_blocks.temporal_block_{block}", f"blocks.{block}", BLOCK)

REFERENCES = {
    "bdtcn": Reference(
        model="bdtcn",
        file="bdtcn_torch.npz",
        arguments={
            "n_chans": 21, "n_times": 120, "n_outputs": 2, "sfreq": 100,
            "n_filters": 12, "depth": DEPTH, "kernel_length": 5,
        },
        state_from=partial(
            rename, places=PLACES, tensors={"original0": "norm", "original1": "direction"}
        ),
    )
}  # fmt: skip
