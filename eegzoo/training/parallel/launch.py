"""Launch several processes that train together, each running the same command."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from eegzoo.arguments import one_of, positive_int
from eegzoo.training.parallel.processes import is_launched, threads_per_process

# Seconds that processes are given to end after an interrupt, and again after SIGTERM.
_SECONDS_TO_END = 5.0


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
        Exit status of the first process that failed; 0 if none failed; 130 after an interrupt.

    Raises
    ------
    ValueError
        If there are too few GPUs, or this process was itself launched with others.
    """
    positive_int("devices", n_devices)
    device = one_of("device", device, ("auto", "cpu", "cuda"))
    if is_launched():
        raise ValueError("expected no devices in a process that was launched with others")
    n_gpus = torch.cuda.device_count()
    if (device == "cuda" or (device == "auto" and n_gpus)) and n_gpus < n_devices:
        raise ValueError(
            f"expected devices of at most {n_gpus}, the number of GPUs, got {n_devices}"
        )
    command, environment = launch_command(argv), _environment(n_devices)
    processes: list[subprocess.Popen[bytes]] = []
    patience = 0.0
    with _exit_on_sigterm():
        try:
            for rank in map(str, range(n_devices)):
                own = {**environment, "RANK": rank, "LOCAL_RANK": rank}
                processes.append(subprocess.Popen(command, env=own))
            return _wait_for_failure(processes)
        except KeyboardInterrupt:
            patience = _SECONDS_TO_END  # a terminal has interrupted the processes as well
            return 128 + signal.SIGINT
        finally:
            _end(processes, patience)


def _environment(n_processes: int) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "OMP_NUM_THREADS": str(threads_per_process(n_processes)),
        **os.environ,
        "WORLD_SIZE": str(n_processes),
        "LOCAL_WORLD_SIZE": str(n_processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }


def _wait_for_failure(processes: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until one process has failed or all have succeeded; return the exit status."""
    while True:
        statuses = [process.poll() for process in processes]
        for status in statuses:
            if status:  # a signal has a negative number here, and 128 + its number in shells
                return status if status > 0 else 128 - status
        if None not in statuses:
            return 0
        time.sleep(0.05)


def _end(processes: Sequence[subprocess.Popen[bytes]], patience: float) -> None:
    """Wait for processes to end; after `patience` seconds terminate them, and finally kill them."""
    try:
        _wait(processes, patience)
        for process in processes:
            process.terminate()
        _wait(processes, _SECONDS_TO_END)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _wait(processes: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(process.poll() is None for process in processes):
        time.sleep(0.05)


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that child processes are ended as well."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can set signal handlers
        return

    def unwind(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
