"""Figures of attributions: axes, units, counts and the largest values."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from eegzoo.report import Attributions, alternative_text

NAMES = ("F3", "F4", "C3", "Cz", "C4", "P3")
BANDS = {"mu": (8.0, 13.0), "beta": (13.0, 30.0)}


def made(ch_names=NAMES, method="integrated_gradients", labels=("left", "left", "right")):
    rng = np.random.default_rng(0)
    n, c = len(labels), len(ch_names)
    values, by_band = rng.normal(0, 0.01, (n, c, 50)), rng.normal(0, 0.01, (n, 2, c))
    values[:, 2 % c, 20:30] += 1.0
    by_band[:, 1, 2 % c] += 5.0
    classes = np.unique(labels)
    return Attributions(
        values, by_band, BANDS, ch_names, np.arange(50) / 50 - 0.2, np.array(labels), classes,
        method, "mean",
    )  # fmt: skip


def test_mean_is_that_of_the_windows_of_a_class():
    found = made()
    np.testing.assert_allclose(found.mean("left"), found.values[:2].mean(0))
    np.testing.assert_allclose(found.mean(), found.values.mean(0))
    with pytest.raises(ValueError, match=r"one that is explained, \['left', 'right'\], got 'up'"):
        found.mean("up")


def test_butterfly_has_a_line_for_each_channel_and_axes_for_each_class():
    found = made()
    figure = found.plot_butterfly()
    assert [one.get_title("left") for one in figure.axes] == ["left", "right"]
    assert all(len(one.lines) == len(NAMES) + 1 for one in figure.axes)  # and zero
    assert figure.axes[1].get_xlabel() == "Time (s)"
    assert figure.axes[0].get_ylabel() == "Attribution\n(logit per sample)"
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert names[0] == "C3"
    times = figure.axes[0].lines[0].get_xdata()
    assert (times[0], times[-1]) == (-0.2, pytest.approx(0.78))
    assert "overall at C3" in alternative_text(figure)


def test_maps_are_sums_over_stretches_of_time():
    figure = made().plot_topomap(n_maps=5)
    *maps, scale = figure.axes
    assert len(maps) == 10
    titles = [one.get_title("center") for one in maps]
    assert titles[0] == "left\n-0.20 to 0.00 s"
    assert titles[4] == "\n0.60 to 0.80 s"
    assert scale.get_ylabel() == "Attribution (logit)"
    # Samples 20 to 29 are the third stretch: 10 samples of about 1.
    assert scale.get_ylim()[1] == pytest.approx(10.0, abs=0.2)
    assert "left, 0.20 to 0.40 s: largest at C3" in alternative_text(figure)


def test_bands_are_rows_and_channels_columns():
    figure = made().plot_bands("right")
    axes, scale = figure.axes
    assert axes.images[0].get_array().shape == (2, 6)
    np.testing.assert_allclose(axes.images[0].get_array(), made().by_band[2])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["mu, 8–13 Hz", "beta, 13–30 Hz"]
    assert [text.get_text() for text in axes.get_xticklabels()] == list(NAMES)
    assert axes.get_xlabel() == "Channel"
    assert scale.get_ylabel() == "Attribution (logit)"
    assert "beta, 13–30 Hz at C3" in alternative_text(figure)


@pytest.mark.parametrize("method", ["occlusion", "permutation"])
def test_losses_are_called_losses(method):
    figure = made(method=method).plot_butterfly("left")
    assert figure.axes[0].get_ylabel() == "Loss without it\n(logit)"


@pytest.mark.parametrize("n_chans", [1, 128])
def test_any_number_of_long_names_is_drawn(n_chans):
    names = [f"a rather long name of electrode {i} in the grid" for i in range(n_chans)]
    found = made(names)
    assert found.plot_butterfly().axes[0].lines
    axes = found.plot_bands().axes[1]
    assert 1 <= len(axes.get_xticklabels()) <= 24
    figure = found.plot_topomap(n_maps=2)
    assert all(len(one.patches) == min(8, n_chans) for one in figure.axes)
    assert "because" in figure.get_supxlabel()


def test_figures_are_drawn_in_given_axes():
    axes = Figure().subplots(2, 1)
    assert made().plot_bands(axes=axes) is axes[0].figure
    assert made().plot_butterfly(axes=Figure().subplots(2, 1)).axes[0].lines
    with pytest.raises(ValueError, match="expected axes to be 2 Axes"):
        made().plot_butterfly(axes=Figure().subplots(3, 1))


def test_classes_can_be_renamed():
    found = made(labels=(0, 0, 1)).renamed({0: "drowsy"})
    assert found.labels.tolist() == ["drowsy", "drowsy", "1"]
    assert found.classes.tolist() == ["drowsy", "1"]


def test_constant_attributions_are_drawn():
    found = made()
    found.values[:], found.by_band[:] = 0.0, 0.0
    for plot in (found.plot_topomap, found.plot_butterfly, found.plot_bands):
        assert alternative_text(plot())
