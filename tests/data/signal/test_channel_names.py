"""Names of the same electrode match, and EEG channels are picked by type."""

import mne
import numpy as np
import pytest

from eegzoo.data import SignalInfo, SignalWarning, align
from eegzoo.data.signal.channel_names import (
    channel_key,
    places_by_key,
    split_name,
    standard_name,
)
from eegzoo.data.signal.choice.channel_choice import eeg_channels
from eegzoo.data.signal.montage import named_montage


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
        ("EEG Fp1-A2", "Fp1"),
        ("EEG FP1-Ref", "Fp1"),
        ("Fp1-AVG", "FP1"),
        ("POL Fp1", "Fp1"),
        ("Fp1_REF", "Fp1."),
        ("C4:A1", "C4-M1"),
        ("C4-A1", "C4-M1"),
        ("C4-(A1+A2)/2", "EEG C4-LE"),
        ("Fp1-F7", "EEG FP1-F7"),
        ("T3-T5", "T7-P7"),
        ("POL T6", "P8"),
    ],
)
def test_names_of_the_same_electrode_match(one, other):
    assert channel_key(one) == channel_key(other)
    assert SignalInfo([one], 100, 10).order_of(["Oz", other]) == [1]
    assert SignalInfo([other], 100, 10).order_of(["Oz", one]) == [1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C3", "C4"),
        ("C3", "C3-Cz"),
        ("T3", "T8"),
        ("T7", "TP7"),
        ("FC5", "C5"),
        ("T3-T5", "T7"),
        ("Fp1-F7", "Fp1"),
        ("C4-Cz", "C4"),
        ("EEG 1", "EEG 11"),
        ("C4-Cz", "C4-A1"),
    ],
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


@pytest.mark.parametrize(
    ("name", "electrode", "reference"),
    [
        ("EEG Fp1-A2", "Fp1", "A2"),
        ("EEG FP1-Ref", "FP1", "Ref"),
        ("Fp1_REF", "Fp1", "REF"),
        ("C4:A1", "C4", "A1"),
        ("Fp1 - LE", "Fp1", "LE"),
        ("C4-A1+A2", "C4", "A1+A2"),
        ("Fpz-Cz", "Fpz-Cz", ""),
        ("A1-A2", "A1", "A2"),
        ("EEG", "EEG", ""),
        ("-", "-", ""),
    ],
)
def test_electrode_and_reference_are_split(name, electrode, reference):
    assert split_name(name) == (electrode, reference)


def test_the_rule_for_names_covers_the_10_05_system_of_mne():
    names = [name for name in named_montage().ch_names if name not in ("T3", "T4", "T5", "T6")]
    assert [standard_name(f"EEG {name.upper()}-REF") for name in names] == names


def test_one_electrode_with_two_references_raises_with_both():
    message = "'C4-A1' and 'C4-A2', which are the same channel with different references"
    with pytest.raises(ValueError, match=message):
        places_by_key(["C3", "C4-A1", "C4-A2"])
    assert places_by_key(["C4-A1", "C4-Cz"]) == {"c4": 0, "c4-cz": 1}


def test_contacts_in_the_brain_are_not_electrodes_of_the_scalp():
    assert places_by_key(["T3", "T7"], ["seeg", "seeg"]) == {"t3": 0, "t7": 1}
    info = SignalInfo(["T3", "T7"], 128.0, 9, ch_types=["seeg", "seeg"])
    assert info.order_of(["T7", "T3"]) == [1, 0]
    with pytest.raises(ValueError, match="missing"):
        SignalInfo(["T3"], 128.0, 9, ch_types=["seeg"]).order_of(["T7"])
    assert SignalInfo.from_dict(info.to_dict()) == info
    with pytest.raises(ValueError, match=r"expected channels of type \['seeg'\], got \['eeg'\]"):
        info.check_window(SignalInfo(["T3", "C4"], 128.0, 9))


def test_another_reference_than_in_training_is_said():
    trained = SignalInfo(["C3-M2", "C4-M1"], 128.0, 9)
    with pytest.warns(SignalWarning, match="'C4-AVG' for 'C4-M1'"):
        align(SignalInfo(["C3-A2", "C4-AVG"], 128.0, 9), trained)
    align(SignalInfo(["C3-A2", "C4:A1"], 128.0, 9), trained)
    align(SignalInfo(["C3", "C4-Ref"], 128.0, 9), trained)


def test_a_rate_within_the_precision_of_clocks_is_the_same():
    trained = SignalInfo(["C3"], 128.0, 257)
    mine = SignalInfo(["C3"], 128.00002, 257)
    trained.check_window(mine)
    X = np.random.default_rng(0).normal(size=(2, 1, 257)).astype(np.float32)
    np.testing.assert_array_equal(align(mine, trained)(X), X)
    np.testing.assert_array_equal(align(mine, trained, resample=True)(X), X)
    with pytest.raises(ValueError, match=r"expected sfreq of 128 Hz, got 128\.05 Hz"):
        trained.check_window(SignalInfo(["C3"], 128.05, 257))
    with pytest.raises(ValueError, match=r"expected tmin of 100000 s, got 100000\.2 s"):
        SignalInfo(["C3"], 1, 9, tmin=100000.0).check_window(SignalInfo(["C3"], 1, 9, 100000.2))
