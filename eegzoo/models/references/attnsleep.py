"""AttnSleep in its authors' PyTorch code."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.reference import Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
RECALIBRATION = {
    "conv1": "body.0", "bn1": "body.1", "conv2": "body.3", "bn2": "body.4",
    "se.fc.0": "gate.0", "se.fc.2": "gate.2",
    "downsample.0": "shortcut.0", "downsample.1": "shortcut.1",
}  # fmt: skip
LAYER = {
    "conv": "query", "self_attn.convs.1": "key", "self_attn.convs.2": "value",
    "self_attn.linear": "out.0", "sublayer_output.1.norm": "expand.0",
    "feed_forward.w_1": "expand.1", "feed_forward.w_2": "expand.4",
}  # fmt: skip
PLACES = {
    "tce.norm": "transformer.2",
    "fc": "head",
    **below("mrcnn.AFR.0", "recalibrate", RECALIBRATION),
    **below("tce.layers.0", "transformer.0", LAYER),
    **below("tce.layers.1", "transformer.1", LAYER),
}
for number, branch in {1: "short", 2: "long"}.items():
    for block, (conv, norm) in {0: (0, 1), 3: (5, 6), 4: (8, 9)}.items():
        PLACES[f"mrcnn.features{number}.{conv}"] = f"{branch}.{block}.0"
        PLACES[f"mrcnn.features{number}.{norm}"] = f"{branch}.{block}.1"
# The tensors of their layer normalisation, and torch's.
TENSORS = {"a_2": "weight", "b_2": "bias"}

REFERENCES = {
    "attnsleep": Reference(
        model="attnsleep",
        file="attnsleep_torch.npz",
        arguments={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100},
        state_from=partial(rename, places=PLACES, tensors=TENSORS),
    )
}
