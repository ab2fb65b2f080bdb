"""Batch normalisation over the windows of several processes, as if one had them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm


class SyncedBatchNorm(_BatchNorm):
    """What `synchronised` adds to a batch normalisation: the statistics of all processes.

    Outputs, gradients and running statistics are those of one process with the joined batch,
    however many windows each process has. ``torch.nn.SyncBatchNorm`` is for CUDA alone. Evaluation
    and a process that is alone are left to the plain layer. Copies and pickles are plain layers.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Conv1d(22, 8, 5), torch.nn.BatchNorm1d(8))
    >>> with synchronised(net):
    ...     isinstance(net[1], SyncedBatchNorm), isinstance(net[1], torch.nn.BatchNorm1d)
    (True, True)
    """

    plain_class: type[_BatchNorm]

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (n_windows, num_features, ...)."""
        if _is_alone() or not self.training:
            return super().forward(input)
        self._check_input_dim(input)  # type: ignore[no-untyped-call]
        normalized: Tensor = self._normalize_together(input)
        return normalized

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # what is around it compiles
    def _normalize_together(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            wide = x.to(torch.promote_types(x.dtype, torch.float32))
            n_values = x.numel() // self.num_features
            # A share without windows has sums of zero, which count for nothing.
            mean = wide.sum(_others(x)) / max(n_values, 1)
            variance = (wide - _along(mean, x)).square().sum(_others(x)) / max(n_values, 1)
            mean, variance, total = _pooled(mean, variance, n_values)
            self._track(mean, variance, total)
        normalized: Tensor = _Normalization.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.bias, mean, variance, total, self.eps
        )
        return normalized

    def pooled(
        self, mean: Tensor, variance: Tensor, n_values: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the statistics of all processes from those of each; in evaluation, its own.

        Gradients flow through it, to each process's own. For those who compute in other ways what
        the layer does.

        Parameters
        ----------
        mean, variance : Tensor, shape (num_features,)
            Of this process; the variance is the mean square, not the unbiased estimate.
        n_values : int
            How many values of each feature this process has.

        Returns
        -------
        mean, variance : Tensor, shape (num_features,)
            Of all processes.
        total : Tensor, shape ()
            How many values they have together.
        """
        if _is_alone() or not self.training:
            return mean, variance, torch.tensor(float(n_values))
        centre, spread, total = _pooled(mean, variance, n_values)
        return centre, spread, total

    def _track(self, mean: Tensor, variance: Tensor, total: Tensor) -> None:
        """Update the running statistics as the plain layer does."""
        if not self.track_running_stats:
            return
        share: float | Tensor = 0.0 if self.momentum is None else self.momentum
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                share = 1.0 / self.num_batches_tracked.double()
        unbiased = variance * (total / (total - 1).clamp_min(1))
        for running, new in ((self.running_mean, mean), (self.running_var, unbiased)):
            if running is not None:
                running.add_((new - running) * share)

    def __reduce_ex__(self, protocol: Any) -> Any:
        how: Any = super().__reduce_ex__(protocol)
        return (object.__new__, (self.plain_class,), *how[2:])


@contextmanager
def synchronised(module: nn.Module) -> Iterator[None]:
    """Let a module's batch normalisations take their statistics over all processes, for a while.

    Their class is replaced by one that is also a `SyncedBatchNorm`; parameters, buffers and
    state-dict keys stay. Subclasses stay what they are: one whose ``forward`` calls that of its
    base is synchronised in the midst of it, one that computes otherwise is not.

    Parameters
    ----------
    module : nn.Module
        It is changed in place, and is as before afterwards, also after an error.

    Examples
    --------
    >>> norm = torch.nn.BatchNorm2d(8)
    >>> with synchronised(norm):
    ...     type(norm).__name__
    'SyncedBatchNorm2d'
    >>> type(norm).__name__
    'BatchNorm2d'
    """
    layers: dict[nn.Module, Any] = {
        layer: type(layer)
        for layer in module.modules()
        if isinstance(layer, _BatchNorm) and not isinstance(layer, nn.SyncBatchNorm)
    }
    try:
        for layer, kind in layers.items():
            layer.__class__ = _synced(kind)
        yield
    finally:
        for layer, kind in layers.items():
            layer.__class__ = kind


@cache
def _synced(kind: Any) -> Any:
    if issubclass(kind, SyncedBatchNorm):
        return kind
    # Between the plain layer and `_BatchNorm`, where the plain layer's forward comes from.
    return type(f"Synced{kind.__name__}", (kind, SyncedBatchNorm), {"plain_class": kind})


class _Pooling(torch.autograd.Function):
    """Mean, variance and number of values over all processes."""

    @staticmethod
    def forward(
        ctx: Any, mean: Tensor, variance: Tensor, n_values: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        # In float64, where numbers of values are exact.
        count = mean.new_tensor([n_values], dtype=torch.float64)
        row = torch.cat([count, mean.double(), variance.double()])
        rows = [torch.empty_like(row) for _ in range(dist.get_world_size())]
        dist.all_gather(rows, row)
        counts, means, variances = torch.split(torch.stack(rows), [1, len(mean), len(mean)], 1)
        total = counts.sum()
        shares = counts / total
        centre = (shares * means).sum(0)
        spread = (shares * (variances + (means - centre).square())).sum(0)
        ctx.save_for_backward(n_values / total, (mean - centre).to(mean.dtype))
        ctx.mark_non_differentiable(total)
        return centre.to(mean.dtype), spread.to(mean.dtype), total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_mean: Tensor, of_variance: Tensor, _: Any) -> tuple[Any, ...]:
        share, offset = ctx.saved_tensors
        of_mean, of_variance = _summed(of_mean, of_variance)
        return share * (of_mean + 2 * offset * of_variance), share * of_variance, None


class _Normalization(torch.autograd.Function):
    """A normalisation by statistics that depend on the inputs of all processes."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        mean: Tensor,
        variance: Tensor,
        total: Tensor,
        eps: float,
    ) -> Tensor:
        ctx.save_for_backward(x, weight, mean, torch.rsqrt(variance + eps), total)
        weight, bias = (None if part is None else part.to(mean.dtype) for part in (weight, bias))
        return F.batch_norm(x, mean, variance, weight, bias, eps=eps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_y: Tensor) -> tuple[Any, ...]:
        x, weight, mean, scale, total = ctx.saved_tensors
        centred = x - _along(mean, x)
        of_bias = of_y.sum(_others(x), dtype=mean.dtype)
        of_weight = (of_y * centred).sum(_others(x)) * scale
        # What is learnt sums the parts of the processes later; the statistics need the sums now.
        sum_of_bias, sum_of_weight = _summed(of_bias, of_weight)
        of_x = None
        if ctx.needs_input_grad[0]:
            gain = scale if weight is None else scale * weight
            offset = -gain * sum_of_bias / total
            slope = -gain * scale * sum_of_weight / total
            of_x = _along(gain, x) * of_y + _along(offset, x) + _along(slope, x) * centred
            of_x = of_x.to(x.dtype)
        if weight is not None:
            of_weight, of_bias = of_weight.to(weight.dtype), of_bias.to(weight.dtype)
        wanted = [
            part if needed else None
            for part, needed in zip((of_weight, of_bias), ctx.needs_input_grad[1:3], strict=True)
        ]
        return of_x, *wanted, None, None, None, None


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _pooled(mean: Tensor, variance: Tensor, n_values: int) -> Any:
    return _Pooling.apply(mean, variance, n_values)  # type: ignore[no-untyped-call]


def _is_alone() -> bool:
    return not dist.is_available() or not dist.is_initialized() or dist.get_world_size() == 1


def _summed(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return two equally long tensors, each summed over all processes."""
    both = torch.stack([first, second])
    dist.all_reduce(both)
    return both[0], both[1]


def _others(x: Tensor) -> list[int]:
    """Return the dimensions of `x` but that of its features."""
    return [0, *range(2, x.ndim)]


def _along(values: Tensor, x: Tensor) -> Tensor:
    """Shape a value for each feature so that it goes with `x`."""
    return values.view(-1, *[1] * (x.ndim - 2))
