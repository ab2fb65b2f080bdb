"""What a card says of people whom adaptation makes worse."""

import importlib
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture
def person_metrics(monkeypatch):
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module("person_metrics")


def row(person, aligned, adapted, seed=0):
    """Return a result with a number of right windows of ten."""
    scores = {
        regime: {"right": [1] * n + [0] * (10 - n)}
        for regime, n in {"aligned": aligned, "adapted": adapted}.items()
    }
    return {"person": f"set/{person}", "seed": seed, "scores": scores}


def test_a_card_names_people_who_became_worse(person_metrics):
    rows = [row("1", 9, 10), row("2", 5, 2), row("3", 8, 8), row("4", 6, 5)]
    assert person_metrics.made_worse(rows) == ["2 0.50 to 0.20", "4 0.60 to 0.50"]
    text = person_metrics.caution(rows)
    assert "made 2 of 4 people left out worse" in text
    assert "(2 0.50 to 0.20, 4 0.60 to 0.50)" in text


def test_people_are_averaged_over_seeds(person_metrics):
    rows = [row("1", 5, 4, seed=0), row("1", 5, 6, seed=1)]
    assert person_metrics.made_worse(rows) == []
    assert person_metrics.caution(rows) == ""
