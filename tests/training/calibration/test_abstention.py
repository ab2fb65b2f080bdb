"""Thresholds have the accuracy and the coverage that were asked for."""

import numpy as np
import pytest

from eegzoo.training.calibration.abstention import choose_threshold

CONFIDENCE = np.array([0.99, 0.9, 0.8, 0.7, 0.6])
RIGHT = np.array([True, True, False, True, False])
ONE = np.zeros(5)


@pytest.mark.parametrize(
    ("accuracy", "threshold", "reached", "coverage"),
    [(1.0, 0.9, 1.0, 0.4), (0.75, 0.7, 0.75, 0.8), (0.6, 0.6, 0.6, 1.0), (0.1, 0.6, 0.6, 1.0)],
)
def test_the_smallest_threshold_with_the_accuracy(accuracy, threshold, reached, coverage):
    found = choose_threshold(CONFIDENCE, RIGHT, ONE, accuracy=accuracy)
    assert (found.threshold, found.accuracy) == (threshold, pytest.approx(reached))
    assert found.coverage == pytest.approx(coverage)


@pytest.mark.parametrize("n_right", range(1, 10))
def test_an_accuracy_that_is_just_reached_is_reached(n_right):
    confidence, right = np.linspace(1.0, 0.5, 9), np.arange(9) < n_right
    found = choose_threshold(confidence, right, np.zeros(9), accuracy=n_right / 9)
    assert found.threshold == 0.5


@pytest.mark.parametrize(("coverage", "threshold"), [(0.2, 0.99), (0.3, 0.9), (1.0, 0.6)])
def test_the_largest_threshold_with_the_coverage(coverage, threshold):
    assert choose_threshold(CONFIDENCE, RIGHT, ONE, coverage=coverage).threshold == threshold


def test_people_count_alike():
    # Person 0 has three windows, all right and sure; person 1 has one, which is wrong.
    confidence, right = np.array([0.9, 0.9, 0.9, 0.95]), np.array([True, True, True, False])
    person = np.array([0, 0, 0, 1])
    assert choose_threshold(confidence, right, person, coverage=1.0).accuracy == pytest.approx(0.5)


def test_windows_of_the_same_confidence_get_a_label_together():
    same = np.full(4, 0.8)
    right = np.array([True, True, True, False])
    found = choose_threshold(same, right, np.zeros(4), coverage=0.25)
    assert (found.coverage, found.accuracy) == (pytest.approx(1.0), pytest.approx(0.75))
    with pytest.raises(ValueError, match=r"at most 0\.75, got 0\.9"):
        choose_threshold(same, right, np.zeros(4), accuracy=0.9)


@pytest.mark.parametrize("given", [{}, {"accuracy": 0.9, "coverage": 0.5}])
def test_both_or_neither_raise(given):
    with pytest.raises(ValueError, match="expected either accuracy or coverage"):
        choose_threshold(CONFIDENCE, RIGHT, ONE, **given)


def test_the_accuracy_holds_on_new_people():
    rng = np.random.default_rng(0)

    def draw(n_people):
        skill = rng.normal(0, 0.5, n_people).repeat(30)
        p = 1 / (1 + np.exp(-np.abs(rng.normal(1, 1, 30 * n_people))))
        right = rng.random(len(p)) < 1 / (1 + np.exp(-(np.log(p / (1 - p)) + skill)))
        return p, right, np.arange(n_people).repeat(30)

    found = []
    for _ in range(100):
        threshold = choose_threshold(*draw(30), accuracy=0.85).threshold
        p, right, _ = draw(30)
        found.append(right[p >= threshold].mean())
    assert np.mean(found) == pytest.approx(0.85, abs=0.02)
