"""Cross-validation over people: no one is in training and test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import cohen_kappa_score, f1_score
from sklearn.model_selection import GroupKFold

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.splits import check_leakage
from eegzoo.reproduction.figures.score import Score
from eegzoo.reproduction.protocols.settings import classifier_settings
from eegzoo.reproduction.run import Row, Run
from eegzoo.training.classifier import EEGClassifier


def over_people(
    recordings: Sequence[Recording],
    run: Run,
    *,
    model: str,
    classifier: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    n_folds: int,
    label: str,
    measures: Sequence[str] = ("accuracy",),
    channels: Sequence[str] | None = None,
) -> list[Score]:
    """Return scores over all windows, each classified when its person was not in the training.

    Parameters
    ----------
    recordings : sequence of Recording
        Recordings of several people.
    run : Run
        Run. A seed determines weights and batches.
    model : str
        Name of the model.
    classifier : mapping
        Parameters of `EEGClassifier`.
    preprocessing : mapping
        Steps, as `Preprocessing.to_dict` gives them.
    n_folds : int
        Number of parts of the people.
    label : str
        Label of the scores.
    measures : sequence of {"accuracy", "kappa", "macro_f1"}
        What to score.
    channels : sequence of str | None
        Channels to keep. None: all of EEG.
    """
    chosen = preprocessing
    if channels is not None:
        pick = {"step": "pick", "ch_names": list(channels)}
        chosen = {**preprocessing, "steps": [pick, *preprocessing["steps"]]}
    dataset = EpochsDataset.from_recordings(recordings, Preprocessing.from_dict(chosen))
    people, settings = dataset.groups("subject"), run.settings(classifier_settings(classifier))
    splitter = GroupKFold(len(run.some(range(min(n_folds, len(set(people.tolist())))))))
    rows: list[Row] = []
    for seed in run.seeds:
        for fold, (train, test) in enumerate(splitter.split(people, groups=people)):
            key = {"entry": run.entry, "seed": seed, "fold": fold}
            check_leakage(dataset, train, test, apart="subject")

            def measure(train: Any = train, test: Any = test, seed: int = seed) -> list[Row]:
                estimator = EEGClassifier(model, random_state=seed, **settings)
                predicted = estimator.fit(dataset[train]).predict(dataset[test])
                return [{"test": test.tolist(), "predicted": predicted.tolist()}]

            rows += run.rows.get(key, measure)
            run.say(f"fold {fold + 1} of {splitter.n_splits}, seed {seed}")
    return [_scored(label, name, dataset, rows, run.seeds) for name in measures]


def _scored(
    label: str, measure: str, dataset: EpochsDataset, rows: Sequence[Row], seeds: Sequence[int]
) -> Score:
    people = dataset.groups("subject")
    values, units = [], []
    for seed in seeds:
        predicted = np.empty(len(dataset), dataset.labels.dtype)
        for row in rows:
            if row["seed"] == seed:
                predicted[row["test"]] = row["predicted"]
        values.append(_value(measure, dataset.labels, predicted))
        units.append(
            {
                str(name): _value(
                    measure, dataset.labels[people == name], predicted[people == name]
                )
                for name in np.unique(people)
            }
        )
    each = {name: float(np.mean([own[name] for own in units])) for name in units[0]}
    mean = Score.mean(label, each, len(dataset), measure=measure)
    # The interval of the mean over people, moved to the score of all windows together.
    value = float(np.mean(values))
    low, high = (limit + value - mean.value for limit in mean.interval)
    return Score(label, measure, value, (low, high), "bootstrap over people", len(dataset), each)


def _value(measure: str, true: Any, predicted: Any) -> float:
    if measure == "accuracy":
        return float((true == predicted).mean())
    if measure == "kappa":
        return float(np.nan_to_num(cohen_kappa_score(true, predicted)))
    return float(f1_score(true, predicted, average="macro", zero_division=0))
