"""A recording with predictions along it and its events."""

import mne
import numpy as np
import pytest

from eegzoo.data import simulate_motor_imagery
from eegzoo.report import alternative_text
from eegzoo.report.recording.along import plot_predictions, plot_recording
from eegzoo.report.style import COLORS
from tests.report.figure_checks import check_figure

NAMES = ["left_hand", "right_hand"]


@pytest.fixture
def raw():
    return simulate_motor_imagery(n_trials=10, random_state=0)


def predictions(raw, n_classes=2):
    onsets = np.arange(0, raw.times[-1] - 4, 4)
    return onsets, np.random.default_rng(0).dirichlet(np.ones(n_classes), len(onsets))


def test_signal_predictions_and_events_share_their_time(raw):
    onsets, given = predictions(raw)
    figure = plot_recording(raw, onsets, given, NAMES, 0, 30)
    top, bottom = figure.axes
    assert bottom.get_xlim() == (0, 30) == top.get_xlim()
    assert bottom.get_xlabel() == "Time from the start of the recording (s)"
    np.testing.assert_array_equal(bottom.lines[1].get_ydata(), given[:, 1])
    inside = raw.annotations.onset <= 30
    assert f"{inside.sum()} events are" not in alternative_text(figure)
    assert f"with {inside.sum()} events marked" in alternative_text(figure)
    marked = np.concatenate([
        [segment[0][0] for segment in lines.get_segments()]
        for lines in top.collections if hasattr(lines, "get_segments")
    ])  # fmt: skip
    np.testing.assert_allclose(np.sort(marked), raw.annotations.onset[inside])
    check_figure(figure)


def test_an_event_has_the_colour_of_its_class(raw):
    onsets, given = predictions(raw)
    figure = plot_recording(raw, onsets, given, NAMES, 0, 30)
    colors = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert colors["left_hand"] == COLORS[0] == figure.axes[1].lines[0].get_color()
    assert colors["right_hand"] == COLORS[1] == figure.axes[1].lines[1].get_color()


def test_channels_are_apart_by_the_distance_that_is_said(raw):
    onsets, given = predictions(raw)
    figure = plot_recording(raw, onsets, given, NAMES, 0, 10, ["C3", "Cz"])
    (said,) = [t.get_text() for t in figure.axes[0].texts if "distance" in t.get_text()]
    space = float(said.split()[-2])
    volts = raw.get_data(["C3"], start=0, stop=round(10 * raw.info["sfreq"]) + 1)[0] * 1e6
    drawn = -figure.axes[0].lines[0].get_ydata() * space
    np.testing.assert_allclose(drawn, volts - np.median(volts), atol=1e-6)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["C3", "Cz"]


@pytest.mark.parametrize("n_chans", [1, 128])
def test_one_and_many_channels_of_any_name_are_drawn(n_chans):
    names = [f"$electrode$ number {place:03d} <b> of the cap" for place in range(n_chans)]
    data = np.random.default_rng(0).normal(0, 1e-5, (n_chans, 3000))
    raw = mne.io.RawArray(data, mne.create_info(names, 100.0, "eeg"), verbose="ERROR")
    events = ["<script>alert(1)</script>", "$\\frac$", "BAD blink"] * 10
    raw.set_annotations(mne.Annotations(np.arange(30) * 0.7, 0.5, events))
    onsets, given = predictions(raw, 12)
    figure = plot_recording(raw, onsets, given, [f"class {n}" for n in range(12)])
    assert len(figure.axes[0].lines) == min(n_chans, 10)
    check_figure(figure)


def test_names_of_events_in_two_lines_are_below_the_distance_of_the_channels():
    raw = mne.io.RawArray(np.zeros((2, 6000)), mne.create_info(2, 10.0, "eeg"), verbose="ERROR")
    raw.set_annotations(mne.Annotations(np.arange(20) * 30.0, 30.0, ["Sleep stage W"] * 20))
    figure = plot_recording(raw, [0.0, 30.0], [[1.0], [0.0]], ["Sleep stage W"])
    heights = {text.get_position()[1] for text in figure.axes[0].texts}
    assert len(heights) == 3
    check_figure(figure)


def test_a_flat_recording_and_dates_of_measurement_are_no_problem():
    info = mne.create_info(["C3"], 100.0, "eeg")
    raw = mne.io.RawArray(np.zeros((1, 2000)), info, first_samp=500, verbose="ERROR")
    raw.set_meas_date(1_000_000)
    raw.set_annotations(mne.Annotations([7.0], [1.0], ["a"], orig_time=raw.info["meas_date"]))
    figure = plot_recording(raw, [0.0, 4.0], [[1.0], [0.0]], ["a"])
    (lines,) = [one for one in figure.axes[0].collections if hasattr(one, "get_segments")]
    assert lines.get_segments()[0][0][0] == pytest.approx(2.0)


def test_predictions_of_a_whole_recording_are_drawn(raw):
    onsets, given = predictions(raw)
    figure = plot_predictions(onsets, given, NAMES, raw)
    assert len(figure.axes[0].lines) == 2
    assert f"for {len(onsets)} windows" in alternative_text(figure)
    check_figure(figure)
    check_figure(plot_predictions([0.0], [3.0], ["age"], label="Prediction (years)"))


def test_stretches_outside_and_other_shapes_are_refused(raw):
    onsets, given = predictions(raw)
    with pytest.raises(ValueError, match="expected start before stop"):
        plot_recording(raw, onsets, given, NAMES, 1e6)
    with pytest.raises(ValueError, match="expected predictions of shape"):
        plot_recording(raw, onsets, given, ["a", "b", "c"])
