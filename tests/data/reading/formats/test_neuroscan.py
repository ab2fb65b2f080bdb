"""Neuroscan's .cnt files: samples of events, rejected stretches and the start."""

import datetime
import struct
import time

import pytest

from eegzoo.data import read_recording
from tests.data.reading.write_formats import SFREQ, signals, write_cnt

UTC = datetime.UTC


def rows(raw):
    return [
        (round(note["onset"] * SFREQ), round(note["duration"] * SFREQ), str(note["description"]))
        for note in raw.annotations
    ]


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_events_are_at_their_samples_in_every_kind_of_table(tmp_path, kind):
    """As in EEGLAB's loadcnt (sccn/neuroscanio, 42a227a); MNE 1.13.2 gives 0, 0, 199 and 998.

    For kind 3, which files above 1 GB have, it gives 0, 0, 0 and 735.
    """
    at = (0, 1, 200, 999)
    events = [(sample, code, 0) for code, sample in enumerate(at, start=5)]
    write_cnt(tmp_path / "r.cnt", signals(), kind=kind, events=events)
    raw = read_recording(tmp_path / "r.cnt")
    assert rows(raw) == [(0, 0, "5"), (1, 0, "6"), (200, 0, "7"), (999, 0, "8")]


def test_responses_and_rejected_stretches_are_named_as_by_mne(tmp_path):
    events = [(100, 7, 0xC0), (300, 7, 0xD0), (400, 0, 0x03), (500, 9, 0)]
    write_cnt(tmp_path / "r.cnt", signals(), events=events)
    found = rows(read_recording(tmp_path / "r.cnt"))
    assert found == [(100, 200, "BAD_7"), (400, 0, "KeyPad Response 3"), (500, 0, "9")]


def test_a_table_without_events_gives_no_annotations(tmp_path):
    write_cnt(tmp_path / "r.cnt", signals(), events=())
    assert rows(read_recording(tmp_path / "r.cnt")) == []


@pytest.fixture
def _in_new_york(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_new_york")
def test_the_start_does_not_depend_on_the_zone_of_the_computer(tmp_path):
    """MNE 1.13.2 gives 3:30 on the next day, in New York."""
    write_cnt(tmp_path / "r.cnt", signals())
    start = datetime.datetime(2010, 3, 4, 22, 30, 15, tzinfo=UTC)
    assert read_recording(tmp_path / "r.cnt").info["meas_date"] == start


def test_the_order_of_day_and_month_can_be_given(tmp_path):
    write_cnt(tmp_path / "r.cnt", signals())
    raw = read_recording(tmp_path / "r.cnt", reader_options={"date_format": "dd/mm/yy"})
    assert raw.info["meas_date"] == datetime.datetime(2010, 4, 3, 22, 30, 15, tzinfo=UTC)


def test_a_file_without_a_date_has_none(tmp_path):
    write_cnt(tmp_path / "r.cnt", signals())
    content = bytearray((tmp_path / "r.cnt").read_bytes())
    struct.pack_into("<10s12s", content, 225, b"", b"")
    (tmp_path / "r.cnt").write_bytes(bytes(content))
    assert read_recording(tmp_path / "r.cnt").info["meas_date"] is None
