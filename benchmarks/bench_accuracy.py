"""Compare the accuracy of networks and classical methods on the same splits.

    python benchmarks/bench_accuracy.py [--data ../shared/data] [--tasks fists_feet ...]
        [--models eegnet ...] [--seeds 5] [--jobs 1] [--json accuracy.jsonl] [--table]

All networks are trained with one recipe on all tasks. The seed determines the folds, initial
weights and batches. Each fit adds a line to the results file. Fits that the file contains are not
repeated, so an interrupted run can be resumed, and several processes with different tasks can write
to the same file. The results are printed as a Markdown table; `--table` prints them without
running any fit.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from eegzoo.reproduction import Entry, find_entries
from eegzoo.reproduction.protocols.accuracy import Job, jobs_of, measure, scores_of
from eegzoo.reproduction.protocols.accuracy_tasks import TASKS, Task, task_of
from eegzoo.reproduction.recordings.registry import load
from eegzoo.reproduction.run import Rows

MODELS = ("eegnet", "shallow_convnet", "fbcnet", "tinysleepnet")


def entry_of(task: str) -> Entry:
    """Return the entry of a task, whose settings and figures `eegzoo reproduce` shows."""
    (entry,) = find_entries(f"bench:{task.removesuffix('_exo')}")
    return entry


@functools.cache
def loaded(name: str, data: Path) -> Task:
    """Return a task; its recordings are read only once."""
    return task_of(name, load(entry_of(name), data))


def fitted(job: Job, data: Path) -> dict[str, Any]:
    """Fit and test one method, and return its row for the results file."""
    models = entry_of(job.task).parameters["models"]
    return measure(loaded(job.task, data), job, {"model_params": models.get(job.method)})


def run(jobs: Sequence[Job], data: Path, path: Path, n_processes: int) -> None:
    """Run the fits that the results file lacks, and append their results."""
    rows = Rows(path)
    if n_processes == 1:
        for job in jobs:
            rows.get(job.key, lambda: [fitted(job, data)])  # noqa: B023
        return
    missing = [job for job in jobs if not rows.of(job.key)]
    with ProcessPoolExecutor(n_processes) as pool:
        found = pool.map(fitted, missing, [data] * len(missing))
        for job, row in zip(missing, found, strict=True):
            rows.get(job.key, lambda: [row])  # noqa: B023


def table(path: Path, tasks: Sequence[str], data: Path) -> Iterator[str]:
    """Yield the lines of a Markdown table, one row per task and method."""
    rows = Rows(path)
    yield "| task | split | method | windows | accuracy | over seeds | over folds | s per fit |"
    yield "|---|---|---|---|---|---|---|---|"
    for name in tasks:
        task = loaded(name, data)
        for method in (*task.baselines, *MODELS):
            own = rows.of({"task": name, "method": method})
            if own:
                (score,) = scores_of(own, [method])
                low, high = score.interval
                seeds = sorted({row["seed"] for row in own})
                right = [sum(row["n_right"] for row in own if row["seed"] == s) for s in seeds]
                spread = np.std(right) / score.n_windows
                seconds = np.median([row["seconds"] for row in own])
                windows = task.preprocessing if method in MODELS else ""
                yield (
                    f"| {name} | {task.protocol} | {method} | {windows} | {score.value:.3f} "
                    f"| {spread:.3f} | {low:.2f} to {high:.2f} | {seconds:.2g} |"
                )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="number of processes")
    parser.add_argument("--json", type=Path, default=Path("accuracy.jsonl"), help="results file")
    parser.add_argument("--table", action="store_true", help="only print the table")
    arguments = parser.parse_args()
    data = arguments.data
    if not arguments.table:
        jobs = [
            job
            for name in arguments.tasks
            for job in jobs_of(name, loaded(name, data), arguments.models, range(arguments.seeds))
        ]
        run(jobs, data, arguments.json, arguments.jobs)
    for line in table(arguments.json, arguments.tasks, data):
        print(line)


if __name__ == "__main__":
    main()
