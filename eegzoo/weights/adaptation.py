"""Adaptation of trained models to other channels."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo import data
from eegzoo.data.signal.channel_names import channel_key
from eegzoo.data.signal.signal_info import SignalInfo, SignalWarning
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import name_of
from eegzoo.models.zoo import create_model


def adapt_channels(
    model: EEGModel, signal: SignalInfo, ch_names: tuple[str, ...], missing: str
) -> EEGModel:
    """Return a trained model for other channels, with its spatial filters re-ordered.

    Parameters
    ----------
    model : EEGModel
        Trained model in evaluation mode; not changed.
    signal : SignalInfo
        Channels and sampling rate of the training windows.
    ch_names : tuple of str
        Channels of the returned model.
    missing : {"raise", "interpolate", "zero"}
        Treatment of trained channels that `ch_names` lacks, as in `eegzoo.create_model`.

    Returns
    -------
    EEGModel
        Model for the channels, in evaluation mode.

    Raises
    ------
    ValueError
        If channels are missing, or the architecture has no spatial filters to re-order.

    Warns
    -----
    SignalWarning
        If some channels are not both in `ch_names` and among the trained ones.
    """
    if ch_names == model.ch_names:
        return model
    spatial = _spatial_filters(model)
    matrix = torch.from_numpy(data.channel_matrix(ch_names, signal, missing))
    there = {channel_key(name) for name in ch_names}
    lost = [name for name in signal.ch_names if channel_key(name) not in there]
    if lost:
        done = {"interpolate": "interpolated from the others", "zero": "left out"}[missing]
        warnings.warn(
            f"{len(signal.ch_names) - len(lost)} of {len(signal.ch_names)} channels are found; "
            f"{lost} are {done}",
            SignalWarning,
            stacklevel=4,  # the caller of create_model
        )
    trained = _weight(spatial)  # (maps, maps before, n_trained, 1)
    weight = (trained.mT.double() @ matrix).mT.to(trained.dtype)  # (maps, maps before, n_chans, 1)
    arguments: dict[str, Any] = {**model.arguments, "n_chans": len(ch_names), "ch_names": ch_names}
    state: dict[str, Tensor] = {**model.state_dict(), "front.spatial.weight": weight}
    adapted = _build(model, arguments, state)
    # Interpolating a missing channel increases the weights of the others.
    excess = float((weight / _weight(_spatial_filters(adapted))).nan_to_num(1.0).max())
    if excess > 1 + 1e-6:
        arguments["max_norm"] = arguments["max_norm"] * excess * (1 + 1e-6)
        adapted = _build(model, arguments, state)
    _restore_means(adapted, model)
    return adapted


def _build(model: EEGModel, arguments: dict[str, Any], state: dict[str, Tensor]) -> EEGModel:
    with torch.random.fork_rng(devices=[]):
        built = create_model(name_of(model), **arguments)
    built.load_state_dict(state)
    return built.eval()


@torch.no_grad()
def _restore_means(adapted: EEGModel, model: EEGModel) -> None:
    """Correct the running mean after the spatial filters, in place.

    The normalisation before the spatial filters adds a constant to every channel. The adapted
    filters sum these constants to another value than the trained filters.
    """
    norm = next(layer for layer in adapted.modules() if isinstance(layer, nn.BatchNorm1d))
    norm.get_buffer("running_mean").add_(_front_of_zeros(adapted) - _front_of_zeros(model))


def _front_of_zeros(model: EEGModel) -> Tensor:
    """Return the output of the front for zeros, for each map."""
    maps: Tensor = model.get_submodule("front")(torch.zeros(1, model.n_chans, model.n_times))
    return maps.mean(dim=(0, 2))


def _spatial_filters(model: EEGModel) -> nn.Conv2d:
    front = getattr(model, "front", None)
    if isinstance(front, TemporalSpatialConv):
        return front.spatial
    raise ValueError(
        f"expected a model with spatial filters over all channels to change ch_names, got "
        f"{name_of(model)}: re-order the windows, with EpochsDataset.aligned_to"
    )


def _weight(spatial: nn.Conv2d) -> Tensor:
    if isinstance(spatial, NormConstraint):
        return spatial.constrained_weight().detach()
    return spatial.weight.detach()
