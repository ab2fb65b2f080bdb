"""Tasks in processes of this machine or on a cluster, as joblib is set."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import joblib
from joblib.parallel import LokyBackend

from eegzoo.data.tasks.dask_tasks import run_on_dask
from eegzoo.data.tasks.outcome import Outcome, lost, outcome_of


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[Any],
    n_jobs: int | None = None,
    *,
    inner_threads: int | None = None,
) -> Iterator[Outcome]:
    """Yield the outcome of each task exactly once, as soon as it is there.

    joblib's settings say where tasks run: ``joblib.parallel_config(backend="dask")`` uses the
    workers of a Dask cluster. Tasks are drawn when a worker is free, so that recordings in memory
    do not pile up. A task whose process ended is tried again; one that ends the process in which it
    is alone as well has a `LostTaskError`, and does not stop the others.

    Parameters
    ----------
    function : callable
        Function of a task. It and the tasks can be pickled. It may be called twice with one task,
        if a worker is lost.
    tasks : iterable
        Tasks. An error of the iterable is raised once the tasks before it are done.
    n_jobs : int | None
        Number of processes. None: 1, which is this one, unless ``joblib.parallel_config`` says
        otherwise. On a cluster it has no effect.
    inner_threads : int | None
        Number of threads of each process on this machine. None: the cores, shared by the processes.

    Yields
    ------
    Outcome
        What a task returned or raised.

    Examples
    --------
    >>> [outcome.result() for outcome in run_tasks(abs, [-1, 2])]
    [1, 2]
    """
    broken: list[Exception] = []
    numbered = enumerate(_until_error(tasks, broken))
    backend, _ = joblib.parallel.get_active_backend()
    client = getattr(backend, "client", None)
    if client is not None:
        yield from run_on_dask(client, function, numbered)
    else:
        yield from _run_here(function, numbered, n_jobs, inner_threads)
    if broken:
        raise broken[0]


def _run_here(
    function: Callable[[Any], Any],
    tasks: Iterator[tuple[int, Any]],
    n_jobs: int | None,
    inner_threads: int | None,
) -> Iterator[Outcome]:
    running: dict[int, Any] = {}

    def calls() -> Iterator[Any]:
        for place, task in tasks:
            running[place] = task
            yield joblib.delayed(outcome_of)(function, place, task)

    for first in tasks:  # a broken pool leaves tasks, for which there is a new one
        tasks = itertools.chain([first], tasks)
        with _threads(inner_threads):
            # Recordings neither queue in memory nor are copied to files.
            parallel = joblib.Parallel(
                n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs",
                max_nbytes=None,
            )  # fmt: skip
        outcomes = parallel(calls())
        try:
            for outcome in outcomes:
                del running[outcome.place]
                yield outcome
        except GeneratorExit:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*have been cancelled", UserWarning)
                outcomes.close()
            raise
        except Exception:
            # A process has died, and the others with it: functions return their own errors. Those
            # that were running are tried alone, which shows the one that is to blame.
            for place, task in running.items():
                yield _alone(function, place, task)
            running.clear()


def _alone(function: Callable[[Any], Any], place: int, task: Any) -> Outcome:
    try:
        call = joblib.delayed(outcome_of)(function, place, task)
        (outcome,) = joblib.Parallel(n_jobs=2, max_nbytes=None)([call])
    except Exception as error:
        return lost(place, error)
    found: Outcome = outcome
    return found


def _threads(inner_threads: int | None) -> Any:
    """Limit the threads of joblib's own processes; other backends have settings of their own."""
    backend, _ = joblib.parallel.get_active_backend()
    if inner_threads is None or not isinstance(backend, LokyBackend):
        return contextlib.nullcontext()
    return joblib.parallel_config(backend="loky", inner_max_num_threads=inner_threads)


def _until_error(tasks: Iterable[Any], broken: list[Exception]) -> Iterator[Any]:
    """Yield tasks until their iterable raises an error, which is kept."""
    try:
        yield from tasks
    except Exception as error:
        broken.append(error)
