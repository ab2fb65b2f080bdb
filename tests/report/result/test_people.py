"""Scores of people, with their intervals and what luck reaches."""

import numpy as np
import pytest
from scipy import stats

from eegzoo.data.windows.timeline import Timeline
from eegzoo.report.result.people import permuted_accuracies, plot_people, scores_of_people
from tests.report.figure_checks import check_figure

TRUE = np.array(["a", "b"] * 50)


def test_permutations_reach_what_the_hypergeometric_distribution_says():
    predicted = np.where(np.arange(100) < 70, TRUE, "a")
    lucky = permuted_accuracies(TRUE, predicted, n=4000)
    # Of 50 windows of a, k are among the 65 predicted as a; right are k and 50 - (65 - k).
    hits = stats.hypergeom(100, 50, 65)
    assert lucky.mean() == pytest.approx((2 * hits.mean() - 15) / 100, abs=0.003)
    assert np.quantile(lucky, 0.95) == pytest.approx((2 * hits.ppf(0.95) - 15) / 100, abs=0.021)


def test_chance_of_unequal_classes_is_that_of_the_predictions_not_one_by_n():
    true = np.array(["a"] * 80 + ["b"] * 20)
    assert (permuted_accuracies(true, np.array(["a"] * 100)) == 0.8).all()
    balanced = permuted_accuracies(true, np.array(["a", "b"] * 50))
    assert balanced.mean() == pytest.approx(0.5, abs=0.01)


def test_windows_that_overlap_need_a_better_score_to_beat_luck():
    """Labels in stretches and predictions in stretches agree often by luck."""
    true = np.repeat(["a", "b"] * 5, 20)
    predicted = np.roll(true, 13)
    onset = np.arange(200) * 0.1
    timeline = Timeline.of({"onset": onset}, 200, n_times=200, sfreq=100.0)
    (apart,) = scores_of_people(true, predicted, ["S1"] * 200)
    (overlapping,) = scores_of_people(true, predicted, ["S1"] * 200, timeline)
    assert overlapping.n_independent == 10
    assert overlapping.chance_limit > apart.chance_limit + 0.2
    assert overlapping.high - overlapping.low > 2 * (apart.high - apart.low)


def test_each_person_has_a_row_with_an_interval():
    people = np.repeat(["/home/ann/b.edf", "/home/ann/a.edf"], 50)
    found = scores_of_people(TRUE, np.where(np.arange(100) < 60, TRUE, "a"), people)
    figure = plot_people(found, mean=(0.7, 0.6, 0.8))
    (axes,) = figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["a.edf", "b.edf", "mean"]
    points = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1][:2]
    assert points == [person.value for person in found]
    check_figure(figure)


@pytest.mark.parametrize("n_people", [1, 34, 109])
def test_many_people_are_in_columns(n_people):
    people = np.repeat([f"sub-{number:03d} of a rather long name" for number in range(n_people)], 4)
    true = np.tile(["a", "b", "a", "b"], n_people)
    figure = plot_people(scores_of_people(true, true, people))
    assert len(figure.axes) == 1 + (n_people - 1) // 34
    check_figure(figure)


def test_scores_of_numbers_are_by_person():
    true = np.arange(40.0)
    predicted = np.concatenate([true[:20], -true[20:]])
    found = scores_of_people(true, predicted, np.repeat(["p", "q"], 20), metric="correlation")
    assert [round(person.value, 6) for person in found] == [1, -1]
    with pytest.raises(ValueError, match="expected metric to be 'accuracy' or one of"):
        scores_of_people(true, predicted, ["p"] * 40, metric="f1")
