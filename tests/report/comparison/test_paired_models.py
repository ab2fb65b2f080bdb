"""Paired comparison of two models."""

import numpy as np
import pytest
from scipy import stats

from eegzoo.data.windows.timeline import Timeline
from eegzoo.report.comparison.paired_models import (
    compare_predictions,
    mcnemar,
    paired_interval,
    plot_comparison,
)
from tests.report.figure_checks import check_figure


def pairs(both, first, second, neither):
    table = [(True, True)] * both + [(True, False)] * first
    table += [(False, True)] * second + [(False, False)] * neither
    return np.array(table).T


def test_an_interval_is_that_of_newcombe():
    # Newcombe (1998), method 10, for 36, 12, 2 and 0 pairs.
    found = paired_interval(*pairs(36, 12, 2, 0))
    np.testing.assert_allclose(found, (0.0569, 0.3404), atol=5e-5)


def test_swapping_the_models_mirrors_the_interval():
    first, second = pairs(20, 9, 4, 7)
    low, high = paired_interval(first, second)
    np.testing.assert_allclose(paired_interval(second, first), (-high, -low))


def test_the_interval_covers_the_difference_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        common = rng.random(60)
        first, second = common < 0.8, np.where(rng.random(60) < 0.5, common, rng.random(60)) < 0.7
        low, high = paired_interval(first, second)
        covered.append(low <= 0.1 <= high)
    assert 0.92 <= np.mean(covered) <= 0.985


@pytest.mark.parametrize("counts", [(10, 0, 0, 0), (0, 0, 0, 10), (0, 10, 0, 0), (0, 0, 10, 0)])
def test_extreme_tables_have_finite_intervals(counts):
    low, high = paired_interval(*pairs(*counts))
    assert -1 <= low <= (counts[1] - counts[2]) / 10 <= high <= 1


def test_fewer_independent_windows_give_wider_intervals():
    first, second = pairs(20, 9, 4, 7)
    wide, narrow = paired_interval(first, second, 10), paired_interval(first, second)
    assert np.ptp(wide) > 1.5 * np.ptp(narrow)


def test_mcnemar_is_the_binomial_test_of_the_discordant_pairs():
    n_first, n_second, p = mcnemar(*pairs(50, 12, 3, 20))
    assert (n_first, n_second) == (12, 3)
    assert p == pytest.approx(2 * stats.binom.cdf(3, 15, 0.5))
    assert mcnemar(*pairs(5, 0, 0, 5)) == (0, 0, 1.0)


def test_people_are_paired_and_their_mean_has_students_interval():
    true = np.array(["a", "b"] * 20)
    people = np.repeat(["p", "q", "r", "s"], 10)
    first = np.where(np.arange(40) < 36, true, "c")
    second = np.where(np.arange(40) % 5 > 0, true, "c")
    found = compare_predictions(true, first, second, people)
    each = [0.2, 0.2, 0.2, -0.2]
    np.testing.assert_allclose([one.value for one in found.differences], each)
    expected = stats.ttest_1samp(each, 0).confidence_interval()
    np.testing.assert_allclose([found.mean.low, found.mean.high], expected)
    assert (found.n_only_first, found.n_only_second) == (8, 4)


def test_numbers_are_compared_by_their_errors():
    true = np.arange(30.0)
    found = compare_predictions(true, true + 1, true - 3, ["p"] * 30, numbers=True)
    assert found.metric == "mean absolute error"
    assert found.mean.value == -2
    assert (found.n_only_first, found.n_only_second) == (30, 0)
    assert found.p_value == pytest.approx(stats.wilcoxon(np.full(30, -2.0)).pvalue)


def test_overlapping_windows_are_counted():
    true = np.array(["a", "b"] * 10)
    timeline = Timeline.of({"onset": np.arange(20) / 2}, 20, n_times=100, sfreq=100.0)
    found = compare_predictions(true, true, true[::-1], ["p"] * 20, timeline)
    assert (found.n_windows, found.n_independent) == (20, 10)


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="of one length"):
        compare_predictions(["a"], ["a"], ["a", "b"], ["p"])
    with pytest.raises(ValueError, match=r"of shape \(n,\)"):
        mcnemar([True], [True, False])


@pytest.mark.parametrize("n_people", [1, 3, 80])
def test_each_person_and_the_mean_have_a_row(n_people):
    people = np.repeat([f"person {number}" for number in range(n_people)], 4)
    true = np.tile(["a", "b", "a", "b"], n_people)
    found = compare_predictions(true, true, np.roll(true, 1), people)
    figure = plot_comparison(found, "eegnet.physionet_mi2", "shallow_convnet")
    names = [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    assert len(names) == (n_people + 1 if n_people > 1 else 1)
    assert "minus" in figure.axes[0].get_xlabel()
    check_figure(figure)
