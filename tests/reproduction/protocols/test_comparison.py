"""Comparison of models: folds, windows and scores."""

import math

import numpy as np
import pytest
from scipy import stats

from eegzoo.cli import crossval
from eegzoo.data import EpochsDataset, SignalInfo
from eegzoo.reproduction.catalogue import list_entries
from eegzoo.reproduction.protocols.comparison import only, parts_of, scores_of, windows_of
from eegzoo.reproduction.recordings import fingermovements

INFO = SignalInfo(["C3", "C4"], 100.0, 20)


def windows(n_people=4, n_each=10):
    """Windows of people, with labels in turn."""
    n = n_people * n_each
    X = np.random.default_rng(0).normal(size=(n, 2, 20))
    who = np.repeat([f"S{number}" for number in range(n_people)], n_each)
    columns = {"subject": who, "recording": who, "onset": 10.0 * np.arange(n)}
    return EpochsDataset(X, np.arange(n) % 2, ["a", "b"], INFO, columns, "ignore")


@pytest.mark.parametrize(
    ("n_people", "folds", "cv", "groups"),
    [(4, "subjects", 4, "subject"), (4, 2, 2, "subject"), (1, 5, 5, None)],
)
def test_folds_are_those_of_the_command_line(n_people, folds, cv, groups):
    dataset = windows(n_people)
    known = crossval.folds(dataset, cv, groups, seed=3)
    found = parts_of(dataset, folds, seed=3)
    for one, other in zip(found, known, strict=True):
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_official_split_has_one_fold_of_named_channels():
    split = fingermovements.simulate()
    dataset, n_train = windows_of(split, None, band=(10.0, 33.0))
    ((training, test),) = parts_of(dataset, "official", 0, n_train)
    assert (len(training), len(test)) == (80, 30)
    assert (len(dataset.info.ch_names), dataset.info.ch_names[15]) == (28, "Cz")
    assert dataset.labels.tolist() == split.y.tolist()
    power = abs(np.fft.rfft(dataset.X)) ** 2  # at 0, 2, 4 Hz ...
    assert power[..., 7:15].sum() > 10 * power[..., :3].sum()


def test_recordings_need_a_preprocessing():
    with pytest.raises(ValueError, match="expected preprocessing of recordings, got None"):
        windows_of([], None)


def test_only_some_labels_in_their_order():
    kept = only(windows(1), ["b"])
    assert kept.classes == ("b",)
    assert kept.labels.tolist() == ["b"] * 5
    assert only(windows(1), ["b", "a"]).y.tolist() == [1, 0] * 5


def row(name, **people):
    difference = None if name == "first" else {"value": 0.1, "low": -0.1, "high": 0.3}
    return {"name": name, "people": people, "difference": difference}


def test_scores_of_people_are_averaged_over_seeds():
    tables = [
        [row("first", a=0.5, b=0.7), row("second", a=0.6, b=0.9)],
        [row("first", a=0.7, b=0.7), row("second", a=0.8, b=0.9)],
    ]
    first, second, change = scores_of(tables, 40)
    assert first.units == pytest.approx({"a": 0.6, "b": 0.7})
    assert second.value == pytest.approx(0.8)
    assert (change.label, change.measure) == ("second", "difference")
    known = stats.ttest_1samp([0.1, 0.2], 0.0).confidence_interval(0.95)
    assert (change.value, *change.interval) == pytest.approx((0.15, known.low, known.high))


def test_one_person_has_intervals_over_windows_of_one_seed():
    table = [row("first", a=0.8), row("second", a=0.9)]
    first, _, change = scores_of([table], 100)
    assert first.interval == pytest.approx((0.711, 0.867), abs=1e-3)  # Wilson, 80 of 100
    assert (change.value, *change.interval) == pytest.approx((0.1, -0.1, 0.3))
    first, _, change = scores_of([table, table], 100)
    assert first.value == 0.8
    assert all(map(math.isnan, [*first.interval, *change.interval]))


def test_every_table_compares_with_the_same_model():
    entries = list_entries("bench:compare-*")
    assert {entry.parameters["models"][0] for entry in entries} == {"eegnet"}
