"""Initialisers of the reference implementations."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def keras_glorot_uniform_(weight: Tensor, groups: int = 1) -> Tensor:
    """Fill a weight in place as Keras's ``glorot_uniform`` does.

    Keras counts the fans in its own layout of the kernel. For a depthwise kernel, ``(height, width,
    in_channels, depth_multiplier)``, the limits differ from those of torch's ``xavier_uniform_``.

    Parameters
    ----------
    weight : Tensor, shape (out_channels, in_channels / groups, ...)
        Weight of a linear or convolutional torch layer. It is changed in place.
    groups : int
        Number of groups of the convolution. With more than one, the fans are those of Keras's
        depthwise convolution.

    Returns
    -------
    Tensor
        `weight`.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, AISTATS. https://proceedings.mlr.press/v9/glorot10a.html

    Examples
    --------
    >>> weight = keras_glorot_uniform_(torch.empty(16, 1, 22, 1), groups=8)
    >>> bool(weight.abs().max() <= 0.1652)
    True
    """
    receptive_field = math.prod(weight.shape[2:])
    if groups > 1:
        fan_in, fan_out = groups, weight.shape[0] // groups
    else:
        fan_in, fan_out = weight.shape[1], weight.shape[0]
    limit = math.sqrt(6.0 / (receptive_field * (fan_in + fan_out)))
    return nn.init.uniform_(weight, -limit, limit)


def keras_init_(module: nn.Module) -> None:
    """Initialise all linear and convolutional layers of a module in place as Keras does.

    Weights are drawn by `keras_glorot_uniform_`. Biases are zero.

    Examples
    --------
    >>> layer = torch.nn.Conv1d(4, 8, 5)
    >>> keras_init_(layer)
    >>> bool((layer.bias == 0).all())
    True
    """
    for layer in module.modules():
        if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d)):
            groups = 1 if isinstance(layer, nn.Linear) else layer.groups
            keras_glorot_uniform_(layer.weight, groups)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def lecun_normal_(weight: Tensor) -> Tensor:
    """Fill a weight in place as TensorFlow's variance scaling does (fan-in, truncated normal).

    Parameters
    ----------
    weight : Tensor, shape (out_channels, in_channels, ...)
        Weight of a linear or convolutional layer without groups. It is changed in place.

    Returns
    -------
    Tensor
        `weight`.

    Examples
    --------
    >>> weight = lecun_normal_(torch.empty(512, 100))
    >>> round(float(weight.std()), 2)
    0.1
    """
    # Truncation at two standard deviations reduces the standard deviation to 0.8796 of its value.
    std = math.sqrt(1.0 / math.prod(weight.shape[1:])) / 0.87962566103423978
    return nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)


def he_normal_(weight: Tensor) -> Tensor:
    """Fill a weight in place as Keras's ``he_normal`` does (fan-in, truncated normal).

    Examples
    --------
    >>> weight = he_normal_(torch.empty(512, 200))
    >>> round(float(weight.std()), 2)
    0.1
    """
    lecun_normal_(weight)
    with torch.no_grad():
        return weight.mul_(math.sqrt(2.0))
