"""Maps show electrodes with positions; bars take their place, with a note, where there are none."""

import numpy as np
import pytest

from eegzoo.report.scalp_maps import color_scale, draw_map, located, map_note
from eegzoo.report.style import one_axes

NAMES = ["F3", "F4", "C3", "Cz", "C4", "P3", "P4"]


@pytest.mark.parametrize(
    ("names", "n_located"),
    [
        (NAMES, 7),
        (["EEG F3-REF", "fz..", "EEG T3", "EEG P8", "EMG"], 4),
        (["C3", "Cz", "C4"], 0),
        (["Fpz-Cz", "Pz-Oz", "C3-A2", "C4-A1"], 0),
        ([f"A{i}" for i in range(1, 33)], 0),  # BioSemi's, of which A1 and A2 are mastoids
        ([f"E{i}" for i in range(1, 129)], 0),
    ],
)
def test_electrodes_are_found_by_their_names(names, n_located):
    assert len(located(names)) == n_located


def test_map_is_an_image_with_its_limits():
    _, axes = one_axes(None)
    draw_map(axes, np.arange(7.0) - 3, NAMES, 3.0, "title")
    (image,) = axes.images
    assert image.get_clim() == (-3.0, 3.0)
    assert axes.get_title("center") == "title"
    values = image.get_array().compressed()
    assert values.min() < -2
    assert values.max() > 2


def test_maximum_of_a_map_is_at_its_electrode():
    _, axes = one_axes(None)
    draw_map(axes, np.eye(7)[2], NAMES, 1.0)  # C3, on the left
    (image,) = axes.images
    row, column = np.unravel_index(np.argmax(image.get_array()), image.get_array().shape)
    left, right, bottom, top = image.get_extent()
    x = left + (right - left) * column / (image.get_array().shape[1] - 1)
    y = bottom + (top - bottom) * row / (image.get_array().shape[0] - 1)
    assert x < 0
    assert abs(y) < 0.5 * abs(x)


def test_bars_show_the_largest_values_with_their_unit():
    _, axes = one_axes(None)
    values = np.arange(20.0) - 10
    draw_map(axes, values, [f"E{i}" for i in range(20)], 10.0, unit="pattern (µV)")
    assert axes.get_xlabel() == "pattern (µV)"
    assert [bar.get_width() for bar in axes.patches] == [-10, -9, -8, -7, -6, 7, 8, 9]
    assert len(axes.patches) == 8
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["E0", "E1", "E2", "E3", "E4", "E17", "E18", "E19"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["−10", "0", "10"]


@pytest.mark.parametrize(
    ("names", "note"),
    [
        (NAMES, ""),
        (["Fpz-Cz"], "A bar, because one channel makes no map."),
        (["a", "b"], "Bars, because the positions of the electrodes are not known."),
        (["E1"] * 9, "Bars for the 8 largest values, because the positions"),
        ([*NAMES, "EOG"], "Without EOG, whose positions are not known."),
    ],
)
def test_note_says_what_is_missing(names, note):
    assert map_note(names).startswith(note)
    assert bool(map_note(names)) == bool(note)


@pytest.mark.parametrize("limit", [0.0, np.nan, np.inf])
def test_constant_values_have_a_scale(limit):
    figure, axes = one_axes(None)
    draw_map(axes, np.zeros(7), NAMES, limit)
    color_scale(figure, [axes], limit, "Loss")
    assert figure.axes[1].get_ylim() == (-1.0, 1.0)


def test_two_channels_in_one_place_make_a_map():
    _, axes = one_axes(None)
    draw_map(axes, np.arange(8.0), [*NAMES, "EEG C3"], 7.0)
    assert len(axes.images) == 1
