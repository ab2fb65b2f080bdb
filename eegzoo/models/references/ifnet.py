"""IFNet in its authors' PyTorch code, without the band-pass filters."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.fbcnet import logits_of_bands
from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The authors' names of modules, and ours.
PLACES = {
    "stem.sconv.conv": "spatial.0",
    "stem.sconv.bn": "spatial.1",
    "stem.tconv.0.conv": "temporal.0.0",
    "stem.tconv.0.bn": "temporal.0.1",
    "stem.tconv.1.conv": "temporal.1.0",
    "stem.tconv.1.bn": "temporal.1.1",
    "fc.0": "head",
}
N_BANDS = 2


def bands_from(x: Array) -> Array:
    """(batch, n_bands * n_chans, n_times) -> (batch, n_bands, n_chans, n_times)."""
    return x.reshape(len(x), N_BANDS, -1, x.shape[-1])


_reference = partial(
    Reference,
    arguments={"n_chans": 22, "n_times": 750, "n_outputs": 4, "sfreq": 250},
    state_from=partial(rename, places=PLACES),
    windows_from=bands_from,
    outputs_of=logits_of_bands,
)
REFERENCES = {
    "ifnet": _reference(model="ifnet", file="ifnet_torch.npz"),
    "ifnet_v2": _reference(
        model="ifnet_v2", file="ifnet_v2_torch.npz", constraints={"head": (0.5, (1,))}
    ),
}
