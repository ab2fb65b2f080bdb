"""EDF and BDF files keep their times, whatever their rates, pauses and encodings."""

import logging
from functools import partial
from pathlib import Path

import edfio
import mne
import numpy as np
import pytest

from eegzoo.data import read_recording
from tests.cases.format_cases import NAMES, noise, write_edf, write_edf_d, write_latin_1
from tests.data.reading.write_formats import signals
from tests.data.reading.write_formats import write_edf as write_plain_edf


def rows_of(raw):
    return [
        (float(a["onset"]), float(a["duration"]), str(a["description"])) for a in raw.annotations
    ]


# Different rates.


def test_parts_of_a_file_with_different_rates_hold_their_own_times(tmp_path):
    """MNE 1.13.2 returns the samples of 12.26, 14.2 and 16.14 s here."""
    ramp = np.arange(100 * 30) / 100 * 1e-6
    write_edf(tmp_path / "r.edf", [ramp, *noise(1, 256 * 30)], ["C3", "ECG"], [100, 256])
    part = read_recording(tmp_path / "r.edf").crop(10.5, 20.5)
    for at in (11.5, 13.5, 15.5):
        window = part.copy().crop(at - 10.5 - 0.5, at - 10.5 + 0.5).get_data("C3")[0]
        assert 1e6 * window.mean() == pytest.approx(at, abs=0.002)


def test_an_auxiliary_channel_does_not_set_the_rate_of_the_eeg(tmp_path):
    eeg = noise(8, 128 * 20)
    photo = 1e-4 * np.sin(2 * np.pi * 3 * np.arange(512 * 20) / 512)
    write_edf(tmp_path / "r.edf", [*eeg, photo], [*NAMES, "Photo"], [128] * 8 + [512])
    raw = read_recording(tmp_path / "r.edf")
    assert (raw.info["sfreq"], raw.n_times, raw.ch_names) == (128.0, 2560, [*NAMES, "Photo"])
    np.testing.assert_allclose(raw.get_data(NAMES), eeg, atol=2e-9)
    expected = 1e-4 * np.sin(2 * np.pi * 3 * np.arange(128 * 20) / 128)
    np.testing.assert_allclose(raw.get_data("Photo")[0, 50:-50], expected[50:-50], atol=1e-6)


def test_slow_states_of_a_polysomnography_hold_their_values(tmp_path):
    states = np.repeat([37e-6, 38e-6], 15)
    write_edf(
        tmp_path / "r.edf", [*noise(2, 3000), states],
        ["EEG Fpz-Cz", "EEG Pz-Oz", "Temp rectal"], [100, 100, 1],
    )  # fmt: skip
    raw = read_recording(tmp_path / "r.edf")
    assert raw.info["sfreq"] == 100
    np.testing.assert_allclose(raw.get_data("Temp rectal")[0], np.repeat(states, 100), atol=2e-9)


@pytest.mark.parametrize("trigger", ["Status", "Trigger", "TRIGGER"])
def test_a_faster_trigger_channel_does_not_stretch_the_recording(tmp_path, trigger):
    """MNE 1.13.2 reads 64 Hz and 40 s here."""
    codes = np.zeros(256 * 10)
    codes[[513, 1027]] = 5e-6, 9e-6
    write_edf(tmp_path / "r.edf", [*noise(2, 640), codes], ["C3", "C4", trigger], [64, 64, 256])
    raw = read_recording(tmp_path / "r.edf")
    assert raw.info["sfreq"] == 64
    assert raw.n_times == 640
    pulses = raw.get_data(trigger)[0]
    assert np.argsort(pulses)[-2:].tolist() == [128, 256]


@pytest.mark.parametrize("seconds", [1, 2, 0.5])
@pytest.mark.parametrize("rates", [[128, 128], [128, 64], [64, 256], [100, 2]])
def test_the_duration_is_that_of_the_records(tmp_path, rates, seconds):
    rows = [noise(1, rate * 6)[0] for rate in rates]
    write_edf(tmp_path / "r.edf", rows, ["C3", "aux"], rates, record_seconds=seconds)
    raw = read_recording(tmp_path / "r.edf")
    assert raw.info["sfreq"] == rates[0]
    assert raw.n_times == 6 * rates[0]


def test_the_channels_that_an_option_excludes_do_not_matter(tmp_path):
    write_edf(
        tmp_path / "r.edf", [*noise(2, 600), *noise(1, 1200)], ["C3", "C4", "X"], [100, 100, 200]
    )
    raw = read_recording(tmp_path / "r.edf", reader_options={"exclude": ["X"]})
    assert raw.ch_names == ["C3", "C4"]
    assert not raw.preload


def test_what_is_resampled_is_said(tmp_path, caplog):
    caplog.set_level(logging.INFO, "eegzoo")
    write_edf(tmp_path / "r.edf", [*noise(1, 600), *noise(1, 1200)], ["C3", "ECG"], [100, 200])
    read_recording(tmp_path / "r.edf")
    assert (
        "the EEG has 100 Hz; channels at other rates are resampled to it: ECG (200 Hz)"
        in caplog.text
    )


# Pauses.


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("first", [0.0, 0.25])
def test_an_edf_d_without_pauses_is_as_an_edf_c(tmp_path, bits, first):
    path = tmp_path / ("r.edf" if bits == 16 else "r.bdf")
    clock = write_edf_d(path, bits=bits, first=first)
    raw = read_recording(path)
    assert raw.n_times == 4000
    np.testing.assert_allclose(1e6 * raw.get_data("C3")[0], clock, atol=0.002)
    assert [onset for onset, _, _ in rows_of(raw)] == [2.5 + 5 * k for k in range(8)]


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("first", [0.0, 0.25])
def test_an_edf_d_with_a_pause_has_the_right_times(tmp_path, bits, first):
    path = tmp_path / ("r.edf" if bits == 16 else "r.bdf")
    clock = write_edf_d(path, {20: 10.0}, bits=bits, first=first)
    raw = read_recording(path)
    assert raw.times[-1] + 0.01 == pytest.approx(50)
    # Each sample is the time at which it was recorded, also in the line across the pause.
    np.testing.assert_allclose(1e6 * raw.get_data("C3")[0], raw.times, atol=0.002)
    assert clock[-1] == pytest.approx(raw.times[-1])
    onsets = [2.5, 7.5, 12.5, 17.5, 32.5, 37.5, 42.5, 47.5]
    rows = rows_of(raw)
    assert [row for row in rows if row[2] == "BAD_ACQ_SKIP"] == [(20.0, 10.0, "BAD_ACQ_SKIP")]
    assert [(on, text) for on, _, text in rows if text != "BAD_ACQ_SKIP"] == [
        (on, "ab"[k % 2]) for k, on in enumerate(onsets)
    ]


def test_several_pauses_are_marked_each(tmp_path):
    write_edf_d(tmp_path / "r.edf", {5: 2.0, 6: 0.5, 30: 100.0})
    rows = rows_of(read_recording(tmp_path / "r.edf"))
    assert [row for row in rows if row[2] == "BAD_ACQ_SKIP"] == [
        (5.0, 2.0, "BAD_ACQ_SKIP"), (8.0, 0.5, "BAD_ACQ_SKIP"), (32.5, 100.0, "BAD_ACQ_SKIP"),
    ]  # fmt: skip


def test_no_window_crosses_a_pause(tmp_path):
    write_edf_d(tmp_path / "r.edf", {20: 10.0})
    raw = read_recording(tmp_path / "r.edf")
    epochs = mne.Epochs(raw, tmin=0, tmax=4, baseline=None, preload=True, verbose="ERROR")
    # The event at 17.5 s would end after the pause starts.
    assert (epochs.events[:, 0] / 100).tolist() == [2.5, 7.5, 12.5, 32.5, 37.5, 42.5]


def test_records_that_overlap_are_refused(tmp_path):
    write_edf_d(tmp_path / "r.edf", {20: -5.0})
    with pytest.raises(ValueError, match="expected blocks one after the other, got one at 15 s"):
        read_recording(tmp_path / "r.edf")


def test_an_absurd_pause_is_refused_before_memory_is_filled(tmp_path):
    write_edf_d(tmp_path / "r.edf", {20: 1e9})
    with pytest.raises(ValueError, match="expected pauses that fit into memory"):
        read_recording(tmp_path / "r.edf")


# Encodings and empty files.


def test_annotations_in_latin_1_are_read_and_said(tmp_path, caplog):
    write_latin_1(tmp_path / "r.edf")
    raw = read_recording(tmp_path / "r.edf")
    assert set(raw.annotations.description) == {"Hände zu", "Augen auf"}
    assert "not UTF-8 and are read as Latin-1" in caplog.text


def test_an_encoding_can_be_given(tmp_path, caplog):
    write_latin_1(tmp_path / "r.edf")
    raw = read_recording(tmp_path / "r.edf", reader_options={"encoding": "cp1252"})
    assert set(raw.annotations.description) == {"Hände zu", "Augen auf"}
    assert not caplog.text


def test_latin_1_around_a_pause_is_read(tmp_path):
    write_edf_d(tmp_path / "r.edf", {20: 10.0}, texts=("Hände zu", "auf"))
    found = set(read_recording(tmp_path / "r.edf").annotations.description)
    assert found == {"Hände zu", "auf", "BAD_ACQ_SKIP"}


def test_an_edf_without_records_is_empty(tmp_path):
    write_plain_edf(tmp_path / "r.edf", signals(), n_records=0)
    content = (tmp_path / "r.edf").read_bytes()
    (tmp_path / "r.edf").write_bytes(content[:768])
    with pytest.raises(ValueError, match="got an empty recording without any"):
        read_recording(tmp_path / "r.edf")


def test_an_edf_with_annotations_only_says_so(tmp_path):
    notes = [edfio.EdfAnnotation(0, 30, "Sleep stage W")]
    edfio.Edf([], annotations=notes).write(tmp_path / "r.edf")
    with pytest.raises(ValueError, match="expected signals, got annotations only"):
        read_recording(tmp_path / "r.edf")


def test_a_truncated_file_is_kept_on_request(tmp_path, caplog):
    write_plain_edf(tmp_path / "r.edf", signals())
    content = Path(tmp_path / "r.edf").read_bytes()
    (tmp_path / "r.edf").write_bytes(content[:-250])
    read = partial(read_recording, tmp_path / "r.edf")
    with pytest.raises(ValueError, match="expected 10 records of 400 bytes"):
        read()
    raw = read(truncated="keep")
    assert raw.n_times == 900
    assert "9 of 10 records are kept" in caplog.text


# Units.


@pytest.mark.parametrize(
    ("unit", "volts", "rate"),
    [
        (b"nV", 1e-9, 100),  # a prefix of EDF+, which MNE 1.13.2 takes for volts
        (b"nV", 1e-9, 50),
        (b"uv", 1e-6, 100),
        ("µV".encode(), 1e-6, 100),
        (b"AuV", 1e-6, 100),  # what pyedflib 0.1.42 writes for "µV"
        ("µV".encode("latin-1"), 1e-6, 100),
        (b"degC", 1.0, 100),
    ],
)
def test_numbers_are_volts_in_every_spelling_of_the_unit(tmp_path, unit, volts, rate):
    path, eeg = tmp_path / "r.edf", signals()[0]
    write_edf(path, [eeg, *noise(1, 10 * rate)], ["C3", "Resp"], [100, rate])
    content = path.read_bytes()
    place = content.index(b"uV      ")
    path.write_bytes(content[:place] + unit.ljust(8) + content[place + 8 :])
    found = read_recording(path).get_data("C3")[0]
    np.testing.assert_allclose(found, eeg * 1e6 * volts, atol=2e-3 * volts)


def test_a_channel_in_another_unit_can_be_left_out(tmp_path):
    write_plain_edf(tmp_path / "r.edf", signals())
    content = (tmp_path / "r.edf").read_bytes()
    (tmp_path / "r.edf").write_bytes(content.replace(b"uV      ", b"nV      ", 1))
    raw = read_recording(tmp_path / "r.edf", reader_options={"exclude": ["C3"]})
    np.testing.assert_allclose(raw.get_data()[0], signals()[1], atol=2e-9)
