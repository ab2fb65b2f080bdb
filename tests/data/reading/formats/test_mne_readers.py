"""Formats that MNE reads, where a file needs another look."""

import datetime
import struct
import sys
import time

import mne
import numpy as np
import pytest

from eegzoo.data import read_recording
from tests.data.reading.write_formats import (
    SFREQ,
    signals,
    write_brainvision,
    write_cnt,
    write_egi,
    write_gdf,
)


def write_mixed_gdf(path, names=(b"C3", b"Resp")):
    """Write GDF 2.20 with channels at 100 Hz and 50 Hz, without events."""
    write_gdf(path, signals())
    content = bytearray(path.read_bytes())
    for place, name in enumerate(names):
        content[256 + 16 * place : 272 + 16 * place] = name.ljust(16, b"\0")
    struct.pack_into("<2i", content, 256 + 216 * 2, 100, 50)
    start = 256 * 3
    records = np.frombuffer(bytes(content[start : start + 4000]), "<i2").reshape(10, 2, 100)
    mixed = b"".join(c3.tobytes() + resp[::2].tobytes() for c3, resp in records)
    path.write_bytes(bytes(content[:start]) + mixed)


def test_a_gdf_with_different_rates_is_read_at_the_rate_of_its_eeg(tmp_path):
    write_mixed_gdf(tmp_path / "r.gdf")
    raw = read_recording(tmp_path / "r.gdf").crop(3.5, 7.0)
    assert raw.info["sfreq"] == SFREQ
    c3, resp = raw.get_data()
    np.testing.assert_allclose(c3, signals()[0, 350:701], atol=2e-9)
    np.testing.assert_allclose(resp, signals()[1, 350:701], atol=1e-7)


def test_a_faster_channel_does_not_set_the_rate_of_a_gdf(tmp_path):
    write_mixed_gdf(tmp_path / "r.gdf", (b"Photo", b"C3"))
    raw = read_recording(tmp_path / "r.gdf")
    assert (raw.info["sfreq"], raw.n_times) == (SFREQ / 2, 500)
    np.testing.assert_allclose(raw.get_data("C3")[0], signals()[1, ::2], atol=2e-9)


@pytest.mark.parametrize("options", [{"include": ["Cz"]}, {"exclude": ["C3"]}, {"include": ".z"}])
def test_a_channel_chosen_from_a_gdf_holds_its_own_samples(tmp_path, options):
    """MNE 1.13.2 returns those of C3 for `include` and `exclude`."""
    write_gdf(tmp_path / "r.gdf", signals())
    raw = read_recording(tmp_path / "r.gdf", reader_options=options)
    assert raw.ch_names == ["Cz"]
    np.testing.assert_allclose(raw.get_data()[0], signals()[1], atol=2e-9)


def test_millivolts_of_the_first_gdf_are_volts(tmp_path):
    """MNE 1.13.2 takes them for volts."""
    write_gdf(tmp_path / "r.gdf", signals(), version=b"1.25")
    content = (tmp_path / "r.gdf").read_bytes().replace(b"uV      ", b"mV      ", 1)
    (tmp_path / "r.gdf").write_bytes(content)
    found = read_recording(tmp_path / "r.gdf").get_data()
    np.testing.assert_allclose(found, signals() * [[1e3], [1]], atol=2e-6)


def test_ant_without_antio_shows_the_line_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "antio", None)
    (tmp_path / "r.cnt").write_bytes(b"RIFF" + bytes(2000))
    with pytest.raises(ImportError, match=r"pip install eegzoo\[ant\]"):
        read_recording(tmp_path / "r.cnt")


def test_a_reader_option_reaches_mne(tmp_path):
    write_cnt(tmp_path / "r.cnt", signals())
    raw = read_recording(tmp_path / "r.cnt", reader_options={"data_format": "int16"})
    assert raw.n_times == 1000
    with pytest.raises(ValueError, match="data_format"):
        read_recording(tmp_path / "r.cnt", reader_options={"data_format": "int64"})


@pytest.mark.parametrize(
    ("name", "write", "option"),
    [("r.vhdr", write_brainvision, "encoding"), ("r.cnt", write_cnt, "preload")],
)
def test_an_unknown_option_is_refused_with_the_known_ones(tmp_path, name, write, option):
    write(tmp_path / name, signals())
    with pytest.raises(ValueError, match=f"unknown reader option '{option}' for .*known are"):
        read_recording(tmp_path / name, reader_options={option: "x"})


def test_the_data_file_of_brainvision_is_answered_with_its_header(tmp_path):
    write_brainvision(tmp_path / "r.vhdr", signals())
    with pytest.raises(ValueError, match=r"expected the header of BrainVision's files, r\.vhdr"):
        read_recording(tmp_path / "r.eeg")


def test_a_fif_file_without_a_recording_says_so(tmp_path):
    mne.write_events(tmp_path / "r-eve.fif", np.array([[1, 0, 1]]), verbose="ERROR")
    with pytest.raises(ValueError, match="got a FIF file without raw data"):
        read_recording(tmp_path / "r-eve.fif")


def test_an_option_that_a_reader_requires_is_named(tmp_path):
    (tmp_path / "r.data").write_bytes(bytes(100))
    (tmp_path / "r.head").write_text("")
    with pytest.raises(ValueError, match="--reader-option ch_type=VALUE"):
        read_recording(tmp_path / "r.data")


def test_a_neuroscan_file_without_a_count_is_read_by_its_size(tmp_path):
    """As in scan41_short.cnt of mne-testing-data."""
    write_cnt(tmp_path / "r.cnt", signals())
    content = bytearray((tmp_path / "r.cnt").read_bytes())
    struct.pack_into("<i", content, 864, 0)
    (tmp_path / "r.cnt").write_bytes(bytes(content))
    with pytest.raises(ValueError, match="--reader-option data_format=int16 or data_format=int32"):
        read_recording(tmp_path / "r.cnt")
    raw = read_recording(tmp_path / "r.cnt", reader_options={"data_format": "int16"})
    np.testing.assert_allclose(raw.get_data(), signals(), atol=2e-9)


def test_eeglab_of_matlab_7_3_shows_the_line_that_installs_its_reader(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatreader", None)
    head = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / "r.set").write_bytes(head.ljust(2000, b"\0"))
    with pytest.raises(ImportError, match=r"pip install eegzoo\[mat73\]"):
        read_recording(tmp_path / "r.set")


def test_egi_starts_at_its_clock_time_in_any_zone(tmp_path, monkeypatch):
    """MNE 1.13.2 gives 3:30:15 on the next day, in New York, without the milliseconds."""
    write_egi(tmp_path / "r.raw", signals())
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        found = read_recording(tmp_path / "r.raw").info["meas_date"]
    finally:
        monkeypatch.undo()
        time.tzset()
    start = datetime.datetime(2010, 3, 4, 22, 30, 15, 250_000, tzinfo=datetime.UTC)
    assert found == start
