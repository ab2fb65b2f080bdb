"""EEGNet in its authors' Keras code."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Limits, Reference

PLACES = (
    "front.temporal", "front.norm", "front.spatial", "reduce.0", "separable", "separable.2", "head",
)  # fmt: skip


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from Keras's weights, in the order of its layers."""
    (n_maps,) = (value.shape[3] for name, value in weights.items() if "pointwise" in name)
    state = keras.rename(weights, PLACES, n_maps=n_maps)
    return keras.without_height(state, "separable.0", "separable.1")


_SPATIAL: Limits = {"front.spatial": (1.0, (1, 2, 3))}
_BOTH: Limits = {**_SPATIAL, "head": (0.25, (1,))}


def _variant(name: str, constraints: Limits, **arguments: Any) -> Reference:
    return Reference(name, f"{name}_keras.npz", arguments, state_from, constraints=constraints)


REFERENCES = {
    "eegnet": _variant("eegnet", _BOTH, n_chans=14, n_times=128, n_outputs=2, sfreq=128),
    "eegnet_4_2": _variant("eegnet_4_2", _BOTH, n_chans=22, n_times=128, n_outputs=4, sfreq=128),
    "eegnet_8_2": _variant("eegnet_8_2", _BOTH, n_chans=60, n_times=151, n_outputs=4, sfreq=128),
    "eegnet_ssvep": _variant(
        "eegnet_ssvep", _SPATIAL, n_chans=8, n_times=256, n_outputs=12, sfreq=256
    ),
}
