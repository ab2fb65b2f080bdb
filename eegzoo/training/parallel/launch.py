"""Launch several processes that train together, through torch's elastic launcher."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from eegzoo.arguments import one_of, positive_int
from eegzoo.training.parallel.processes import is_launched, n_cores, threads_per_process


def launch_command(argv: Sequence[str]) -> list[str]:
    """Return the command for each process: the given command without ``--devices``.

    Parameters
    ----------
    argv : sequence of str
        Arguments of ``eegzoo``, without the name of the program.

    Examples
    --------
    >>> launch_command(["train", "--devices", "2", "--model", "eegnet"])[1:]
    ['-m', 'eegzoo', 'train', '--model', 'eegnet']
    """
    kept, arguments = [], iter(argv)
    for argument in arguments:
        if argument == "--devices":
            next(arguments, None)
        elif not argument.startswith("--devices="):
            kept.append(argument)
    return [sys.executable, "-m", "eegzoo", *kept]


def relaunch(n_devices: int, argv: Sequence[str], device: str = "auto") -> int:
    """Run an eegzoo command in several processes on this machine, and wait until they end.

    The processes write to this process's output, and connect to each other with `join_processes`.
    If one of them fails, or this process is interrupted or terminated, all of them are ended.

    Parameters
    ----------
    n_devices : int
        Number of processes. On GPUs, each process uses one GPU. On the CPU, the processes share
        the cores equally, unless OMP_NUM_THREADS sets the number of threads.
    argv : sequence of str
        Arguments of ``eegzoo``, without the name of the program.
    device : {"auto", "cpu", "cuda"}
        Device of all processes; "auto" selects GPUs if there are any.

    Returns
    -------
    int
        Exit status of the first process that failed; 0 if none failed; 128 plus the number of the
        signal after an interrupt.

    Raises
    ------
    ValueError
        If there are too few GPUs or cores, or this process was itself launched with others.
    """
    positive_int("devices", n_devices)
    device = one_of("device", device, ("auto", "cpu", "cuda"))
    if is_launched():
        raise ValueError("expected no devices in a process that was launched with others")
    n_gpus = torch.cuda.device_count()
    if device == "cuda" or (device == "auto" and n_gpus):
        most, kind = n_gpus, "GPUs"
    else:
        most, kind = max(2, n_cores()), "CPU cores"
    if n_devices > most:
        raise ValueError(
            f"expected devices of at most {most}, the number of {kind}, got {n_devices}"
        )
    program, *arguments = launch_command(argv)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=n_devices,
        run_id="eegzoo",
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        max_restarts=0,
        monitor_interval=0.05,
    )
    with _shared_cores(n_devices), _quiet_launcher(), _signal_handlers_restored():
        try:
            elastic_launch(config, program)(*arguments)
        except ChildFailedError as error:
            _, failure = error.get_first_failure()
            # A signal has a negative number here, and 128 + its number in shells.
            return failure.exitcode if failure.exitcode > 0 else 128 - failure.exitcode
        except SignalException as error:
            return 128 + int(error.sigval)
    return 0


@contextmanager
def _shared_cores(n_processes: int) -> Iterator[None]:
    """Give each process its part of the cores, unless the user chose a number of threads."""
    if "OMP_NUM_THREADS" in os.environ:
        yield
        return
    os.environ["OMP_NUM_THREADS"] = str(threads_per_process(n_processes))
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]


@contextmanager
def _signal_handlers_restored() -> Iterator[None]:
    """Restore the handlers of the signals for which torch's launcher installs its own."""
    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")  # Windows lacks the last two
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in known}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _quiet_launcher() -> Iterator[None]:
    """Suppress the launcher's own reports, also of Ctrl-C: the process that failed has said why.

    Each of torch's modules has a logger with a level of its own, so their parent's has no effect.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
