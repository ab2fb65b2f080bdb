"""Figures of filters: axes, units, counts, and what the filters are."""

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from eegzoo import create_model
from eegzoo.models import FrontFilters, front_filters
from eegzoo.models.front_filters import TemporalFilters
from eegzoo.report import (
    SpatialPatterns,
    alternative_text,
    plot_spatial_patterns,
    plot_temporal_filters,
    spatial_patterns,
)
from tests.report.planted import CH_NAMES, SITE, planted, sites_of_patterns, trained


def patterns_of(ch_names, n_filters=3, note=""):
    values = np.random.default_rng(0).normal(size=(2, n_filters, len(ch_names)))
    hz, no = np.arange(n_filters) + 10.0, np.full(n_filters, -1)
    return SpatialPatterns(ch_names, values[0], values[1], hz, no, ["mix"] * n_filters, "µV", note)


def test_kernels_are_drawn_in_seconds_and_their_gains_in_hertz():
    t = np.arange(-32, 32) / 128
    kernels = torch.from_numpy(
        np.stack([np.cos(2 * np.pi * hz * t) * np.hanning(64) for hz in (10, 20)])
    )
    figure = plot_temporal_filters(FrontFilters((TemporalFilters("first", kernels),)), 128.0)
    left, right = figure.axes[:2]
    x, y = left.lines[0].get_data()
    np.testing.assert_allclose(x, t)
    np.testing.assert_allclose(y, kernels[0])
    x, y = right.lines[0].get_data()
    assert x[y.argmax()] == pytest.approx(10.0, abs=0.3)
    assert y.max() == 0.0
    assert [one.get_xlabel() for one in figure.axes] == ["Time (s)", "Frequency (Hz)"] * 2
    assert [one.get_ylabel() for one in figure.axes] == ["Weight", "Gain (dB)"] * 2
    assert [one.get_title("left") for one in figure.axes[:2]] == ["Filter 1", "10 Hz"]
    assert "filter 1 10, filter 2 20" in alternative_text(figure)


def test_filters_with_the_largest_weights_are_shown_if_there_are_too_many():
    kernels = torch.diag(torch.arange(1.0, 6.0))
    figure = plot_temporal_filters(
        FrontFilters((TemporalFilters("first", kernels),)), 100.0, max_filters=3
    )
    titles = [one.get_title("left") for one in figure.axes[::2]]
    assert titles == ["Filter 3", "Filter 4", "Filter 5"]
    assert "3 temporal filters with the largest weights of 5" in alternative_text(figure)


def test_filters_are_drawn_in_given_axes():
    axes = Figure().subplots(4, 2)
    model = create_model("eegnet_4_2", n_chans=3, n_times=128, n_outputs=2, sfreq=64)
    assert plot_temporal_filters(front_filters(model), 64.0, axes) is axes[0, 0].figure
    assert all(one.lines for one in axes.flat)
    maps = Figure().subplots(3, 2)
    plot_spatial_patterns(patterns_of(CH_NAMES), maps)
    assert all(one.images for one in maps.flat)
    with pytest.raises(ValueError, match="expected axes to be 6 Axes of matplotlib, got 8"):
        plot_spatial_patterns(patterns_of(CH_NAMES), axes)


def test_filters_and_patterns_are_drawn_in_pairs():
    figure = plot_spatial_patterns(patterns_of(CH_NAMES))
    *maps, scale = figure.axes
    assert len(maps) == 6
    titles = [one.get_title("center") for one in maps]
    assert titles[::2] == [f"{i + 1}, {10 + i} Hz\nfilter" for i in range(3)]
    assert all(title.startswith("\npattern, ") and title.endswith(" µV") for title in titles[1::2])
    assert scale.get_ylabel() == "Relative to the largest"


def test_planted_source_is_in_the_alternative_text():
    figure = plot_spatial_patterns(spatial_patterns(trained(), planted()[1]))
    sites = sites_of_patterns(alternative_text(figure))
    assert sites.count(SITE) > len(sites) / 2


@pytest.mark.parametrize("n_chans", [1, 3, 128])
def test_bars_take_the_place_of_maps_without_positions(n_chans):
    names = [f"a rather long name of electrode {i} in the grid" for i in range(n_chans)]
    figure = plot_spatial_patterns(patterns_of(names))
    assert len(figure.axes) == 6
    assert all(len(one.patches) == min(n_chans, 8) for one in figure.axes)
    assert "because" in figure.get_supxlabel()
    assert "because" in alternative_text(figure)


def test_silent_filters_are_drawn_as_zero():
    silent = patterns_of(CH_NAMES, 1)
    silent.patterns[:], silent.filters[:] = 0, 0
    figure = plot_spatial_patterns(silent)
    assert abs(figure.axes[0].images[0].get_array()).max() == 0


def test_nothing_to_draw_is_an_error_with_the_reason():
    with pytest.raises(ValueError, match="expected filters with temporal ones, got none: no layer"):
        plot_temporal_filters(FrontFilters(note="no layer filters"), 100.0)
    with pytest.raises(
        ValueError, match="expected patterns of spatial filters, got none: no layer"
    ):
        plot_spatial_patterns(patterns_of(CH_NAMES, 0, "no layer mixes"))
