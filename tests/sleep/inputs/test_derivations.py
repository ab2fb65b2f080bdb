"""Derivations of recordings: found by name, re-derived, chosen by the user."""

import mne
import numpy as np
import pytest

from eegzoo.sleep.inputs.derivations import choose_derivations
from eegzoo.sleep.inputs.electrode_pairs import electrode_pair


def recording(names, bads=()):
    info = mne.create_info(names, 100.0, "eeg")
    data = np.random.default_rng(0).normal(0, 1e-5, (len(names), 200))
    raw = mne.io.RawArray(data, info, verbose="ERROR")
    raw.info["bads"] = list(bads)
    return raw


def shown(names, channels=None, bads=()):
    return [str(found) for found in choose_derivations(recording(names, bads), channels)]


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("EEG C4-M1", "C4-M1"), ("C4:A1", "C4-M1"), ("C4A1", "C4-M1"), ("c4 m1", "C4-M1"),
        ("EEG_C4-A1", "C4-M1"), ("EEG C4_M1", "C4-M1"), ("EEG Fpz-Cz", "Fpz-Cz"),
        ("FpzCz", "Fpz-Cz"), ("P3O1", "P3-O1"), ("T3-T5", "T7-P7"), ("C4", "C4"),
        ("EEG C4-Ref", "C4"), ("C4-AVG", "C4-AVG"), ("C4-(M1+M2)/2", "C4-M1M2"), ("A2", "M2"),
        ("EOG LOC-A2", "E1-M2"), ("E2:M2", "E2-M2"), ("EOG(L)", "EOG left"),
        ("EOG right", "EOG right"),
        ("LOC A2", "E1-M2"), ("E1M2", "E1-M2"), ("ROC", "E2"),
    ],
)  # fmt: skip
def test_name_states_its_electrodes(name, pair):
    assert str(electrode_pair(name)) == pair


@pytest.mark.parametrize("name", ["EEG", "EEG(sec)", "SaO2", "ECG", "EMG chin", "Cz2", "EOG horiz"])
def test_other_names_state_none(name):
    assert electrode_pair(name) is None


def test_e1_of_a_net_of_electrodes_is_no_eye():
    assert electrode_pair("E1", ["E1", "E2", "E3"]) is None


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["C4-M1", "Fpz-Cz", "EOG left"], ["C4-M1", "Fpz-Cz", "EOG left"]),
        # Sleep-EDF
        (
            ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal", "Resp oro-nasal", "EMG submental"],
            ["Fpz-Cz (EEG Fpz-Cz)", "Pz-Oz (EEG Pz-Oz)", "EOG horizontal"],
        ),
        # SHHS
        (["SaO2", "EEG(sec)", "ECG", "EMG", "EOG(L)", "EOG(R)", "EEG"],
         ["EEG(sec)", "EEG", "EOG left (EOG(L))", "EOG right (EOG(R))"]),
        # single electrodes, with ears
        (
            ["F4-Ref", "C4-Ref", "O2-Ref", "M1-Ref", "E1-Ref", "M2-Ref"],
            [
                "C4-M1 (C4-Ref minus M1-Ref)", "F4-M1 (F4-Ref minus M1-Ref)",
                "O2-M1 (O2-Ref minus M1-Ref)", "E1-M2 (E1-Ref minus M2-Ref)",
            ],
        ),
        (["C4", "A1"], ["C4-M1 (C4 minus A1)"]),
        (["EEG C3-A2", "EEG C4-A1"], ["C4-M1 (EEG C4-A1)"]),
        # the recommended reference is computed rather than another used
        (["C4-M2", "M1-M2"], ["C4-M1 (C4-M2 minus M1-M2)"]),
        (["C3-A1"], ["C3-M1 (C3-A1)"]),
        (["CZ-A1"], ["Cz-M1 (CZ-A1)"]),
        # a channel of an eye may be bipolar already
        (["C4", "M1", "EOG left", "LOC"], ["C4-M1 (C4 minus M1)", "E1-M1 (LOC minus M1)"]),
        (["C4", "M1", "EOG left"], ["C4-M1 (C4 minus M1)", "EOG left"]),
        # references that differ are not subtracted
        (["C4-AVG", "M1-Cz"], ["C4-AVG"]),
        (["T3-T5", "SaO2"], ["T7-P7 (T3-T5)"]),
        # a cap without ears
        (["Fp1", "Fp2", "C3", "C4", "O1", "O2"], ["C4", "Fp2", "O2"]),
    ],
)  # fmt: skip
def test_chosen_without_names(names, chosen):
    assert shown(names) == chosen


@pytest.mark.parametrize(
    ("names", "asked", "chosen"),
    [
        (["C4", "M1", "C3", "M2"], "C3-M2, C4:A1", ["C3-M2 (C3 minus M2)", "C4-M1 (C4 minus M1)"]),
        (["EEG C4-A1", "EOG left"], ["EOG left"], ["EOG left"]),
        (["EEG C4-A1", "EOG(L)"], "EOG left", ["EOG left (EOG(L))"]),
        (["EEG C4-A1"], "C4", ["C4-M1 (EEG C4-A1)"]),
        (["EEG C4-A1"], "eeg c4-a1", ["C4-M1 (EEG C4-A1)"]),
        (["Ch1", "Ch2"], "Ch2", ["Ch2"]),
        (["ECG"], "ECG", ["ECG"]),
        (["C4-Ref", "F4-Ref"], "F4-C4", ["F4-C4 (F4-Ref minus C4-Ref)"]),
    ],
)
def test_chosen_by_name(names, asked, chosen):
    assert shown(names, asked) == chosen


def test_bad_channels_are_left_out_unless_they_are_named():
    assert shown(["C4-M1", "C3-M2"], bads=["C4-M1"]) == ["C3-M2"]
    assert shown(["C4-M1", "C3-M2"], "C4-M1", bads=["C4-M1"]) == ["C4-M1"]


def test_kinds_are_told_apart():
    found = choose_derivations(recording(["C4-M1", "E1-M2"]))
    assert [derivation.kind for derivation in found] == ["eeg", "eog"]


@pytest.mark.parametrize(
    ("names", "asked", "message"),
    [
        (["ECG", "SaO2"], None, r"channels of EEG, such as C4-M1 .* got the channels ECG, SaO2;"),
        (["EOG left", "EMG"], None, "got the channels EOG left, EMG"),
        (["Ch1", "Ch2"], None, "got the channels Ch1, Ch2"),
        (["C4-M1"], "C3-M2", "expected a channel for 'C3-M2', got the channels C4-M1"),
        (["C4-M1"], "Nonsense", "expected a channel for 'Nonsense', got the channels C4-M1"),
        (["C4-M1", "C4-Cz"], "C4", "expected one channel for 'C4', got C4-M1, C4-Cz"),
        (["C4-AVG", "M1-Cz"], "C4-M1", "expected a channel for 'C4-M1'"),
        (["C4-M1"], "C4-M1,EEG C4-A1", "expected different channels, got 'C4-M1' twice"),
        (["C4-M1"], " , ", "expected channels to be names"),
        (["C4-M1"], [], "expected channels to be names"),
    ],
)
def test_nothing_suitable_is_an_error_that_lists_the_channels(names, asked, message):
    with pytest.raises(ValueError, match=message):
        choose_derivations(recording(names), asked)


def test_only_bad_channels_are_an_error_that_says_so():
    with pytest.raises(ValueError, match="marked as bad: C4-M1"):
        choose_derivations(recording(["C4-M1"], bads=["C4-M1"]))
