"""Power of filtered signals in blocks of samples, without the filtered signals being stored."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.fast_conv import overlap_save as by_frames
from eegzoo.layers.fast_conv.frame_blocks import blocks_of, by_frame, by_window, clear_rest_
from eegzoo.layers.fast_conv.plain_gradients import plain_convolution, recomputed, total

_WINDOWS = 8
"""Number of windows computed at once: their filtered signals stay in the caches."""


def block_power(x: Tensor, weight: Tensor, bias: Tensor | None, length: int) -> Tensor:
    """Return the sums of squares of filtered signals in blocks of samples.

    A gradient of the gradient is computed by torch's own functions.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
    weight : Tensor, shape (maps, channels, kernel_size)
        Kernels.
    bias : Tensor | None, shape (maps,)
        Bias of each map.
    length : int
        Number of samples of a block. Samples that do not fill a last block are dropped.

    Returns
    -------
    Tensor, shape (batch, maps, n_outputs // length)
        Sums.

    Examples
    --------
    >>> x, weight = torch.randn(2, 3, 100), torch.randn(4, 3, 11)
    >>> power = torch.nn.functional.conv1d(x, weight).square()
    >>> expected = 15 * torch.nn.functional.avg_pool1d(power, 15)
    >>> torch.testing.assert_close(block_power(x, weight, None, 15), expected)
    """
    sums: Tensor = _BlockPower.apply(x, weight, bias, length)  # type: ignore[no-untyped-call]
    return sums


def normalized_block_power(
    x: Tensor, weight: Tensor, bias: Tensor | None, gamma: Tensor, beta: Tensor, eps: float,
    length: int,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Return the power in blocks of filtered signals that are normalised over the batch.

    It is one step of autograd: the signals before the normalisation are not kept, and the backward
    pass of the normalisation needs the sums of the blocks alone. A gradient of the gradient is
    computed by torch's own functions.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, n_times)
        Signals.
    weight : Tensor, shape (maps, channels, kernel_size)
        Kernels.
    bias : Tensor | None, shape (maps,)
        Bias of each map, which the normalisation removes. Its gradient is zero.
    gamma, beta : Tensor, shape (maps,)
        Weight and bias of the normalisation, of which `keeps_precision` must be true.
    eps : float
        Number that is added to the variance.
    length : int
        Number of samples of a block.

    Returns
    -------
    power : Tensor, shape (batch, maps, n_outputs // length)
        Sums of the squares of the normalised signals.
    mean, variance : Tensor, shape (maps,)
        Statistics of the filtered signals, without a gradient.

    Examples
    --------
    >>> x, weight = torch.randn(2, 3, 100), torch.randn(4, 3, 11)
    >>> power, mean, variance = normalized_block_power(
    ...     x, weight, None, torch.ones(4), torch.zeros(4), 1e-5, 15)
    >>> normalized = torch.nn.BatchNorm1d(4)(torch.nn.functional.conv1d(x, weight))
    >>> expected = 15 * torch.nn.functional.avg_pool1d(normalized.square(), 15)
    >>> torch.testing.assert_close(power, expected, rtol=1e-4, atol=1e-4)
    """
    found: tuple[Tensor, Tensor, Tensor] = _NormalizedBlockPower.apply(  # type: ignore[no-untyped-call]
        x, weight, bias, gamma, beta, eps, length
    )
    return found


def keeps_precision(gamma: Tensor, beta: Tensor) -> bool:
    """Return whether normalised values can be computed back from scaled and shifted ones."""
    return bool((gamma.detach().abs() > 0.01 * beta.detach().abs()).all())


class _BlockPower(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, length: int) -> Tensor:
        frames = by_frames.choose_frames(x.shape[2], weight.shape[2], length)
        kernels = by_frames.kernel_spectra(weight, frames)
        sums, kept = [], []
        for windows in torch.split(x, _WINDOWS):
            spectra = by_frames.signal_spectra(windows, frames)
            outputs = by_frames.time_major(spectra, kernels, frames, bias)
            sums.append(by_window(blocks_of(outputs, length).square().sum(1), frames, length))
            if any(ctx.needs_input_grad):
                kept += [spectra, outputs]
        ctx.frames, ctx.length = frames, length
        ctx.save_for_backward(x, weight, bias, kernels, *kept)
        return torch.cat(sums)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias, kernels, *kept = ctx.saved_tensors
        needs, frames, length = ctx.needs_input_grad, ctx.frames, ctx.length
        if torch.is_grad_enabled():  # create_graph
            found = recomputed(_plain_power, grads[0], (x, weight, bias), needs, length)
            return *found, None
        of_x, of_weight, of_bias = [], [], []
        parts = zip(torch.split(grads[0], _WINDOWS), kept[::2], kept[1::2], strict=True)
        for grad, spectra, outputs in parts:
            twice = 2 * by_frame(grad, frames, length)
            to_outputs = blocks_of(outputs, length) * twice.unsqueeze(1)
            to_outputs = to_outputs.view(outputs.shape)
            of_outputs = by_frames.output_spectra(to_outputs, frames)
            if needs[0]:
                of_x.append(by_frames.signal_gradient(of_outputs, kernels, frames))
            if needs[1]:
                of_weight.append(by_frames.kernel_gradient(of_outputs, spectra, frames))
            if needs[2]:
                of_bias.append(to_outputs.sum((0, 2, 3)))
        return (
            torch.cat(of_x) if of_x else None,
            total(of_weight) if of_weight else None,
            total(of_bias) if of_bias else None,
            None,
        )


class _NormalizedBlockPower(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, gamma: Tensor, beta: Tensor,
        eps: float, length: int,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        frames = by_frames.choose_frames(x.shape[2], weight.shape[2], length)
        kernels = by_frames.kernel_spectra(weight, frames)
        to_x, to_weight, *_ = ctx.needs_input_grad
        all_spectra, outputs = [], []
        for windows in torch.split(x, _WINDOWS):
            spectra = by_frames.signal_spectra(windows, frames)
            outputs.append(by_frames.time_major(spectra, kernels, frames))
            clear_rest_(outputs[-1], frames)
            all_spectra.append(spectra if to_weight else None)
        n_values = len(x) * frames.n_outputs
        mean = total([z.flatten(2).sum(0).sum(1) for z in outputs]) / n_values
        squares = []
        for z in outputs:
            rows = z.flatten(2)  # a view
            rows -= mean.unsqueeze(1)
            clear_rest_(z, frames)
            squares.append(torch.linalg.vector_norm(rows, dim=2).square_().sum(0))
        variance = total(squares) / n_values
        scale = gamma * torch.rsqrt(variance + eps)
        powers, totals = [], []
        for z in outputs:
            rows = z.flatten(2)
            torch.addcmul(beta.unsqueeze(1), rows, scale.unsqueeze(1), out=rows)
            blocks = blocks_of(z, length)
            powers.append(blocks.square().sum(1))
            totals.append(blocks.sum(1))
        ctx.frames, ctx.eps, ctx.length = frames, eps, length
        ctx.save_for_backward(
            x, weight, bias, gamma, beta, variance, kernels if to_x else None,
            *outputs, *powers, *totals, *all_spectra,
        )  # fmt: skip
        if bias is not None:
            mean = mean + bias
        ctx.mark_non_differentiable(mean, variance)
        sums = torch.cat([by_window(power, frames, length) for power in powers])
        return sums, mean, variance

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias, gamma, beta, variance, kernels, *kept = ctx.saved_tensors
        needs, frames, length = ctx.needs_input_grad, ctx.frames, ctx.length
        if torch.is_grad_enabled():  # create_graph
            inputs = (x, weight, bias, gamma, beta)
            found = recomputed(_plain_power, grads[0], inputs, needs, length, ctx.eps)
            return *found, None, None
        n_parts = len(kept) // 4
        outputs, powers, totals, all_spectra = (
            kept[start : start + n_parts] for start in range(0, 4 * n_parts, n_parts)
        )
        twice = [
            2 * by_frame(grad, frames, length)
            for grad, z in zip(torch.split(grads[0], _WINDOWS), outputs, strict=True)
        ]
        # Sums over batch and time of the gradient to z, and of its product with normalised values.
        of_beta = total([(g * s).sum((0, 2, 3)) for g, s in zip(twice, totals, strict=True)])
        of_gamma = total([(g * s).sum((0, 2, 3)) for g, s in zip(twice, powers, strict=True)])
        of_gamma = (of_gamma - beta * of_beta) / gamma
        of_x, of_weight = [], []
        n_values = len(x) * frames.n_outputs
        spread = torch.rsqrt(variance + ctx.eps)
        per_value = spread * of_gamma / n_values
        constant = beta * per_value - gamma * spread * of_beta / n_values
        for g, z, spectra in zip(twice, outputs, all_spectra, strict=True):
            if not (needs[0] or needs[1]):
                break
            factor = g.flatten(2) * (gamma * spread).unsqueeze(1) - per_value.unsqueeze(1)
            blocks = blocks_of(z, length).flatten(3)
            to_outputs = torch.addcmul(constant.unsqueeze(1), blocks, factor.unsqueeze(1))
            to_outputs = to_outputs.view(z.shape)
            clear_rest_(to_outputs, frames)
            of_outputs = by_frames.output_spectra(to_outputs, frames)
            if needs[0]:
                of_x.append(by_frames.signal_gradient(of_outputs, kernels, frames))
            if needs[1]:
                of_weight.append(by_frames.kernel_gradient(of_outputs, spectra, frames))
        return (
            torch.cat(of_x) if of_x else None,
            total(of_weight) if of_weight else None,
            torch.zeros_like(bias) if needs[2] else None,
            of_gamma,
            of_beta,
            None,
            None,
        )


def _plain_power(
    length: int, eps: float | None, x: Tensor, weight: Tensor, bias: Tensor | None, *affine: Tensor
) -> Tensor:
    y = plain_convolution(eps, x, weight, bias, *affine)
    return F.avg_pool1d(y.square(), length) * length
