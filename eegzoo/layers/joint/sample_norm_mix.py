"""Temporal convolution, normalisation of each sample and spatial filters, computed together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.fast_conv.dense_conv1d import algorithm_for, conv1d_gradients, convolve_by
from eegzoo.layers.fast_conv.plain_gradients import total

# Number of filtered values that stay in the caches from one operation to the next.
_VALUES = 3_000_000


def conv_sample_norm_mix(
    x: Tensor, weight: Tensor, gamma: Tensor, beta: Tensor, mixing: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Filter channels in time, normalise each sample over the batch and mix the channels.

    Each sample has one mean, variance, scale and shift for all maps and channels, so that the
    channels can be mixed before they are normalised. The filtered signals of all channels are kept
    for the gradient, but not their normalised values, and are computed a few windows at a time. A
    gradient of the gradient is computed by torch's own functions.

    Parameters
    ----------
    x : Tensor, shape (batch, n_chans, in_maps, n_times)
        Maps of each channel, padded in time.
    weight : Tensor, shape (maps, in_maps, kernel_size)
        Temporal kernels.
    gamma, beta : Tensor, shape (n_outputs,)
        Weight and bias of the normalisation of each filtered sample.
    mixing : Tensor, shape (maps * D, n_chans)
        Spatial filters, D for each map.
    eps : float
        Number that is added to the variance.

    Returns
    -------
    mixed : Tensor, shape (batch, maps * D, n_outputs)
        Mixed signals.
    mean, variance : Tensor, shape (n_outputs,)
        Statistics of the filtered signals, without a gradient.

    Examples
    --------
    >>> x, weight, mixing = torch.randn(4, 3, 2, 20), torch.randn(5, 2, 9), torch.randn(10, 3)
    >>> one, zero = torch.ones(12), torch.zeros(12)
    >>> mixed, mean, variance = conv_sample_norm_mix(x, weight, one, zero, mixing, 1e-3)
    >>> mixed.shape, mean.shape
    (torch.Size([4, 10, 12]), torch.Size([12]))
    """
    found: tuple[Tensor, Tensor, Tensor] = _ConvSampleNormMix.apply(  # type: ignore[no-untyped-call]
        x, weight, gamma, beta, mixing, eps
    )
    return found


class _ConvSampleNormMix(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, gamma: Tensor, beta: Tensor, mixing: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        batch, n_chans, _, n_times = x.shape
        maps, _, n_taps = weight.shape
        n_outputs = n_times - n_taps + 1
        n_values = batch * n_chans * maps
        # The mean follows from the mean signal; values without it are precise when squared.
        mean = F.conv1d(x.mean((0, 1)).unsqueeze(0), weight.mean(0, keepdim=True)).flatten()
        algorithm = algorithm_for(x.flatten(0, 1), weight)
        centred, squares = [], []
        mixed = x.new_empty(batch, maps, len(mixing) // maps, n_outputs)
        filters = mixing.view(maps, -1, n_chans)
        parts = zip(
            _parts(x, n_values * n_outputs), _parts(mixed, n_values * n_outputs), strict=True
        )
        for part, out in parts:
            y = convolve_by(algorithm, part.flatten(0, 1), weight)
            y -= mean
            squares.append(torch.linalg.vector_norm(y.flatten(0, 1), dim=0).square_())
            y = torch.unflatten(y, 0, (-1, n_chans))
            for window, to in zip(y, out, strict=True):
                torch.bmm(filters, window.transpose(0, 1), out=to)
            centred.append(y)
        mixed = mixed.flatten(1, 2)
        variance = total(squares) / n_values
        scale = gamma * torch.rsqrt(variance + eps)
        ctx.eps, ctx.algorithm = eps, algorithm
        ctx.save_for_backward(x, weight, gamma, beta, mixing, variance, mixed, *centred)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(beta * mixing.sum(1, keepdim=True), mixed, scale), mean, variance

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, gamma, beta, mixing, variance, mixed, *centred = ctx.saved_tensors
        (grad, *_), needs = grads, ctx.needs_input_grad
        if torch.is_grad_enabled():  # create_graph
            tensors = (x, weight, gamma, beta, mixing)
            wanted = [tensor for tensor, needed in zip(tensors, needs, strict=False) if needed]
            out = _plain(*tensors, ctx.eps)
            found = iter(torch.autograd.grad(out, wanted, grad, create_graph=True))
            return *(next(found) if needed else None for needed in needs[:5]), None
        maps, n_chans = len(weight), x.shape[1]
        n_values, n_outputs = len(x) * n_chans * maps, grad.shape[2]
        spread = torch.rsqrt(variance + ctx.eps)
        scale = gamma * spread
        to_beta = (grad * mixing.sum(1, keepdim=True)).sum((0, 1))
        to_gamma = (grad * mixed).sum((0, 1)) * spread
        slope, constant = -scale * spread * to_gamma / n_values, -scale * to_beta / n_values
        scaled = torch.unflatten(grad * scale, 1, (maps, -1))
        filters = mixing.view(maps, -1, n_chans)
        to_filters, to_x, to_weight = torch.zeros_like(filters), [], []
        grads_of_parts = _parts(scaled, n_values * n_outputs)
        parts = zip(centred, _parts(x, n_values * n_outputs), grads_of_parts, strict=True)
        for y, part, of_mixed in parts:
            to_y = torch.addcmul(constant, y, slope)
            for window, to_window, of_window in zip(y, to_y, of_mixed, strict=True):
                to_window.transpose(0, 1).baddbmm_(filters.mT, of_window)
                if needs[4]:
                    to_filters.baddbmm_(of_window, window.transpose(0, 1).mT)
            if needs[0] or needs[1]:
                to_part, to_kernels = conv1d_gradients(
                    part.flatten(0, 1), weight, to_y.flatten(0, 1), ctx.algorithm, needs[:2]
                )
                if to_part is not None:
                    to_x.append(torch.unflatten(to_part, 0, (-1, n_chans)))
                if to_kernels is not None:
                    to_weight.append(to_kernels)
        # The shift reaches all channels of a filter.
        to_mixing = to_filters.flatten(0, 1) + (grad.sum(0) * beta).sum(1, keepdim=True)
        return (
            torch.cat(to_x) if to_x else None,
            total(to_weight) if to_weight else None,
            to_gamma,
            to_beta,
            to_mixing,
            None,
        )


def _parts(windows: Tensor, n_values: int) -> Iterator[Tensor]:
    """Return some windows each, so that the filtered signals of each part stay in the caches."""
    n_windows = max(1, _VALUES * len(windows) // max(1, n_values))
    return iter(torch.split(windows, n_windows))


def _plain(
    x: Tensor, weight: Tensor, gamma: Tensor, beta: Tensor, mixing: Tensor, eps: float
) -> Tensor:
    y = F.conv1d(x.flatten(0, 1), weight)  # (batch * n_chans, maps, n_outputs)
    z = F.batch_norm(y.flatten(0, 1), None, None, gamma, beta, True, 0.0, eps)
    z = z.view(len(x), x.shape[1], len(weight), -1)
    filters = mixing.view(len(weight), -1, x.shape[1])
    return torch.einsum("mdc,bcmt->bmdt", filters, z).flatten(1, 2)
