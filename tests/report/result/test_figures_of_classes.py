"""Figures of classes: learning curves, confusion, ranking, reliability."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, roc_auc_score

from eegzoo.report import alternative_text
from eegzoo.report.result.confusion import plot_confusion
from eegzoo.report.result.learning_curves import plot_learning_curves
from eegzoo.report.result.ranking_curves import plot_precision_recall, plot_roc
from eegzoo.report.result.reliability import plot_reliability, reliability
from tests.report.figure_checks import check_figure

HOSTILE = ["<script>alert(1)</script>", "$\\frac{x}$", "left\nhand"]


def history(n, seed=0):
    losses = np.random.default_rng(seed).uniform(0.4, 0.7, (n, 2))
    return [
        {"epoch": n + 1, "train_loss": a, "valid_loss": b, "valid_score": 1 - a}
        for n, (a, b) in enumerate(losses)
    ]


def lines_of(axes):
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


# Learning curves.


def test_learning_curves_show_the_losses_of_each_epoch():
    rows = history(5)
    figure = plot_learning_curves({"fold 1": rows}, label="Loss (nats)")
    lines = lines_of(figure.axes[0])
    assert lines["training"].get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert lines["validation"].get_ydata().tolist() == [row["valid_loss"] for row in rows]
    assert lines["training"].get_linestyle() != lines["validation"].get_linestyle()
    check_figure(figure)


def test_the_mean_is_over_the_trainings_that_reached_an_epoch():
    folds = {"fold 1": history(3), "fold 2": history(2, seed=1)}
    line = lines_of(plot_learning_curves(folds, "score").axes[0])["validation, mean of 2"]
    scores = [[row["valid_score"] for row in rows] for rows in folds.values()]
    expected = [(a + b) / 2 for a, b in zip(*scores, strict=False)]
    np.testing.assert_allclose(line.get_ydata(), [*expected, scores[0][2]])


def test_epochs_without_validation_have_no_validation_curve():
    rows = [{"epoch": 1, "train_loss": 0.5, "valid_loss": None}]
    assert list(lines_of(plot_learning_curves({"all": rows}).axes[0])) == ["training"]
    with pytest.raises(ValueError, match="expected histories with valid_score, got none"):
        plot_learning_curves({"all": rows}, "score")


# Confusion matrix.


def test_confusion_has_the_counts_and_shares_of_each_true_class():
    figure = plot_confusion(list("aaab"), list("aabb"), ["a", "b"])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["2\n67 %", "1\n33 %", "0\n0 %", "1\n100 %"]
    assert "3 of them on the diagonal" in alternative_text(figure)
    check_figure(figure)


@pytest.mark.parametrize("n_classes", [2, 5, 12, 40])
def test_confusion_of_many_long_names_is_readable(n_classes):
    names = [f"a class of a long name, number {number}" for number in range(n_classes)]
    check_figure(plot_confusion(names * 3, names * 3, names))


def test_text_of_recordings_is_no_formula():
    figure = plot_confusion(HOSTILE, HOSTILE, HOSTILE)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "<script>…/script>", "$\\frac{x}$", "left hand",
    ]  # fmt: skip
    check_figure(figure)


def test_predictions_of_other_windows_are_refused():
    with pytest.raises(ValueError, match=r"same shape .* got \(1,\) and \(2,\)"):
        plot_confusion(["a"], ["a", "b"])


def test_classes_that_are_not_named_are_refused():
    with pytest.raises(ValueError, match=r"expected classes .* got also .*c"):
        plot_confusion(["a", "c"], ["a", "a"], ["a", "b"])
    with pytest.raises(ValueError, match="at least one window"):
        plot_confusion([], [])


# Ranking.


@pytest.fixture
def ranked():
    rng = np.random.default_rng(0)
    true = np.array(["a", "b", "c"])[rng.integers(3, size=60)]
    logits = rng.normal(size=(60, 3)) + 1.5 * (true[:, None] == ["a", "b", "c"])
    return true, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_areas_and_average_precisions_are_those_of_scikit_learn(ranked):
    true, probabilities = ranked
    areas = plot_roc(true, probabilities, ["a", "b", "c"])
    averages = plot_precision_recall(true, probabilities, ["a", "b", "c"])
    for place, name in enumerate("abc"):
        given = (true == name, probabilities[:, place])
        assert f"{name} (area {roc_auc_score(*given):.3f})" in lines_of(areas.axes[0])
        label = f"{name} (average {average_precision_score(*given):.3f}, chance "
        assert f"{label}{given[0].mean():.3f})" in lines_of(averages.axes[0])
    check_figure(areas)
    check_figure(averages)


def test_of_two_classes_one_is_drawn_and_absent_classes_are_not(ranked):
    true, probabilities = ranked
    two = np.where(true == "c", "b", true)
    assert len(lines_of(plot_roc(two, probabilities[:, :2], ["a", "b"]).axes[0])) == 2
    assert len(lines_of(plot_roc(two, probabilities, ["a", "b", "c"]).axes[0])) == 3
    with pytest.raises(ValueError, match="windows of at least two classes"):
        plot_roc(["a"] * 60, probabilities, ["a", "b", "c"])
    with pytest.raises(ValueError, match=r"expected probabilities of shape \(60, 2\)"):
        plot_roc(true, probabilities, ["a", "b"])


@pytest.mark.parametrize("plot", [plot_roc, plot_precision_recall])
def test_legends_of_many_classes_are_below_the_axes(plot):
    true = np.arange(120) % 12
    probabilities = np.random.default_rng(0).dirichlet(np.ones(12), 120)
    figure = plot(true, probabilities, range(12))
    assert "12 classes, mean" in figure.legends[0].get_title().get_text()
    check_figure(figure)


# Reliability.


def test_calibration_error_is_the_mean_distance_of_accuracy_and_confidence():
    # Bins of .9 to 1: confidence .95, accuracy 1; of .6 to .7: .62, accuracy 1/3.
    found = reliability([1, 1, 1, 0, 0], [0.95, 0.95, 0.62, 0.62, 0.62])
    assert found.error == pytest.approx(0.4 * 0.05 + 0.6 * (0.62 - 1 / 3))
    assert found.counts.tolist() == [0, 0, 0, 0, 0, 0, 3, 0, 0, 2]


@pytest.mark.parametrize("edge", [0.0, 0.1, 0.5, 1.0])
def test_confidences_at_edges_are_in_one_bin(edge):
    assert reliability([True], [edge]).counts.sum() == 1


def test_calibrated_predictions_have_a_small_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 20_000)
    assert reliability(rng.random(20_000) < confidence, confidence).error < 0.015


def test_reliability_names_its_error_and_counts():
    figure = plot_reliability([True, True, True, False], [0.95, 0.95, 0.65, 0.65])
    top, bottom = figure.axes
    assert top.get_title("left") == "Expected calibration error 0.100"
    assert sum(bar.get_height() for bar in bottom.patches) == 4
    check_figure(figure)
    given = Figure().subplots(2)
    assert plot_reliability([True], [0.9], axes=given) is given[0].figure


@pytest.mark.parametrize(
    ("right", "confidence", "reason"),
    [
        ([], [], "shape"),
        ([True], [0.5, 0.6], "shape"),
        ([True], [1.2], "expected confidence from 0 to 1"),
        ([True], [np.nan], "expected confidence from 0 to 1"),
    ],
)
def test_bad_confidences_are_refused(right, confidence, reason):
    with pytest.raises(ValueError, match=reason):
        reliability(right, confidence)
