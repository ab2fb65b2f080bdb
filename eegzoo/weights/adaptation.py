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
        Treatment of trained channels that `ch_names` lacks, as in `eegzoo.create_model`. It has
        no influence on a model whose weights suit any channels.

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
    if model.takes_any_channels:
        arguments = {**model.arguments, "n_chans": len(ch_names), "ch_names": ch_names}
        return _build(model, arguments, model.state_dict())
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
    arguments = {**model.arguments, "n_chans": len(ch_names), "ch_names": ch_names}
    state: dict[str, Tensor] = {**model.state_dict(), "front.spatial.weight": weight}
    adapted = _build(model, arguments, state)
    _fit_normalization(adapted, model, _shrink_filters(adapted))
    return adapted


def _build(model: EEGModel, arguments: dict[str, Any], state: dict[str, Tensor]) -> EEGModel:
    with torch.random.fork_rng(devices=[]):
        built = create_model(name_of(model), **arguments)
    built.load_state_dict(state)
    return built.eval()


@torch.no_grad()
def _shrink_filters(adapted: EEGModel) -> Tensor:
    """Divide the spatial filters that exceed their norm limit, in place, and return the divisors.

    Interpolating a missing channel increases the weights of the others.
    """
    spatial = _spatial_filters(adapted)
    divisor = spatial.weight.new_ones(len(spatial.weight), dtype=torch.float64)
    if isinstance(spatial, NormConstraint) and spatial.max_norm is not None:
        norms = spatial.filter_norms().expand(len(divisor), *spatial.weight.shape[1:])
        divisor = torch.clamp(norms.flatten(1).amax(1).double() / spatial.max_norm, min=1.0)
        spatial.weight.div_(divisor.reshape(-1, 1, 1, 1))
        if spatial.bias is not None:
            spatial.bias.div_(divisor)
    return divisor


@torch.no_grad()
def _fit_normalization(adapted: EEGModel, model: EEGModel, divisor: Tensor) -> None:
    """Fit the batch normalisation after the spatial filters to the adapted filters, in place.

    Its outputs become those of the trained model. The normalisation before the spatial filters
    adds a constant to every channel, which the adapted filters sum to another value; and some
    filters were divided to satisfy their norm limit, which is not changed.
    """
    norm = next(layer for layer in adapted.modules() if isinstance(layer, nn.BatchNorm1d))
    mean, var = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    mean.copy_(_front_of_zeros(adapted) + (mean - _front_of_zeros(model)) / divisor)
    before = var.double()
    var.div_(divisor.square())
    # Without eps, a normalisation would undo the division by itself.
    norm.weight.mul_(divisor * ((var + norm.eps) / (before + norm.eps)).sqrt())


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
