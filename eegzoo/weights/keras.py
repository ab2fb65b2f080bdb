"""Weights that were trained with authors' Keras code, in our models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from eegzoo.models.base import EEGModel
from eegzoo.models.references import find_reference
from eegzoo.models.references.find import REFERENCES
from eegzoo.models.registry import name_of
from eegzoo.weights.authors.keras_file import read_keras_weights, standard_names

Array = npt.NDArray[Any]
# U-Sleep's authors name and number layers in their own way.
KERAS = tuple(
    name
    for name, one in sorted(REFERENCES.items())
    if one.file.endswith("_keras.npz") and name != "usleep"
)


def from_keras(model: EEGModel, weights: str | os.PathLike[str] | Mapping[str, Any]) -> EEGModel:
    """Load weights of the authors' Keras code into our model, in place.

    The outputs are then those of Keras, before its softmax, for the same windows in the same unit.
    Keras need not be installed, and no code in a file is run.

    Parameters
    ----------
    model : EEGModel
        Model of the same architecture and sizes, from `create_model`. Its class has a Keras
        implementation by its authors: EEGNet and its variants, DeepConvNet, ShallowConvNet, ATCNet,
        EEG-TCNet, EEGNeX, EEG-Inception or EEGSym.
    weights : path-like | mapping of str to array
        HDF5 file that names its layers (in Keras 3, ``model.save("NAME.h5")``; in Keras 2 also
        ``model.save_weights``), which needs the extra ``weights``; or the arrays by
        ``"layer.tensor"``, in the order of the layers, such as
        ``{f"{layer.name}.{w.name}": w.numpy() for layer in model.layers for w in layer.weights}``
        in Keras 3.

    Returns
    -------
    EEGModel
        The model, in evaluation mode.

    Raises
    ------
    ImportError
        If a file is given and h5py is not installed.
    ValueError
        If the model has no Keras implementation, if the weights are not those of its layers, or if
        their shapes are those of a model of other sizes.

    See Also
    --------
    eegzoo.weights.from_braindecode : weights of braindecode's foundation models.

    Examples
    --------
    >>> from eegzoo.models.references import find_reference, seeded
    >>> known = find_reference("eegnet")  # what the authors' code computed
    >>> weights, x = seeded.draw(known.meta["shapes"], **known.meta["seeded"])
    >>> sizes = {"n_chans": 14, "n_times": 128, "n_outputs": 2, "sfreq": 128}
    >>> model = from_keras(eegzoo.create_model("eegnet", **sizes), weights)
    >>> probabilities = model(torch.from_numpy(x).squeeze(3)).softmax(1)
    >>> bool((probabilities - torch.from_numpy(known.arrays["probabilities"])).abs().max() < 1e-5)
    True
    """
    name = _known_name(model)
    if isinstance(weights, Mapping):
        arrays = {str(key): np.array(value) for key, value in weights.items()}
        weights = standard_names(arrays)
    else:
        weights = read_keras_weights(weights)
    own = model.state_dict()
    state = _state_of(name, weights, own)
    for key, value in state.items():
        if value.shape != own[key].shape:
            raise ValueError(
                f"expected {key} of shape {tuple(own[key].shape)}, got {tuple(value.shape)}: the "
                f"weights are of {name} of other sizes; create_model with the arguments of yours"
            )
    model.load_state_dict(state)
    return model.eval()


def _state_of(
    name: str, weights: Mapping[str, Array], own: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return our state dict from Keras's weights."""
    got = f"expected weights of Keras's {name}, named 'layer.tensor', got {_summary(weights)}"
    try:
        state = find_reference(name).state_from(dict(weights))
    except (KeyError, ValueError, IndexError, AttributeError, TypeError, RuntimeError) as error:
        raise ValueError(f"{got} ({type(error).__name__}: {error})") from error
    if state.keys() != own.keys():
        raise ValueError(f"{got}; others are {sorted(own.keys() ^ state.keys())[:4]}")
    return {key: value.to(own[key].dtype) for key, value in state.items()}


def _known_name(model: EEGModel) -> str:
    name = name_of(model) if isinstance(model, EEGModel) else None
    if name not in KERAS:
        raise ValueError(
            f"expected a model with a Keras implementation ({', '.join(KERAS)}), got "
            f"{name or type(model).__name__}"
        )
    return str(name)


def _summary(weights: Mapping[str, Any]) -> str:
    names = list(weights)
    if not names:
        return "nothing"
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
