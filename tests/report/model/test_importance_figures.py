"""Figures of importance: rows, intervals, units and the largest losses."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from eegzoo.report import (
    PermutationImportance,
    alternative_text,
    permutation_importance,
    plot_importance,
    plot_importance_map,
)
from tests.report.planted import SITE, planted, trained


def losses(names, of="channels", bands=()):
    drops = np.random.default_rng(0).normal(
        np.linspace(0.3, 0.0, len(names))[:, None], 0.001, (len(names), 40)
    )
    return PermutationImportance(of, tuple(names), drops, 0.9, "accuracy", dict(bands))


def test_losses_and_intervals_are_drawn():
    importance = losses(["C3", "Cz", "C4"])
    (axes,) = plot_importance(importance).axes
    means = next(line for line in axes.lines if line.get_marker() == "o")
    np.testing.assert_allclose(means.get_xdata(), importance.mean)
    low, high = np.quantile(importance.drops, [0.025, 0.975], axis=1)
    ends = np.array([segment[:, 0] for segment in axes.collections[0].get_segments()])
    np.testing.assert_allclose(ends, np.stack([low, high], axis=1))
    assert axes.get_xlabel() == "Loss of accuracy"


def test_bands_keep_their_order_and_have_edges():
    bands = {"mu": (8.0, 13.0), "gamma": (30.0, np.inf)}
    (axes,) = plot_importance(losses(bands, "bands", bands)).axes
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["mu, 8–13 Hz", "gamma, from 30 Hz"]


def test_largest_of_many_channels_are_shown():
    figure = plot_importance(
        losses([f"a rather long name of electrode {i} in all" for i in range(128)])
    )
    (axes,) = figure.axes
    assert len(axes.get_yticklabels()) == 20
    assert axes.get_yticklabels()[0].get_text() == "0"
    assert axes.get_title("left") == "The 20 largest of 128 channels"
    assert "of 0.9" in alternative_text(figure)


def test_planted_electrode_is_first_and_in_the_map():
    importance = permutation_importance(trained(), planted()[1], n_repeats=3)
    axes = Figure().subplots(1, 2)
    plot_importance(importance, axes[0])
    plot_importance_map(importance, axes[1])
    assert axes[0].get_yticklabels()[0].get_text() == SITE
    assert f"largest at {SITE}" in axes[1].get_label()
    assert len(axes[1].images) == 1


def test_map_without_positions_is_bars():
    figure = plot_importance_map(losses(["left", "right"]))
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Loss of accuracy"
    assert figure.get_supxlabel().startswith("Bars, because")


def test_map_of_bands_is_an_error():
    with pytest.raises(ValueError, match="expected importance of channels, got that of bands"):
        plot_importance_map(losses(["mu"], "bands", {"mu": (8.0, 13.0)}))


@pytest.mark.parametrize("level", [-0.1, 1.5])
def test_level_of_an_interval_is_a_share(level):
    with pytest.raises(ValueError, match="expected level to be a number"):
        losses(["C3"]).interval(level)
