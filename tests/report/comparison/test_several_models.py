"""Several models against the first, against SciPy and worked numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eegzoo.report.comparison.several_models import compare_models, holm

TRUE = np.array(["a", "b"] * 30)
PEOPLE = np.repeat(["S1", "S2", "S3"], 20)


def predicted(*n_wrong):
    """Return labels of which the first windows of each person are wrong."""
    labels = TRUE.copy()
    for person, number in enumerate(n_wrong):
        wrong = slice(20 * person, 20 * person + number)
        labels[wrong] = np.where(TRUE[wrong] == "a", "b", "a")
    return labels


def test_differences_of_people_are_tested_by_students_t():
    first, second = predicted(2, 4, 6), predicted(6, 6, 12)
    rows = compare_models(TRUE, {"one": first, "two": second}, PEOPLE)
    assert [row.accuracy for row in rows] == pytest.approx([0.8, 0.6])
    assert rows[1].people == pytest.approx({"S1": 0.7, "S2": 0.7, "S3": 0.4})
    before, after = [0.9, 0.8, 0.7], [0.7, 0.7, 0.4]
    known = stats.ttest_rel(after, before)
    assert rows[1].p_value == pytest.approx(known.pvalue)
    low, high = known.confidence_interval(0.95)
    assert (rows[1].difference.value, rows[1].difference.low, rows[1].difference.high) == (
        pytest.approx((-0.2, low, high))
    )
    assert rows[0].difference is None


def test_one_person_is_tested_by_mcnemars_test():
    first, second = predicted(0, 0, 0), predicted(6, 0, 0)
    rows = compare_models(TRUE, {"one": first, "two": second}, np.zeros(60))
    assert rows[1].p_value == pytest.approx(2 * 0.5**6)  # 6 of 6
    assert rows[1].difference.value == pytest.approx(-0.1)


def test_p_values_are_corrected_for_the_number_of_models():
    labels = {"one": predicted(0, 0, 0), "two": predicted(6, 0, 0), "three": predicted(9, 0, 0)}
    rows = compare_models(TRUE, labels, np.zeros(60))
    two, three = 2 * 0.5**6, 2 * 0.5**9
    assert [row.p_holm for row in rows[1:]] == pytest.approx([two, 2 * three])


def test_equal_models_do_not_differ():
    rows = compare_models(TRUE, {"one": predicted(2, 2, 2), "two": predicted(2, 2, 2)}, PEOPLE)
    assert (rows[1].difference.value, rows[1].p_value) == (0.0, 1.0)


def test_holm_is_that_of_r():
    """Compare with R's function p.adjust."""
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_corrected_values_are_no_smaller_and_keep_the_order(p_values):
    corrected = holm(p_values)
    assert all(p <= c <= 1 for p, c in zip(p_values, corrected, strict=True))
    pairs = sorted(zip(p_values, corrected, strict=True))
    assert [c for _, c in pairs] == sorted(c for _, c in pairs)


def test_wrong_predictions_raise():
    with pytest.raises(ValueError, match="at least one model"):
        compare_models(TRUE, {}, PEOPLE)
    with pytest.raises(ValueError, match="a prediction for each of 60 windows for two"):
        compare_models(TRUE, {"one": TRUE, "two": TRUE[:1]}, PEOPLE)
