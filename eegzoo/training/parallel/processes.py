"""Training by several processes at once, each on its share of every batch.

Each process has all the data and the same order of batches, and takes every batch's windows from
its own rank on. Gradients and the statistics of batch normalisation are those of the whole batch,
so that what is learnt is, but for rounding and for what dropout draws, what one process learns.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from eegzoo.arguments import one_of
from eegzoo.training.parallel.synced_batch_norm import synchronised

T = TypeVar("T")

# What accelerate and torchrun set beside WORLD_SIZE.
_RENDEZVOUS = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
# Newer versions of torch warn of the older name.
_SYNC_OF_BUFFERS = next(
    name
    for name in ("forward_sync_buffers", "broadcast_buffers")
    if name in inspect.signature(DistributedDataParallel.__init__).parameters
)


@dataclass(frozen=True)
class World:
    """A process's place among those that train together.

    Parameters
    ----------
    rank : int
        From 0 on.
    size : int
        How many processes there are.

    Examples
    --------
    >>> World().is_main, World(rank=1, size=2).is_main
    (True, False)
    """

    rank: int = 0
    size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this is the process that prints and writes."""
        return self.rank == 0


def is_launched() -> bool:
    """Tell whether the environment names other processes: WORLD_SIZE is above 1.

    Examples
    --------
    >>> is_launched()
    False
    """
    return int(os.environ.get("WORLD_SIZE") or 1) > 1


def present_world() -> World:
    """Return this process's place among those that it has met, by `find_world` or by accelerate.

    Examples
    --------
    >>> present_world()
    World(rank=0, size=1)
    """
    if dist.is_available() and dist.is_initialized():
        return World(dist.get_rank(), dist.get_world_size())
    return World()


def find_world(device: str = "auto") -> World:
    """Return this process's place, and meet the others if there are any and it has not yet.

    A process is alone unless ``torch.distributed`` is initialised, or ``accelerate launch``,
    ``torchrun`` or `relaunch` started it with others. On the CPU they then meet over gloo, on GPUs
    over NCCL; each process has a GPU of its own, which is its device "cuda" from then on.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        Where the processes compute; "auto" means GPUs if there are any.

    Returns
    -------
    World
        Of one, where nothing says otherwise; then nothing is imported or changed.

    Raises
    ------
    ValueError
        If there are other processes, but not all that is needed to meet them; or they cannot
        compute on `device`.
    ImportError
        If there are other processes and accelerate is missing.

    Examples
    --------
    >>> find_world()
    World(rank=0, size=1)
    """
    if present_world().size == 1 and is_launched():
        _meet(one_of("device", device, ("auto", "cpu", "cuda")))
    return present_world()


def leave_world() -> None:
    """Part from the other processes, at the end of the program; alone, do nothing."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def _meet(device: str) -> None:
    missing = [name for name in _RENDEZVOUS if not os.environ.get(name)]
    if missing:
        raise ValueError(
            f"expected {', '.join(missing)} in the environment beside WORLD_SIZE, "
            "as accelerate launch and torchrun set them"
        )
    try:
        from accelerate import PartialState
        from accelerate.utils import check_cuda_p2p_ib_support
    except ImportError as error:
        raise ImportError(
            "several processes meet through accelerate: pip install 'eegzoo[parallel]'"
        ) from error
    if device == "cuda" or (device == "auto" and torch.cuda.is_available()):
        if not check_cuda_p2p_ib_support():  # GeForce RTX 40: accelerate refuses without these
            os.environ.setdefault("NCCL_P2P_DISABLE", "1")
            os.environ.setdefault("NCCL_IB_DISABLE", "1")
        PartialState()
    else:
        if not os.environ.get("OMP_NUM_THREADS"):  # accelerate would count cores, and warn
            n_threads = threads_of_each(int(os.environ.get("LOCAL_WORLD_SIZE") or 1))
            os.environ["OMP_NUM_THREADS"] = str(n_threads)
            torch.set_num_threads(n_threads)
        PartialState(cpu=True, backend="gloo")
    if not dist.is_initialized():
        raise RuntimeError("accelerate was set up in this process before, for a process alone")


def threads_of_each(n_processes: int) -> int:
    """Return how many threads each of some processes has on this machine, one at least."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    n_cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, n_cores // n_processes)


def share_of(world: World, batch: T) -> T:
    """Return the part of a batch that is this process's: every `size`-th window.

    The shares make up the batch, and their sizes differ by one at most. A process without a window
    could not take part in the step that the others wait for it with, so that a batch has to have
    a window for each; all processes know its size, and all raise.

    Parameters
    ----------
    world : World
        The process's place.
    batch : Tensor, array or sequence, shape (n_windows, ...)
        Windows of the whole batch, or their indices.

    Raises
    ------
    ValueError
        If there are fewer windows than processes.

    Examples
    --------
    >>> [share_of(World(rank, 2), range(10, 15)) for rank in range(2)]
    [range(10, 15, 2), range(11, 15, 2)]
    """
    if world.size == 1:
        return batch
    sliceable: Any = batch
    if len(sliceable) < world.size:
        raise ValueError(
            f"expected batches of at least {world.size} windows, one for each process, "
            f"got {len(sliceable)}"
        )
    share: T = sliceable[world.rank :: world.size]
    return share


def share_of_mean(world: World, losses: Tensor, total: float | Tensor) -> Tensor:
    """Return a process's part of the weighted mean loss of a whole batch.

    The parts are scaled so that their average over the processes is the mean, since
    `data_parallel` averages gradients.

    Parameters
    ----------
    world : World
        The process's place.
    losses : Tensor, shape (...)
        Of the windows of this process's share, times their weights.
    total : float | Tensor, shape ()
        Sum of the weights of the whole batch.

    Returns
    -------
    Tensor, shape ()
        To be differentiated; zero where `total` is.

    Examples
    --------
    >>> losses = torch.tensor([1.0, 2.0, 6.0])
    >>> parts = [share_of_mean(World(r, 2), share_of(World(r, 2), losses), 3.0) for r in (0, 1)]
    >>> parts, sum(parts) / 2
    ([tensor(4.6667), tensor(1.3333)], tensor(3.))
    """
    divisor = torch.as_tensor(total, dtype=losses.dtype, device=losses.device)
    mean: Tensor = losses.sum() * world.size / divisor.where(divisor != 0, 1.0)
    return mean


def mean_over(world: World, values: Tensor) -> Tensor:
    """Return the average over the processes of what each has, without gradient.

    Of what `share_of_mean` returned it is the loss of the whole batch.

    Examples
    --------
    >>> mean_over(World(), torch.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    values = values.detach().clone()
    if world.size > 1:
        dist.all_reduce(values)
    return values / world.size


def from_main(world: World, value: T) -> T:
    """Return what the main process has, so that all decide alike: when to stop, what was best.

    Parameters
    ----------
    world : World
        The process's place.
    value : object
        Anything that pickles.

    Examples
    --------
    >>> from_main(World(), 0.5)
    0.5
    """
    if world.size == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


@contextmanager
def data_parallel(module: nn.Module, world: World) -> Iterator[nn.Module]:
    """Train a module together: yield what is called in its place.

    All processes start from the main one's parameters and buffers, and each backward averages
    gradients. Batch normalisation is over all processes meanwhile (`synchronised`).

    Parameters
    ----------
    module : nn.Module
        On its device. It is what learns; afterwards it is made of plain layers again.
    world : World
        The process's place. Of one: the module itself is yielded.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=128, n_outputs=2, sfreq=128)
    >>> with data_parallel(model, World()) as replica:
    ...     replica is model
    True
    """
    if world.size == 1:
        yield module
        return
    for buffer in module.buffers():
        dist.broadcast(buffer, src=0)
    with synchronised(module):
        # The buffers stay equal without it: they follow from weights and statistics that are.
        options: Any = {_SYNC_OF_BUFFERS: False}
        yield DistributedDataParallel(module, **options)
