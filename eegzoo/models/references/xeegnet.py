"""XEEGNet in its authors' PyTorch code."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.reference import Reference
from eegzoo.models.references.torch_layout import rename

# The authors' names of modules, and ours.
PLACES = {
    "encoder.conv1": "front.temporal",
    "encoder.conv2": "front.spatial",
    "encoder.batch1": "norm",
    "Dense": "head",
}
# The temporal filters are trained, so that their gradient is compared too.
ARGUMENTS = {"n_chans": 19, "n_times": 500, "n_outputs": 3, "sfreq": 125, "frozen_temporal": False}

REFERENCES = {
    "xeegnet": Reference(
        model="xeegnet",
        file="xeegnet_torch.npz",
        arguments=ARGUMENTS,
        state_from=partial(rename, places=PLACES),
    )
}
