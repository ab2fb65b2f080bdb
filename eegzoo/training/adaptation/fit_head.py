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
    weights, each multiplied by the standard deviation of its feature. The minimum does not depend
    on a learning rate, a seed or the order of the windows.

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
    spread = (x - x.mean(dim=0)).square().mean(dim=0).sqrt()
    weights = list(trained.parameters())
    starts = [value.detach().clone() for value in weights]

    def objective() -> Tensor:
        loss = (weight * F.cross_entropy(trained(x), y, reduction="none")).sum()
        for value, start in zip(weights, starts, strict=True):
            change = value - start
            of_features = change.ndim == 2 and change.shape[1] == len(spread)
            loss = (
                loss + 0.5 * strength * (change * spread if of_features else change).square().sum()
            )
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
