"""Intervals, chance levels and the worst people are those of SciPy and of a count by hand."""

import numpy as np
import pytest
from scipy import stats

from eegzoo.report.result.number_scores import number_scores
from eegzoo.report.result.score_statistics import (
    as_dict,
    class_statistics,
    in_words,
    number_statistics,
)

TRUE = np.array(["a", "b"] * 20)


def predicted(n_right):
    return np.where(np.arange(40) < n_right, TRUE, "none")


def test_the_interval_of_one_person_is_wilsons():
    found = class_statistics(TRUE, predicted(30), np.zeros(40), 40)
    p, n, z = 0.75, 40, stats.norm.ppf(0.975)
    middle, width = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    expected = np.array([middle - width, middle + width]) / (1 + z**2 / n)
    np.testing.assert_allclose(found.interval, expected)


def test_overlapping_windows_count_once():
    found = class_statistics(TRUE, predicted(30), np.zeros(40), 10)
    alone = class_statistics(TRUE[:10], predicted(30)[:10], np.zeros(10), 10)
    assert np.ptp(found.interval) > 0.4
    assert found.chance_limit == alone.chance_limit == 0.8  # 8 of 10: p = .055, 9 of 10: p = .011


def test_chance_is_that_of_the_commonest_label():
    true = np.array(["a"] * 30 + ["b"] * 10)
    found = class_statistics(true, true, np.zeros(40), 40)
    assert found.chance == 0.75
    n_lucky = found.chance_limit * 40
    assert stats.binom.sf(n_lucky, 40, 0.75) <= 0.05 < stats.binom.sf(n_lucky - 1, 40, 0.75)


def test_the_interval_over_people_is_students():
    people = np.repeat(["p", "q", "r", "s"], 10)
    found = class_statistics(TRUE, predicted(27), people, 40)
    values = [1.0, 1.0, 0.7, 0.0]
    assert found.people == dict(zip("pqrs", values, strict=True))
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose(found.interval, [max(0, low), min(1, high)])
    assert (found.mean, found.worst_fifth) == (pytest.approx(0.675), 0.0)
    assert found.below_chance == {"s": 0.0}


def test_the_worst_fifth_of_ten_people_is_two():
    people, right = np.repeat(np.arange(10), 10), np.tile(np.arange(10), 10)
    true = np.tile(["a", "b"], 50)
    found = class_statistics(true, np.where(right < people + 1, true, "none"), people, 100)
    assert found.worst_fifth == pytest.approx((0.1 + 0.2) / 2)


def numbers(strength, seed=0, n=200):
    rng = np.random.default_rng(seed)
    true = rng.normal(size=n)
    return true, strength * true + rng.normal(size=n)


def by_name(*arguments):
    return {one.name: one for one in number_statistics(*arguments, number_scores)}


def test_the_limit_of_luck_of_a_correlation_is_that_of_its_t_test():
    true, given = numbers(1.0)
    found = by_name(true, given, np.zeros(200), 200)["correlation"]
    t = stats.t.ppf(0.95, 198)
    assert found.chance_limit == pytest.approx(t / np.sqrt(198 + t**2), abs=0.02)
    assert abs(found.chance) < 0.01
    fisher = stats.pearsonr(true, given).confidence_interval(0.95)
    np.testing.assert_allclose(found.interval, [fisher.low, fisher.high], atol=0.04)


def test_a_smaller_error_is_better():
    true, given = numbers(1.0)
    people = np.repeat([0, 1], 100)
    given[people == 1] = -3 * true[people == 1]
    found = by_name(true, given, people, 200)["mean absolute error"]
    assert found.below_chance.keys() == {"1"}
    assert found.worst_fifth == max(found.people.values())
    assert found.chance_limit < found.chance


def test_undefined_scores_have_undefined_intervals():
    found = by_name(np.full(10, 2.0), np.arange(10.0), np.zeros(10), 10)["R2"]
    assert np.isnan(found.value)
    assert as_dict(found, 10, 10)["interval"] == [None, None]
    assert found.below_chance == {}


def test_words_name_the_metric_the_counts_the_interval_and_chance():
    people = np.repeat(["p", "q", "r", "s"], 10)
    found = class_statistics(TRUE, predicted(27), people, 20)
    first, second, third = in_words(found, 40, 20)
    low, high = found.interval
    assert first == (
        "accuracy 0.675 on 40 windows (20 independent) of 4 people, 95% interval over people "
        f"{low:.3f} to {high:.3f}; chance 0.500, by luck up to {found.chance_limit:.3f} (binomial)"
    )
    assert second == "mean accuracy over people 0.675, over the worst fifth of them 0.000"
    assert third == "accuracy worse than chance: s (0.000, chance 0.500)"
    (alone,) = in_words(class_statistics(TRUE, predicted(30), np.zeros(40), 40), 40, 40)
    assert "on 40 windows of 1 person, 95% interval over windows 0.598 to 0.858" in alone
