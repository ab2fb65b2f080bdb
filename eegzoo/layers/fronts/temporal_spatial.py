"""Linear front of the compact CNNs: temporal filters followed by spatial filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.autocast import computed_dtype
from eegzoo.layers.eager import is_eager_on_cpu
from eegzoo.layers.fast_conv.fast_layers import conv1d
from eegzoo.layers.fronts.depthwise import depthwise_conv1d
from eegzoo.layers.fronts.plain_modules import (
    is_plain_batch_norm,
    is_plain_convolution,
    mixed_bias,
    settings_of,
    time_padding,
    weight_of,
    zero_padding,
)
from eegzoo.layers.fronts.window_covariance import filtered_moments
from eegzoo.layers.latest_by_value import LatestByValue
from eegzoo.layers.padding import is_lopsided
from eegzoo.layers.person.person_statistics import PersonStatistics
from eegzoo.layers.running_statistics import update_running_statistics
from eegzoo.layers.time_major import prefers_time_major
from eegzoo.torch_internals import has_hooks, has_patched_forward, is_transformed, wide_dtype

_fused_everywhere: bool | None = None
_Filters = TypeVar("_Filters", bound=tuple[Tensor | None, ...])


@contextmanager
def fused_fronts(fused: bool | None) -> Iterator[None]:
    """Override the `fused` argument of every `TemporalSpatialConv`, in all threads.

    Parameters
    ----------
    fused : bool | None
        Value used in place of the argument. None: each layer uses its own.

    Examples
    --------
    >>> front = TemporalSpatialConv(torch.nn.Conv2d(1, 8, (1, 65)), torch.nn.Conv2d(8, 8, (22, 1)))
    >>> x = torch.randn(1, 22, 256)
    >>> with fused_fronts(False):
    ...     front.order(x)
    'plain'
    >>> front.order(x)
    'folded'
    """
    global _fused_everywhere
    before, _fused_everywhere = _fused_everywhere, fused
    try:
        yield
    finally:
        _fused_everywhere = before


def may_be_fused() -> bool:
    """Return whether `fused_fronts` leaves the order of computation open."""
    return _fused_everywhere is not False


class TemporalSpatialConv(nn.Module):
    """Temporal convolution followed by a spatial convolution, computed in the cheapest exact order.

    There is no non-linearity between the two convolutions, so that they can be computed in any
    order. Outputs, gradients, running statistics and the state dict are the same as when the
    modules are called one after the other, the *plain* order. The other orders are:

    - *Spatial first*: if each temporal filter has its own spatial filters (EEGNet), the channels
      are mixed first, and only the mixed signals are filtered in time.
    - *Folded*: if each spatial filter mixes all maps (ShallowConvNet), it is combined with the
      temporal filters into one convolution over all channels.

    A batch normalisation between the two is included in the temporal filters. In training it needs
    the mean and variance of the temporal filters' outputs, which are computed from the mean and
    covariance of the input's windows.

    The plain order is used where another order is not exact or not supported: hooks on submodules,
    other classes (such as SyncBatchNorm), batch statistics by person, spatial filters that are
    padded or do not span all channels, strides, dilation or half precision if batch statistics are
    needed, float16 with a normalisation, and ``torch.func`` transforms.

    Parameters
    ----------
    temporal : nn.Conv2d
        Convolution from 1 map to F maps with a kernel of (1, kernel_length).
    spatial : nn.Conv2d
        Convolution of the F maps with a kernel of (n_chans, 1), without padding.
    norm : nn.BatchNorm2d | None
        Normalisation between the two.
    fused : bool | None
        True: use another order wherever it is exact. None: only where it also takes fewer
        operations. False: never. `fused_fronts` overrides it.

    References
    ----------
    Lawhern et al. (2018), J. Neural Eng. 15, 056013. https://doi.org/10.1088/1741-2552/aace8c
    Schirrmeister et al. (2017), Hum. Brain Mapp. 38, 5391. https://doi.org/10.1002/hbm.23730

    Examples
    --------
    >>> front = TemporalSpatialConv(
    ...     torch.nn.Conv2d(1, 8, (1, 65), padding="same", bias=False),
    ...     torch.nn.Conv2d(8, 16, (22, 1), groups=8, bias=False),
    ...     torch.nn.BatchNorm2d(8),
    ... )
    >>> x = torch.randn(4, 22, 256)
    >>> front.order(x), front(x).shape
    ('spatial first', torch.Size([4, 16, 256]))
    """

    summed_layer = "norm"

    def __init__(
        self,
        temporal: nn.Conv2d,
        spatial: nn.Conv2d,
        norm: nn.BatchNorm2d | None = None,
        fused: bool | None = None,
    ) -> None:
        super().__init__()
        self.temporal = temporal
        self.norm = norm
        self.spatial = spatial
        self.fused = fused
        self._latest_weights = LatestByValue()

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_chans, n_times) to (batch, maps, samples)."""
        order = self.order(x)
        if order == "plain":
            y = self.temporal(x.unsqueeze(1))
            mixed: Tensor = self.spatial(y if self.norm is None else self.norm(y))
            return mixed.squeeze(2)
        if order == "folded":
            return self._convolve(x, *self.folded_filters(x), groups=1)
        kernels, mixing, bias = self._latest_or(self._mix, x)
        spatial = mixing.squeeze(1).expand(x.shape[0], -1, -1)
        if self._in_unit_steps() and prefers_time_major(x, len(mixing)):
            mixed = torch.bmm(x.mT, spatial.mT).mT
        else:
            mixed = torch.bmm(spatial, x)
        kernels = kernels.repeat_interleave(len(mixing) // len(kernels), 0)
        if self._in_unit_steps():
            return depthwise_conv1d(mixed, kernels, bias, time_padding(self.temporal))
        return self._convolve(mixed, kernels.unsqueeze(1), bias, groups=len(kernels))

    def kernel_shape(self, x: Tensor) -> tuple[int, ...] | None:
        """Return the shape of `folded_filters` if they are one valid convolution, else None."""
        plain = self._in_unit_steps() and not any(time_padding(self.temporal))
        if self.norm is not None or not plain or self.order(x) != "folded":
            return None
        return (self.spatial.out_channels, x.shape[1], self.temporal.kernel_size[1])

    def folded_filters(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the kernels (maps, n_chans, kernel_length) and bias of the folded order.

        In training it projects stored weights and updates running statistics, as ``forward`` does.
        """
        return self._latest_or(self._fold, x)

    def _fold(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        kernels, mixing, bias = self._mix(x)
        return torch.einsum("ofc,fk->ock", mixing, kernels), bias

    def _mix(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return kernels (F, n_taps), spatial filters (maps, F / groups, n_chans) and biases."""
        # In training this projects the weights, in the same sequence as the plain order.
        kernels, shift = self._normalized(weight_of(self.temporal).flatten(1), x)
        mixing = weight_of(self.spatial).squeeze(3)
        return kernels, mixing, mixed_bias(self.spatial, mixing, shift)

    def _latest_or(self, compute: Callable[[Tensor], _Filters], x: Tensor) -> _Filters:
        """Return what `compute` makes of the weights; in evaluation, only if they have changed."""
        settings = (compute.__name__, *(settings_of(layer) for layer in self.children()))
        fixed = None not in settings and not (torch.is_grad_enabled() or self._needs_statistics())
        if not fixed or not is_eager_on_cpu(x) or torch.is_autocast_enabled("cpu"):
            return compute(x)
        with torch.inference_mode(False), torch.no_grad():
            values = [*self.parameters(), *self.buffers()]
            return self._latest_weights.get(values, settings, lambda: compute(x))  # type: ignore[no-any-return]

    def order(self, x: Tensor) -> str:
        """Return the order in which `forward` computes: "plain", "spatial first" or "folded"."""
        fused = self.fused if _fused_everywhere is None else _fused_everywhere
        if fused is False or not (self._has_plain_modules() and self._supports(x)):
            return "plain"
        n_filters, n_maps = self.temporal.out_channels, self.spatial.out_channels
        n_chans, n_taps = self.spatial.kernel_size[0], self.temporal.kernel_size[1]
        groups = self.spatial.groups
        # Number of multiplications for one sample of the output.
        plain = n_filters * n_chans * n_taps + n_maps * n_filters // groups * n_chans
        if groups == n_filters:
            order, cost = "spatial first", n_maps * (n_chans + n_taps)
        else:
            order, cost = "folded", n_maps * n_chans * n_taps
        if self._needs_statistics():
            cost += n_chans * n_taps
        return order if fused or cost < plain else "plain"

    def layer_sums(self, x: Tensor) -> tuple[Tensor, ...] | None:
        """Return `PersonBatchNorm.sums` of the norm's input; None if this has to be computed."""
        if not self._in_unit_steps() or self.order(x) == "plain":
            return None
        bias, exact, pads = self.temporal.bias, x.to(wide_dtype(x)), time_padding(self.temporal)
        kernels = weight_of(self.temporal).flatten(1).to(exact.dtype)
        mean, variance, n_values = filtered_moments(kernels, exact, pads)
        mean = mean if bias is None else mean + bias
        return mean.new_tensor(n_values), mean * n_values, (variance + mean.square()) * n_values

    def _has_plain_modules(self) -> bool:
        """Return whether the submodules are known to compute what their parameters imply."""
        temporal, spatial, norm = self.temporal, self.spatial, self.norm
        return (
            is_plain_convolution(temporal)
            and is_plain_convolution(spatial)
            and (norm is None or is_plain_batch_norm(norm))
            and not any(has_hooks(part) or has_patched_forward(part) for part in self.children())
            and temporal.in_channels == 1
            and temporal.kernel_size[0] == temporal.stride[0] == 1
            and temporal.padding_mode == "zeros"
            and not any(zero_padding(temporal)[2:])
            and spatial.in_channels == temporal.out_channels
            and spatial.kernel_size[1] == 1
            and tuple(spatial.stride) == (1, 1)
            and not any(zero_padding(spatial))
            and spatial.groups in (1, spatial.in_channels)
            and (norm is None or norm.num_features == temporal.out_channels)
            and (norm is None or (norm.running_mean is None) == (norm.running_var is None))
        )

    def _supports(self, x: Tensor) -> bool:
        """Return whether another order is exact for this input in the current context."""
        weight = self.temporal.weight
        if x.ndim != 3 or x.shape[1] != self.spatial.kernel_size[0] or not x.is_floating_point():
            return False
        if not x.dtype == weight.dtype == self.spatial.weight.dtype:
            return False
        reach = self.temporal.dilation[1] * (self.temporal.kernel_size[1] - 1)
        n_outputs = x.shape[2] + sum(time_padding(self.temporal)) - reach
        # A float16 filter divided by a large standard deviation loses all its digits.
        cast = computed_dtype(x)
        if self.norm is not None and torch.float16 in (x.dtype, cast):
            return False
        # Statistics by person are those of parts of a batch, each with kernels of its own.
        if isinstance(self.norm, PersonStatistics) and self.norm.training:
            return False
        if self._needs_statistics() and not (
            x.dtype in (torch.float32, torch.float64)
            and self._in_unit_steps()
            and x.shape[0] * x.shape[1] * n_outputs > 1
        ):
            return False
        return n_outputs > 0 and not is_transformed()

    def _needs_statistics(self) -> bool:
        norm = self.norm
        return norm is not None and (norm.training or norm.running_mean is None)

    def _in_unit_steps(self) -> bool:
        return self.temporal.stride[1] == self.temporal.dilation[1] == 1

    def _normalized(self, kernels: Tensor, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the temporal kernels and biases that include the normalisation."""
        shift, norm = self.temporal.bias, self.norm
        if norm is None:
            return kernels, shift
        wide = kernels.to(wide_dtype(x))
        bias = 0.0 if shift is None else shift.to(wide.dtype)
        centre, spread = norm.running_mean, norm.running_var
        if self._needs_statistics() or centre is None or spread is None:
            centre, spread, n_values = filtered_moments(wide, x, time_padding(self.temporal))
            pool: Any = getattr(norm, "pooled", None)  # over the processes that share the batch
            if pool is not None:
                centre, spread, n_values = pool(centre, spread, n_values)
            centre = centre + bias
            update_running_statistics(norm, centre, spread, n_values)
        centre, spread = centre.to(wide.dtype), spread.to(wide.dtype)
        scale = torch.rsqrt(spread + norm.eps)
        if norm.weight is not None:
            scale = scale * norm.weight
        offset = scale * (bias - centre)
        if norm.bias is not None:
            offset = offset + norm.bias
        return (wide * scale.unsqueeze(1)).to(kernels.dtype), offset

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor:
        both_sides, _ = pads = time_padding(self.temporal)
        if is_lopsided(pads):
            x, both_sides = F.pad(x, pads), 0
        steps = self.temporal.stride[1:], self.temporal.dilation[1:]
        return conv1d(x, weight, bias, steps[0], (both_sides,), steps[1], groups)
