"""Channels, units and preprocessing on the command line, on recordings of real laboratories."""

import json

import mne
import numpy as np
import pytest

from tests.cases import channel_cases as cases
from tests.cli.test_cli import eegzoo

QUICK = ["--cv", 2, "--max-epochs", 1, "--verbose", 0, "--tmax", 3]


def check(folder, name, *options):
    """Return what check writes as JSON, and what it prints."""
    done = eegzoo("check", name, "--json", "out.json", *options, cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    return json.loads((folder / "out.json").read_text()), done


def train(folder, *options):
    done = eegzoo("train", *QUICK, "--json", "train.json", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "train.json").read_text()), done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("channels")
    cases.two_of_sixteen_thousandfold(folder / "units.edf")
    cases.study(folder / "first.edf", folder / "second.edf")
    cases.bad_channel(folder / "bad_raw.fif")
    cases.contacts(folder / "seeg_raw.fif", "seeg")
    cases.contacts(folder / "ecog_raw.fif", "ecog")
    cases.numbered(folder / "numbered.edf")
    return folder


def test_two_channels_in_another_unit_are_named_with_the_factor(folder):
    found, done = check(folder, "units.edf")
    (finding,) = found["findings"]
    assert (finding["kind"], finding["channels"], finding["factor"]) == ("unit", ["C3", "F8"], 1e-3)
    assert done.returncode == 1
    refused = eegzoo("train", "--raw", "units.edf", cwd=folder)
    assert refused.returncode == 2
    assert "channels C3, F8 are too large by a factor of about 1000" in refused.stderr
    results, _ = train(folder, "--raw", "units.edf", "--exclude", "C3,F8")
    assert results["n_chans"] == 14


@pytest.mark.parametrize(
    ("write", "kinds"), [(cases.mains_of_2_mv, {"mains"}), (cases.offset_and_drift, set())]
)
def test_mains_and_drift_are_no_unit_errors(tmp_path, write, kinds):
    write(tmp_path / "mine.edf")
    found, done = check(tmp_path, "mine.edf")
    assert {finding["kind"] for finding in found["findings"]} == kinds
    assert done.returncode == 0
    results, _ = train(tmp_path, "--raw", "mine.edf", "--l-freq", "none", "--h-freq", "none")
    assert results["n_windows"] == 8


@pytest.mark.parametrize("spelling", cases.SPELLINGS)
def test_names_of_electrodes_are_recognised(tmp_path, spelling):
    cases.spelled(tmp_path / "mine.edf", spelling)
    found, done = check(tmp_path, "mine.edf")
    assert found["eeg_channels"] == ["Fp1", "Fp2", "C3", "C4", "O1", "O2", "T7", "P8"]
    reference = spelling.rpartition("}")[2].strip("-_:.")
    assert (f"reference {reference}" in done.stdout) == bool(reference)


def test_bipolar_derivations_stay(tmp_path):
    cases.bipolar(tmp_path / "mine.edf")
    found, _ = check(tmp_path, "mine.edf")
    assert found["eeg_channels"][:3] == ["Fp1-F7", "F7-T7", "T7-P7"]


def test_a_night_has_two_eeg_channels(tmp_path):
    cases.polysomnography(tmp_path / "night.edf")
    found, _ = check(tmp_path, "night.edf")
    assert found["eeg_channels"] == ["Fpz-Cz", "Pz-Oz"]
    assert found["left_out"] == {
        "EOG horizontal": "EOG", "EMG submental": "EMG", "Temp rectal": "temperature",
        "Event marker": "events",
    }  # fmt: skip
    assert found["events"]["Sleep stage W"] == {"count": 1, "duration": 60.0}
    assert found["sfreq"] == 100


def test_files_of_a_study_have_their_common_channels_in_one_order(folder):
    results, done = train(folder, "--raw", "first.edf", "--raw", "second.edf")
    assert (results["n_windows"], results["n_chans"], results["classes"]) == (16, 8, ["a", "b"])
    assert "second.edf: 8 EEG channels (Fz, C3" in done.stderr
    assert "left out: ECG (ECG)" in done.stderr


def test_files_that_differ_are_refused_where_all_channels_are_asked_for(folder, tmp_path):
    cases.write_edf(tmp_path / "first.edf", cases.trials(8, seed=1))
    cases.write_edf(tmp_path / "second.edf", cases.trials(7, seed=2), cases.NAMES[:7])
    both = ["--raw", "first.edf", "--raw", "second.edf"]
    refused = eegzoo("train", *both, "--channels", "all", cwd=tmp_path)
    assert refused.returncode == 2
    assert "Oz in first.edf" in refused.stderr
    results, done = train(tmp_path, *both)
    assert results["n_chans"] == 7
    assert "left out: Oz (not in all files)" in done.stderr


def test_patterns_choose_channels_of_other_types_only_if_asked(folder):
    results, done = train(
        folder, "--raw", "second.edf", "--channels", "ECG,F*", "--out", "model.safetensors"
    )
    assert results["n_chans"] == 2
    assert "2 EEG channels (Fz, ECG)" in done.stderr
    again = eegzoo("predict", "model.safetensors", "second.edf", cwd=folder)
    assert again.returncode == 0, again.stderr
    results, _ = train(folder, "--raw", "second.edf", "--channels", "C*")
    assert results["n_chans"] == 3  # C3, Cz, C4
    refused = eegzoo("train", "--raw", "second.edf", "--channels", "X*", cwd=folder)
    assert "expected a channel for 'X*'" in refused.stderr


@pytest.mark.parametrize(("how", "n_chans"), [("interpolate", 8), ("drop", 7)])
def test_bad_channels_are_interpolated_or_left_out_and_said(folder, how, n_chans):
    results, done = train(folder, "--raw", "bad_raw.fif", "--bads", how)
    assert results["n_chans"] == n_chans
    said = {"interpolate": "interpolated: Cz", "drop": "left out: Cz (marked as bad)"}
    assert said[how] in done.stderr
    found, _ = check(folder, "bad_raw.fif", "--bads", how)
    assert (found["interpolated"] == ["Cz"]) == (how == "interpolate")
    assert ("Cz" in found["left_out"]) == (how == "drop")


def test_bad_channels_raise_if_asked(folder):
    for verb in (["train", "--raw"], ["check"]):
        done = eegzoo(*verb, "bad_raw.fif", "--bads", "raise", cwd=folder)
        assert done.returncode == 2
        assert "expected no bad channels, got ['Cz']" in done.stderr


@pytest.mark.parametrize("kind", ["seeg", "ecog"])
def test_contacts_are_taken_by_type_and_keep_their_names(folder, kind):
    name = f"{kind}_raw.fif"
    refused = eegzoo("check", name, cwd=folder)
    assert f"types {kind} must be asked for" in refused.stderr
    results, _ = train(folder, "--raw", name, "--types", kind, "--out", f"{kind}.safetensors")
    assert results["n_chans"] == 8
    found, _ = check(folder, name, "--types", kind)
    assert found["eeg_channels"][:2] == (["T3", "T7"] if kind == "seeg" else ["G1", "G2"])
    done = eegzoo("predict", f"{kind}.safetensors", name, cwd=folder)
    assert done.returncode == 0, done.stderr
    done = eegzoo("predict", f"{kind}.safetensors", "first.edf", cwd=folder)
    assert done.returncode == 2


@pytest.mark.parametrize("suffix", ["pairs", "csv", "tsv", "json"])
def test_numbered_channels_are_renamed(folder, suffix):
    names = {f"Ch{k}": name for k, name in enumerate(cases.NAMES, start=1)}
    given = folder / f"names.{suffix}"
    if suffix == "pairs":
        given = ",".join(f"{old}={new}" for old, new in names.items())
    elif suffix == "json":
        given.write_text(json.dumps(names))
    else:
        comma = {"csv": ",", "tsv": "\t"}[suffix]
        rows = [f"{old}{comma}{new}" for old, new in {"old": "new", **names}.items()]
        given.write_text("\n".join(rows))
    found, _ = check(folder, "numbered.edf", "--rename", given)
    assert found["eeg_channels"] == list(cases.NAMES)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("Ch9=Fp1", "expected channels ['Ch9'] for --rename"),
        ("Ch1=Fp1,Ch2", "expected old=new pairs"),
        ("Ch1=Fp1,Ch2=Fp1", "expected different new names"),
        ("absent.csv", "no such file: absent.csv"),
    ],
)
def test_wrong_names_raise(folder, given, message):
    done = eegzoo("check", "numbered.edf", "--rename", given, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr


def test_copies_of_a_channel_become_one_and_different_ones_raise(tmp_path):
    cases.twice(tmp_path / "equal.edf", equal=True)
    cases.twice(tmp_path / "different.edf", equal=False)
    found, _ = check(tmp_path, "equal.edf")
    assert found["eeg_channels"] == ["F7-T7", "T8-P8", "Cz"]
    assert found["left_out"] == {"T8-P8-1": "a copy of T8-P8-0", "-": "no name"}
    done = eegzoo("check", "different.edf", cwd=tmp_path)
    assert done.returncode == 2
    assert "not unique" in done.stderr
    assert "got 'T8-P8' 2 times with different signals" in done.stderr
    found, _ = check(tmp_path, "different.edf", "--exclude", "T8-P8-1")
    assert found["eeg_channels"] == ["F7-T7", "T8-P8-0", "Cz"]


def test_rates_that_differ_by_less_than_a_clock_are_the_same(folder, tmp_path):
    raw = cases.make_raw(cases.trials(seed=16), sfreq=float(np.float32(128.00002)))
    raw.save(folder / "rate_raw.fif", overwrite=True, verbose="ERROR")
    train(folder, "--raw", "first.edf", "--out", "first.safetensors")
    done = eegzoo("predict", "first.safetensors", "rate_raw.fif", cwd=folder)
    assert done.returncode == 0, done.stderr
    done = eegzoo("check", "rate_raw.fif", "--model", "first.safetensors", cwd=folder)
    assert done.returncode == 0, done.stdout


def test_preprocessing_from_options_and_from_a_file_is_the_same(folder):
    options = ["--notch", "50", "--reference", "average", "--resample", "100", "--scale", "2"]
    printed = eegzoo("train", "--print-preprocessing", *options, "--h-freq", "none", cwd=folder)
    steps = [step["step"] for step in json.loads(printed.stdout)["steps"]]
    assert steps == ["scale", "reference", "notch", "filter", "resample", "epoch"]
    (folder / "steps.json").write_text(printed.stdout)
    done = eegzoo(
        "train", "--raw", "first.edf", "--preprocessing", "steps.json", "--cv", 2, "--max-epochs",
        1, "--verbose", 2, "--json", "file.json", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "raw.notch_filter([50.0])" in done.stdout
    used = json.loads((folder / "file.json").read_text())["run"]["preprocessing"]
    assert used == json.loads(printed.stdout)
    both = eegzoo("train", "--preprocessing", "steps.json", "--notch", "60", cwd=folder)
    assert "expected --preprocessing without --notch, got both" in both.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train --l-freq low", "expected a frequency in Hz or none for --l-freq, got 'low'"),
        ("train --preprocessing absent.json", "no such file: absent.json"),
        ("train --types emg", "--types to be one of"),
        ("train --bads ignore", "--bads to be one of"),
        ("train --channels all,Fz", "--channels to be common, all or names"),
        ("train --scale -1", "expected factor"),
    ],
)
def test_wrong_values_raise(folder, arguments, message):
    done = eegzoo(*arguments.split(), cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr


def test_scale_corrects_a_recording_in_another_unit(folder):
    raw = mne.io.read_raw(folder / "first.edf", preload=True, verbose="ERROR")
    large = cases.make_raw(raw.get_data() * 1e6)
    large.save(folder / "large_raw.fif", overwrite=True, verbose="ERROR")
    refused = eegzoo("train", "--raw", "large_raw.fif", cwd=folder)
    assert "multiply by 1e-06" in refused.stderr
    train(folder, "--raw", "first.edf", "--out", "plain.safetensors")
    expected = eegzoo("predict", "plain.safetensors", "first.edf", cwd=folder)
    done = eegzoo("predict", "plain.safetensors", "large_raw.fif", "--scale", "1e-6", cwd=folder)
    assert done.stdout == expected.stdout
