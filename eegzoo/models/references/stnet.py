"""STNet in the library of its first author."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The author's names of modules, and ours.
PLACES = {
    "layer1": "body.0",
    "layer2": "body.3",
    "layer3": "body.6",
    "layer4.depth": "body.9.depthwise",
    "layer4.point": "body.9.pointwise",
    "layer5.conv5x5": "body.12.scales.0",
    "layer5.conv3x3": "body.12.scales.1",
    "layer5.conv1x1": "body.12.scales.2",
    "lin1": "head.0",
    "lin2": "head.3",
}


def windows_from(x: Array) -> Array:
    """(batch, samples, rows, columns) -> (batch, n_chans, n_times), one channel in each cell."""
    return x.reshape(*x.shape[:2], -1).swapaxes(1, 2)


REFERENCES = {
    "stnet": Reference(
        model="stnet",
        file="stnet_torch.npz",
        arguments={"n_chans": 81, "n_times": 128, "n_outputs": 3, "sfreq": 128},
        state_from=partial(rename, places=PLACES),
        windows_from=windows_from,
    )
}
