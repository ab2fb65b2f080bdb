"""Processes that train together: their ranks, and how they connect to each other."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist

from eegzoo.arguments import one_of

# Set by accelerate and torchrun, in addition to WORLD_SIZE.
_RENDEZVOUS = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class ProcessInfo:
    """Rank of a process and number of processes that train together.

    Parameters
    ----------
    rank : int
        Rank of the process, counted from 0.
    n_processes : int
        Number of processes.

    Examples
    --------
    >>> ProcessInfo().is_main, ProcessInfo(rank=1, n_processes=2).is_main
    (True, False)
    """

    rank: int = 0
    n_processes: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this is the process that prints and writes files."""
        return self.rank == 0


def is_launched() -> bool:
    """Return whether this process was launched with others: WORLD_SIZE is above 1.

    Examples
    --------
    >>> is_launched()
    False
    """
    return int(os.environ.get("WORLD_SIZE") or 1) > 1


def is_connected() -> bool:
    """Return whether ``torch.distributed`` is initialised in this process."""
    return dist.is_available() and dist.is_initialized()


def current_process() -> ProcessInfo:
    """Return the rank of this process among those that it is connected to.

    Either `join_processes` or accelerate connects them.

    Examples
    --------
    >>> current_process()
    ProcessInfo(rank=0, n_processes=1)
    """
    if is_connected():
        return ProcessInfo(dist.get_rank(), dist.get_world_size())
    return ProcessInfo()


def join_processes(device: str = "auto") -> ProcessInfo:
    """Connect to the processes that were launched with this one, and return its rank.

    A process trains alone unless ``torch.distributed`` is initialised, or ``accelerate launch``,
    ``torchrun`` or `relaunch` started it with others. Processes on the CPU connect through gloo,
    processes on GPUs through NCCL. Each of the latter has a GPU of its own, which becomes its
    device "cuda".

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        Device of all processes; "auto" selects GPUs if there are any.

    Returns
    -------
    ProcessInfo
        Rank of this process. For a process that trains alone, nothing is imported or changed.

    Raises
    ------
    ValueError
        If environment variables that are needed to connect are missing, or the processes cannot
        compute on `device`.
    ImportError
        If there are other processes and accelerate is not installed.

    Examples
    --------
    >>> join_processes()
    ProcessInfo(rank=0, n_processes=1)
    """
    if current_process().n_processes == 1 and is_launched():
        _connect(one_of("device", device, ("auto", "cpu", "cuda")))
    return current_process()


def leave_processes() -> None:
    """Disconnect from the other processes at the end of the program, if there are any."""
    if is_connected():
        dist.destroy_process_group()


def _connect(device: str) -> None:
    missing = [name for name in _RENDEZVOUS if not os.environ.get(name)]
    if missing:
        raise ValueError(
            f"expected {', '.join(missing)} in the environment along with WORLD_SIZE: accelerate "
            "launch and torchrun set all of them"
        )
    try:
        from accelerate import PartialState
        from accelerate.utils import check_cuda_p2p_ib_support
    except ImportError as error:
        raise ImportError(
            "training in several processes requires accelerate: pip install 'eegzoo[parallel]'"
        ) from error
    if device == "cuda" or (device == "auto" and torch.cuda.is_available()):
        if not check_cuda_p2p_ib_support():  # GeForce RTX 40: accelerate refuses without these
            os.environ.setdefault("NCCL_P2P_DISABLE", "1")
            os.environ.setdefault("NCCL_IB_DISABLE", "1")
        PartialState()
    else:
        if not os.environ.get("OMP_NUM_THREADS"):  # accelerate would count all cores, and warn
            n_threads = threads_per_process(int(os.environ.get("LOCAL_WORLD_SIZE") or 1))
            os.environ["OMP_NUM_THREADS"] = str(n_threads)
            torch.set_num_threads(n_threads)
        PartialState(cpu=True, backend="gloo")
    if not dist.is_initialized():
        raise RuntimeError("accelerate is already set up in this process for training alone")


def n_cores() -> int:
    """Return the number of CPU cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # only on Linux
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def threads_per_process(n_processes: int) -> int:
    """Return the number of threads for each of several processes on this machine, at least 1."""
    return max(1, n_cores() // n_processes)
