"""EEGInceptionMI in braindecode's PyTorch port."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# braindecode's names of inception blocks, and ours. A block is followed by its normalisation.
BLOCKS = {
    "initial_inception_module": "first.0",
    "intermediate_inception_modules_1.0": "first.3",
    "intermediate_inception_modules_1.1": "first.6",
    "intermediate_inception_modules_2.0": "second.0",
    "intermediate_inception_modules_2.1": "second.3",
    "intermediate_inception_modules_2.2": "second.6",
}
PLACES = {"final_layer.fc": "head"}
for theirs, ours in BLOCKS.items():
    block, _, number = ours.partition(".")
    PLACES |= {
        f"{theirs}.bottleneck": f"{ours}.bottleneck",
        f"{theirs}.pooling_conv": f"{ours}.pooled.1",
        f"{theirs}.bn": f"{block}.{int(number) + 1}",
        **{f"{theirs}.conv_list.{scale}": f"{ours}.scales.{scale}" for scale in range(5)},
    }
for theirs, ours in {"residual_block_1": "first", "residual_block_2": "second"}.items():
    PLACES |= {f"{theirs}.conv": f"{ours}_shortcut.0", f"{theirs}.bn": f"{ours}_shortcut.1"}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from braindecode's weights by name."""
    state = rename(weights, PLACES)
    # braindecode's convolutions are two-dimensional, with a height of 1.
    return {name: value.squeeze(2) if value.ndim == 4 else value for name, value in state.items()}


REFERENCES = {
    "eeginception_mi": Reference(
        model="eeginception_mi",
        file="eeginception_mi_torch.npz",
        arguments={"n_chans": 22, "n_times": 160, "n_outputs": 4, "sfreq": 64},
        state_from=state_from,
        not_by_authors="the authors published no code; this is braindecode's port",
    )
}
