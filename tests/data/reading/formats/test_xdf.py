"""XDF streams keep the times at which their samples were recorded."""

import logging

import numpy as np
import pytest

from eegzoo.data import read_recording
from tests.cases.format_cases import noise, write_xdf

pytest.importorskip("pyxdf")
TIMES, X = np.arange(5000) / 250, 1e6 * noise(3, 5000)


@pytest.fixture(autouse=True)
def _quiet():
    logging.getLogger("pyxdf").setLevel(logging.ERROR)


def rows_of(raw):
    return [
        (round(float(a["onset"]), 3), round(float(a["duration"]), 3), str(a["description"]))
        for a in raw.annotations
    ]


def test_a_stream_and_its_markers_are_read(tmp_path):
    write_xdf(
        tmp_path / "r.xdf", 7 + TIMES, X, [(8.0, "go"), (12.0, "stop")], labels=["C3", "Cz", "C4"]
    )
    raw = read_recording(tmp_path / "r.xdf")
    assert raw.ch_names == ["C3", "Cz", "C4"]
    assert raw.info["sfreq"] == 250
    np.testing.assert_allclose(raw.get_data(), 1e-6 * X, atol=1e-12)
    assert rows_of(raw) == [(1.0, 0.0, "go"), (5.0, 0.0, "stop")]


@pytest.mark.parametrize(("unit", "factor"), [("microvolts", 1e-6), ("uV", 1e-6), ("mV", 1e-3)])
def test_the_unit_of_a_channel_applies(tmp_path, unit, factor):
    write_xdf(tmp_path / "r.xdf", TIMES, X, unit=unit)
    np.testing.assert_allclose(read_recording(tmp_path / "r.xdf").get_data(), factor * X)


@pytest.mark.parametrize("n_lost", [2, 50, 150])
def test_lost_samples_are_a_pause_instead_of_a_slower_rate(tmp_path, n_lost):
    """pyxdf spreads the samples evenly over pauses of less than a second."""
    kept = np.delete(np.arange(5000), range(2000, 2000 + n_lost))
    write_xdf(tmp_path / "r.xdf", TIMES[kept], X[:, kept], [(16.0, "late")])
    raw = read_recording(tmp_path / "r.xdf")
    assert (raw.info["sfreq"], raw.n_times) == (250, 5000)
    np.testing.assert_allclose(raw.get_data()[:, kept], 1e-6 * X[:, kept], atol=1e-12)
    pause = [(8.0, n_lost / 250, "BAD_ACQ_SKIP")] if n_lost > 5 else []
    assert rows_of(raw) == [*pause, (16.0, 0.0, "late")]


def test_jitter_is_no_pause(tmp_path):
    late = 0.004 * np.random.default_rng(0).random(5000)
    write_xdf(tmp_path / "r.xdf", np.sort(TIMES + late), X)
    raw = read_recording(tmp_path / "r.xdf")
    assert raw.n_times == 5000
    assert not raw.annotations


def test_a_slow_timer_and_a_clock_that_was_reset_are_one_rate_and_one_pause(tmp_path):
    """As in clock_resets.xdf of xdf-modules/example-files: 93 Hz instead of 100, then a reset."""
    random = np.random.default_rng(0)
    steps = 1 / 92.9 + 0.002 * random.standard_normal(4999)
    steps[2500] = 273.5
    write_xdf(tmp_path / "r.xdf", np.r_[0, np.cumsum(steps)], X, nominal=100)
    raw = read_recording(tmp_path / "r.xdf")
    assert raw.info["sfreq"] == pytest.approx(92.9, rel=2e-3)
    ((_, duration, _),) = rows_of(raw)
    assert duration == pytest.approx(273.5, abs=0.3)  # a random walk


def test_the_rate_is_that_of_the_recording_computer(tmp_path):
    write_xdf(tmp_path / "r.xdf", np.arange(5000) / 249.5, X)
    raw = read_recording(tmp_path / "r.xdf")
    assert raw.info["sfreq"] == pytest.approx(249.5, abs=1e-3)


def test_an_unknown_stream_names_the_known_ones(tmp_path):
    write_xdf(tmp_path / "r.xdf", TIMES, X)
    with pytest.raises(ValueError, match=r"got 0 among 'amp' \(EEG\), 'notes' \(Markers\)"):
        read_recording(tmp_path / "r.xdf", reader_options={"stream": "other"})


def test_without_pyxdf_the_line_that_installs_it_is_shown(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyxdf", None)
    write_xdf(tmp_path / "r.xdf", TIMES, X)
    with pytest.raises(ImportError, match=r"pip install eegzoo\[xdf\]"):
        read_recording(tmp_path / "r.xdf")
