"""Networks trained with one recipe, and classical methods, on the same splits."""

from __future__ import annotations

import dataclasses
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.protocols.accuracy_tasks import Task, task_of
from eegzoo.reproduction.run import Row, Run
from eegzoo.training.classifier import EEGClassifier

RECIPE = "small"
MOST_FOLDS = 2  # of a quick run


@dataclasses.dataclass(frozen=True)
class Job:
    """One fit: a network or classical method on one fold of a task, for one seed.

    Parameters
    ----------
    task, method : str
        Names of the task and of the method.
    seed : int
        Seed of folds, initial weights and batches.
    fold : int
        Number of the fold.
    """

    task: str
    method: str
    seed: int
    fold: int

    @property
    def key(self) -> Row:
        """What the results of the fit are found by."""
        return dataclasses.asdict(self)


def jobs_of(name: str, task: Task, models: Iterable[str], seeds: Iterable[int]) -> Iterator[Job]:
    """Yield the fits of a task, seed by seed."""
    for seed in seeds:
        for fold, _ in enumerate(task.splits(seed)):
            for method in (*task.baselines, *models):
                yield Job(name, method, seed, fold)


def accuracy(
    recordings: Any, run: Run, *, task: str, models: Mapping[str, Mapping[str, Any]]
) -> list[Score]:
    """Return the accuracy of each classical method and network, averaged over seeds.

    Parameters
    ----------
    recordings : sequence of Recording | OfficialSplit | sequence of Excerpt
        Recordings.
    run : Run
        Run. A seed determines folds, initial weights and batches.
    task : str
        Name of the task.
    models : mapping
        Arguments of each network.
    """
    known = task_of(task, recordings)
    rows: list[Row] = []
    jobs = jobs_of(task, known, models, run.seeds)
    for job in (each for each in jobs if each.fold < MOST_FOLDS or not run.quick):
        settings = run.settings({"model_params": models.get(job.method)})
        rows += run.rows.get(job.key, lambda: [measure(known, job, settings)])  # noqa: B023
        run.say(f"{task}, seed {job.seed}, fold {job.fold}: {job.method}")
    return scores_of(rows, (*known.baselines, *models))


def measure(task: Task, job: Job, settings: Mapping[str, Any]) -> Row:
    """Fit and test one method.

    Parameters
    ----------
    task : Task
        Task.
    job : Job
        Method, seed and fold.
    settings : mapping
        Parameters of `EEGClassifier` for a network.
    """
    train, test = list(task.splits(job.seed))[job.fold]
    start = time.perf_counter()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if job.method in task.baselines:
            predicted = task.baselines[job.method](train, test)
        else:
            torch.set_num_threads(1)
            classifier = EEGClassifier(
                job.method, sfreq=task.sfreq, recipe=RECIPE, random_state=job.seed,
                check_signal="ignore", device="cpu", **settings,
            )  # fmt: skip
            predicted = classifier.fit(task.X[train], task.y[train]).predict(task.X[test])
    return {
        "n_right": int((predicted == task.y[test]).sum()),
        "n_test": len(test),
        "seconds": round(time.perf_counter() - start, 2),
    }


def scores_of(rows: Sequence[Row], methods: Sequence[str]) -> list[Score]:
    """Return the scores of methods from the rows of their fits.

    The value is the mean over seeds of the accuracy over all test windows; the interval is over
    folds, each averaged over seeds, or over windows if there is one fold.
    """
    found = []
    for method in methods:
        own = [row for row in rows if row["method"] == method]
        folds = sorted({row["fold"] for row in own})
        units = {
            str(fold): float(
                np.mean([row["n_right"] / row["n_test"] for row in own if row["fold"] == fold])
            )
            for fold in folds
        }
        seeds = sorted({row["seed"] for row in own})
        n_windows = sum(row["n_test"] for row in own if row["seed"] == seeds[0])
        right = [sum(row["n_right"] for row in own if row["seed"] == seed) for seed in seeds]
        value = float(np.mean(right)) / n_windows
        if len(folds) == 1:
            one = Score.share(method, round(value * n_windows), n_windows)
            found.append(Score(method, "accuracy", value, one.interval, one.interval_of, n_windows))
            continue
        mean = Score.mean(method, units, n_windows, of="folds")
        found.append(
            Score(method, "accuracy", value, mean.interval, mean.interval_of, n_windows, units)
        )
    return found
