"""Text tables, OpenBCI and Muse files become recordings in volts at the right times."""

import numpy as np
import pytest

from eegzoo.data import read_recording
from tests.cases.format_cases import NAMES, noise, write_muse, write_openbci, write_table

X = 1e6 * noise(8, 1500)  # microvolts
TIMES = np.arange(1500) / 250
COLUMNS = dict(zip(NAMES, X, strict=True))


def pauses_of(raw):
    return [
        (round(float(a["onset"]), 6), round(float(a["duration"]), 6))
        for a in raw.annotations
        if a["description"] == "BAD_ACQ_SKIP"
    ]


def assert_is(raw, factor=1e-6, sfreq=250.0):
    assert raw.info["sfreq"] == sfreq
    assert raw.ch_names == list(NAMES)
    assert set(raw.get_channel_types()) == {"eeg"}
    np.testing.assert_allclose(raw.get_data(), factor * X, atol=1e-6 * factor)


@pytest.mark.parametrize(
    ("separator", "decimal"), [(",", "."), ("\t", "."), (";", ","), (" ", ".")]
)
@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt"])
def test_a_table_with_times_is_read_in_microvolts(tmp_path, suffix, separator, decimal, caplog):
    path = tmp_path / f"r.{suffix}"
    write_table(path, TIMES, COLUMNS, separator, decimal)
    assert_is(read_recording(path))
    assert "the samples are taken as microvolts" in caplog.text


@pytest.mark.parametrize(
    ("title", "per_second"), [("Time (ms)", 1e3), ("timestamp", 1), ("t", 1), ("time_us", 1e6)]
)
def test_the_unit_of_the_times_is_in_their_title(tmp_path, title, per_second):
    write_table(tmp_path / "r.csv", 5.0 + TIMES * per_second, COLUMNS, time=title)
    assert_is(read_recording(tmp_path / "r.csv"))


@pytest.mark.parametrize(("unit", "factor"), [("V", 1), ("mV", 1e-3), ("uV", 1e-6), ("µV", 1e-6)])
def test_a_unit_can_be_given_or_be_in_the_titles(tmp_path, unit, factor, caplog):
    write_table(tmp_path / "r.csv", TIMES, COLUMNS)
    assert_is(read_recording(tmp_path / "r.csv", reader_options={"unit": unit}), factor)
    titled = {f"{name} [{unit}]": row for name, row in COLUMNS.items()}
    write_table(tmp_path / "r.csv", TIMES, titled)
    assert_is(read_recording(tmp_path / "r.csv"), factor)
    assert not caplog.text


def test_a_rate_can_be_given_instead_of_times(tmp_path):
    write_table(tmp_path / "r.csv", None, COLUMNS)
    with pytest.raises(ValueError, match="expected a column of times or the reader option sfreq"):
        read_recording(tmp_path / "r.csv")
    raw = read_recording(tmp_path / "r.csv", reader_options={"sfreq": 250})
    assert_is(raw)


def test_a_rate_that_is_no_whole_number_is_kept(tmp_path):
    write_table(tmp_path / "r.csv", np.arange(1500) / 250.25, COLUMNS)
    assert read_recording(tmp_path / "r.csv").info["sfreq"] == pytest.approx(250.25, abs=1e-3)


def test_times_rounded_to_milliseconds_are_regular(tmp_path):
    write_table(tmp_path / "r.csv", np.round(np.arange(1500) / 256, 3), COLUMNS)
    assert_is(read_recording(tmp_path / "r.csv"), sfreq=256.0)


def test_missing_rows_are_a_pause(tmp_path):
    kept = np.r_[0:500, 750:1500]
    write_table(tmp_path / "r.csv", TIMES[kept], {name: row[kept] for name, row in COLUMNS.items()})
    raw = read_recording(tmp_path / "r.csv")
    assert raw.n_times == 1500
    np.testing.assert_allclose(raw.get_data()[:, kept], 1e-6 * X[:, kept], atol=1e-12)
    assert pauses_of(raw) == [(2.0, 1.0)]


@pytest.mark.parametrize("times", [np.sort(np.random.default_rng(0).random(1500)), TIMES[::-1]])
def test_irregular_times_are_refused(tmp_path, times):
    write_table(tmp_path / "r.csv", times, COLUMNS)
    with pytest.raises(ValueError, match="the reader option sfreq gives a rate instead"):
        read_recording(tmp_path / "r.csv")


def test_columns_of_markers_are_codes_or_annotations(tmp_path):
    codes = np.zeros(1500)
    codes[[250, 500]] = 1, 2
    texts = [""] * 1500
    texts[750] = texts[751] = "button"
    write_table(tmp_path / "r.csv", TIMES, {**COLUMNS, "Trigger": codes, "remark": texts})
    raw = read_recording(tmp_path / "r.csv")
    assert raw.get_channel_types() == ["eeg"] * 8 + ["stim"]
    np.testing.assert_array_equal(raw.get_data("Trigger")[0], codes)
    rows = [(float(a["onset"]), str(a["description"])) for a in raw.annotations]
    assert rows == [(3.0, "button")]


def test_rows_of_different_lengths_are_refused_by_number(tmp_path):
    (tmp_path / "r.csv").write_text("time,C3\n0.0,1\n0.1,2\n0.2,3,4\n")
    with pytest.raises(ValueError, match="expected 2 columns in each row, got 3 in row 3"):
        read_recording(tmp_path / "r.csv")


def test_a_table_of_events_is_not_a_recording(tmp_path):
    (tmp_path / "r.tsv").write_text("onset\tduration\ttrial_type\n1.0\t0\tleft\n")
    with pytest.raises(ValueError, match="cannot be read as a recording"):
        read_recording(tmp_path / "r.tsv")


# OpenBCI.


def test_an_openbci_text_is_read_at_its_rate(tmp_path):
    x = write_openbci(tmp_path / "r.txt")
    raw = read_recording(tmp_path / "r.txt")
    assert (raw.info["sfreq"], raw.n_times) == (250.0, 1500)
    eeg = raw.get_data("eeg")
    np.testing.assert_allclose(eeg, 1e-6 * x, atol=1e-10)
    assert raw.get_channel_types() == ["eeg"] * 8 + ["misc"] * 3 + ["stim"]
    assert np.flatnonzero(raw.get_data("stim")[0]).tolist() == [300]
    assert not raw.annotations


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize(("first", "n_lost"), [(500, 10), (100, 1), (250, 100)])
def test_samples_that_the_radio_lost_are_a_pause(tmp_path, first, n_lost, step, caplog):
    x = write_openbci(tmp_path / "r.txt", lost=range(first, first + n_lost), step=step)
    raw = read_recording(tmp_path / "r.txt")
    assert raw.n_times == 1500
    assert pauses_of(raw) == ([(first / 250, n_lost / 250)] if n_lost > 5 else [])
    assert ("gaps of at most 0.02 s that a line fills: 1" in caplog.text) == (n_lost <= 5)
    np.testing.assert_allclose(
        raw.get_data("eeg")[:, first + n_lost :], 1e-6 * x[:, first + n_lost :], atol=1e-10
    )


def test_an_openbci_text_without_a_rate_asks_for_one(tmp_path):
    write_openbci(tmp_path / "r.txt")
    text = (tmp_path / "r.txt").read_text().replace("%Sample Rate = 250 Hz\n", "")
    (tmp_path / "r.txt").write_text(text)
    with pytest.raises(ValueError, match="give --reader-option sfreq=RATE"):
        read_recording(tmp_path / "r.txt")
    raw = read_recording(tmp_path / "r.txt", reader_options={"sfreq": 125})
    assert raw.info["sfreq"] == 125


# Muse.


def test_a_muse_file_is_read(tmp_path):
    x = write_muse(tmp_path / "r.csv")
    raw = read_recording(tmp_path / "r.csv")
    assert raw.ch_names == ["TP9", "AF7", "AF8", "TP10"]
    assert (raw.info["sfreq"], raw.n_times) == (256.0, 2560)
    np.testing.assert_allclose(raw.get_data(), 1e-6 * x, atol=1e-10)
    rows = [(float(a["onset"]), str(a["description"])) for a in raw.annotations]
    assert rows == [(2.0, "/muse/elements/blink")]


def test_a_second_without_bluetooth_is_a_pause(tmp_path):
    write_muse(tmp_path / "r.csv", lost=range(1200, 1456))
    ((onset, duration),) = pauses_of(read_recording(tmp_path / "r.csv"))
    packet = 12 / 256  # its samples have one time
    assert onset == pytest.approx(1200 / 256, abs=packet)
    assert duration == pytest.approx(1.0, abs=packet)


def test_means_of_a_second_are_not_samples(tmp_path):
    write_muse(tmp_path / "r.csv")
    lines = (tmp_path / "r.csv").read_text().splitlines()
    (tmp_path / "r.csv").write_text("\n".join([lines[0], *lines[1::256]]) + "\n")
    with pytest.raises(ValueError, match="expected about 256 rows per second"):
        read_recording(tmp_path / "r.csv")
