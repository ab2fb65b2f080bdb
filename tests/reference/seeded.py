"""Weights that follow from a seed and gradients by sample, so that no file holds either."""

import numpy as np


def draw(shapes, seed, gains, shape_of_x, scale_of_x=1.0):
    """Return weights by name, and an input.

    The norm of an output's kernel is on average the gain of the first key of `gains` that the name
    holds. Names end as Keras's and torch's do, whose outputs are the last and the first axis.
    """
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in shapes.items():
        gain = next(gain for key, gain in gains.items() if key in name)
        weights[name] = _draw(rng, name, shape, gain)
    return weights, (scale_of_x * rng.standard_normal(shape_of_x)).astype(np.float32)


def _draw(rng, name, shape, gain):
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


def positions(shapes, n_each=200):
    """Return at most `n_each` positions in every weight, all weights laid out one after another."""
    start, chosen = 0, []
    for shape in shapes.values():
        size = int(np.prod(shape))
        chosen.append(start + np.linspace(0, size - 1, min(size, n_each)).astype(int))
        start += size
    return np.concatenate(chosen)


def gradient_of(model, state_from, shapes):
    """Return the gradient of `model` at `positions` of the weights that `state_from` rearranges.

    `state_from` makes the model's state dict from weights by name. Given the weights' positions in
    place of their values, it says where each of the model's parameters stands. What the model does
    not learn has gradient zero.
    """
    start, numbered = 0, {}
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        numbered[name] = np.arange(start, start + size).reshape(shape)
        start += size
    place_of = state_from(numbered)
    gradient = np.zeros(start)
    for name, parameter in model.named_parameters():
        gradient[place_of[name].numpy().ravel()] = parameter.grad.numpy().ravel()
    return gradient[positions(shapes)]
