"""Figures of regression, and of several labels a window."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, r2_score, roc_auc_score

from eegzoo.report.result.label_scores import plot_labels, scores_of_labels
from eegzoo.report.result.number_scores import number_scores
from eegzoo.report.result.regression import plot_errors, plot_predicted_numbers
from tests.report.figure_checks import check_figure


@pytest.fixture
def numbers():
    rng = np.random.default_rng(0)
    true = rng.normal(40, 10, 200)
    return true, true + rng.normal(1, 5, 200)


def test_scores_of_numbers_are_those_of_scikit_learn(numbers):
    assert number_scores(*numbers)["R2"] == pytest.approx(r2_score(*numbers))


def test_predicted_numbers_are_against_true_ones_with_their_unit(numbers):
    figure = plot_predicted_numbers(*numbers, "age", "years")
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("True age (years)", "Predicted age (years)")
    points = next(line for line in axes.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(points.get_xydata(), np.transpose(numbers))
    assert axes.get_xlim() == axes.get_ylim()
    assert f"R² {r2_score(*numbers):.3f}" in axes.get_title("left")
    check_figure(figure)


def test_errors_have_their_mean_and_limits_of_agreement(numbers):
    figure = plot_errors(*numbers, "age", "years")
    errors = numbers[1] - numbers[0]
    levels = sorted(
        {line.get_ydata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 2}
    )
    spread = 1.96 * errors.std(ddof=1)
    expected = sorted([0, errors.mean(), errors.mean() - spread, errors.mean() + spread])
    np.testing.assert_allclose(levels, expected)
    check_figure(figure)


def test_a_target_without_unit_says_so(numbers):
    figure = plot_predicted_numbers(*numbers)
    assert figure.axes[0].get_xlabel() == "True target (unit of the target)"


@pytest.mark.parametrize("plot", [plot_predicted_numbers, plot_errors])
@pytest.mark.parametrize("n", [1, 2, 3000])
def test_any_number_of_windows_is_drawn(plot, n):
    check_figure(plot(np.ones(n), np.arange(n), "age", "years"))


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"of shape \(n,\), got \(2,\) and \(3,\)"):
        plot_errors([1, 2], [1, 2, 3])


def test_scores_of_labels_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    true = rng.random((80, 3)) < [0.1, 0.5, 0.8]
    chance = np.clip(0.3 * true + rng.random((80, 3)) * 0.7, 0, 1)
    for place, found in enumerate(scores_of_labels(true, chance, ["a", "b", "c"])):
        given = (true[:, place], chance[:, place])
        assert found.average_precision == pytest.approx(average_precision_score(*given))
        assert found.area == pytest.approx(roc_auc_score(*given))
        assert found.share == pytest.approx(true[:, place].mean())
        assert found.low < found.average_precision < found.high


def test_a_label_that_no_window_has_has_no_score():
    (found,) = scores_of_labels(np.zeros((5, 1)), np.zeros((5, 1)), ["a"])
    assert np.isnan(found.average_precision)
    check_figure(plot_labels([found]))


@pytest.mark.parametrize("n_labels", [1, 6, 50])
def test_each_label_has_a_row(n_labels):
    rng = np.random.default_rng(0)
    true, chance = rng.random((40, n_labels)) < 0.5, rng.random((40, n_labels))
    names = [f"a label of a long name, {number}" for number in range(n_labels)]
    figure = plot_labels(scores_of_labels(true, chance, names))
    assert sum(len(axes.get_yticklabels()) for axes in figure.axes) == n_labels
    check_figure(figure)
    with pytest.raises(ValueError, match="expected true and probabilities of shape"):
        scores_of_labels(true, chance, ["a", *names])
