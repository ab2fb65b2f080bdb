"""Batch normalisation, SiLU and logarithm of the variance of segments as one step of autograd."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.blocks.log_variance import LARGEST, SMALLEST, log_variances
from eegzoo.layers.fast_conv.plain_gradients import total

# Number of values that stay in the caches from one operation to the next.
_VALUES = 600_000


def norm_silu_log_variances(
    x: Tensor, bias: Tensor | None, gamma: Tensor, beta: Tensor, eps: float, n_segments: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise over the batch, then apply SiLU and `log_variances`.

    Only `x` is kept for the gradient, and everything is computed a few windows at a time. A
    gradient of the gradient is computed by torch's own functions.

    Parameters
    ----------
    x : Tensor, shape (batch, maps, n_times)
        Maps.
    bias : Tensor | None, shape (maps,)
        Bias of each map, which the normalisation removes. Its gradient is zero.
    gamma, beta : Tensor, shape (maps,)
        Weight and bias of the normalisation.
    eps : float
        Number that is added to the variance.
    n_segments : int
        Number of segments of a window.

    Returns
    -------
    logarithms : Tensor, shape (batch, maps, n_segments)
        ``log_variances(silu(normalised), n_segments)``.
    mean, variance : Tensor, shape (maps,)
        Statistics of the maps with their bias, without a gradient.

    Examples
    --------
    >>> x, one, zero = torch.randn(8, 6, 100), torch.ones(6), torch.zeros(6)
    >>> found, mean, variance = norm_silu_log_variances(x, None, one, zero, 1e-5, 4)
    >>> expected = log_variances(F.silu(torch.nn.BatchNorm1d(6)(x)), 4)
    >>> torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    """
    found: tuple[Tensor, Tensor, Tensor] = _NormSiluLogVariances.apply(  # type: ignore[no-untyped-call]
        x, bias, gamma, beta, eps, n_segments
    )
    return found


class _NormSiluLogVariances(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, bias: Tensor | None, gamma: Tensor, beta: Tensor, eps: float,
        n_segments: int,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        n_values = len(x) * x.shape[2]
        mean = total([_of_maps(part) for part in _parts(x)]) / n_values
        squares = [
            torch.linalg.vector_norm(part - mean[:, None], dim=2).square_().sum(0)
            for part in _parts(x)
        ]
        variance = total(squares) / n_values
        scale = gamma * torch.rsqrt(variance + eps)
        variances = []
        for part in _parts(x):
            z = _scaled(part - mean[:, None], scale, beta)
            variances.append(_deviations(F.silu(z, inplace=True), n_segments)[1])
        of_segments = torch.cat(variances)
        ctx.eps, ctx.n_segments = eps, n_segments
        ctx.save_for_backward(x, bias, gamma, beta, mean, variance, of_segments)
        shifted = mean.clone() if bias is None else mean + bias
        ctx.mark_non_differentiable(shifted, variance)
        return of_segments.clamp(SMALLEST, LARGEST).log(), shifted, variance

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, bias, gamma, beta, mean, variance, of_segments = ctx.saved_tensors
        needs = ctx.needs_input_grad
        to_bias = torch.zeros_like(bias) if needs[1] else None
        if torch.is_grad_enabled():  # create_graph
            needs, tensors = (needs[0], *needs[2:4]), (x, gamma, beta)
            wanted = [tensor for tensor, needed in zip(tensors, needs, strict=True) if needed]
            z = F.batch_norm(x, None, None, gamma, beta, True, 0.0, ctx.eps)
            out = log_variances(F.silu(z), ctx.n_segments)
            found = iter(torch.autograd.grad(out, wanted, grads[0], create_graph=True))
            to_x, to_gamma, to_beta = (next(found) if needed else None for needed in needs)
            return to_x, to_bias, to_gamma, to_beta, None, None
        n_values, n_segments = len(x) * x.shape[2], ctx.n_segments
        n_each = x.shape[2] // n_segments
        spread = torch.rsqrt(variance + ctx.eps)
        scale = gamma * spread
        within = (of_segments >= SMALLEST) & (of_segments <= LARGEST)
        factors = torch.where(within, grads[0] / of_segments, 0.0) * (2 / (n_each - 1))
        to_x = torch.empty_like(x)
        of_beta, products = [], []
        for part, grad, factor in zip(_parts(x), _parts(to_x), _parts(factors, x), strict=True):
            centred = part - mean[:, None]
            z = _scaled(centred.clone(), scale, beta)
            deviations, _ = _deviations(F.silu(z), n_segments)
            deviations.mul_(factor.unsqueeze(3))
            end = n_segments * n_each
            grad[..., end:] = 0.0
            used = grad[..., :end]
            used.copy_(torch.ops.aten.silu_backward(deviations.flatten(2), z[..., :end]))
            of_beta.append(_of_maps(grad))
            products.append(_of_maps(centred.mul_(grad)))
        to_beta, to_gamma = total(of_beta), spread * total(products)
        slope = -scale * spread * to_gamma / n_values
        constant = -scale * to_beta / n_values - slope * mean
        for part, grad in zip(_parts(x), _parts(to_x), strict=True):
            grad.mul_(scale[:, None]).add_(part * slope[:, None]).add_(constant[:, None])
        return to_x, to_bias, to_gamma, to_beta, None, None


def _parts(values: Tensor, like: Tensor | None = None) -> Iterator[Tensor]:
    """Return some windows each, as many as of `like`."""
    of_window = (values if like is None else like)[0].numel()
    return iter(torch.split(values, max(1, _VALUES // max(1, of_window))))


def _of_maps(values: Tensor) -> Tensor:
    return values.sum(2).sum(0)


def _scaled(centred: Tensor, scale: Tensor, beta: Tensor) -> Tensor:
    """Return normalised values, in place."""
    return centred.mul_(scale[:, None]).add_(beta[:, None])


def _deviations(values: Tensor, n_segments: int) -> tuple[Tensor, Tensor]:
    """Return deviations from the mean of each segment, and variances of the segments."""
    n_each = values.shape[2] // n_segments
    segments = torch.unflatten(values[..., : n_segments * n_each], 2, (n_segments, n_each))
    deviations = segments - segments.mean(3, keepdim=True)
    return deviations, torch.linalg.vector_norm(deviations, dim=3).square_() / (n_each - 1)
