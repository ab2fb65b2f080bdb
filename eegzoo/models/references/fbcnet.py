"""FBCNet in its authors' PyTorch code, without the filter bank."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The authors' names of modules, and ours.
PLACES = {"scb.0": "spatial", "scb.1": "norm", "lastLayer.0": "head"}


def bands_from(x: Array) -> Array:
    """(batch, 1, n_chans, n_times, n_bands) -> (batch, n_bands, n_chans, n_times)."""
    return x[:, 0].transpose(0, 3, 1, 2)


def logits_of_bands(model: Any, bands: Tensor) -> Tensor:
    """Return the logits of filtered windows."""
    logits: Tensor = model.head(model.features_of_bands(bands))
    return logits


REFERENCES = {
    "fbcnet": Reference(
        model="fbcnet",
        file="fbcnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
        state_from=partial(rename, places=PLACES),
        windows_from=bands_from,
        # The authors apply torch.renorm in each forward; some seeded filters exceed the limits.
        constraints={"spatial": (2.0, (1, 2, 3)), "head": (0.5, (1,))},
        # The authors' network ends in log-probabilities.
        outputs_of=lambda model, bands: logits_of_bands(model, bands).log_softmax(dim=1),
    )
}
