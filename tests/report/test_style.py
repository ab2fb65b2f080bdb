"""Figures of their own style, which need no display and leave nothing open."""

import os
import subprocess
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from eegzoo.report import alternative_text, describe
from eegzoo.report.style import COLORS, STYLE, axes_grid, one_axes, styled


@styled
def draw(axes=None):
    figure, axes = one_axes(axes)
    axes.plot([0, 1], [0, 1])
    axes.set_xlabel("Time (s)")
    return figure


def test_a_new_figure_is_not_known_to_pyplot():
    before = plt.get_fignums()
    assert type(draw()) is Figure
    assert plt.get_fignums() == before


def test_the_figure_of_given_axes_is_returned():
    figure = Figure()
    axes = figure.subplots()
    assert draw(axes=axes) is figure
    assert axes.get_xlabel() == "Time (s)"


def test_the_style_holds_in_the_call_and_ends_with_it():
    before = dict(matplotlib.rcParams)
    figure = draw()
    assert to_rgb(figure.axes[0].lines[0].get_color()) == to_rgb(COLORS[0])
    assert not figure.axes[0].spines["top"].get_visible()
    assert dict(matplotlib.rcParams) == before


def test_the_style_ends_with_an_error():
    @styled
    def fail():
        raise ValueError("no data")

    before = dict(matplotlib.rcParams)
    with pytest.raises(ValueError, match="no data"):
        fail()
    assert dict(matplotlib.rcParams) == before


def test_colours_are_those_of_the_style_file_and_differ_in_lightness():
    cycle = matplotlib.rc_params_from_file(STYLE, use_default_template=False)["axes.prop_cycle"]
    assert [to_rgb(color) for color in cycle.by_key()["color"]] == [to_rgb(c) for c in COLORS]
    luminance = np.array([to_rgb(color) for color in COLORS]) @ [0.2126, 0.7152, 0.0722]
    assert len(np.unique(luminance.round(2))) >= 7


@pytest.mark.parametrize(("n_rows", "n_cols"), [(1, 1), (2, 3)])
def test_grid_has_the_shape_that_was_asked_for(n_rows, n_cols):
    figure, axes = axes_grid(None, n_rows, n_cols)
    assert axes.shape == (n_rows, n_cols)
    again, given = axes_grid(axes, n_rows, n_cols)
    assert again is figure
    assert (given == axes).all()


@pytest.mark.parametrize("given", ["axes", [1, 2]])
def test_other_things_than_axes_are_refused(given):
    with pytest.raises(ValueError, match="expected axes to be 2 Axes of matplotlib, got"):
        axes_grid(given, n_cols=2)


def test_a_figures_own_text_stands_for_those_of_its_axes():
    figure, axes = axes_grid(None, n_cols=2)
    describe(axes[0, 1], "right")
    assert alternative_text(figure) == "right"
    describe(figure, "both")
    assert alternative_text(figure) == "both"


def test_a_figure_without_alternative_text_is_refused():
    figure, _ = one_axes(None)
    with pytest.raises(ValueError, match="expected a figure with an alternative text"):
        alternative_text(figure)
    with pytest.raises(ValueError, match="expected text to be what the figure shows"):
        describe(figure, " ")


@pytest.mark.parametrize("backend", ["agg", "svg", "tkagg"])
def test_drawing_needs_no_display_and_keeps_the_users_backend(backend):
    code = (
        "import io, matplotlib; from eegzoo.report.style import one_axes;"
        "figure, axes = one_axes(None); axes.plot([0, 1]); figure.savefig(io.BytesIO());"
        "print(matplotlib.rcParams._get_backend_or_none())"
    )
    known = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env={**known, "MPLBACKEND": backend},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip().lower() == backend
