"""ContraWR in its first author's PyTorch code."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.reference import Reference
from eegzoo.models.references.torch_layout import below, rename

# The author's names of modules, and ours.
BLOCK = {
    "conv1": "body.0", "bn1": "body.1", "conv2": "body.3", "bn2": "body.4",
    "downsample.0": "shortcut.0", "downsample.1": "shortcut.1",
}  # fmt: skip
PLACES = {"classifier.1": "head"}
for block in range(4):
    PLACES |= below(f"conv{block + 1}", f"blocks.{block}.0", BLOCK)

REFERENCES = {
    "contrawr": Reference(
        model="contrawr",
        file="contrawr_torch.npz",
        arguments={
            "n_chans": 3, "n_times": 400, "n_outputs": 6, "sfreq": 40,
        },
        state_from=partial(rename, places=PLACES),
    )
}  # fmt: skip
