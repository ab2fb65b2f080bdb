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
import dataclasses
import functools
import json
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import accuracy_tasks
import numpy as np
import numpy.typing as npt
import torch
from accuracy_tasks import TASKS, Task
from threadpoolctl import threadpool_limits

from eegzoo.training import EEGClassifier

MODELS = ("eegnet", "shallow_convnet", "fbcnet", "tinysleepnet")
RECIPE = "small"
# Model arguments that differ from the defaults, chosen on training windows.
MODEL_PARAMS: dict[tuple[str, str], dict[str, Any]] = {
    # The window of 0.5 s is a single pool. The default filter of 0.1 s would shorten it.
    ("fingermovements", "shallow_convnet"): {
        "n_filters": 16, "kernel_length": 1, "pool_length": 50, "pool_stride": 50,
    },
    # Only filters of about 1 s separate flicker frequencies 4 Hz apart.
    ("ssvep_exo", "shallow_convnet"): {
        "n_filters": 16, "kernel_length": 128, "pool_length": 129, "pool_stride": 64,
    },
    # A single channel has no spatial patterns.
    ("dreams", "fbcnet"): {"n_filters": 4},
}  # fmt: skip
N_DRAWS = 10_000


@dataclasses.dataclass(frozen=True)
class Job:
    """One fit: a network or baseline on one fold of a task, for one seed."""

    task: str
    method: str
    seed: int
    fold: int

    @property
    def is_network(self) -> bool:
        """Whether the method is a network rather than a baseline."""
        return self.method in MODELS


@functools.cache
def task_of(name: str, data: Path) -> Task:
    """Return a task; its recordings are read only once."""
    return accuracy_tasks.load(name, data)


def jobs_of(tasks: Sequence[str], models: Sequence[str], n_seeds: int, data: Path) -> Iterator[Job]:
    """Yield the fits of all tasks, seed by seed."""
    for name in tasks:
        task = task_of(name, data)
        for seed in range(n_seeds):
            for fold, _ in enumerate(task.splits(seed)):
                for method in (*task.baselines, *models):
                    yield Job(name, method, seed, fold)


def measure(job: Job, data: Path) -> dict[str, Any]:
    """Fit and test one method, and return its row for the results file."""
    task = task_of(job.task, data)
    train, test = list(task.splits(job.seed))[job.fold]
    start = time.perf_counter()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if job.is_network:
            torch.set_num_threads(1)
            classifier = classifier_of(job, task).fit(task.X[train], task.y[train])
            predicted = classifier.predict(task.X[test])
        else:
            predicted = task.baselines[job.method](train, test)
    return {
        **dataclasses.asdict(job),
        "n_right": int((predicted == task.y[test]).sum()),
        "n_test": len(test),
        "seconds": round(time.perf_counter() - start, 2),
    }


def classifier_of(job: Job, task: Task) -> EEGClassifier:
    """Return the classifier for a fit; only the size of its model depends on the task."""
    return EEGClassifier(
        job.method, model_params=MODEL_PARAMS.get((job.task, job.method)), sfreq=task.sfreq,
        recipe=RECIPE, random_state=job.seed, check_signal="ignore", device="cpu",
    )  # fmt: skip


def results_of(path: Path) -> dict[Job, dict[str, Any]]:
    """Return the rows of a results file by fit."""
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = [field.name for field in dataclasses.fields(Job)]
    return {Job(**{name: row[name] for name in names}): row for row in rows}


def run(jobs: Iterable[Job], data: Path, path: Path, n_processes: int) -> None:
    """Run the fits that the results file lacks, and append their results."""
    known = results_of(path)
    missing = [job for job in jobs if job not in known]
    if n_processes == 1:
        for job in missing:
            append(path, measure(job, data))
        return
    with ProcessPoolExecutor(n_processes) as pool:
        for row in pool.map(measure, missing, [data] * len(missing)):
            append(path, row)


def append(path: Path, row: dict[str, Any]) -> None:
    """Append a row in a single write, so that several processes can share the file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(*row.values(), flush=True)


def table(rows: Iterable[dict[str, Any]], tasks: Sequence[str], data: Path) -> Iterator[str]:
    """Yield the lines of a Markdown table, one row per task and method."""
    rows = list(rows)
    yield "| task | split | method | windows | accuracy | over seeds | over folds | s per fit |"
    yield "|---|---|---|---|---|---|---|---|"
    for name in tasks:
        task = task_of(name, data)
        for method in (*task.baselines, *MODELS):
            own = [row for row in rows if (row["task"], row["method"]) == (name, method)]
            if own:
                by_seed, (low, high) = accuracies(own), interval(own)
                seconds = np.median([row["seconds"] for row in own])
                windows = task.preprocessing if method in MODELS else ""
                yield (
                    f"| {name} | {task.protocol} | {method} | {windows} | {by_seed.mean():.3f} "
                    f"| {by_seed.std():.3f} | {low:.2f} to {high:.2f} | {seconds:.2g} |"
                )


def accuracies(rows: Sequence[dict[str, Any]]) -> npt.NDArray[np.float64]:
    """Return the accuracy over all test windows for each seed."""
    by_seed: dict[int, list[int]] = {}
    for row in rows:
        counts = by_seed.setdefault(row["seed"], [0, 0])
        counts[0] += row["n_right"]
        counts[1] += row["n_test"]
    return np.array([n_right / n_test for n_right, n_test in by_seed.values()])


def interval(rows: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval over folds of the accuracy averaged over seeds."""
    folds = sorted({row["fold"] for row in rows})
    shares = np.array(
        [
            np.mean([row["n_right"] / row["n_test"] for row in rows if row["fold"] == fold])
            for fold in folds
        ]
    )
    draws = np.random.default_rng(0).integers(len(shares), size=(N_DRAWS, len(shares)))
    low, high = np.quantile(shares[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


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
        jobs = jobs_of(arguments.tasks, arguments.models, arguments.seeds, data)
        run(jobs, data, arguments.json, arguments.jobs)
    for line in table(results_of(arguments.json).values(), arguments.tasks, data):
        print(line)


if __name__ == "__main__":
    main()
