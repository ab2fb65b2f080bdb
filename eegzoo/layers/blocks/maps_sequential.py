"""Sequence of layers that is fast for time-major maps."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from eegzoo.layers.time_major import is_time_major
from eegzoo.torch_internals import has_hooks, has_patched_forward

ACTIVATIONS_OF_VALUES = frozenset({
    nn.ELU, nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.LeakyReLU, nn.SELU, nn.CELU, nn.Mish,
    nn.Softplus, nn.Hardtanh, nn.ReLU6, nn.Hardswish,
})  # fmt: skip
"""Activations that act on each value alone."""


class MapsSequential(nn.Sequential):
    """`torch.nn.Sequential` that is faster for time-major maps (`eegzoo.layers.time_major`).

    Outputs, gradients, running statistics and the state dict are the same. Torch normalises
    time-major maps twice as fast as others, but only as rows of maps, and a convolution of one tap
    is a product with these rows. Layers with hooks or of other classes are called as usual.

    Parameters
    ----------
    *layers : nn.Module
        Layers.

    Examples
    --------
    >>> layers = MapsSequential(nn.BatchNorm1d(16), nn.ELU(), nn.AvgPool1d(4))
    >>> x = torch.randn(8, 100, 16).mT  # time-major
    >>> plain = torch.nn.Sequential(*layers)
    >>> torch.testing.assert_close(layers(x), plain(x))
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, maps, n_times) as the layers one after the other do."""
        if not is_time_major(x):
            for layer in self:
                x = layer(x)
            return x
        layers = list(self)
        while layers:
            layer = layers.pop(0)
            if not (is_time_major(x) and _is_plain(layer)):
                x = layer(x)
            elif type(layer) is nn.BatchNorm1d:
                rows = layer(x.mT.flatten(0, 1))  # (batch * n_times, maps)
                follower = layers[0] if layers else None
                if isinstance(follower, nn.ELU) and _is_plain(follower):
                    # Nothing else needs the normalised values.
                    rows = F.elu_(rows, follower.alpha)
                    layers.pop(0)
                x = rows.unflatten(0, (len(x), -1)).mT
            elif isinstance(layer, nn.Conv1d) and _is_pointwise(layer):
                x = F.linear(x.mT, layer.weight.squeeze(2), layer.bias).mT
            else:
                x = layer(x)
        return x


def _is_plain(layer: nn.Module) -> bool:
    return not (has_hooks(layer) or has_patched_forward(layer) or is_parametrized(layer))


def _is_pointwise(layer: nn.Conv1d) -> bool:
    return (
        type(layer) is nn.Conv1d
        and layer.kernel_size == layer.stride == (1,)
        and layer.groups == 1
        and layer.padding in ((0,), 0, "same", "valid")
    )
