"""Data-parallel training: each process computes its share of every batch.

Every process holds all data and draws the same batches. From each batch it takes every n-th window,
starting at its rank. Gradients and the statistics of batch normalisation are those of the whole
batch, so the result equals that of a single process, except for rounding and dropout.
"""

from __future__ import annotations

from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from eegzoo.training.parallel.processes import ProcessInfo

T = TypeVar("T")


def share_of(process: ProcessInfo, batch: T) -> T:
    """Return a process's share of a batch: every `n_processes`-th window.

    The sizes of the shares differ by one window at most. A process without a window could not take
    part in the step, and the others would wait for it forever. So a batch needs a window for each
    process; otherwise all processes raise the same error.

    Parameters
    ----------
    process : ProcessInfo
        The process whose share is returned.
    batch : Tensor, array or sequence, shape (n_windows, ...)
        Windows of the whole batch, or their indices.

    Raises
    ------
    ValueError
        If there are fewer windows than processes.

    Examples
    --------
    >>> [share_of(ProcessInfo(rank, 2), range(10, 15)) for rank in range(2)]
    [range(10, 15, 2), range(11, 15, 2)]
    """
    if process.n_processes == 1:
        return batch
    sliceable: Any = batch
    if len(sliceable) < process.n_processes:
        raise ValueError(
            f"expected batches of at least {process.n_processes} windows, one for each process, "
            f"got {len(sliceable)}"
        )
    share: T = sliceable[process.rank :: process.n_processes]
    return share


def share_of_mean(process: ProcessInfo, losses: Tensor, total: float | Tensor) -> Tensor:
    """Return a process's share of the weighted mean loss of a whole batch.

    The shares are scaled so that their average over the processes is the mean loss, because
    `data_parallel` averages gradients.

    Parameters
    ----------
    process : ProcessInfo
        The process that computed the losses.
    losses : Tensor, shape (...)
        Losses of the windows in the process's share, multiplied by their weights.
    total : float | Tensor, shape ()
        Sum of the weights of the whole batch.

    Returns
    -------
    Tensor, shape ()
        Differentiable loss; zero if `total` is zero.

    Examples
    --------
    >>> losses = torch.tensor([1.0, 2.0, 6.0])
    >>> both = [ProcessInfo(rank, 2) for rank in range(2)]
    >>> parts = [share_of_mean(process, share_of(process, losses), total=3.0) for process in both]
    >>> parts, sum(parts) / 2
    ([tensor(4.6667), tensor(1.3333)], tensor(3.))
    """
    divisor = torch.as_tensor(total, dtype=losses.dtype, device=losses.device)
    mean: Tensor = losses.sum() * process.n_processes / divisor.where(divisor != 0, 1.0)
    return mean


def mean_over_processes(process: ProcessInfo, values: Tensor) -> Tensor:
    """Return the average of a tensor over all processes, without gradient.

    The average of `share_of_mean` is the loss of the whole batch.

    Parameters
    ----------
    process : ProcessInfo
        This process.
    values : Tensor
        Values of this process.

    Examples
    --------
    >>> mean_over_processes(ProcessInfo(), torch.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    values = values.detach().clone()
    if process.n_processes > 1:
        dist.all_reduce(values)
    return values / process.n_processes


def broadcast_from_main(process: ProcessInfo, value: T) -> T:
    """Return the main process's value in all processes, so that all take the same decisions.

    Parameters
    ----------
    process : ProcessInfo
        This process.
    value : object
        Any object that can be pickled.

    Examples
    --------
    >>> broadcast_from_main(ProcessInfo(), 0.5)
    0.5
    """
    if process.n_processes == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


def from_all(process: ProcessInfo, value: T) -> list[T]:
    """Return the values of all processes, in the order of their ranks.

    Parameters
    ----------
    process : ProcessInfo
        This process.
    value : object
        Value of this process, which can be pickled.

    Examples
    --------
    >>> from_all(ProcessInfo(), 0.5)
    [0.5]
    """
    if process.n_processes == 1:
        return [value]
    values: list[Any] = [None] * process.n_processes
    dist.all_gather_object(values, value)
    return values


def make_accelerator(device: str) -> Any:
    """Return accelerate's wrapper of a model for the connected processes.

    skorch's mixin for accelerate uses it.

    Parameters
    ----------
    device : str
        Device that the processes compute on.
    """
    from accelerate import Accelerator

    return Accelerator(cpu=torch.device(device).type == "cpu")
