"""FBMSNet in its authors' PyTorch code, without the filter bank."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.fbcnet import logits_of_bands
from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The authors' names of modules, and ours.
PLACES = {f"mixConv2d.0.{scale}": f"scales.{scale}" for scale in range(4)}
PLACES |= {"mixConv2d.1": "temporal_norm", "scb.0": "spatial", "scb.1": "norm", "fc.0": "head"}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    state = rename(weights, PLACES)
    return {k: v.squeeze(2) if k.startswith("scales.") else v for k, v in state.items()}


REFERENCES = {
    "fbmsnet": Reference(
        model="fbmsnet",
        file="fbmsnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
        windows_from=lambda x: x,
        # The authors apply torch.renorm in each forward; some seeded filters exceed the limits.
        constraints={"spatial": (2.0, (1, 2, 3)), "head": (0.5, (1,))},
        # The authors' network ends in log-probabilities.
        outputs_of=lambda model, bands: logits_of_bands(model, bands).log_softmax(dim=1),
    )
}
