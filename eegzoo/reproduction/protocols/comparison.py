"""Models of the zoo and classical methods in the same folds, as ``eegzoo compare`` has them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.windows.aligned_people import align_people
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.splits import check_leakage
from eegzoo.report.comparison.in_folds import Fold, result_of_fold, rows_in_folds
from eegzoo.report.comparison.named_estimators import named_estimator
from eegzoo.reproduction.figures.difference import student
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.protocols.accuracy_tasks import band_pass
from eegzoo.reproduction.protocols.run import Run
from eegzoo.reproduction.recordings import fingermovements
from eegzoo.reproduction.recordings.fingermovements import OfficialSplit


def comparison(
    recordings: Any, run: Run, *, models: Sequence[str],
    preprocessing: Mapping[str, Any] | None = None, folds: int | str = 5,
    band: Sequence[float] | None = None, align: str | None = None,
    labels: Sequence[str] | None = None, max_epochs: int | None = None,
) -> list[Score]:  # fmt: skip
    """Return the accuracy of each model and classical method, and its difference from the first.

    Times are those of the processor, by one thread.

    Parameters
    ----------
    recordings : sequence of Recording | OfficialSplit
        Recordings.
    run : Run
        Run. A seed determines folds, initial weights and batches.
    models : sequence of str
        Names of models, as `named_estimator` takes them.
    preprocessing : mapping | None
        Steps, as `Preprocessing.to_dict` gives them. None: the recordings are windows already.
    folds : int | {"subjects", "official"}
        Number of folds, of subjects if there are several; each subject alone; or the official
        split.
    band : sequence of float | None
        Edges in Hz of a band-pass filter for windows of the official split. None: none.
    align : {"zscore", "euclid", "riemann"} | None
        Alignment of each person, as in `align_people`.
    labels : sequence of str | None
        Labels to tell apart. None: all.
    max_epochs : int | None
        Epochs of all models. None: those of each recipe.
    """
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
    dataset, n_train = windows_of(recordings, preprocessing, band)
    if labels is not None:
        dataset = only(dataset, labels)
    if align is not None:
        dataset = align_people(dataset, align)
    tables = []
    for seed in run.seeds:
        parts = list(run.some(parts_of(dataset, folds, seed, n_train)))
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in models}
        for fold, part in enumerate(parts):  # all models of a fold under the same load
            for name in models:
                given = run.settings({"max_epochs": max_epochs, "random_state": seed})
                estimator = named_estimator(name, device="cpu", check_signal="ignore", **given)
                key = {"entry": run.entry, "seed": seed, "fold": fold, "model": name}
                with threadpool_limits(1):
                    found[name] += run.rows.get(
                        key,
                        lambda: [result_of_fold(estimator.fit, dataset, part, time.process_time)],  # noqa: B023
                    )
                run.say(f"seed {seed}, fold {fold + 1} of {len(parts)}: {name}")
        tables.append(rows_in_folds(dataset, parts, found))
        run.say(f"seed {seed}:")
        for row in tables[-1]:
            run.say(in_markdown(row))
    return scores_of(tables, sum(len(test) for _, test in parts))


def windows_of(
    recordings: Any, preprocessing: Mapping[str, Any] | None, band: Sequence[float] | None = None
) -> tuple[EpochsDataset, int]:
    """Return windows, and how many of them the official split has for training."""
    if isinstance(recordings, OfficialSplit):
        sfreq, X = fingermovements.SFREQ, recordings.X
        if band is not None:
            low, high = band
            X = band_pass(X, low, high, sfreq)
        info = SignalInfo(fingermovements.CH_NAMES, sfreq, X.shape[-1])
        classes, y = np.unique(recordings.y, return_inverse=True)
        windows = EpochsDataset(X, y, classes.tolist(), info, check_signal="ignore")
        return windows, recordings.n_train
    if preprocessing is None:
        raise ValueError("expected preprocessing of recordings, got None")
    steps = Preprocessing.from_dict(preprocessing)
    return EpochsDataset.from_recordings(recordings, steps), 0


def only(dataset: EpochsDataset, labels: Sequence[str]) -> EpochsDataset:
    """Return the windows of some labels, which become the classes in this order."""
    kept = dataset.subset(np.flatnonzero(np.isin(dataset.labels, labels)))
    y = [list(labels).index(label) for label in kept.labels.tolist()]
    return EpochsDataset(kept.X, y, labels, kept.info, kept.metadata, "ignore")


def parts_of(dataset: EpochsDataset, folds: int | str, seed: int, n_train: int = 0) -> list[Fold]:
    """Return training and test windows of each fold, those that the command line makes."""
    people = dataset.metadata.get("subject", np.zeros(len(dataset), int))
    if folds == "official":
        return [(np.arange(n_train), np.arange(n_train, len(dataset)))]
    if folds == "subjects":
        parts = list(LeaveOneGroupOut().split(dataset.y, dataset.y, people))
    elif len(np.unique(people)) > 1:
        known = min(int(folds), len(np.unique(people)))
        splitter = StratifiedGroupKFold(known, shuffle=True, random_state=seed)
        parts = list(splitter.split(dataset.y, dataset.y, people))
    else:
        shuffled = StratifiedKFold(int(folds), shuffle=True, random_state=seed)
        return list(shuffled.split(dataset.y, dataset.y))
    for training, test in parts:
        check_leakage(dataset, training, test, apart="subject")
    return parts


def in_markdown(row: Mapping[str, Any]) -> str:
    """Return a row of a table, with the columns of ``eegzoo compare``.

    Examples
    --------
    >>> row = {"name": "eegnet", "accuracy": 0.75, "difference": None, "parameters": None}
    >>> in_markdown(row)
    '| eegnet | 0.750 |  |  |  |  |  |'
    """
    cells = [row["name"] if row["parameters"] is None else f"`{row['name']}`"]
    cells.append(f"{row['accuracy']:.3f}")
    if row["difference"] is None:
        cells += ["", ""]
    else:
        cells.append("{value:+.3f} [{low:+.3f}, {high:+.3f}]".format(**row["difference"]))
        cells.append(f"{row['p_holm']:.2g}")
    if row["parameters"] is None:
        cells += [""] * 3
    else:
        cells.append(f"{row['parameters']:,}")
        cells += [f"{row['seconds_per_fold']:.1f}", f"{row['ms_per_window']:.2f}"]
    return f"| {' | '.join(cells)} |"


def scores_of(tables: Sequence[Sequence[Mapping[str, Any]]], n_windows: int) -> list[Score]:
    """Return the scores of the rows of each seed: accuracies, and differences from the first.

    With several people, values are means over people of the mean over seeds. With one person, an
    interval is over windows of one seed; there is none with several.

    Parameters
    ----------
    tables : sequence of sequence of mapping
        Rows of each seed, as `rows_in_folds` returns them.
    n_windows : int
        Number of windows in the tests.
    """
    none = math.nan, math.nan
    first = _people(tables, 0)
    found = []
    for place, row in enumerate(tables[0]):
        name, people = row["name"], _people(tables, place)
        value = float(np.mean(list(people.values())))
        if len(people) > 1:
            found.append(Score.mean(name, people, n_windows))
        elif len(tables) == 1:
            found.append(Score.share(name, round(value * n_windows), n_windows))
        else:
            found.append(Score(name, "accuracy", value, none, "no interval", n_windows))
        if place == 0:
            continue
        change = value - float(np.mean(list(first.values())))
        if len(people) > 1:
            each = {person: people[person] - first[person] for person in people}
            interval, how, units = student(list(each.values())), "Student, over people", each
        else:
            one = row["difference"] if len(tables) == 1 else None
            interval = none if one is None else (one["low"], one["high"])
            how, units = "no interval" if one is None else "hybrid score, over windows", {}
        found.append(Score(name, "difference", change, interval, how, n_windows, units))
    return found


def _people(tables: Sequence[Sequence[Mapping[str, Any]]], place: int) -> dict[str, float]:
    """Return the accuracy of each person, averaged over seeds."""
    rows = [table[place]["people"] for table in tables]
    return {person: float(np.mean([row[person] for row in rows])) for person in rows[0]}
