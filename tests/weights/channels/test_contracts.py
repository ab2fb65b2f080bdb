"""Plans of ten montages, against worked examples."""

import json

import mne
import numpy as np
import pytest

from eegzoo import channel_plan, create_model, find_weights
from eegzoo.models import LaBraM

TEN_TWENTY = [
    "Fp1",
    "Fp2",
    "F7",
    "F3",
    "Fz",
    "F4",
    "F8",
    "T7",
    "C3",
    "Cz",
    "C4",
    "T8",
    "P7",
    "P3",
    "Pz",
    "P4",
    "P8",
    "O1",
    "O2",
]
OLD = [{"T7": "T3", "T8": "T4", "P7": "T5", "P8": "T6"}.get(name, name) for name in TEN_TWENTY]
BIOSEMI = mne.channels.make_standard_montage("biosemi64").ch_names
PLUGS = [f"{plug}{number}" for plug in "AB" for number in range(1, 33)]
EGI = [f"E{number}" for number in range(1, 129)]
EMOTIV = ["AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4"]
MUSE = ["TP9", "AF7", "AF8", "TP10"]
BANANA = [
    "FP1-F7",
    "F7-T3",
    "T3-T5",
    "T5-O1",
    "FP2-F8",
    "F8-T4",
    "T4-T6",
    "T6-O2",
    "FP1-F3",
    "F3-C3",
    "C3-P3",
    "P3-O1",
    "FP2-F4",
    "F4-C4",
    "C4-P4",
    "P4-O2",
]
EEGMMIDB = [
    "Fc5.",
    "Fc3.",
    "Fc1.",
    "Fcz.",
    "Fc2.",
    "Fc4.",
    "Fc6.",
    "C5..",
    "C3..",
    "C1..",
    "Cz..",
    "C2..",
    "C4..",
    "C6..",
    "Cp5.",
    "Cp3.",
    "Cp1.",
    "Cpz.",
    "Cp2.",
    "Cp4.",
    "Cp6.",
    "Fp1.",
    "Fpz.",
    "Fp2.",
    "Af7.",
    "Af3.",
    "Afz.",
    "Af4.",
    "Af8.",
    "F7..",
    "F5..",
    "F3..",
    "F1..",
    "Fz..",
    "F2..",
    "F4..",
    "F6..",
    "F8..",
    "Ft7.",
    "Ft8.",
    "T7..",
    "T8..",
    "T9..",
    "T10.",
    "Tp7.",
    "Tp8.",
    "P7..",
    "P5..",
    "P3..",
    "P1..",
    "Pz..",
    "P2..",
    "P4..",
    "P6..",
    "P8..",
    "Po7.",
    "Po3.",
    "Poz.",
    "Po4.",
    "Po8.",
    "O1..",
    "Oz..",
    "O2..",
    "Iz..",
]
BCI_2A = [
    "Fz",
    "FC3",
    "FC1",
    "FCz",
    "FC2",
    "FC4",
    "C5",
    "C3",
    "C1",
    "Cz",
    "C2",
    "C4",
    "C6",
    "CP3",
    "CP1",
    "CPz",
    "CP2",
    "CP4",
    "P1",
    "Pz",
    "P2",
    "POz",
]
ANT = [
    *[
        "Fp1",
        "Fpz",
        "Fp2",
        "F7",
        "F3",
        "Fz",
        "F4",
        "F8",
        "FC5",
        "FC1",
        "FC2",
        "FC6",
        "M1",
        "T7",
        "C3",
        "Cz",
        "C4",
        "T8",
        "M2",
        "CP5",
        "CP1",
        "CP2",
        "CP6",
    ],
    *["P7", "P3", "Pz", "P4", "P8", "POz", "O1", "O2", "AFF1h", "FTT9h"],
]


def by_name(plan):
    return {channel.name: channel for channel in plan.channels}


def sums(plan):
    """Return the computed channels as their names and factors."""
    return {channel.name: dict(channel.weights) for channel in plan.used}


# Montages, and what of them LaBraM does not know.
LABRAM = {
    "10-20": (TEN_TWENTY, ()),
    "old names": (OLD, ()),
    "BioSemi 64": (BIOSEMI, ()),
    "Emotiv 14": (EMOTIV, ()),
    "Muse 4": (MUSE, ()),
    "EEGMMIDB": (EEGMMIDB, ()),
    "BCI IV 2a": (BCI_2A, ()),
    "ANT": (ANT, ("AFF1h",)),
}


@pytest.mark.parametrize("montage", LABRAM)
def test_labram_takes_every_electrode_in_the_order_of_the_recording(montage):
    ch_names, unused = LABRAM[montage]
    plan = channel_plan("labram", ch_names, 200.0, n_times=800)
    assert plan.faults == ()
    assert tuple(plan.left_out) == unused
    taken = [name for name in ch_names if name not in unused]
    assert [[*channel.weights] for channel in plan.used] == [[name] for name in taken]
    assert [channel.name.lower() for channel in plan.used] == [
        name.rstrip(".").lower() for name in taken
    ]
    assert plan.is_selection
    assert {channel.how for channel in plan.channels} <= {"taken", "renamed", "absent"}


def test_old_names_have_rows_of_their_own_where_the_model_learnt_them():
    there = by_name(channel_plan("labram", OLD, 200.0))
    assert there["T3"].how == "taken"
    assert there["T7"].how == "absent"
    assert there["T7"].why == "the channel is used under its other name"
    # ST-EEGFormer learnt both as well, and compact weights one of them.
    there = by_name(channel_plan("steegformer", OLD, 128.0))
    assert (there["T5"].how, there["P7"].how) == ("taken", "absent")
    there = by_name(channel_plan("eegnet.physionet_mi2", OLD, 160.0, missing="zero"))
    assert (there["P7"].how, there["P7"].weights, there["P7"].why) == (
        "renamed", {"T5": 1.0}, "T5 is P7"
    )  # fmt: skip


def test_the_names_of_plugs_are_no_ears():
    plan = channel_plan("labram", PLUGS, 200.0)
    assert plan.faults
    assert by_name(plan)["A1"].how == "absent"
    assert plan.left_out["A1"] == "a place in a net, not an electrode"


def test_numbered_sensors_are_refused_without_positions():
    plan = channel_plan("labram", EGI, 250.0)
    assert plan.n_found == 0
    assert "montage= (such as 'GSN-HydroCel-128') finds them by position" in plan.faults[0]
    with pytest.raises(ValueError, match=r"got 0 among \['E1'(.|\n)*FP1 +absent"):
        plan.check()


# Sensors of EGI's HydroCel net of 128 that its maker gives for electrodes of the 10-10 system.
EGI_TABLE = {
    "FP1": "E22", "FP2": "E9", "FPZ": "E15", "F7": "E33", "F8": "E122", "F3": "E24", "F4": "E124",
    "C3": "E36", "C4": "E104", "PZ": "E62", "O1": "E70", "O2": "E83", "OZ": "E75", "FCZ": "E6",
    "CPZ": "E55", "POZ": "E72", "CP3": "E42", "CP4": "E93",
}  # fmt: skip


def test_numbered_sensors_are_found_by_position():
    plan = channel_plan("labram", EGI, 250.0, montage="GSN-HydroCel-128")
    found = sums(plan)
    same = [name for name, sensor in EGI_TABLE.items() if found.get(name) == {sensor: 1.0}]
    assert len(same) >= 16
    why = by_name(plan)["FCZ"].why
    assert why == "E6 is 3 mm from FCz in GSN-HydroCel-128"
    sensors = [name for weights in found.values() for name in weights]
    assert len(sensors) == len(set(sensors))


def test_a_clinical_bipolar_montage_is_what_biot_knows():
    plan = channel_plan("biot", BANANA, 200.0, n_times=2000)
    assert plan.faults == ()
    assert {name: [*weights] for name, weights in sums(plan).items()} == dict(
        zip([name.replace("T3", "T7").replace("T4", "T8").replace("T5", "P7").replace("T6", "P8")
             for name in BANANA], [[name] for name in BANANA], strict=True)
    )  # fmt: skip
    there = by_name(plan)
    assert there["FP1-F7"].how == "taken"
    assert there["F7-T7"].how == "renamed"
    assert there["F7-T7"].why == "F7-T3 is F7-T7"
    assert (there["C3-A2"].how, there["C3-A2"].why) == (
        "absent", "only in differences of electrodes"
    )  # fmt: skip


def test_labram_knows_the_temporal_chains_of_a_bipolar_montage():
    plan = channel_plan("labram", BANANA, 200.0)
    assert [channel.name for channel in plan.used] == [
        "FP1-F7", "F7-T7", "T7-P7", "P7-O1", "FP2-F8", "F8-T8", "T8-P8", "P8-O2",
    ]  # fmt: skip
    assert by_name(plan)["FP1"].why == "only in differences of electrodes"
    assert plan.left_out["FP1-F3"] == "not known to the model"


@pytest.mark.parametrize("ch_names", [TEN_TWENTY, OLD, [f"EEG {name}-REF" for name in OLD]])
def test_differences_are_computed_from_single_electrodes(ch_names):
    plan = channel_plan("biot", ch_names, 200.0)
    x = dict(zip(TEN_TWENTY, np.random.default_rng(0).normal(size=(19, 50)), strict=True))
    expected = [
        x["Fp1"] - x["F7"], x["F7"] - x["T7"], x["T7"] - x["P7"], x["P7"] - x["O1"],
        x["Fp2"] - x["F8"], x["F8"] - x["T8"], x["T8"] - x["P8"], x["P8"] - x["O2"],
        x["Fp1"] - x["F3"], x["F3"] - x["C3"], x["C3"] - x["P3"], x["P3"] - x["O1"],
        x["Fp2"] - x["F4"], x["F4"] - x["C4"], x["C4"] - x["P4"], x["P4"] - x["O2"],
    ]  # fmt: skip
    computed = plan.apply(np.stack([*x.values()]))
    names = [channel.name for channel in plan.used]
    known = [name for name in by_name(plan) if name in names]
    order = [names.index(name) for name in known[:16]]
    np.testing.assert_allclose(computed[order], expected, rtol=0, atol=1e-6)
    assert {channel.how for channel in plan.used} == {"re-referenced"}
    assert by_name(plan)["C3-A2"].why == "A2 is missing"


def test_electrodes_with_different_references_have_no_difference():
    plan = channel_plan("biot", ["Fp1-M1", "F7-M2", "F3-M1"], 200.0)
    assert sums(plan) == {"FP1-F3": {"Fp1-M1": 1.0, "F3-M1": -1.0}}


@pytest.mark.parametrize(
    ("ch_names", "weights"),
    [
        (["C3-A2"], {"C3-A2": 1.0}), (["EEG C3-M2"], {"EEG C3-M2": 1.0}),
        (["C3", "A2"], {"C3": 1.0, "A2": -1.0}), (["C3", "M2"], {"C3": 1.0, "M2": -1.0}),
        (["C3-LE", "A2-LE"], {"C3-LE": 1.0, "A2-LE": -1.0}),
    ],
)  # fmt: skip
def test_the_ear_is_part_of_the_channel(ch_names, weights):
    assert sums(channel_plan("biot", ch_names, 200.0)) == {"C3-A2": weights}


@pytest.mark.parametrize("ch_names", [["C3"], ["C3-A1"], ["C3-AVG"]])
def test_another_ear_is_another_channel(ch_names):
    assert sums(channel_plan("biot", ch_names, 200.0)) == {}


# Weights of compact models, which need all their channels.


def test_compact_weights_take_their_channels_in_their_order():
    weights = "eegnet.physionet_mi2"
    known = find_weights(weights).signal.ch_names
    plan = channel_plan(weights, EEGMMIDB[::-1], 160.0, n_times=480)
    assert plan.faults == ()
    assert [channel.name for channel in plan.used] == [*known]
    assert {channel.how for channel in plan.channels} == {"renamed"}
    rows = plan.matrix.argmax(axis=1)
    assert [EEGMMIDB[::-1][row].rstrip(".").lower() for row in rows] == [n.lower() for n in known]


def test_missing_channels_of_compact_weights_are_refused_interpolated_or_zeroed():
    ch_names = [name for name in EEGMMIDB if name not in ("C3..", "Cz..")]
    plan = channel_plan("eegnet.physionet_mi2", ch_names, 160.0)
    assert plan.faults[0].startswith("channels ['C3', 'Cz'] are missing")
    with pytest.raises(ValueError, match=r"are missing, got(.|\n)*C3 +absent"):
        create_model("eegnet.physionet_mi2", weights=True, ch_names=ch_names)
    zeroed = by_name(channel_plan("eegnet.physionet_mi2", ch_names, 160.0, missing="zero"))
    assert (zeroed["C3"].how, zeroed["C3"].weights) == ("zeroed", {})
    filled = channel_plan("eegnet.physionet_mi2", ch_names, 160.0, missing="interpolate")
    assert by_name(filled)["C3"].how == "interpolated"
    # MNE fits the centre of the head to the electrodes, of which this has one more.
    info = mne.create_info([name.rstrip(".") for name in EEGMMIDB], 160.0, "eeg")
    raw = mne.io.RawArray(np.random.default_rng(0).normal(size=(64, 100)), info, verbose=False)
    raw.rename_channels({name: by for name in raw.ch_names for by in find_weights(
        "eegnet.physionet_mi2").signal.ch_names if by.lower() == name.lower()})  # fmt: skip
    raw.set_montage("colin27_1005")
    given = raw.get_data()[[EEGMMIDB.index(name) for name in ch_names]]
    raw.info["bads"] = ["C3", "Cz"]
    raw.interpolate_bads(verbose=False)
    for name in ("C3", "Cz"):
        row = [channel.name for channel in filled.used].index(name)
        np.testing.assert_allclose(
            (filled.matrix @ given)[row], raw.get_data(picks=name)[0], rtol=0, atol=0.02
        )


# Rate, unit and window.


@pytest.mark.parametrize(
    ("n_times", "sfreq", "fault"),
    [
        (800, 200.0, ""), (1000, 250.0, ""), (200, 200.0, ""), (3200, 200.0, ""),
        (199, 200.0, "at least 200 samples at 200 Hz, got 199"),
        (128, 256.0, "at least 200 samples at 200 Hz, got 100"),
        (3201, 200.0, "at most 3200 samples at 200 Hz, got 3201"),
    ],
)  # fmt: skip
def test_windows_have_limits(n_times, sfreq, fault):
    faults = channel_plan("labram", TEN_TWENTY, sfreq, n_times=n_times).faults
    assert fault in "".join(faults)
    assert bool(faults) == bool(fault)


def test_a_plan_shows_rate_unit_and_window():
    plan = channel_plan("labram", ["EEG Fp1-Ref", "ECG"], 256.0, n_times=640)
    text = str(plan)
    assert text.splitlines()[:6] == [
        "labram: 128 channels, of which 1 renamed, 127 absent",
        "rate 256 Hz, resampled to 200 Hz; unit uV, in the model 100 uV",
        "window: 500 samples, patches of 1 s, shortest 1 s, longest 16 s, the last 0.5 s are left "
        "out",
        "channel  is       from         because",
        "FP1      renamed  EEG Fp1-Ref  another spelling",
        "FPZ      absent                missing",
    ]
    assert text.endswith("not used: ECG (its name is that of ECG)")
    assert "<td>EEG Fp1-Ref</td>" in plan._repr_html_()


def test_a_plan_is_stored_as_json():
    plan = channel_plan("biot", TEN_TWENTY, 250.0, n_times=500)
    stored = json.loads(json.dumps(plan.to_dict()))
    assert stored["channels"][0] == {
        "name": "FP1-F7", "how": "re-referenced", "weights": {"Fp1": 1.0, "F7": -1.0},
        "why": "Fp1 minus F7",
    }  # fmt: skip
    assert stored["new_sfreq"] == 200.0


def test_a_model_that_takes_any_channels_takes_eeg_in_its_order():
    plan = channel_plan("cbramod", ["Cz", "ECG", "EEG1", "C3"], 200.0)
    assert [channel.name for channel in plan.used] == ["Cz", "EEG1", "C3"]
    assert plan.left_out == {"ECG": "its name is that of ECG"}


def test_a_model_has_the_contract_of_its_class_or_its_channels():
    small = LaBraM(2, 400, 2, 200.0, depth=1, ch_names=["C3", "C4"])
    assert channel_plan(small, TEN_TWENTY, 200.0).n_found == 19
    named = create_model("eegnet.ssvep_exo", weights=True)
    assert channel_plan(named, named.ch_names, 256.0).faults == ()
    new = create_model("eegnet", n_chans=2, n_times=128, n_outputs=2, sfreq=128)
    with pytest.raises(ValueError, match="expected a model with ch_names, got eegnet without"):
        channel_plan(new, ["C3", "C4"], 128.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ch_names": []}, "expected ch_names to be names, got none"),
        ({"ch_names": ["C3", "C3"]}, "which are the same channel"),
        ({"ch_names": ["C3", "EEG C3"]}, "which are the same channel"),
        ({"sfreq": 0.0}, "expected sfreq"), ({"missing": "guess"}, "expected missing to be one of"),
        ({"n_times": 0}, "expected n_times"), ({"model": "eegnet"}, "which learns any channels"),
        ({"model": "labrum"}, "did you mean 'labram'"),
        ({"montage": "biosemi46"}, "expected a montage of MNE, got 'biosemi46'"),
    ],
)  # fmt: skip
def test_invalid_arguments_raise(arguments, message):
    given = {"model": "labram", "ch_names": ["C3"], "sfreq": 200.0, **arguments}
    with pytest.raises(ValueError, match=message):
        channel_plan(given.pop("model"), given.pop("ch_names"), given.pop("sfreq"), **given)
