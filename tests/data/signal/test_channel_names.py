"""Names of the same electrode match, and EEG channels are picked by type."""

import mne
import numpy as np
import pytest

from eegzoo.data import SignalInfo
from eegzoo.data.signal.channel_choice import eeg_channels
from eegzoo.data.signal.channel_names import channel_key, places_by_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C3", "c3"),
        ("FCZ", "FCz"),
        ("EEG C3", "C3"),
        ("eeg c3", "C3"),
        ("EEGC3", "C3"),
        ("Fc5.", "FC5"),
        ("Cz..", "CZ"),
        (" C3 ", "C3"),
        ("EEG-Fz", "Fz"),
        ("EEG FP1-REF", "Fp1"),
        ("EEG:T3-LE", "T7"),
        ("EEG Fpz-Cz", "Fpz-Cz"),
        ("T3", "T7"),
        ("t4", "T8"),
        ("EEG T5", "P7"),
        ("T6..", "p8"),
    ],
)
def test_names_of_the_same_electrode_match(one, other):
    assert channel_key(one) == channel_key(other)
    assert SignalInfo([one], 100, 10).order_of(["Oz", other]) == [1]
    assert SignalInfo([other], 100, 10).order_of(["Oz", one]) == [1]


@pytest.mark.parametrize(
    ("one", "other"),
    [("C3", "C4"), ("C3", "C3-Cz"), ("T3", "T8"), ("T7", "TP7"), ("FC5", "C5"), ("T3-T5", "T7")],
)
def test_names_of_different_electrodes_do_not_match(one, other):
    with pytest.raises(ValueError, match="missing"):
        SignalInfo([one], 100, 10).order_of([other])


def test_places_are_indices_by_key():
    assert places_by_key(["EEG C3", "T3", "Fz."]) == {"c3": 0, "t7": 1, "fz": 2}


@pytest.mark.parametrize("names", [["C3", "C3"], ["T3", "T7"], ["C3", "EEG c3."]])
def test_two_names_of_one_channel_raise(names):
    with pytest.raises(ValueError, match=r"expected distinct ch_names, got .* the same channel"):
        places_by_key(["Fz", *names])


def make_raw(types):
    info = mne.create_info([f"{kind}{place}" for place, kind in enumerate(types)], 100.0, types)
    return mne.io.RawArray(np.zeros((len(types), 200)), info, verbose="ERROR")


def test_bad_eeg_channels_are_picked_too():
    raw = make_raw(["eeg", "eog", "eeg", "stim"])
    raw.info["bads"] = ["eeg2"]
    epochs = mne.make_fixed_length_epochs(raw, 1.0, verbose="ERROR")
    assert eeg_channels(raw) == eeg_channels(epochs) == ["eeg0", "eeg2"]


def test_without_eeg_channels_the_error_names_the_types():
    with pytest.raises(ValueError, match=r"expected EEG channels, .* type \['eog', 'stim'\]"):
        eeg_channels(make_raw(["stim", "eog", "eog"]))
