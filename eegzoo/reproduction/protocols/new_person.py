"""Test of models on people whom they were not trained on, as they are and adapted."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.splits import check_leakage
from eegzoo.reproduction.figures.adapted_on_parts import scores_of_parts
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.protocols.fixed_features import (
    FIXED_FEATURES,
    Windows,
    prepared,
    with_head,
)
from eegzoo.reproduction.protocols.leave_one_out import BASELINES
from eegzoo.reproduction.protocols.settings import classifier_settings
from eegzoo.reproduction.run import Run
from eegzoo.training.adaptation.record import AdaptationWarning
from eegzoo.training.calibration.conformal import set_scores
from eegzoo.training.calibration.held_out import Calibration
from eegzoo.training.classifier import EEGClassifier

Array = npt.NDArray[Any]
# Networks of eegmat are tested on four people at a time, because a fit takes longer.
MOST_FOLDS = 6
REGIMES = {
    "aligned": "as it is, with the person's own statistics (transductive)",
    "adapted": "adapted with pseudo-labels (transductive)",
}


def new_person(
    recordings: Sequence[Recording],
    run: Run,
    *,
    task: str,
    model: str,
    classifier: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    baselines: str,
    n_folds: int | None = None,
) -> list[Score]:
    """Return the accuracy in people who are left out, as it is and adapted, and of baselines.

    Parameters
    ----------
    recordings : sequence of Recording
        Recordings.
    run : Run
        Run. A seed determines folds, weights and batches.
    task : str
        Name of the task, for the results so far.
    model : str
        Name of the model.
    classifier : mapping
        Parameters of `EEGClassifier`.
    preprocessing : mapping
        Steps, as `Preprocessing.to_dict` gives them.
    baselines : {"band power", "flicker"}
        Classical methods.
    n_folds : int | None
        Number of parts of the people. None: `number_of_folds`.
    """
    torch.set_num_threads(1)  # the order of sums depends on the number of threads
    dataset = EpochsDataset.from_recordings(recordings, Preprocessing.from_dict(preprocessing))
    settings = run.settings(classifier_settings(classifier))
    n_people = len(set(dataset.groups("subject").tolist()))
    n_folds = min(n_folds or number_of_folds(model, n_people), n_people)
    rows: list[dict[str, Any]] = []
    for seed in run.seeds:
        key = {"task": task, "model": model, "seed": seed, "n_folds": n_folds}
        rows += run.rows.get(
            key,
            lambda: list(tested(dataset, model, settings, seed, n_folds, run.quick)),  # noqa: B023
        )
        run.say(f"{task}, {model}: seed {seed} done")
    return [*scores_of_regimes(rows), *BASELINES[baselines](dataset)]


def scores_of_regimes(rows: Sequence[Mapping[str, Any]]) -> list[Score]:
    """Return the accuracy in each regime: the mean over people, each averaged over seeds."""
    people = sorted({str(row["person"]) for row in rows})
    found = []
    for regime in REGIMES:
        units = {
            person.rpartition("/")[2]: float(
                np.mean(
                    [
                        np.mean(row["scores"][regime]["right"])
                        for row in rows
                        if row["person"] == person
                    ]
                )
            )
            for person in people
        }
        n_windows = sum(
            len(row["scores"][regime]["right"]) for row in rows if row["seed"] == rows[0]["seed"]
        )
        label = "as it is" if regime == "aligned" else regime
        found.append(Score.mean(label, units, n_windows))
    return found


def number_of_folds(model: str, n_people: int) -> int:
    """Return the number of parts of the people that are left out in turn."""
    return n_people if model in FIXED_FEATURES else min(n_people, MOST_FOLDS)


def tested(
    dataset: EpochsDataset,
    model: str,
    settings: Mapping[str, Any],
    seed: int,
    n_folds: int,
    quick: bool,
) -> Iterator[dict[str, Any]]:
    """Yield the results of each person that is left out.

    The temperature, and the calibration of conformal sets, are of the outputs for the people of all
    other folds.
    """
    windows, classifier = prepared(dataset, model, settings)
    whole = EEGClassifier(model, random_state=seed, **settings)
    if model in FIXED_FEATURES:  # the statistics are those of each person, and the head is replaced
        whole = whole.set_params(max_epochs=1).fit(dataset)
    splitter = GroupKFold(n_folds, shuffle=True, random_state=seed)
    left: list[dict[str, Any]] = []
    for fold, (train, test) in enumerate(splitter.split(windows.people, groups=windows.people)):
        check_leakage(dataset, train, test, apart="subject")
        part = windows[train]
        trained = clone(classifier).set_params(random_state=seed)
        trained.fit(part.X, part.y, groups=part.people)
        for person in np.unique(windows.people[test]).tolist():
            rows = np.flatnonzero(windows.people == person)
            own, raw = windows[rows], Windows(dataset, dataset.labels, windows.people)[rows]
            y = np.searchsorted(trained.classes_, own.y)
            outputs = log_of(trained, own)
            one = {"person": person, "fold": fold, "y": y.tolist(), "aligned": outputs.tolist()}
            left.append({"row": one, "trained": trained, "own": own, "raw": raw})
    for each in left:
        row, own, trained = each["row"], each["own"], each["trained"]
        others = [other["row"] for other in left if other["row"]["fold"] != row["fold"]]
        known = calibration_of(others, "aligned")
        trained.calibrations_ = {"as_is": known}
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AdaptationWarning)
            adapted = trained.adapt(own.X, groups=own.people)
        row["seconds"] = round(time.perf_counter() - start, 3)
        row["stepped_back"] = adapted.adaptation_.stepped_back
        outputs = log_of(adapted, own) * known.temperature
        row["adapted"] = outputs.tolist()
        if model in FIXED_FEATURES:
            trained = with_head(whole, trained)
        if not quick or each is left[0]:  # half of the time of a quick run, for no score of it
            row["parts"] = scores_of_parts(trained, each["raw"].X, each["raw"].y, seed)
    for each in left:
        row = each["row"]
        others = [other["row"] for other in left if other["row"]["fold"] != row["fold"]]
        scores = {regime: scores_of(row, others, regime) for regime in REGIMES}
        yield {**row, "scores": scores}


def log_of(classifier: EEGClassifier, windows: Windows) -> Array:
    """Return logarithmic probabilities of the windows of a person."""
    return np.log(np.maximum(classifier.predict_proba(windows.X, groups=windows.people), 1e-12))


def calibration_of(rows: Sequence[Mapping[str, Any]], regime: str) -> Calibration:
    """Return the calibration on people that were left out."""
    outputs = np.concatenate([row[regime] for row in rows]).astype(np.float32)
    person = np.repeat(np.arange(len(rows)), [len(row["y"]) for row in rows])
    return Calibration(outputs, np.concatenate([row["y"] for row in rows]), person)


def scores_of(
    row: Mapping[str, Any], others: Sequence[Mapping[str, Any]], regime: str
) -> dict[str, Any]:
    """Return the scores of a person, with the calibration on others."""
    known, outputs, y = calibration_of(others, regime), np.array(row[regime]), np.array(row["y"])
    probabilities = softmax(outputs / known.temperature, axis=1)
    sets = set_scores(softmax(outputs, axis=1)) <= known.limit(0.1, "pooled")
    return {
        "right": (probabilities.argmax(axis=1) == y).astype(int).tolist(),
        "confidence": probabilities.max(axis=1).round(4).tolist(),
        "plain_confidence": softmax(outputs, axis=1).max(axis=1).round(4).tolist(),
        "coverage": float(sets[np.arange(len(y)), y].mean()),
        "set_size": float(sets.sum(axis=1).mean()),
    }


def calibration_error(confidence: Array, right: Array) -> float:
    """Return the expected calibration error in ten bins, windows pooled."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    return float(
        sum(
            abs(confidence[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean()
            for one in np.unique(bins)
        )
    )
