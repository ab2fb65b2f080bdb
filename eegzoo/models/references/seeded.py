"""Weights drawn from a seed and samples of gradients, so that reference files are small."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # the scripts in tests/reference draw without torch
    from torch import Tensor, nn

Array = npt.NDArray[Any]
Shapes = Mapping[str, Sequence[int]]


def draw(
    shapes: Shapes,
    seed: int,
    gains: Mapping[str, float],
    shape_of_x: Sequence[int],
    scale_of_x: float = 1.0,
) -> tuple[dict[str, Array], Array]:
    """Return weights by name and an input, drawn from a seed.

    The kernel of an output has a norm of about `gain`, where `gain` is the value of the first key
    in `gains` that occurs in the weight's name. Outputs are the first axis of weights named as in
    torch, and the last axis of weights named as in Keras.
    """
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in shapes.items():
        gain = next(gain for key, gain in gains.items() if key in name)
        weights[name] = _draw(rng, name, shape, gain)
    return weights, (scale_of_x * rng.standard_normal(shape_of_x)).astype(np.float32)


def _draw(rng: np.random.Generator, name: str, shape: Sequence[int], gain: float) -> Array:
    if name.endswith(("moving_variance", "running_var")):
        values = rng.uniform(0.5, 1.5, shape)
    elif name.endswith("gamma") or (name.endswith("weight") and len(shape) == 1):
        values = rng.uniform(0.7, 1.3, shape)
    elif name.endswith(("moving_mean", "running_mean", "beta", "bias")):
        values = rng.normal(0, 0.1, shape)
    else:
        inputs = shape[1:] if name.endswith("weight") else shape[:-1]
        values = rng.normal(0, gain / np.sqrt(np.prod(inputs)), shape)
    return values.astype(np.float32)


def positions(shapes: Shapes, n_each: int = 200) -> npt.NDArray[np.int64]:
    """Return up to `n_each` positions from each weight, in the concatenation of all weights."""
    start, chosen = 0, []
    for shape in shapes.values():
        size = int(np.prod(shape))
        chosen.append(start + np.linspace(0, size - 1, min(size, n_each)).astype(int))
        start += size
    return np.concatenate(chosen)


def gradient_of(
    model: nn.Module, state_from: Callable[[dict[str, Array]], dict[str, Tensor]], shapes: Shapes
) -> Array:
    """Return the gradient of `model` at `positions` of the reference implementation's weights.

    `state_from` returns the model's state dict from those weights. Applied to their positions
    instead of their values, it returns the position of each of the model's parameters. Weights
    that are not parameters of the model have gradient zero.
    """
    start, numbered = 0, {}
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        numbered[name] = np.arange(start, start + size).reshape(shape)
        start += size
    located = state_from(numbered)
    gradient = np.zeros(start)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            gradient[located[name].numpy().ravel()] = parameter.grad.cpu().numpy().ravel()
    return gradient[positions(shapes)]
