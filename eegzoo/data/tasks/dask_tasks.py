"""Tasks on the workers of a Dask cluster."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from eegzoo.data.tasks.outcome import Outcome, lost, outcome_of

# Tasks for each thread of the workers that are with the scheduler at a time: enough that no worker
# waits, few enough that recordings in memory do not queue there.
_QUEUED = 3


def run_on_dask(
    client: Any, function: Callable[[Any], Any], tasks: Iterator[tuple[int, Any]]
) -> Iterator[Outcome]:
    """Yield the outcome of each task exactly once, as soon as it is there.

    joblib 1.6.0 waits forever for a task whose workers die one after the other, so it only tells
    which cluster it is.

    Parameters
    ----------
    client : distributed.Client
        Client of the cluster.
    function : callable
        Function of a task that can be pickled.
    tasks : iterator of (int, object)
        Tasks with their numbers.
    """
    from distributed import as_completed

    running: dict[Any, tuple[int, Any]] = {}
    failed: list[tuple[int, Any, Exception]] = []
    completed = as_completed(loop=client.loop)  # type: ignore[no-untyped-call]

    def submit(n_tasks: int) -> None:
        for _, (place, task) in zip(range(n_tasks), tasks, strict=False):
            future = _submitted(client, function, place, task)
            running[future] = place, task
            completed.add(future)  # type: ignore[no-untyped-call]

    try:
        submit(_QUEUED * max(1, sum(client.nthreads().values())))
        for future in completed:
            place, task = running.pop(future)
            try:
                outcome: Outcome = future.result()
            except Exception as error:
                failed.append((place, task, error))
            else:
                yield outcome
            submit(1)
        # Dask gives up on every task that was assigned to workers which died, not only on the one
        # that ended them. Alone, each is to blame for itself.
        for place, task, _ in failed:
            try:
                outcome = _submitted(client, function, place, task).result()
            except Exception as error:
                outcome = lost(place, error)
            yield outcome
    finally:
        if running:
            client.cancel(list(running))


def _submitted(client: Any, function: Callable[[Any], Any], place: int, task: Any) -> Any:
    with warnings.catch_warnings():
        # A recording in memory goes with its task, so that it is not lost with a worker.
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        return client.submit(outcome_of, function, place, task, pure=False)
