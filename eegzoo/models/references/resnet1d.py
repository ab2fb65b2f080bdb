"""ResNet1D in its authors' PyTorch code, and in selfEEG's port."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.reference import Reference
from eegzoo.models.references.torch_layout import below, rename

# The names of modules there, and ours.
TASK_ORIENTED = {
    "conv1": "first.0",
    "bn1": "first.1",
    "conv2": "last",
    "conv3": "across",
    "fc": "head",
}
SELFEEG = {"encoder.preBlocks.0": "first.0", "encoder.preBlocks.1": "first.1", "Dense": "head"}
BLOCK = {
    "conv1": "body.0",
    "bn1": "body.1",
    "conv2": "body.3",
    "bn2": "body.4",
    "downsample.0": "shortcut.0",
    "downsample.1": "shortcut.1",
}


def places(outside: dict[str, str], prefix: str, depths: tuple[int, ...]) -> dict[str, str]:
    """Return the names of modules there and ours, with those of the residual blocks.

    `outside` names the modules outside the residual blocks; `depths` is the number of blocks in
    each stage.
    """
    found, ours = dict(outside), 0
    for stage, depth in enumerate(depths, 1):
        for block in range(depth):
            found |= below(f"{prefix}layer{stage}.{block}", f"stages.{ours}", BLOCK)
            ours += 1
    return found


REFERENCES = {
    "resnet1d": Reference(
        model="resnet1d",
        file="resnet1d_torch.npz",
        arguments={"n_chans": 18, "n_times": 769, "n_outputs": 3, "sfreq": 256},
        state_from=partial(rename, places=places(TASK_ORIENTED, "", (3, 4, 6, 3))),
    ),
    "resnet1d_selfeeg": Reference(
        model="resnet1d_selfeeg",
        file="resnet1d_selfeeg_torch.npz",
        arguments={"n_chans": 5, "n_times": 200, "n_outputs": 3, "sfreq": 256},
        state_from=partial(rename, places=places(SELFEEG, "encoder.", (2, 2, 2, 2))),
    ),
}
