"""Batch normalisation, ELU and average pool of time-major maps as one step of autograd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

# Number of windows whose values stay in the caches from one operation to the next.
_WINDOWS = 16
# Length of the rows that are summed: longer ones than those of few maps are added faster.
_ROW = 128


def norm_elu_pool(
    x: Tensor, gamma: Tensor, beta: Tensor, eps: float, length: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise over the batch, then apply ELU and an average pool.

    Only `x` is kept for the gradient. A gradient of the gradient is computed by torch's own
    functions.

    Parameters
    ----------
    x : Tensor, shape (batch, maps, n_times)
        Time-major maps (`eegzoo.layers.time_major`).
    gamma, beta : Tensor, shape (maps,)
        Weight and bias of the normalisation.
    eps : float
        Number that is added to the variance.
    length : int
        Length and stride of the pool.

    Returns
    -------
    pooled : Tensor, shape (batch, maps, n_times // length)
        ``avg_pool1d(elu(normalised), length)``, time-major.
    mean, variance : Tensor, shape (maps,)
        Statistics of `x`, without a gradient.

    Examples
    --------
    >>> x = torch.randn(8, 100, 16).mT  # time-major
    >>> pooled, mean, variance = norm_elu_pool(x, torch.ones(16), torch.zeros(16), 1e-5, 4)
    >>> expected = F.avg_pool1d(F.elu(torch.nn.BatchNorm1d(16)(x)), 4)
    >>> torch.testing.assert_close(pooled, expected, rtol=1e-5, atol=1e-5)
    """
    found: tuple[Tensor, Tensor, Tensor] = _NormEluPool.apply(  # type: ignore[no-untyped-call]
        x, gamma, beta, eps, length
    )
    return found


def scaled_elu_pool(x: Tensor, scale: Tensor, shift: Tensor, length: int) -> Tensor:
    """Return ``avg_pool1d(elu(scale * x + shift), length)``, as evaluation needs it.

    Gradients are computed by torch's own functions.

    Parameters
    ----------
    x : Tensor, shape (batch, maps, n_times)
        Time-major maps (`eegzoo.layers.time_major`).
    scale, shift : Tensor, shape (maps,)
        Normalisation, as `eegzoo.layers.fronts.norm_folding.scale_and_shift` returns it.
    length : int
        Length and stride of the pool.

    Returns
    -------
    Tensor, shape (batch, maps, n_times // length)
        Pooled maps, time-major.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, 3.0, 5.0, 5.0]] * 2])
    >>> scaled_elu_pool(x.mT.contiguous().mT, torch.ones(2), torch.ones(2), 2)
    tensor([[[3., 6.],
             [3., 6.]]])
    """
    pooled: Tensor = _ScaledEluPool.apply(x, scale, shift, length)  # type: ignore[no-untyped-call]
    return pooled


class _ScaledEluPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, shift: Tensor, length: int) -> Tensor:
        ctx.save_for_backward(x, scale, shift)
        ctx.length = length
        parts = torch.split(x.mT, _WINDOWS)
        return torch.cat([_elu_pool(torch.addcmul(shift, z, scale), length) for z in parts]).mT

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, scale, shift = ctx.saved_tensors
        needs, create_graph = ctx.needs_input_grad[:3], torch.is_grad_enabled()
        with torch.enable_grad():
            z = x * scale.unsqueeze(1) + shift.unsqueeze(1)
            pooled = F.avg_pool1d(F.elu(z), ctx.length)
        return *_gradients(pooled, (x, scale, shift), grads[0], needs, create_graph), None


class _NormEluPool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, gamma: Tensor, beta: Tensor, eps: float, length: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        parts = torch.split(x.mT, _WINDOWS)  # (windows, n_times, maps)
        n_values = len(x) * x.shape[2]
        mean = _total([_sum_of_maps(part) for part in parts]) / n_values
        squares = [_sum_of_maps((part - mean).square_()) for part in parts]
        variance = _total(squares) / n_values
        scale = gamma * torch.rsqrt(variance + eps)
        pooled = [_elu_pool(torch.addcmul(beta, part - mean, scale), length) for part in parts]
        ctx.eps, ctx.length = eps, length
        ctx.save_for_backward(x, gamma, beta, mean, variance)
        ctx.mark_non_differentiable(mean, variance)
        return torch.cat(pooled).mT, mean, variance

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, gamma, beta, mean, variance = ctx.saved_tensors
        if torch.is_grad_enabled():  # create_graph
            z = F.batch_norm(x, None, None, gamma, beta, True, 0.0, ctx.eps)
            pooled = F.avg_pool1d(F.elu(z), ctx.length)
            needs = ctx.needs_input_grad[:3]
            return *_gradients(pooled, (x, gamma, beta), grads[0], needs, True), None, None
        length, n_values = ctx.length, len(x) * x.shape[2]
        n_pooled = x.shape[2] // length
        end = n_pooled * length
        spread = torch.rsqrt(variance + ctx.eps)
        scale = gamma * spread
        to_x = x.new_empty(len(x), x.shape[2], x.shape[1])
        to_pooled = (grads[0].mT / length).contiguous()
        of_beta, products = [], []
        parts = list(zip(torch.split(x.mT, _WINDOWS), torch.split(to_x, _WINDOWS), strict=True))
        for (part, grad), of_pools in zip(parts, torch.split(to_pooled, _WINDOWS), strict=True):
            centred = part - mean
            torch.addcmul(beta, centred, scale, out=grad)
            grad.exp_().clamp_(max=1)  # the derivative of ELU
            grad[:, end:] = 0.0
            grad[:, :end].view(len(part), n_pooled, length, -1).mul_(of_pools.unsqueeze(2))
            of_beta.append(_sum_of_maps(grad))
            products.append(_sum_of_maps(centred.mul_(grad)))
        to_beta, to_gamma = _total(of_beta), spread * _total(products)
        slope = -scale * spread * to_gamma / n_values
        constant = -scale * to_beta / n_values - slope * mean
        for part, grad in parts:
            grad.mul_(scale).addcmul_(part, slope).add_(constant)
        return to_x.mT, to_gamma, to_beta, None, None


def exp_is_faster() -> bool:
    """Return whether torch computes two exponentials in less time than one ELU."""
    return torch.backends.cpu.get_cpu_capability() != "AVX512"


def _sum_of_maps(values: Tensor) -> Tensor:
    """Return the sum of (windows, n_times, maps) for each map."""
    maps = values.shape[2]
    flat = values.flatten()
    at_once = next(n for n in range(max(1, _ROW // maps), 0, -1) if flat.numel() % (n * maps) == 0)
    return flat.view(-1, at_once * maps).sum(0).view(at_once, maps).sum(0)


def _total(values: list[Tensor]) -> Tensor:
    return sum(values[1:], values[0])


def _elu_pool(z: Tensor, length: int) -> Tensor:
    """Return pooled (windows, n_pools, maps) of (windows, n_times, maps), which are overwritten."""
    if not exp_is_faster():
        return F.avg_pool2d(F.elu_(z).mT.unsqueeze(2), (1, length)).squeeze(2).mT
    # The sum is ELU plus 1, which is subtracted from fewer values.
    values = torch.exp(z).clamp_(max=1).add_(z.clamp_(min=0))
    image = values.mT.unsqueeze(2)
    return F.avg_pool2d(image, (1, length)).squeeze(2).mT.sub_(1)


def _gradients(
    out: Tensor, inputs: Sequence[Tensor], grad: Tensor, needs: Sequence[bool], create_graph: bool
) -> list[Tensor | None]:
    wanted = [tensor for tensor, needed in zip(inputs, needs, strict=True) if needed]
    found = iter(torch.autograd.grad(out, wanted, grad, create_graph=create_graph))
    return [next(found) if needed else None for needed in needs]
