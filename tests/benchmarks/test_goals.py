"""The table of goals."""

import importlib
from pathlib import Path

import pytest

import eegzoo

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def goals(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("goals")


def test_the_best_peer_counts(goals):
    measured = {"eegzoo": 10.0, "eegzoo, fused=False": 5.0, "braindecode": 40.0, "selfEEG": 30.0}
    assert goals.ratio_of(measured) == ("selfEEG", 3.0)
    assert goals.ratio_of({"eegzoo": 10.0, "eegzoo, fused=False": 5.0}) is None


def test_a_goal_is_met_from_its_ratio_on(goals):
    goal = goals.Goal("eegnet", 64, 22, 1000, goals.TRAINING, 4.0)
    met = goals.row_of(goal, {"eegzoo": 10.0, "braindecode": 40.0})
    assert met == (
        "eegnet", "64 x 22 x 1000", "training", "10 ms", "braindecode 40 ms", "4.00", "4", "met",
    )  # fmt: skip
    assert not goals.is_missed(met)
    missed = goals.row_of(goal, {"eegzoo": 10.0, "braindecode": 30.0})
    assert missed[-3:] == ("3.00", "4", "missed (75%)")
    assert goals.is_missed(missed)


def test_a_goal_without_a_peer_is_neither_met_nor_missed(goals):
    goal = goals.Goal("eegnet", 64, 22, 1000, goals.MEMORY, 4.0)
    row = goals.row_of(goal, {"eegzoo": 10.0})
    assert row[3:] == ("10 MiB", "-", "-", "4", "not compared")
    assert not goals.is_missed(row)


def test_every_goal_has_a_model_and_its_own_row(goals):
    assert {goal.model for goal in goals.GOALS} <= set(eegzoo.list_models())
    keys = [(goal.model, goal.step, goal.batch) for goal in goals.GOALS]
    assert len(set(keys)) == len(keys)


def test_a_profile_lists_the_largest_shares(goals):
    assert goals.profile_lines({"a": 1.0, "b": 6.0, "c": 3.0}, most=2) == [" 60% b", " 30% c"]
    assert goals.profile_lines({}) == []
