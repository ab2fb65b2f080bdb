"""Pretrained models for the windows of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.models.base import EEGModel
from eegzoo.models.zoo import find_entry
from eegzoo.weights.catalogue import find_weights
from eegzoo.weights.weights import Weights
from eegzoo.weights.zoo import create_model


def is_weights(model: object) -> bool:
    """Return whether the model of an estimator is the name of trained weights.

    Examples
    --------
    >>> is_weights("eegnet.ssvep_exo"), is_weights("eegnet"), is_weights("my.module:Net")
    (True, False, False)
    """
    return isinstance(model, str) and "." in model and ":" not in model


def as_weights(model: Any) -> Weights:
    """Return trained weights by name, or the given ones."""
    return model if isinstance(model, Weights) else find_weights(model)


def weight_arguments(weights: Weights) -> list[str]:
    """Return the arguments that a user can choose for trained weights.

    Examples
    --------
    >>> weight_arguments(eegzoo.find_weights("eegnet.ssvep_exo"))
    ['missing', 'montage']
    """
    entry = find_entry(weights.metadata.architecture)
    is_foundation = hasattr(entry.model_class, "channel_contract")
    dropouts = [name for name in entry.parameters if name.endswith("drop_prob")]
    return ["missing", "montage", *(dropouts if is_foundation else ())]


def pretrained_model(
    weights: Weights,
    inputs: Inputs,
    n_outputs: int,
    model_params: Mapping[str, Any],
    sfreq: float | None,
) -> EEGModel:
    """Return a pretrained model for the channels, rate and length of windows.

    Parameters
    ----------
    weights : Weights
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
    is_foundation = hasattr(find_entry(weights.metadata.architecture).model_class,
                            "channel_contract")  # fmt: skip
    n_times = inputs.window_shape[1] if is_foundation else weights.metadata.arguments["n_times"]
    return create_model(
        weights.metadata.architecture, weights=weights, ch_names=inputs.info.ch_names,
        sfreq=inputs.info.sfreq, n_times=n_times, n_outputs=n_outputs, **model_params,
    )  # fmt: skip
