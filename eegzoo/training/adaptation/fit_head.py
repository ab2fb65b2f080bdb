"""Training of a head on features, held near its weights."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint

_MAX_STEPS = 100


@torch.inference_mode(False)
@torch.enable_grad()
def fit_head(
    head: nn.Module, features: Tensor, y: Tensor, weight: Tensor, strength: float = 0.1
) -> nn.Module:
    """Return a head that is trained on features, and held near the given one.

    It minimises the mean cross-entropy plus ``strength / 2`` times the squared change of the
    weights, each multiplied by the standard deviation of its feature, also if several layers have a
    part of the features each. The minimum does not depend on a learning rate, a seed or the order
    of the windows.

    Parameters
    ----------
    head : nn.Module
        Head in evaluation mode, which maps features to logits; not changed.
    features : Tensor, shape (n, num_features)
        Features.
    y : Tensor of int, shape (n,)
        Index of each window's class.
    weight : Tensor, shape (n,)
        Weight of each window.
    strength : float
        How strongly the head is held.

    Returns
    -------
    nn.Module
        Trained head, in evaluation mode.

    Examples
    --------
    >>> features = torch.tensor([[-1.0], [1.0]])
    >>> head = nn.Linear(1, 2).eval()
    >>> trained = fit_head(head, features, torch.tensor([1, 0]), torch.ones(2), strength=1e-3)
    >>> trained(features).argmax(dim=1)
    tensor([1, 0])
    """
    trained = copy.deepcopy(head).double().eval().requires_grad_(True)
    x, y = features.double(), y.clone()  # tensors of inference mode take no part in gradients
    weight = weight.double() / weight.double().sum()
    spreads = _spreads_of_inputs(trained, x)
    weights = list(trained.parameters())
    starts = [value.detach().clone() for value in weights]

    def objective() -> Tensor:
        loss = (weight * F.cross_entropy(trained(x), y, reduction="none")).sum()
        for value, start in zip(weights, starts, strict=True):
            change = (value - start) * spreads.get(value, 1.0)
            loss = loss + 0.5 * strength * change.square().sum()
        return loss

    optimizer = torch.optim.LBFGS(
        weights, max_iter=_MAX_STEPS, tolerance_grad=1e-8, tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = objective()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    for layer in trained.modules():
        if isinstance(layer, NormConstraint):
            layer.scale_norm()
    like = next(head.parameters())
    return trained.to(like.dtype).requires_grad_(like.requires_grad)


def _spreads_of_inputs(head: nn.Module, x: Tensor) -> dict[Tensor, Tensor]:
    """Return the standard deviations of the inputs of each linear layer, by its weight."""
    spreads: dict[Tensor, Tensor] = {}

    def measure(layer: nn.Linear, inputs: tuple[Tensor, ...]) -> None:
        spreads[layer.weight] = inputs[0].detach().std(dim=0, correction=0)

    linear = [layer for layer in head.modules() if isinstance(layer, nn.Linear)]
    hooks = [layer.register_forward_pre_hook(measure) for layer in linear]
    with torch.no_grad():
        head(x)
    for hook in hooks:
        hook.remove()
    return spreads
