"""Pictures of nights: what their panels show."""

import datetime

import matplotlib.image
import mne
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from eegzoo.sleep import Hypnogram, plot_hypnogram, stage
from eegzoo.sleep.pictures.hypnogram_picture import COLOURS, save_picture
from eegzoo.sleep.pictures.night_spectrogram import night_spectrogram
from tests.sleep.band_stager import SFREQ, BandStager, planted

STAGES = ["W", "W", "N1", "N2", "N3", "R", "R", "W"]
DATE = datetime.datetime(2024, 3, 9, 23, 59, 0, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def night():
    data = planted(STAGES)
    data[:, round(60 * SFREQ) : round(90 * SFREQ)] = 0.0
    raw = mne.io.RawArray(data, mne.create_info(["C4-M1"], SFREQ, "eeg"), verbose="ERROR")
    raw.set_meas_date(DATE)
    return raw, stage(raw, BandStager(), lights_off=30.0, lights_on=225.0)


def labels(figure):
    figure.canvas.draw()
    return [axes.get_ylabel().partition("\n")[0] for axes in figure.axes]


def test_panels_have_names_and_units(night):
    raw, hypnogram = night
    figure = plot_hypnogram(hypnogram, raw, title="night.edf")
    assert labels(figure) == ["Stage", "Probability", "Frequency (Hz)", "Power (dB re 1 µV²/Hz)"]
    assert figure.axes[2].get_xlabel() == "Clock time, from 9 March 2024"
    assert figure.axes[2].get_xticklabels()[0].get_text() == "23:59"
    assert "night.edf" in figure.get_suptitle()
    assert "C4-M1" in figure.get_suptitle()
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["W", "R", "N1", "N2", "N3", "unscored"]
    assert figure.axes[0].get_title(loc="left").startswith("TIB 3 min  ·  TST 2 min")


def test_parts_without_data_are_left_out(night):
    raw, hypnogram = night
    assert labels(plot_hypnogram(hypnogram)) == ["Stage", "Probability"]
    scored = Hypnogram(STAGES)
    figure = plot_hypnogram(scored)
    assert labels(figure) == ["Stage"]
    assert figure.axes[0].get_xlabel() == "Time from the start of the recording (h)"
    assert "unscored" not in [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels(plot_hypnogram(scored, raw)) == [
        "Stage", "Frequency (Hz)", "Power (dB re 1 µV²/Hz)"
    ]  # fmt: skip


def test_rem_is_the_widest_and_the_only_red_line(night):
    lines = {
        to_rgba(collection.get_color()[0]): collection.get_linewidth()[0]
        for collection in plot_hypnogram(night[1]).axes[0].collections
        if len(collection.get_segments())
    }
    widths = {stage: lines[to_rgba(colour)] for stage, colour in COLOURS.items() if stage != "N1"}
    assert max(widths, key=widths.get) == "R"
    red = {
        stage for stage, colour in COLOURS.items() if to_rgba(colour)[0] > 2 * to_rgba(colour)[1]
    }
    assert red == {"R"}


def test_colours_differ_in_grey_where_red_and_green_do_not():
    blues = [to_rgba(COLOURS[stage])[:3] for stage in ("N1", "N2", "N3")]
    lightness = [0.21 * r + 0.72 * g + 0.07 * b for r, g, b in blues]
    assert lightness[0] - 0.1 > lightness[1] > lightness[2] + 0.1


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_picture_is_written(night, tmp_path, ending):
    raw, hypnogram = night
    save_picture(tmp_path / f"night.{ending}", hypnogram, raw)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_size > 5000
    if ending == "png":
        assert matplotlib.image.imread(path).shape[1] == 1650


@pytest.mark.parametrize("stages", [["unscored"] * 3, ["W"], ["N2", "unscored"]])
def test_any_hypnogram_is_drawn(stages, tmp_path):
    save_picture(tmp_path / "night.png", Hypnogram(stages, last_seconds=5.0))


@pytest.mark.parametrize("sfreq", [50.0, 100.0, 256.0])
def test_spectrum_is_that_of_white_noise_and_of_a_rhythm(sfreq):
    times = np.arange(round(90 * sfreq)) / sfreq
    noise = np.random.default_rng(0).normal(0, 1e-5, len(times))
    frequencies, decibels = night_spectrogram(noise, sfreq)
    middle = (frequencies > 3) & (frequencies < 20)
    # One-sided density of white noise: its variance over half the sampling rate.
    assert decibels[:, middle].mean() == pytest.approx(10 * np.log10(100 / (sfreq / 2)), abs=0.3)
    _, rhythm = night_spectrogram(noise + 5e-5 * np.sin(2 * np.pi * 12 * times), sfreq)
    assert frequencies[rhythm.argmax(axis=1)] == pytest.approx(12, abs=0.3)


def test_windows_with_lost_samples_have_no_spectrum():
    x = np.random.default_rng(0).normal(0, 1e-5, 9000)
    x[3500] = np.nan
    _, decibels = night_spectrogram(x, 100.0)
    assert np.isnan(decibels).all(axis=1).tolist() == [False, True, False]


def test_a_recording_is_no_hypnogram():
    with pytest.raises(TypeError, match="expected hypnogram to be a Hypnogram, got list"):
        plot_hypnogram(["W", "N1"])
