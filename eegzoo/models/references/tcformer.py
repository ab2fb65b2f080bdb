"""TCFormer in braindecode's port."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

N_KERNELS, N_LAYERS, N_BLOCKS = 3, 2, 2

# The port's names of modules, and ours.
PLACES = {
    "conv_block.channel_dw_conv.1": "reduced.0",
    "conv_block.channel_reduction.0": "reduced.4",
    "conv_block.channel_reduction.1": "reduced.5",
    "conv_block.temporal_conv_2.0": "reduced.6",
    "conv_block.temporal_conv_2.1": "reduced.7",
    "conv_block.group_attn.att_fc1": "gate.gates.0",
    "conv_block.group_attn.att_fc2": "gate.gates.2",
    "mix.0": "mix.0",
    "mix.1": "mix.1",
    "reduce.1": "last_group.0",
    "reduce.2": "last_group.1",
    "final_layer.conv": "head.groups",
    "final_layer.conv.parametrizations.weight": "head.groups",
}
LAYER = {
    "norm1": "attend.0",
    "attn.query_proj": "attend.1.query",
    "attn.key_value_proj": "attend.1.key_value",
    "attn.out_proj": "attend.1.out",
    "norm2": "expand.0",
    "mlp.0": "expand.1",
    "mlp.2": "expand.3",
}
BLOCK = {"conv1": "body.0", "bn1": "body.1", "conv2": "body.4", "bn2": "body.5"}
for kernel in range(N_KERNELS):
    theirs, ours = f"conv_block.temporal_convs.{kernel}", f"fronts.{kernel}"
    PLACES |= below(theirs, ours, {"1": "temporal", "2": "norm"})
for layer in range(N_LAYERS):
    PLACES |= below(f"transformer.{layer}", f"transformer.{layer}", LAYER)
for block in range(N_BLOCKS):
    PLACES |= below(f"tcn.blocks.{block}", f"tcn.{block}", BLOCK)


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the port's weights by name."""
    state = rename(weights, PLACES, {"original": "weight"})
    for name in ("reduced.4", "reduced.6", "gate.gates.0", "gate.gates.2"):
        state[f"{name}.weight"] = state[f"{name}.weight"].squeeze(2)
    spatial = rename(weights, {"conv_block.channel_dw_conv.0": "spatial"})["spatial.weight"]
    for kernel, part in enumerate(spatial.chunk(N_KERNELS)):
        state[f"fronts.{kernel}.spatial.weight"] = part
    return state


REFERENCES = {
    "tcformer": Reference(
        model="tcformer",
        file="tcformer_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
        constraints={"head.groups": (0.25, (1, 2))},
        not_by_authors="the authors' code is no package; this is braindecode's port of it",
    )
}
