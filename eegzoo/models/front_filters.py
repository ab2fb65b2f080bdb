"""Temporal and spatial filters at the front of a model, found in one forward pass."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.fronts.filter_bank import FilterBank
from eegzoo.layers.fronts.folded_front import FoldedFront
from eegzoo.layers.fronts.norm_folding import evaluation_weight


@dataclasses.dataclass(frozen=True)
class TemporalFilters:
    """Filters in time at the front of a model.

    Parameters
    ----------
    name : str
        Name of the layer in the model.
    kernels : Tensor, shape (n_filters, kernel_length)
        Weights with which the layer computes in evaluation, in the order of time: the value at
        sample t is the product of ``kernels[i]`` with the samples around t. For a filter bank, its
        impulse responses.
    channels : Tensor of int, shape (n_filters,) | None
        Channel that each kernel filters. None: each kernel filters all of them.
    """

    name: str
    kernels: Tensor
    channels: Tensor | None = None


@dataclasses.dataclass(frozen=True)
class SpatialFilters:
    """Filters over all channels at the front of a model.

    Parameters
    ----------
    name : str
        Name of the layer in the model.
    weights : Tensor, shape (n_filters, n_inputs, n_chans)
        Weights with which the layer computes in evaluation. If the layer comes before the temporal
        filters, or there are none, `n_inputs` is 1.
    inputs : Tensor of int, shape (n_filters, n_inputs) | None
        Temporal filters whose outputs each spatial filter mixes, as indices of the kernels of
        `FrontFilters.temporal` one after another. None: the filters mix the channels of the window.
    is_linear : bool
        Whether there is no non-linear function between the temporal filters and these.
    """

    name: str
    weights: Tensor
    inputs: Tensor | None
    is_linear: bool = True


@dataclasses.dataclass(frozen=True)
class FrontFilters:
    """Temporal and spatial filters at the front of a model.

    Parameters
    ----------
    temporal : tuple of TemporalFilters
        Layers that filter the channels, or their mixtures, in time.
    spatial : tuple of SpatialFilters
        Layers that mix the channels.
    note : str
        What a reader of a picture has to know: which filters the model does not have, and why.

    Examples
    --------
    >>> layer = TemporalFilters("first", torch.ones(2, 5))
    >>> [kernel.shape for kernel in FrontFilters((layer,)).kernels]
    [torch.Size([5]), torch.Size([5])]
    """

    temporal: tuple[TemporalFilters, ...] = ()
    spatial: tuple[SpatialFilters, ...] = ()
    note: str = ""

    @property
    def kernels(self) -> list[Tensor]:
        """Kernels of all temporal layers one after another, each of shape (kernel_length,)."""
        return [kernel for layer in self.temporal for kernel in layer.kernels]


@torch.no_grad()
def front_filters(
    model: nn.Module, n_chans: int | None = None, n_times: int | None = None
) -> FrontFilters:
    """Return the temporal and spatial filters at the front of a model.

    They are recognised by what the layers do with a window, not by their names: a temporal filter
    is a convolution that reads a channel of the window, or one mixture of its channels, along time;
    a spatial filter is one that reads all channels at one sample, before or after temporal filters.
    Layers further on, and convolutions over channels and time at once, are neither.

    Parameters
    ----------
    model : nn.Module
        Model of windows (batch, n_chans, n_times). It does not change.
    n_chans, n_times : int | None
        Shape of a window. None: the attributes of the model.

    Returns
    -------
    FrontFilters
        Filters with which the model computes in evaluation, constraints included, on the CPU. Empty
        with a note if the model has no such layers.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=64, n_times=128, n_outputs=4, sfreq=128)
    >>> filters = front_filters(model)
    >>> filters.temporal[0].name, filters.temporal[0].kernels.shape
    ('front.temporal', torch.Size([8, 64]))
    >>> filters.spatial[0].name, filters.spatial[0].weights.shape
    ('front.spatial', torch.Size([16, 1, 64]))
    >>> filters.spatial[0].inputs.flatten().tolist()  # two spatial filters for each temporal one
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]

    >>> model = eegzoo.create_model("usleep", n_chans=2, n_times=3000, n_outputs=5, sfreq=100)
    >>> front_filters(model).note
    "the first layer ('encoder.0.0') filters over channels and time at once"
    """
    n_chans = positive_int("n_chans", getattr(model, "n_chans", n_chans))
    n_times = positive_int("n_times", getattr(model, "n_times", n_times))
    window = torch.randn(n_chans, n_times, generator=torch.Generator().manual_seed(0)).double()
    temporal: list[tuple[TemporalFilters, Tensor]] = []  # with the output of the layer
    spatial: list[SpatialFilters] = []
    mixtures: list[Tensor] = []  # outputs of the spatial filters that read the window
    calls = list(_calls(model, window[None]))
    for name, layer, x, out in calls:
        if isinstance(layer, FilterBank):
            temporal.append((TemporalFilters(name, _impulse_responses(layer)), out))
            continue
        weight, reads_window = _as_2d(layer), _reads(x, window)
        over_channels = _weights_over_channels(layer, weight, n_chans)
        if reads_window and over_channels is not None and over_channels.shape[1] == 1:
            spatial.append(SpatialFilters(name, over_channels, None))
            mixtures.append(out)
        elif _is_temporal(weight) and (reads_window or any(_reads(x, y[0]) for y in mixtures)):
            channels = torch.arange(len(weight)) * layer.groups // len(weight)
            kernels = TemporalFilters(name, _kernels(layer, weight), None)
            if layer.groups > 1 and reads_window:
                kernels = dataclasses.replace(kernels, channels=channels)
            temporal.append((kernels, out))
        elif over_channels is not None and not mixtures:
            behind = _inputs(layer, x, [(len(part.kernels), y) for part, y in temporal])
            if behind is not None:
                spatial.append(SpatialFilters(name, over_channels, *behind))
    parts = tuple(part for part, _ in temporal)
    if any(isinstance(layer, FoldedFront) for layer in model.modules()):
        return FrontFilters(note="optimize_for_inference has folded them; look at the original")
    first = next((name for name, _, x, _ in calls if _reads(x, window)), None)
    return FrontFilters(parts, tuple(spatial), _note(parts, spatial, first))


def _calls(model: nn.Module, window: Tensor) -> Iterator[tuple[str, Any, Tensor, Tensor]]:
    """Yield the name, layer, input and output of convolutions and filter banks, as called.

    A copy of the model runs in float64, so that inputs and outputs can be compared.
    """
    twin = copy.deepcopy(model).cpu().double().eval()
    found: list[tuple[str, Any, Tensor, Tensor]] = []
    for name, layer in twin.named_modules():
        if isinstance(layer, (nn.Conv1d, nn.Conv2d, FilterBank)):
            layer.register_forward_hook(
                lambda module, inputs, out, name=name: found.append((name, module, inputs[0], out))
            )
    twin(window)
    yield from found


def _as_2d(layer: nn.Conv1d | nn.Conv2d) -> Tensor:
    """Return the weight in evaluation as (n_filters, maps of a group, height, width)."""
    weight = evaluation_weight(layer)
    return weight if weight.ndim == 4 else weight.unsqueeze(2)


def _reads(x: Tensor, window: Tensor) -> bool:
    """Return whether every row of a layer's input is a row of the window, perhaps padded."""
    rows = x.reshape(-1, x.shape[-1])
    n_times = window.shape[-1]
    if rows.shape[1] < n_times:
        return False
    starts = (rows[0][: rows.shape[1] - n_times + 1, None] == window[:, 0]).any(1).nonzero()
    if len(starts) == 0:
        return False
    cut = rows[:, starts[0, 0] :][:, :n_times]
    return bool((cut[:, None] == window).all(-1).any(1).all())


def _is_temporal(weight: Tensor) -> bool:
    """Return whether each filter of a layer extends along time alone."""
    _, n_maps, height, width = weight.shape
    return n_maps == height == 1 and width > 1


def _kernels(layer: nn.Conv1d | nn.Conv2d, weight: Tensor) -> Tensor:
    """Return the kernels (n_filters, kernel_length), with the zeros of a dilation."""
    dilation = layer.dilation[-1]
    kernels = weight.new_zeros(len(weight), dilation * (weight.shape[3] - 1) + 1)
    kernels[:, ::dilation] = weight[:, 0, 0]
    return kernels


def _impulse_responses(bank: FilterBank) -> Tensor:
    """Return the impulse response of each band over two seconds, (n_bands, n_samples)."""
    n_before = max(round(bank.sfreq), 3 * (2 * max(map(len, bank.sos)) + 1))
    impulse = torch.zeros(1, 1, 2 * n_before + 1, dtype=torch.float64)
    impulse[..., n_before] = 1.0
    responses: Tensor = bank(impulse)[0, :, 0]
    return responses


def _weights_over_channels(
    layer: nn.Conv1d | nn.Conv2d, weight: Tensor, n_chans: int
) -> Tensor | None:
    """Return the weights (n_filters, n_inputs, n_chans) of filters over channels, or None."""
    if weight.shape[3] != 1:
        return None
    if isinstance(layer, nn.Conv1d):  # the channels are its maps
        return weight[:, None, :, 0, 0] if weight.shape[1] == n_chans else None
    return weight[..., 0] if weight.shape[2] == n_chans else None


def _inputs(
    layer: nn.Conv1d | nn.Conv2d, x: Tensor, temporal: list[tuple[int, Tensor]]
) -> tuple[Tensor, bool] | None:
    """Return which temporal filters a spatial layer mixes, and whether linearly.

    Parameters
    ----------
    layer : nn.Module
        Layer that mixes maps (batch, maps, n_chans, n_times) over all channels.
    x : Tensor, shape (1, maps, n_chans, n_times)
        Input of the layer.
    temporal : list of tuple
        Number of filters and output of each temporal layer.

    Returns
    -------
    inputs : Tensor of int, shape (n_filters, n_inputs)
        Index of the temporal filter of each input of each spatial filter.
    is_linear : bool
        Whether each map is ``scale * y + shift`` of its temporal filter's output y.
    """
    first = 0
    for n_filters, y in temporal:
        if x.ndim == 4 and x.shape == y.shape and all(map(_is_monotone, y[0], x[0])):
            maps = torch.arange(layer.in_channels).reshape(layer.groups, -1)
            each = maps.repeat_interleave(layer.out_channels // layer.groups, 0)
            return first + each, all(map(_is_affine, y[0], x[0]))
        first += n_filters
    return None


def _is_monotone(y: Tensor, x: Tensor) -> bool:
    """Return whether x is a monotone function of y, value by value."""
    steps = x.flatten()[y.flatten().argsort()].diff()
    slack = 1e-9 * float(x.abs().max())
    return bool((steps >= -slack).all() or (steps <= slack).all())


def _is_affine(y: Tensor, x: Tensor) -> bool:
    """Return whether x is ``scale * y + shift``."""
    y, x = y - y.mean(), x - x.mean()
    scale = (x * y).sum() / y.square().sum()
    return bool((x - scale * y).abs().max() <= 1e-6 * x.abs().max())


def _note(
    temporal: tuple[TemporalFilters, ...], spatial: list[SpatialFilters], first: str | None
) -> str:
    """Return what the filters leave out; `first` is the first layer that reads the window."""
    if not (temporal or spatial):
        if first is None:
            return "no convolution reads the channels of the window along time"
        return f"the first layer ({first!r}) filters over channels and time at once"
    if not spatial:
        return "no layer that mixes all channels follows the temporal filters directly"
    if not temporal:
        return "no layer that filters a single signal in time follows the spatial filters directly"
    if not all(part.is_linear for part in spatial):
        return (
            "a non-linear function separates the temporal filters from the spatial ones; "
            "the patterns leave it out"
        )
    return ""
