"""The checks that every layer with a norm constraint must pass."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import torch
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.testing.expectations import expect, expect_close, expect_same


def check_constrained_layer(create: Callable[[], nn.Module], x: Tensor) -> None:
    """Check that a layer keeps the contract of the constrained layers.

    Parameters
    ----------
    create : callable
        Function that returns a new layer with the mixin `NormConstraint` and without a rate. At
        least one of its filters, times 100, must exceed its norm limit.
    x : Tensor
        Input of the layer.

    Raises
    ------
    AssertionError
        If a line of the contract does not hold.

    Examples
    --------
    >>> layer = eegzoo.layers.ConstrainedDense
    >>> check_constrained_layer(lambda: layer(8, 4, max_norm=0.5), torch.randn(2, 8))
    """
    for check in (_check_training, _check_evaluation, _check_gradients, _check_copies):
        layer = create()
        expect(isinstance(layer, NormConstraint), f"{layer!r:.100} has no NormConstraint")
        if isinstance(layer, NormConstraint):
            with torch.no_grad():
                layer.weight.mul_(100)
            check(layer, x)


def _satisfies(layer: NormConstraint, weight: Tensor) -> bool:
    limit = torch.inf if layer.max_norm is None else layer.max_norm
    norms = layer.filter_norms(weight)
    low = layer.min_norm or 0.0
    is_low = (norms > 0) & (norms < low * (1 - 1e-5))
    return bool(((norms <= limit * (1 + 1e-5)) & ~is_low).all())


def _check_training(layer: NormConstraint, x: Tensor) -> None:
    expect(not _satisfies(layer, layer.weight.detach()), "no filter exceeds its limit")
    expected = copy.deepcopy(layer)
    expected.scale_norm()
    out = layer.train()(x)
    expect(_satisfies(layer, layer.weight.detach()), "training leaves a filter beyond its limit")
    expect_close(layer.weight, expected.weight, "the weight after scale_norm")
    once = layer.weight.detach().clone()
    expect_close(layer(x), out, "a second forward pass")
    expect_close(layer.weight.detach(), once, "the weight after a second forward pass")


def _check_evaluation(layer: NormConstraint, x: Tensor) -> None:
    before = layer.weight.detach().clone()
    out = layer.eval()(x)
    expect_same(layer.weight.detach(), before, "the weight after an evaluation")
    projected = copy.deepcopy(layer)
    projected.scale_norm()
    expect_close(out, projected(x), "the outputs of an evaluation")


def _check_gradients(layer: NormConstraint, x: Tensor) -> None:
    projected = copy.deepcopy(layer)
    projected.scale_norm()
    for each in (layer, projected):
        (each.train()(x).square().sum() + each(x).sum()).backward()
    grads = layer.weight.grad, projected.weight.grad
    expect(grads[0] is not None, "the weight gets no gradient")
    expect_close(*grads, "the gradient at the projected weight", rtol=1e-4, atol=1e-4)


def _check_copies(layer: NormConstraint, x: Tensor) -> None:
    out = layer.eval()(x)
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        expect_same(again(x), out, "the outputs of a copy")
    shown = f"max_norm={layer.max_norm!r}"
    expect(shown in repr(layer), f"repr does not show {shown}")
