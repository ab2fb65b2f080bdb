"""Batch normalisation with the statistics of all processes that share a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from eegzoo.layers.person.person_statistics import person_layers
from eegzoo.torch_internals import BatchNormBase, check_batch_norm_input
from eegzoo.torch_tracing import not_compiled
from eegzoo.training.parallel.processes import is_connected


class SyncedBatchNorm(BatchNormBase):
    """Batch normalisation with the statistics of all processes; a mixin for `synchronised`.

    Outputs, gradients and running statistics equal those of a single process with the joined
    batch, even if the processes have different numbers of windows. In evaluation, and in a process
    that trains alone, the plain layer computes. Copies and pickles are plain layers. In contrast,
    ``torch.nn.SyncBatchNorm`` requires CUDA.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Conv1d(22, 8, 5), torch.nn.BatchNorm1d(8))
    >>> with synchronised(net):
    ...     isinstance(net[1], SyncedBatchNorm), isinstance(net[1], torch.nn.BatchNorm1d)
    (True, True)
    """

    plain_class: type[BatchNormBase]

    def forward(self, input: Tensor) -> Tensor:
        """Normalise a batch of shape (n_windows, num_features, ...)."""
        if _is_alone() or not self.training:
            return super().forward(input)
        check_batch_norm_input(self, input)
        normalized: Tensor = self._normalize_together(input)
        return normalized

    @not_compiled
    def _normalize_together(self, x: Tensor) -> Tensor:
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        n_values = x.numel() // self.num_features
        # The sums of a share without windows are zero, and have no weight.
        mean = wide.sum(_dims(x)) / max(n_values, 1)
        variance = (wide - _expanded(mean, x)).square().sum(_dims(x)) / max(n_values, 1)
        mean, variance, total = self.pooled(mean, variance, n_values)
        with torch.no_grad():
            self._track(mean, variance, total)
        scale = torch.rsqrt(variance + self.eps)
        if self.weight is not None:
            scale = scale * self.weight
        normalized = (wide - _expanded(mean, x)) * _expanded(scale, x)
        if self.bias is not None:
            normalized = normalized + _expanded(self.bias, x)
        return normalized.to(x.dtype)

    def pooled(
        self, mean: Tensor, variance: Tensor, n_values: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the statistics of all processes; in evaluation, those of this process.

        It is differentiable, and meant for code that normalises without calling the layer.

        Parameters
        ----------
        mean, variance : Tensor, shape (num_features,)
            Statistics of this process; the variance is not corrected for bias.
        n_values : int
            Number of values of each feature in this process.

        Returns
        -------
        mean, variance : Tensor, shape (num_features,)
            Statistics of all processes.
        total : Tensor, shape ()
            Number of values of each feature in all processes.
        """
        if _is_alone() or not self.training:
            return mean, variance, torch.tensor(float(n_values))
        centre, spread, total = _pooled(mean, variance, n_values)
        return centre, spread, total

    def _track(self, mean: Tensor, variance: Tensor, total: Tensor) -> None:
        """Update the running statistics in the same way as the plain layer."""
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
    """Synchronise the batch normalisations of a module over all processes in a ``with`` block.

    Each layer's class is replaced by a subclass that is also a `SyncedBatchNorm`; parameters,
    buffers and state-dict keys are unchanged. A custom layer is synchronised only if its
    ``forward`` calls the ``forward`` of torch's layer.

    Parameters
    ----------
    module : nn.Module
        Module that is changed in place, and restored at the end or after an error.

    Raises
    ------
    ValueError
        If a layer has statistics of people, whose windows are not divided among processes.

    Examples
    --------
    >>> norm = torch.nn.BatchNorm2d(8)
    >>> with synchronised(norm):
    ...     type(norm).__name__
    'SyncedBatchNorm2d'
    >>> type(norm).__name__
    'BatchNorm2d'
    """
    people = [type(layer).__name__ for layer in person_layers(module).values()]
    if people:
        raise ValueError(
            "expected one process for a model with statistics of people, whose windows are not "
            f"divided among processes, got layers {', '.join(dict.fromkeys(people))}"
        )
    layers: dict[nn.Module, Any] = {
        layer: type(layer)
        for layer in module.modules()
        if isinstance(layer, BatchNormBase) and not isinstance(layer, nn.SyncBatchNorm)
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
    # In the MRO it precedes `BatchNormBase`, whose forward the plain layer inherits.
    return type(f"Synced{kind.__name__}", (kind, SyncedBatchNorm), {"plain_class": kind})


class _Pooling(torch.autograd.Function):
    """Mean, variance and number of values over all processes."""

    @staticmethod
    def forward(
        ctx: Any, mean: Tensor, variance: Tensor, n_values: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        # Counts are exact in float64.
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


@not_compiled
def _pooled(mean: Tensor, variance: Tensor, n_values: int) -> Any:
    return _Pooling.apply(mean, variance, n_values)  # type: ignore[no-untyped-call]


def _is_alone() -> bool:
    return not is_connected() or dist.get_world_size() == 1


def _summed(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return two tensors of the same shape, each summed over all processes."""
    both = torch.stack([first, second])
    dist.all_reduce(both)
    return both[0], both[1]


def _dims(x: Tensor) -> list[int]:
    """Return the dimensions of `x` except that of the features."""
    return [0, *range(2, x.ndim)]


def _expanded(values: Tensor, x: Tensor) -> Tensor:
    """Reshape one value for each feature so that it broadcasts with `x`."""
    return values.view(-1, *[1] * (x.ndim - 2))
