"""Power of spatial filters in frequency bands."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.blocks.log_variance import log_variances
from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.eager import is_eager_on_cpu
from eegzoo.layers.fronts.norm_folding import is_untouched, normalized_filters
from eegzoo.layers.fronts.plain_modules import weight_of
from eegzoo.layers.joint.norm_log_variance import norm_silu_log_variances
from eegzoo.layers.running_statistics import update_running_statistics
from eegzoo.torch_tracing import is_observed

# Number of windows whose values stay in the caches from one operation to the next.
_WINDOWS = 4


def log_variances_of_bands(
    spatial: Any, norm: Any, activation: Any, bands: Tensor, n_segments: int
) -> Tensor:
    """Return ``log_variances(activation(norm(spatial(bands))), n_segments)``.

    On a CPU, spatial filters are matrix products, which are several times as fast as convolutions
    with as many groups as bands. In training everything after them is one step of autograd; in
    evaluation without gradients a few windows are computed at a time. Layers with hooks or of other
    classes are called one after the other.

    Parameters
    ----------
    spatial : ConstrainedConv2d | nn.Conv2d
        Spatial filters of each band, with a group for each.
    norm : nn.BatchNorm1d | nn.Identity
        Normalisation of their outputs.
    activation : nn.SiLU
        Activation.
    bands : Tensor, shape (batch, n_bands, n_chans, n_times)
        Filtered windows.
    n_segments : int
        Number of segments of a window.

    Returns
    -------
    Tensor, shape (batch, maps, n_segments)
        Logarithms.

    Examples
    --------
    >>> spatial = ConstrainedConv2d(9, 36, (22, 1), padding="valid", groups=9)
    >>> norm, activation = nn.BatchNorm1d(36), nn.SiLU()
    >>> bands = torch.randn(4, 9, 22, 100)
    >>> log_variances_of_bands(spatial, norm, activation, bands, 4).shape
    torch.Size([4, 36, 4])
    """
    if not _are_known(spatial, norm, activation, bands):
        return log_variances(activation(norm(spatial(bands).squeeze(2))), n_segments)
    n_bands, n_chans, n_times = bands.shape[1:]
    weight, bias = weight_of(spatial)[..., 0], spatial.bias  # (maps, 1, n_chans)
    if isinstance(norm, nn.BatchNorm1d) and (norm.training or norm.running_mean is None):
        mixed = torch.matmul(weight.view(n_bands, -1, n_chans), bands).flatten(1, 2)
        found, mean, variance = norm_silu_log_variances(
            mixed, bias, norm.weight, norm.bias, norm.eps, n_segments
        )
        update_running_statistics(norm, mean, variance, len(bands) * n_times)
        return found
    weight, shift = normalized_filters(weight, bias, norm)
    filters = weight.view(n_bands, -1, n_chans)
    shift = filters.new_zeros(1) if shift is None else shift.view(n_bands, -1, 1)
    if torch.is_grad_enabled():
        return log_variances(F.silu(torch.matmul(filters, bands) + shift).flatten(1, 2), n_segments)
    parts = [
        log_variances(F.silu(torch.matmul(filters, part).add_(shift), inplace=True), n_segments)
        for part in torch.split(bands, _WINDOWS)
    ]
    return torch.cat(parts).flatten(1, 2)


def _are_known(spatial: Any, norm: Any, activation: Any, bands: Tensor) -> bool:
    """Return whether the layers compute what their classes and weights imply, on a CPU."""
    if torch.compiler.is_compiling() or not is_eager_on_cpu(bands) or is_observed():
        return False
    if type(spatial) not in (ConstrainedConv2d, nn.Conv2d) or type(activation) is not nn.SiLU:
        return False
    if type(norm) is nn.BatchNorm1d:
        if not norm.affine or norm.weight.dtype != bands.dtype:
            return False
    elif type(norm) is not nn.Identity:
        return False
    return (
        all(map(is_untouched, (spatial, norm, activation)))
        and not torch.is_autocast_enabled("cpu")
        and bands.ndim == 4
        and bands.dtype in (torch.float32, torch.float64)
        and len(bands) > 0
        and len(bands) * bands.shape[3] > 1
        and bands.shape[1] == spatial.in_channels == spatial.groups
        and spatial.kernel_size == (bands.shape[2], 1)
        and spatial.stride == spatial.dilation == (1, 1)
        and spatial.padding in ("valid", (0, 0))
        and spatial.padding_mode == "zeros"
        and spatial.weight.dtype == bands.dtype
    )
