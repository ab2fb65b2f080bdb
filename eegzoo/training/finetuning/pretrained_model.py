"""Pretrained models for the windows of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.models.base import EEGModel
from eegzoo.models.zoo import find_entry
from eegzoo.weights.catalogue import find_weights
from eegzoo.weights.channels.planned_model import pretrained_model
from eegzoo.weights.foundation.catalogue import find_foundation_weights
from eegzoo.weights.foundation.checkpoints import FoundationWeights
from eegzoo.weights.foundation.names import NAMES
from eegzoo.weights.weights import Weights
from eegzoo.weights.zoo import create_model

AnyWeights = Weights | FoundationWeights


def is_weights(model: object) -> bool:
    """Return whether the model of an estimator is the name of trained weights.

    Examples
    --------
    >>> is_weights("eegnet.ssvep_exo"), is_weights("eegnet"), is_weights("my.module:Net")
    (True, False, False)
    """
    return isinstance(model, str) and "." in model and ":" not in model


def as_weights(model: Any) -> AnyWeights:
    """Return trained weights by name, or the given ones."""
    if isinstance(model, (Weights, FoundationWeights)):
        return model
    return find_foundation_weights(model) if model in NAMES else find_weights(model)


def architecture_of(weights: AnyWeights) -> str:
    """Return the name of the model that trained weights belong to.

    Examples
    --------
    >>> architecture_of(as_weights("labram.base")), architecture_of(as_weights("eegnet.eegmat"))
    ('labram', 'eegnet')
    """
    if isinstance(weights, FoundationWeights):
        return weights.architecture
    return weights.metadata.architecture


def weight_arguments(weights: AnyWeights) -> list[str]:
    """Return the arguments that a user can choose for trained weights.

    Examples
    --------
    >>> weight_arguments(eegzoo.find_weights("eegnet.ssvep_exo"))
    ['missing', 'montage']
    """
    entry = find_entry(architecture_of(weights))
    if isinstance(weights, FoundationWeights):
        sizes = {"n_chans", "n_times", "n_outputs", "sfreq", "ch_names"}
        return ["montage", "path", *(name for name in entry.parameters if name not in sizes)]
    is_foundation = hasattr(entry.model_class, "channel_contract")
    dropouts = [name for name in entry.parameters if name.endswith("drop_prob")]
    return ["missing", "montage", *(dropouts if is_foundation else ())]


def model_with_weights(
    weights: AnyWeights,
    inputs: Inputs,
    n_outputs: int,
    model_params: Mapping[str, Any],
    sfreq: float | None,
) -> EEGModel:
    """Return a pretrained model for the channels, rate and length of windows.

    Parameters
    ----------
    weights : Weights | FoundationWeights
        Trained weights.
    inputs : Inputs
        Training windows.
    n_outputs : int
        Number of classes or targets.
    model_params : mapping
        Arguments that `weight_arguments` lists.
    sfreq : float | None
        As in `EEGClassifier`; of no use, because pretrained models need the names of channels,
        which come with the rate.

    Raises
    ------
    ValueError
        If the windows are an array, or the model cannot take them.
    """
    if inputs.info is None:
        raise ValueError(
            f"expected windows with the names of their channels for {weights.name}, such as "
            "mne.Epochs or an EpochsDataset, got an array"
        )
    if sfreq not in (None, inputs.info.sfreq):
        raise ValueError(
            f"expected sfreq {inputs.info.sfreq:g}, the sampling rate of X, got {sfreq}"
        )
    n_times = inputs.window_shape[1]
    if isinstance(weights, FoundationWeights):
        return pretrained_model(
            weights, ch_names=inputs.info.ch_names, sfreq=inputs.info.sfreq, n_times=n_times,
            n_outputs=n_outputs, **model_params,
        )  # fmt: skip
    architecture = weights.metadata.architecture
    if not hasattr(find_entry(architecture).model_class, "channel_contract"):
        n_times = weights.metadata.arguments["n_times"]
    return create_model(
        architecture, weights=weights, ch_names=inputs.info.ch_names, sfreq=inputs.info.sfreq,
        n_times=n_times, n_outputs=n_outputs, **model_params,
    )  # fmt: skip
