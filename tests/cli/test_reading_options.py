"""The command line reads what users have: epochs, tables, truncated files, reader options."""

import csv
import json

import mne
import numpy as np
import pytest

from eegzoo.cli.reading_options import parse_reader_options
from tests.cases.format_cases import EVENTS, NAMES, noise, write_latin_1, write_table
from tests.cli.run import run

FAST = ["--cv", "2", "--max-epochs", "1", "--verbose", "0"]


@pytest.fixture
def epochs_file(tmp_path):
    """Return a file of eight epochs of 3 s."""
    info = mne.create_info(list(NAMES), 128, "eeg")
    raw = mne.io.RawArray(noise(8, 128 * 40), info, verbose=False)
    raw.set_annotations(mne.Annotations(*zip(*EVENTS, strict=True)))
    epochs = mne.Epochs(raw, tmin=0, tmax=3, baseline=None, preload=True, verbose=False)
    epochs.save(tmp_path / "r-epo.fif", verbose=False)
    return tmp_path / "r-epo.fif"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {}),
        (["encoding=latin1"], {"encoding": "latin1"}),
        (["data_format=int32", "sfreq=250.5"], {"data_format": "int32", "sfreq": 250.5}),
        (['exclude=["ECG", "EMG"]'], {"exclude": ["ECG", "EMG"]}),
        (["time=a=b"], {"time": "a=b"}),
    ],
)
def test_reader_options_are_pairs(given, expected):
    assert parse_reader_options(given) == expected


@pytest.mark.parametrize("given", [["encoding"], ["=latin1"], ["sfreq="], ["unit=V", "unit=mV"]])
def test_wrong_reader_options_are_refused(given):
    with pytest.raises(ValueError, match="for --reader-option, got"):
        parse_reader_options(given)
