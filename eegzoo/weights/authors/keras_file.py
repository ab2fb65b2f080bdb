"""Reader of weights in the HDF5 files that Keras saves."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

Weights = dict[str, npt.NDArray[Any]]


def read_keras_weights(path: str | os.PathLike[str]) -> Weights:
    """Return the weights in a Keras file, named "layer.tensor", in the order of the layers.

    No code in the file is run. Keras numbers layers of the same type across all models of a
    session; here they are numbered from the model's first layer: conv2d, conv2d_1, ...

    Raises
    ------
    ImportError
        If h5py is not installed.
    ValueError
        If the file is damaged or contains no Keras weights.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            "h5py is required to read authors' weights: pip install 'eegzoo[weights]'"
        ) from error
    try:
        with h5py.File(path) as file:
            layers = file.get("model_weights", file)
            weights = {
                _name(name): np.asarray(layers[layer][name])
                for layer in layers.attrs["layer_names"]
                for name in layers[layer].attrs["weight_names"]
            }
        return _counted_from_zero(weights)
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is damaged or contains no Keras weights: {error}") from error


def _name(name: str | bytes) -> str:
    """``b"conv2d/kernel:0"`` -> ``"conv2d.kernel"``."""
    text = name.decode() if isinstance(name, bytes) else str(name)
    layer, _, tensor = text.removesuffix(":0").partition("/")
    return f"{layer}.{tensor}"


def _counted_from_zero(weights: Weights) -> Weights:
    new_names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for layer in sorted({name.partition(".")[0] for name in weights}, key=_kind_and_number):
        kind, _ = _kind_and_number(layer)
        new_names[layer] = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
    parts = [(name, *name.split(".", 1)) for name in weights]
    return {f"{new_names[layer]}.{tensor}": weights[name] for name, layer, tensor in parts}


def _kind_and_number(layer: str) -> tuple[str, int]:
    kind, _, number = layer.rpartition("_")
    return (kind, int(number)) if kind and number.isdigit() else (layer, 0)
