"""Plain functions of a joint step, for gradients that have gradients themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def total(values: list[Tensor]) -> Tensor:
    """Return the sum of tensors of one shape."""
    return sum(values[1:], values[0])


def plain_convolution(
    eps: float | None, x: Tensor, weight: Tensor, bias: Tensor | None, *affine: Tensor
) -> Tensor:
    """Return a convolution, which a batch normalisation follows unless `eps` is None."""
    y = F.conv1d(x, weight, bias)
    if eps is None:
        return y
    gamma, beta = affine
    return F.batch_norm(y, None, None, gamma, beta, True, 0.0, eps)


def recomputed(
    plain: Callable[..., Tensor], grad: Tensor, inputs: tuple[Any, ...], needs: tuple[bool, ...],
    length: int, eps: float | None = None,
) -> list[Tensor | None]:  # fmt: skip
    """Return the gradients to the inputs, by functions whose gradients have gradients."""
    wanted = [tensor for tensor, needed in zip(inputs, needs, strict=False) if needed]
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        outputs = plain(length, eps, *inputs)
    found = iter(torch.autograd.grad(outputs, wanted, grad, create_graph=create_graph))
    return [next(found) if needed else None for needed in needs[: len(inputs)]]
