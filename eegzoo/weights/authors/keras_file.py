"""Reader of weights in the HDF5 files that Keras saves."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

Weights = dict[str, npt.NDArray[Any]]


def read_keras_weights(path: str | os.PathLike[str]) -> Weights:
    """Return the weights in a Keras file, named "layer.tensor", in the order of the layers.

    The names are those of `standard_names`. No code in the file is run.

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
    if is_of_keras_3(path):
        raise ValueError(
            f"expected a file with the names of Keras's layers, got {path} in a format of Keras 3 "
            "that lacks them; save the whole model as HDF5, model.save('NAME.h5')"
        )
    try:
        with h5py.File(path) as file:
            layers = file.get("model_weights", file)
            weights = {
                _name(name): np.asarray(layers[layer][name])
                for layer in layers.attrs["layer_names"]
                for name in layers[layer].attrs["weight_names"]
            }
        return standard_names(weights)
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is damaged or contains no Keras weights: {error}") from error


def is_of_keras_3(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a ``.keras`` archive or a ``.weights.h5`` of Keras 3."""
    import h5py

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return "model.weights.h5" in archive.namelist()
    try:
        with h5py.File(path) as file:
            return "layer_names" not in file.attrs and "layers" in file
    except (OSError, RuntimeError):
        return False


def _name(name: str | bytes) -> str:
    """``b"conv2d/kernel:0"`` -> ``"conv2d.kernel"``."""
    text = name.decode() if isinstance(name, bytes) else str(name)
    layer, _, tensor = text.removesuffix(":0").partition("/")
    return f"{layer}.{tensor}"


def standard_names(weights: Weights) -> Weights:
    """Return weights by names in which layers of a kind are numbered from the first.

    Keras numbers layers of the same type across all models of a session, so that those of a later
    model begin with another number. Keras 3 calls the kernel of a depthwise convolution "kernel";
    here it has Keras 2's name.

    Examples
    --------
    >>> list(standard_names({"conv2d_7.kernel": np.zeros(1), "conv2d_9.kernel": np.zeros(1)}))
    ['conv2d.kernel', 'conv2d_1.kernel']
    """
    new_names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for layer in sorted({name.partition(".")[0] for name in weights}, key=_kind_and_number):
        kind, _ = _kind_and_number(layer)
        new_names[layer] = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
    found = {}
    for name, value in weights.items():
        layer, _, tensor = name.partition(".")
        if tensor == "kernel" and layer.startswith("depthwise_conv"):
            tensor = "depthwise_kernel"
        found[f"{new_names[layer]}.{tensor}"] = value
    return found


def _kind_and_number(layer: str) -> tuple[str, int]:
    kind, _, number = layer.rpartition("_")
    return (kind, int(number)) if kind and number.isdigit() else (layer, 0)
