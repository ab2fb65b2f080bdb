"""Results of models in the same folds, on examples worked by hand."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.report import cross_validated_baselines
from eegzoo.report.comparison.in_folds import fingerprint, result_of_fold, rows_in_folds

N_WINDOWS = 40
INFO = SignalInfo(["C3", "C4"], 100.0, 50)
FOLDS = [
    (np.arange(20, 40), np.arange(0, 20)),
    (np.arange(0, 20), np.arange(20, 40)),
]


def windows(seed=0, subjects=("S1", "S2")):
    """Windows whose first half is of the first subject."""
    X = np.random.default_rng(seed).normal(size=(N_WINDOWS, 2, 50))
    y = np.arange(N_WINDOWS) % 2
    X[:, 0] *= np.where(y, 5.0, 1.0)[:, None]
    who = np.repeat(subjects, N_WINDOWS // 2)
    return EpochsDataset(X, y, ["left", "right"], INFO, {"subject": who}, "ignore")


class Constant:
    """Classifier that always says the same, and writes down what it was given."""

    model_ = torch.nn.Linear(3, 2)

    def __init__(self):
        self.seen = []

    def fit(self, dataset):
        self.seen.append(len(dataset))
        return self

    def predict(self, dataset):
        self.seen.append(len(dataset))
        return np.full(len(dataset), "left")


def test_result_has_predictions_and_costs():
    classifier, dataset = Constant(), windows()
    ticks = itertools.count(step=2.0)  # every look at the clock takes two seconds
    found = result_of_fold(classifier.fit, dataset, FOLDS[0], lambda: next(ticks))
    assert found == {
        "predicted": ["left"] * 20, "seconds": 2.0, "ms_per_window": 2000.0 / 20, "parameters": 8,
    }  # fmt: skip
    assert classifier.seen == [20, 20, 20, 20, 20]


def result(predicted, seconds=1.0, latency=1.0):
    labels = list(predicted)
    return {"predicted": labels, "seconds": seconds, "ms_per_window": latency, "parameters": 8}


def test_rows_are_of_all_folds_in_the_order_of_the_windows():
    dataset = windows()
    right = [result(dataset.labels[test]) for _, test in reversed(FOLDS)]
    left = [result(["left"] * 20, 1.0, 3.0), result(["left"] * 20, 3.0, 5.0)]
    models = {"right": right, "left": left}
    first, second = rows_in_folds(dataset, FOLDS[::-1], models, baselines=False)
    assert first["people"] == {"S1": 1.0, "S2": 1.0}
    assert second["people"] == {"S1": 0.5, "S2": 0.5}
    assert second["difference"]["value"] == -0.5
    assert (second["seconds_per_fold"], second["ms_per_window"]) == (2.0, 4.0)
    assert second["parameters"] == 8


def test_baselines_are_those_of_the_same_folds_and_cost_nothing():
    dataset = windows()
    rows = rows_in_folds(dataset, FOLDS, {"left": [result(["left"] * 20)] * 2})
    known = cross_validated_baselines(dataset.X, dataset.labels, 100.0, FOLDS)
    assert [row["name"] for row in rows] == ["left", *(each.name for each in known)]
    for row, baseline in zip(rows[1:], known, strict=True):
        assert row["accuracy"] == (baseline.predicted == dataset.labels).mean()
        assert row["parameters"] is row["seconds_per_fold"] is row["ms_per_window"] is None
    assert max(row["accuracy"] for row in rows) > 0.9  # the amplitude tells the classes apart


def test_only_windows_of_a_test_are_scored():
    dataset = windows()
    rows = rows_in_folds(dataset, FOLDS[1:], {"left": [result(["left"] * 20)]})
    assert [list(row["people"]) for row in rows] == [["S2"]] * len(rows)


@pytest.mark.parametrize(
    "change",
    [
        SimpleNamespace(dataset=windows(seed=1), folds=FOLDS),
        SimpleNamespace(dataset=windows(subjects=("S1", "S3")), folds=FOLDS),
        SimpleNamespace(dataset=windows(), folds=FOLDS[:1]),
        SimpleNamespace(dataset=windows()[::-1], folds=FOLDS),
    ],
    ids=["windows", "subjects", "folds", "order"],
)
def test_fingerprint_is_of_everything_that_results_depend_on(change):
    assert fingerprint(windows(), FOLDS) == fingerprint(windows(), FOLDS)
    assert fingerprint(windows(), FOLDS) != fingerprint(change.dataset, change.folds)
