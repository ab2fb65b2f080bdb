"""Convolutions that are padded by a layer before them."""

from __future__ import annotations

from typing import Any

from torch import nn

from eegzoo.layers.fronts.norm_folding import is_untouched
from eegzoo.layers.padding import same_padding


def unpadded(layer: Any) -> Any:
    """Return the convolution of a padding layer and a convolution, as baked layers are.

    Together they keep the number of samples. Other layers are returned as they are.

    Examples
    --------
    >>> conv = nn.Conv2d(1, 8, (1, 4))
    >>> padded = nn.Sequential(nn.ConstantPad2d((1, 2, 0, 0), 0.0), conv)
    >>> unpadded(padded) is conv, unpadded(conv) is conv
    (True, True)
    """
    parts: list[Any] = list(layer) if type(layer) is nn.Sequential else []
    if [type(part) for part in parts] == [nn.ConstantPad2d, nn.Conv2d]:
        pad, conv = parts
        if pad.value == 0 and list(pad.padding) == [*padding_in_time(conv), 0, 0]:
            return conv if is_untouched(pad) and conv.padding == (0, 0) else layer
    return layer


def padding_in_time(conv: nn.Conv2d) -> list[int]:
    """Return the padding in time that keeps the number of samples.

    Examples
    --------
    >>> padding_in_time(nn.Conv2d(1, 8, (1, 4)))
    [1, 2]
    """
    length = conv.kernel_size[1]
    return [*same_padding(length, length)]
