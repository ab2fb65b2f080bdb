"""Layers of which single calls may take the place."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.fronts.norm_folding import is_foldable_norm, is_untouched
from eegzoo.torch_internals import BatchNormBase


def are_plain(layers: Sequence[nn.Module]) -> bool:
    """Return whether layers in evaluation compute what their classes and tensors imply.

    They have neither hooks nor a ``forward`` of their own, and tensors of one dtype, float32 or
    float64, on a CPU.

    Examples
    --------
    >>> layer = nn.Linear(4, 2)
    >>> are_plain([layer]), are_plain([layer.eval()]), are_plain([layer.half()])
    (False, True, False)
    """
    modules = [module for layer in layers for module in layer.modules()]
    tensors = [x for layer in layers for x in (*layer.parameters(), *layer.buffers())]
    floating = [x for x in tensors if x.is_floating_point()]
    return (
        not any(module.training or not is_untouched(module) for module in modules)
        and all(is_foldable_norm(x) for x in modules if isinstance(x, BatchNormBase))
        and {x.device.type for x in tensors} == {"cpu"}
        and {type(x) for x in tensors} <= {Tensor, nn.Parameter}
        and len({x.dtype for x in floating}) == 1
        and floating[0].dtype in (torch.float32, torch.float64)
    )


def activated(activation: nn.Module, y: Tensor) -> Tensor:
    """Return an activation of values, which may replace them.

    Examples
    --------
    >>> activated(nn.ReLU(), torch.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """
    # In place and without the calls of a module, which take as long as 4000 exponentials.
    if type(activation) is nn.ELU:
        return F.elu_(y, activation.alpha)
    found: Tensor = activation(y)
    return found
