"""Channels that are not EEG are recognised by name and unit, and scalp electrodes never are."""

import mne
import numpy as np
import pytest

from eegzoo.data.signal.channel_types import found_types, guess_type
from eegzoo.data.signal.montage import named_montage


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("EOG horizontal", "eog"), ("HEOG", "eog"), ("EEG ROC-REF", "eog"), ("LOC-A2", "eog"),
        ("E1-M2", "eog"), ("EMG submental", "emg"), ("Chin1-Chin2", "emg"), ("Lat", "emg"),
        ("ECG", "ecg"), ("EEG EKG1-REF", "ecg"), ("ECG1-ECG2", "ecg"),
        ("Resp oro-nasal", "resp"), ("Airflow", "resp"), ("THOR RES", "resp"), ("Snore", "resp"),
        ("ABDO RES", "resp"), ("Temp rectal", "temperature"), ("SpO2", "bio"), ("SaO2", "bio"),
        ("Pleth", "bio"), ("PULSE RATE", "bio"), ("HR", "bio"), ("GSR", "gsr"),
        ("Photo", "misc"), ("PHOTIC-REF", "misc"), ("DC01", "misc"), ("DC5-DC", "misc"),
        ("Light", "misc"), ("Accel X", "misc"), ("AUX3", "misc"), ("POL BP1-Ref pressure", "misc"),
        ("Event marker", "stim"), ("Trigger", "stim"), ("Status", "stim"), ("STI 014", "stim"),
    ],
)  # fmt: skip
def test_other_signals_are_recognised(name, kind):
    assert guess_type(name) == kind


@pytest.mark.parametrize(
    "name",
    ["EEG Fpz-Cz", "EEG Pz-Oz", "Ch1", "EEG 001", "A12", "E17", "G1", "POL C3", "A1", "M2", "T8-P8",
     "LAD1", "F7-T7", "Cz-Ref", "1", "EXG Channel 0", "X"],
)  # fmt: skip
def test_eeg_stays_eeg(name):
    assert guess_type(name) == "eeg"


def test_no_electrode_of_mne_s_templates_is_taken_for_another_signal():
    for template in ("biosemi128", "biosemi64"):
        names = named_montage(template).ch_names
        assert [name for name in names if guess_type(name, names) != "eeg"] == []
    names = mne.channels.make_standard_montage("GSN-HydroCel-129").ch_names
    assert [name for name in names if guess_type(name, names) != "eeg"] == []


def test_a_unit_other_than_volts_is_no_eeg_unless_the_name_is_an_electrode():
    names = ["Fz", "C3", "X1", "Y1"]
    raw = mne.io.RawArray(np.zeros((4, 9)), mne.create_info(names, 9, "eeg"), verbose="ERROR")
    raw._orig_units = {"Fz": "µV", "C3": "n/a", "X1": "n/a", "Y1": "mV"}
    assert found_types(raw) == {"Fz": "eeg", "C3": "eeg", "X1": "misc", "Y1": "eeg"}


def test_types_that_the_file_states_are_kept():
    info = mne.create_info(["C3", "ECG", "EOG", "Fz"], 9, ["ecog", "eeg", "misc", "eog"])
    raw = mne.io.RawArray(np.zeros((4, 9)), info, verbose="ERROR")
    assert list(found_types(raw).values()) == ["ecog", "ecg", "misc", "eog"]
