"""Scores and their intervals."""

import math

import numpy as np
import pytest

from eegzoo.reproduction.figures.score import Score, bootstrap


def test_share_has_wilsons_interval():
    # Newcombe (1998, Statistics in Medicine 17, 857-872), table I, method 3: 81 of 263.
    score = Score.share("any", 81, 263)
    assert score.value == pytest.approx(0.3080, abs=5e-5)
    assert score.interval == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_mean_weighs_people_equally():
    score = Score.mean("any", {"01": 0.2, "02": 0.8, "03": 0.8}, n_windows=100)
    assert score.value == pytest.approx(0.6)
    assert score.interval == pytest.approx((0.2, 0.8))
    assert score.interval_of == "bootstrap over people"


def test_bootstrap_approaches_the_normal_interval():
    values = np.random.default_rng(0).normal(0.7, 0.1, size=400)
    half = 1.96 * values.std() / 20
    assert bootstrap(values) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=0.002
    )


@pytest.mark.parametrize("interval", [(0.1, 0.3), (math.nan, math.nan)])
def test_dict_round_trip(interval):
    score = Score("a", "kappa", 0.2, interval, "none", 3, {"01": 0.2})
    back = Score.from_dict(score.to_dict())
    np.testing.assert_equal(back.interval, interval)
    assert back.units == score.units
    assert score.to_dict()["interval"] == [
        None if math.isnan(limit) else limit for limit in interval
    ]
