"""Convolution, batch normalisation, max pool and ELU as one step of autograd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.fast_conv.plain_gradients import plain_convolution, recomputed, total
from eegzoo.layers.fast_conv.pool_layouts import LAYOUTS


def conv_max_pool(
    x: Tensor, weight: Tensor, bias: Tensor | None, length: int, algorithm: str
) -> Tensor:
    """Return ``elu(max_pool1d(conv1d(x, weight, bias), length))``.

    Gradients are computed by torch's own functions.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
    weight : Tensor, shape (maps, channels, kernel_size)
        Kernels.
    bias : Tensor | None, shape (maps,)
        Bias of each map.
    length : int
        Length and stride of the pool.
    algorithm : {"direct", "channels last", "frames"}
        Algorithm of the convolution.

    Returns
    -------
    Tensor, shape (batch, maps, n_outputs // length)
        Pooled maps.

    Examples
    --------
    >>> x, weight = torch.randn(2, 3, 100), torch.randn(4, 3, 11)
    >>> expected = F.elu(F.max_pool1d(F.conv1d(x, weight), 3))
    >>> torch.testing.assert_close(conv_max_pool(x, weight, None, 3, "frames"), expected)
    """
    pooled: Tensor = _ConvMaxPool.apply(x, weight, bias, length, algorithm)  # type: ignore[no-untyped-call]
    return pooled


def conv_norm_max_pool(
    x: Tensor, weight: Tensor, bias: Tensor | None, gamma: Tensor, beta: Tensor, eps: float,
    length: int, algorithm: str,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Return pooled maps that are normalised over the batch.

    ELU and the normalisation are increasing functions once the kernels of maps with a negative
    `gamma` change their sign, so that the pool comes first and the others have fewer values.
    Nothing but the filtered signals and the pooled maps is kept for the gradient: where the largest
    values were is found again. A gradient of the gradient is computed by torch's own functions.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
    weight : Tensor, shape (maps, channels, kernel_size)
        Kernels.
    bias : Tensor | None, shape (maps,)
        Bias of each map, which the normalisation removes. Its gradient is zero.
    gamma, beta : Tensor, shape (maps,)
        Weight, without zeros, and bias of the normalisation.
    eps : float
        Number that is added to the variance.
    length : int
        Length and stride of the pool.
    algorithm : {"direct", "channels last", "frames"}
        Algorithm of the convolution.

    Returns
    -------
    pooled : Tensor, shape (batch, maps, n_outputs // length)
        ``elu(max_pool1d(normalised, length))``.
    mean, variance : Tensor, shape (maps,)
        Statistics of the filtered signals, without a gradient.

    Examples
    --------
    >>> x, weight = torch.randn(2, 3, 100), torch.randn(4, 3, 11)
    >>> pooled, mean, variance = conv_norm_max_pool(
    ...     x, weight, None, torch.ones(4), torch.zeros(4), 1e-5, 3, "frames")
    >>> expected = F.elu(F.max_pool1d(torch.nn.BatchNorm1d(4)(F.conv1d(x, weight)), 3))
    >>> torch.testing.assert_close(pooled, expected, rtol=1e-4, atol=1e-5)
    """
    found: tuple[Tensor, Tensor, Tensor] = _ConvNormMaxPool.apply(  # type: ignore[no-untyped-call]
        x, weight, bias, gamma, beta, eps, length, algorithm
    )
    return found


class _ConvMaxPool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, length: int, algorithm: str
    ) -> Tensor:
        ctx.save_for_backward(x, weight, bias)
        ctx.length = length
        layout = LAYOUTS[algorithm](x.shape, weight.shape, length)
        pooled = layout.joined([_largest(layout.phases(z)) for z in layout.outputs(x, weight)])
        if bias is not None:
            pooled += bias.unsqueeze(1)
        return F.elu_(pooled)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        needs = ctx.needs_input_grad
        return *recomputed(_plain, grads[0], ctx.saved_tensors, needs, ctx.length), None, None


class _ConvNormMaxPool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, gamma: Tensor, beta: Tensor,
        eps: float, length: int, algorithm: str,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        layout = LAYOUTS[algorithm](x.shape, weight.shape, length)
        n_values = len(x) * (x.shape[2] - weight.shape[2] + 1)
        sign = _signs(gamma)
        outputs = layout.outputs(x, weight * sign[:, None, None])
        mean = total([layout.sum(z) for z in outputs]) / n_values
        squares = []
        for z in outputs:
            z -= layout.of_map(mean)
            layout.clear_rest_(z)
            squares.append(layout.sum(z.square()))
        variance = total(squares) / n_values
        scale = layout.of_map(gamma.abs() * torch.rsqrt(variance + eps))
        shift = layout.of_map(beta)
        largest = [_largest(layout.phases(z)) for z in outputs]
        pooled = layout.joined([torch.addcmul(shift, values, scale) for values in largest])
        pooled = F.elu_(pooled)
        ctx.layout, ctx.eps, ctx.length = layout, eps, length
        ctx.save_for_backward(x, weight, bias, gamma, beta, variance, pooled, *outputs)
        mean = mean * sign
        if bias is not None:
            mean = mean + bias
        ctx.mark_non_differentiable(mean, variance)
        return pooled, mean, variance

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias, gamma, beta, variance, pooled, *outputs = ctx.saved_tensors
        needs, layout = ctx.needs_input_grad, ctx.layout
        if torch.is_grad_enabled():  # create_graph
            inputs = (x, weight, bias, gamma, beta)
            found = recomputed(_plain, grads[0], inputs, needs, ctx.length, ctx.eps)
            return *found, None, None, None
        # The derivative of ELU is 1, or the output plus 1 where that is less.
        to_pools = layout.parted(torch.addcmul(grads[0], grads[0], pooled.clamp(max=0)))
        largest = [_largest(layout.phases(z)) for z in outputs]
        of_beta = total([layout.sum(grad) for grad in to_pools])
        products = [layout.sum(grad * value) for grad, value in zip(to_pools, largest, strict=True)]
        spread, sign = torch.rsqrt(variance + ctx.eps), _signs(gamma)
        normalized = spread * total(products)  # the gradient to the absolute value of gamma
        n_values = len(x) * (x.shape[2] - weight.shape[2] + 1)
        scale = gamma.abs() * spread
        constant = layout.of_map(-scale * of_beta / n_values)
        slope = layout.of_map(-scale * spread * normalized / n_values)

        def fill(number: int, grad: Tensor) -> None:
            torch.addcmul(constant, outputs[number], slope, out=grad)
            to_largest = to_pools[number] * layout.of_map(scale)
            _add_at_largest_(layout.phases(grad), layout.phases(outputs[number]), to_largest)

        to_x = to_weight = None
        if needs[0] or needs[1]:
            signed = weight * sign[:, None, None]
            to_x, to_weight = layout.gradients(x, signed, fill, outputs, needs[:2])
        return (
            to_x,
            None if to_weight is None else to_weight * sign[:, None, None],
            torch.zeros_like(bias) if needs[2] else None,
            sign * normalized,
            of_beta,
            None,
            None,
            None,
        )


def _signs(gamma: Tensor) -> Tensor:
    return torch.where(gamma < 0, -1.0, 1.0).to(gamma.dtype)


def _largest(phases: Sequence[Tensor]) -> Tensor:
    """Return the largest of the samples of each pool."""
    largest = phases[0].clone() if len(phases) == 1 else torch.maximum(*phases[:2])
    for phase in phases[2:]:
        torch.maximum(largest, phase, out=largest)
    return largest


def _add_at_largest_(grads: Sequence[Tensor], phases: Sequence[Tensor], values: Tensor) -> None:
    """Add values to the first largest sample of each pool, in place.

    Masks are floating numbers, because torch selects by Boolean ones ten times more slowly.
    """
    before = [phases[0]]  # the largest of the samples so far
    for phase in phases[1:-1]:
        before.append(torch.maximum(before[-1], phase))
    mask = torch.empty_like(values)
    for phase, grad, earlier in zip(phases[:0:-1], grads[:0:-1], before[::-1], strict=True):
        torch.gt(phase, earlier, out=mask)
        grad.addcmul_(mask, values)
        values.addcmul_(mask, values, value=-1)
    grads[0].add_(values)


def _plain(
    length: int, eps: float | None, x: Tensor, weight: Tensor, bias: Tensor | None, *affine: Tensor
) -> Tensor:
    return F.elu(F.max_pool1d(plain_convolution(eps, x, weight, bias, *affine), length))
