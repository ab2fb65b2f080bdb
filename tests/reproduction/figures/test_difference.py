"""Differences between figures."""

import math

import numpy as np
import pytest
from scipy import stats

from eegzoo.reproduction.figures.difference import difference
from eegzoo.reproduction.figures.score import Score
from eegzoo.weights.card import wilson


# Newcombe (1998, Statistics in Medicine 17, 873-890), table II, method 10.
@pytest.mark.parametrize(
    ("new", "old", "interval"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
    ],
)
def test_independent_shares_have_newcombes_interval(new, old, interval):
    share = old[0] / old[1]
    found = difference(Score.share("any", *new), share, wilson(share, old[1]))
    assert found.interval == pytest.approx(interval, abs=6e-5)


def test_same_people_have_the_interval_of_the_paired_t_test():
    generator = np.random.default_rng(0)
    old = dict(zip("abcdefgh", generator.uniform(0.4, 0.9, 8), strict=True))
    new = {name: value + generator.normal(0.02, 0.03) for name, value in old.items()}
    found = difference(Score.mean("any", new, 80), np.mean(list(old.values())), (0.0, 1.0), old)
    exact = stats.ttest_rel(list(new.values()), list(old.values())).confidence_interval()
    assert found.interval == pytest.approx((exact.low, exact.high))
    assert found.interval_of == "paired over 8"


def test_other_people_are_not_paired():
    new = Score.mean("any", {"a": 0.5, "b": 0.7}, 20)
    assert difference(new, 0.6, (0.5, 0.7), {"a": 0.5, "c": 0.7}).interval_of.endswith(
        "independent"
    )


def test_figure_without_interval_is_taken_as_exact():
    found = difference(Score("any", "accuracy", 0.8, (0.7, 0.85), "", 9), 0.75)
    assert found.value == pytest.approx(0.05)
    assert found.interval == pytest.approx((-0.05, 0.10))
    assert found.includes_zero


def test_score_without_interval_has_no_interval_of_the_difference():
    found = difference(Score("any", "accuracy", 0.8, (math.nan, math.nan), "", 9), 0.75)
    assert np.isnan(found.interval).all()
    assert not found.includes_zero
