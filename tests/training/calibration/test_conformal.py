"""Conformal sets cover new people as often as asked, are never empty, and say what they need."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from eegzoo.training.calibration.conformal import people_needed, score_limit, set_scores


def draw_people(rng, n_people, n_windows=20, n_classes=4, spread=1.0):
    """Return probabilities and labels; people differ in how separable their classes are."""
    strength = np.exp(rng.normal(0.5, spread, n_people)).repeat(n_windows)
    y = rng.integers(n_classes, size=n_people * n_windows)
    logits = rng.normal(0, 1.0, (len(y), n_classes))
    logits[np.arange(len(y)), y] += strength * rng.normal(1, 0.5, len(y))
    return softmax(logits, axis=1), y, np.arange(n_people).repeat(n_windows)


def coverage(rng, n_people, alpha, method, **options):
    """Return the share of windows of 50 new people whose set contains their label."""
    p, y, person = draw_people(rng, n_people, **options)
    limit = score_limit(set_scores(p)[np.arange(len(y)), y], person, alpha, method)
    p, y, _ = draw_people(rng, 50, **options)
    return (set_scores(p)[np.arange(len(y)), y] <= limit).mean()


@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
@pytest.mark.parametrize(("method", "n_people"), [("hierarchical", 60), ("pooled", 60)])
def test_new_people_are_covered_as_often_as_asked(spread, method, n_people):
    rng = np.random.default_rng(0)
    found = [coverage(rng, n_people, 0.1, method, spread=spread) for _ in range(200)]
    assert np.mean(found) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("n_people", [9, 24])
def test_few_people_are_covered_at_least_as_often_as_asked(spread, n_people):
    rng = np.random.default_rng(0)
    found = [coverage(rng, n_people, 0.1, "hierarchical", spread=spread) for _ in range(200)]
    assert 0.9 - 0.01 < np.mean(found) < 0.9 + 1 / (n_people + 1) + 0.01


def test_with_one_window_a_person_the_limit_is_the_usual_quantile():
    scores = np.random.default_rng(0).random(30)
    # The ceil((n + 1) (1 - alpha))-th smallest score, as in split conformal prediction.
    expected = np.sort(scores)[int(np.ceil(31 * 0.8)) - 1]
    assert score_limit(scores, np.arange(30), 0.2) == expected


def test_people_count_alike_however_many_windows_they_have():
    # The first person has nine windows, the others one: pooled, they would be nine tenths.
    scores = np.array([5.0] * 9 + [1.0, 2.0, 3.0])
    person = np.array([0] * 9 + [1, 2, 3])
    assert score_limit(scores, person, 0.4) == 3.0
    assert score_limit(scores, np.arange(12), 0.4) == 5.0


@pytest.mark.parametrize(
    ("alpha", "needed"), [(0.1, 9), (0.05, 19), (0.2, 4), (0.5, 1), (0.3, 3), (1.0, 1)]
)
def test_too_few_people_raise_with_the_number_that_is_needed(alpha, needed):
    assert people_needed(alpha) == needed
    score_limit(np.arange(float(needed)), np.arange(needed), alpha)
    if needed > 1:
        scores = np.arange(float(needed - 1))
        with pytest.raises(ValueError, match=f"at least {needed} held-out people"):
            score_limit(scores, np.arange(needed - 1), alpha)


def test_pooled_sets_need_no_number_of_people():
    assert score_limit(np.array([1.0, 2.0]), np.array([0, 1]), 0.05, "pooled") == 2.0


def test_where_nearly_all_labels_are_right_sets_have_one_label():
    p = np.tile([0.6, 0.3, 0.1], (100, 1))
    y = np.array([0] * 95 + [1] * 5)
    limit = score_limit(set_scores(p)[np.arange(100), y], np.arange(100), 0.1)
    assert limit == 0.0
    assert (set_scores(p) <= limit).sum(axis=1).tolist() == [1] * 100


@given(st.lists(st.lists(st.floats(-5, 5), min_size=3, max_size=3), min_size=1, max_size=5),
       st.floats(0, 1))  # fmt: skip
def test_sets_are_never_empty(logits, limit):
    sets = set_scores(softmax(np.array(logits), axis=1)) <= limit
    assert sets.any(axis=1).all()


@given(st.integers(0, 1000))
def test_the_order_of_windows_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    scores, person = rng.random(60).round(1), rng.integers(0, 12, 60)
    order = rng.permutation(60)
    assert score_limit(scores, person, 0.2) == score_limit(scores[order], person[order], 0.2)


@pytest.mark.parametrize(
    ("alpha", "method", "message"),
    [
        (0.0, "pooled", "expected alpha to be a number above 0 and at most 1"),
        (1.5, "pooled", "expected alpha"),
        (0.1, "split", "expected method to be one of 'hierarchical', 'pooled'"),
    ],
)
def test_bad_arguments_raise(alpha, method, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        score_limit(np.arange(20.0), np.arange(20), alpha, method)
