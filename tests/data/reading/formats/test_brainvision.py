"""BrainVision files in volts, however they spell microvolts."""

import numpy as np
import pytest

from eegzoo.data import read_recording
from tests.data.reading.write_formats import signals, write_brainvision


def write_unit(path, unit, encoding="utf-8"):
    write_brainvision(path, signals())
    header = path.read_text(encoding="utf-8")
    path.write_text(header.replace("Ch1=C3,,1,µV", f"Ch1=C3,,1,{unit}"), encoding=encoding)


@pytest.mark.parametrize(
    ("unit", "volts"), [("\u03bcV", 1e-6), ("\u00b5V", 1e-6), ("Microvolt", 1e-6), ("nV", 1e-9)]
)
def test_numbers_are_volts_in_every_spelling_of_the_unit(tmp_path, unit, volts):
    """MNE 1.13.2 takes the first and third for volts of channels that are no EEG."""
    write_unit(tmp_path / "r.vhdr", unit)
    raw = read_recording(tmp_path / "r.vhdr")
    assert raw.get_channel_types() == ["eeg", "eeg"]
    np.testing.assert_allclose(raw.get_data(), signals() * [[volts * 1e6], [1]], rtol=1e-6)


def test_another_quantity_is_no_eeg(tmp_path):
    write_unit(tmp_path / "r.vhdr", "°C", encoding="latin-1")
    raw = read_recording(tmp_path / "r.vhdr")
    assert raw.get_channel_types() == ["misc", "eeg"]
    np.testing.assert_allclose(raw.get_data()[0], signals()[0] * 1e6, rtol=1e-6)


def test_a_channel_that_is_given_as_misc_stays_misc(tmp_path):
    write_unit(tmp_path / "r.vhdr", "\u03bcV")
    raw = read_recording(tmp_path / "r.vhdr", reader_options={"misc": ["C3"]})
    assert raw.get_channel_types() == ["misc", "eeg"]
    np.testing.assert_allclose(raw.get_data(), signals(), rtol=1e-6)
