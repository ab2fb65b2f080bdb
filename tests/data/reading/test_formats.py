"""Files of every format are read in volts, with labelled events."""

import numpy as np
import pytest

from eegzoo.data import label_events, read_recording
from tests.data.reading.write_formats import AT, FORMATS, SFREQ, signals, write_edf
from tests.shared_data import MNE_DATA, SHARED, needs

SSVEP = SHARED / "data" / "ssvep_exo"
WITH_EVENTS = [name for name, written in FORMATS.items() if written.events]


def read(folder, name):
    FORMATS[name].write(folder / name, signals())
    return read_recording(folder / name)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_in_volts(tmp_path, name):
    raw = read(tmp_path, name)
    assert raw.info["sfreq"] == SFREQ
    assert raw.n_times == 1000
    assert tuple(raw.ch_names[:2]) == FORMATS[name].ch_names
    assert raw.get_channel_types()[:2] == ["eeg", "eeg"]
    data = raw.get_data(verbose="ERROR")[:2]
    np.testing.assert_allclose(data, signals(), rtol=0, atol=0.51 * FORMATS[name].step)


@pytest.mark.parametrize("name", WITH_EVENTS)
def test_events_of_every_format_have_the_right_samples(tmp_path, name):
    left, right = FORMATS[name].events
    events, event_id = label_events(read(tmp_path, name), {"left": left, "right": right})
    assert event_id == {"left": 1, "right": 2}
    assert events.tolist() == [[AT[0], 0, 1], [AT[1], 0, 2]]


@pytest.mark.parametrize("name", FORMATS)
def test_any_part_of_a_recording_can_be_read(tmp_path, name):
    raw = read(tmp_path, name)
    whole = raw.get_data(verbose="ERROR")
    part = raw.get_data(start=120, stop=960, verbose="ERROR")
    np.testing.assert_array_equal(part, whole[:, 120:960])


def test_a_path_can_be_a_str(tmp_path):
    read(tmp_path, "r.edf")
    assert read_recording(str(tmp_path / "r.edf")).n_times == 1000


@pytest.mark.parametrize("bits", [16, 24])
def test_complete_records_of_an_unfinished_recording_are_read(tmp_path, bits):
    path = tmp_path / ("r.edf" if bits == 16 else "r.bdf")
    write_edf(path, signals(), bits=bits, n_records=-1)
    path.write_bytes(path.read_bytes()[:-30])  # the last record is incomplete
    raw = read_recording(path)
    assert raw.n_times == 900
    np.testing.assert_allclose(raw.get_data(), signals(900), atol=0.51 * FORMATS["r.edf"].step)


@needs(MNE_DATA)
def test_real_edf_files_hold_45_trials_of_the_default_task():
    labels = {"fists": "T1", "feet": "T2"}
    paths = [next(MNE_DATA.rglob(f"S001R{run:02d}.edf")) for run in (6, 10, 14)]
    events = [label_events(read_recording(path), labels)[0] for path in paths]
    assert [len(rows) for rows in events] == [15, 15, 15]


@needs(MNE_DATA)
@pytest.mark.parametrize("run", ["04", "06", "08", "10", "12", "14"])
def test_real_edf_files_are_read(run):
    raw = read_recording(next(MNE_DATA.rglob(f"S001R{run}.edf")))
    assert (raw.info["nchan"], raw.info["sfreq"], raw.n_times) == (64, 160.0, 20000)


@needs(SSVEP)
def test_real_fif_files_are_read():
    paths = sorted(SSVEP.glob("*_raw.fif"))
    assert paths
    for path in paths:
        raw = read_recording(path)
        assert raw.get_data(start=raw.n_times - 1).shape == (raw.info["nchan"], 1)
