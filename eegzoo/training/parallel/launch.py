"""A command of eegzoo, run by several processes that train together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import torch

from eegzoo.arguments import one_of, positive_int
from eegzoo.training.parallel.processes import World, is_launched, threads_of_each

# How long an error waits for the same error of the main process, which then is the one shown.
_SECONDS_FOR_MAIN = 2.0
# How long interrupted processes may take to end by themselves, and then to obey.
_SECONDS_TO_END = 5.0


def launch_command(argv: Sequence[str]) -> list[str]:
    """Return the command that each process runs: without the option that says how many there are.

    Parameters
    ----------
    argv : sequence of str
        Arguments of ``eegzoo``, the name of the program not among them.

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
    """Run a command of eegzoo in several processes of this machine, and wait for them.

    They print where this process does, and find each other by `find_world`. When one fails or this
    process is interrupted or terminated, all are ended.

    Parameters
    ----------
    n_devices : int
        How many processes: as many GPUs; on the CPU each gets its part of the cores, unless
        OMP_NUM_THREADS says how many threads.
    argv : sequence of str
        As of `launch_command`.
    device : {"auto", "cpu", "cuda"}
        Where they compute; "auto" means GPUs if there are any.

    Returns
    -------
    int
        Exit status of the first process that failed, or 0; 130 if interrupted.

    Raises
    ------
    ValueError
        If there are fewer GPUs, or this process was launched as one of several itself.
    """
    positive_int("devices", n_devices)
    device = one_of("device", device, ("auto", "cpu", "cuda"))
    if is_launched():
        raise ValueError("expected no devices in a process that was launched with others")
    n_gpus = torch.cuda.device_count()
    if (device == "cuda" or (device == "auto" and n_gpus)) and n_gpus < n_devices:
        raise ValueError(f"expected devices of at most {n_gpus}, the GPUs here, got {n_devices}")
    command, environment = launch_command(argv), _environment(n_devices)
    processes: list[subprocess.Popen[bytes]] = []
    patience = 0.0
    with _ended_by_sigterm():
        try:
            for rank in map(str, range(n_devices)):
                own = {**environment, "RANK": rank, "LOCAL_RANK": rank}
                processes.append(subprocess.Popen(command, env=own))
            return _first_failure(processes)
        except KeyboardInterrupt:
            patience = _SECONDS_TO_END  # a terminal has interrupted them too
            return 128 + signal.SIGINT
        finally:
            _end(processes, patience)


def _environment(n_processes: int) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "OMP_NUM_THREADS": str(threads_of_each(n_processes)),
        **os.environ,
        "WORLD_SIZE": str(n_processes),
        "LOCAL_WORLD_SIZE": str(n_processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }


def _first_failure(processes: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until all have succeeded or one has failed; return its exit status."""
    while True:
        statuses = [process.poll() for process in processes]
        for status in statuses:
            if status:  # shells give a signal's number so
                return status if status > 0 else 128 - status
        if None not in statuses:
            return 0
        time.sleep(0.05)


def _end(processes: Sequence[subprocess.Popen[bytes]], patience: float) -> None:
    """Wait until processes have ended, by themselves at first, then asked, then killed."""
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
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind this process, so that it does not leave its children behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may choose
        return

    def unwind(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def quiet_unless_main(world: World) -> Iterator[None]:
    """Let the main process alone print; the others only tell an error that is theirs alone.

    Parameters
    ----------
    world : World
        The process's place.

    Examples
    --------
    >>> for rank in range(2):
    ...     with quiet_unless_main(World(rank, 2)):
    ...         print("once")
    once
    """
    if world.is_main:
        yield
        return
    try:
        with (
            open(os.devnull, "w", encoding="utf-8") as nowhere,
            redirect_stdout(nowhere),
            redirect_stderr(nowhere),
        ):
            yield
    except Exception:
        time.sleep(_SECONDS_FOR_MAIN)  # whoever started the processes ends this one meanwhile
        raise
