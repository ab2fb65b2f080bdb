"""The command line, run as users run it."""

import contextlib
import csv
import io
import json
import subprocess
import sys
from types import SimpleNamespace
from unittest import mock

import mne
import numpy as np
import pytest

from eegzoo.cli import main
from eegzoo.data import simulate_motor_imagery


def eegzoo(*arguments, cwd):
    """Run the command line in `cwd` within this process, because the imports are slow."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["eegzoo", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(cwd),
        pytest.raises(SystemExit) as stop,
    ):
        main()
    return SimpleNamespace(returncode=stop.value.code, stdout=out.getvalue(), stderr=err.getvalue())


def eegzoo_process(*arguments, cwd):
    """Run the command line in `cwd` in a new process."""
    return subprocess.run(
        [sys.executable, "-m", "eegzoo", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with recordings, and a model trained on one of them."""
    folder = tmp_path_factory.mktemp("cli")
    raw = simulate_motor_imagery(20, ch_names=("C3", "Cz", "C4", "Pz"), random_state=0)
    raw.save(folder / "ok_raw.fif", verbose="ERROR")
    raw.copy().pick(["C3", "C4"]).save(folder / "two_raw.fif", verbose="ERROR")
    raw.copy().reorder_channels(["Pz", "C4", "C3", "Cz"]).save(
        folder / "shuffled_raw.fif", verbose="ERROR"
    )
    raw.copy().resample(100.0).save(folder / "slow_raw.fif", verbose="ERROR")
    volts = raw.get_data()
    volts[1, 700] = np.nan
    damaged = mne.io.RawArray(volts, raw.info, verbose="ERROR")
    damaged.set_annotations(raw.annotations).save(folder / "nan_raw.fif", verbose="ERROR")
    large = mne.io.RawArray(raw.get_data() * 1e6, raw.info, verbose="ERROR")
    large.set_annotations(raw.annotations).save(folder / "volts_raw.fif", verbose="ERROR")
    (folder / "text.edf").write_text("not a recording")
    trained = eegzoo(
        "train", "--raw", "ok_raw.fif", "--cv", 2, "--max-epochs", 2, "--out", "model.safetensors",
        "--json", "results.json", cwd=folder,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    (folder / "train.txt").write_text(trained.stdout)
    (folder / "train.err").write_text(trained.stderr)
    return folder


def test_train_prints_folds_confusion_and_mean(folder):
    shown = (folder / "train.txt").read_text()
    assert "fold 1: accuracy" in shown
    assert "confusion matrix" in shown
    assert "mean accuracy" in shown
    assert "epoch" in (folder / "train.err").read_text()  # the progress bar


def test_json_contains_folds_mean_and_options(folder):
    results = json.loads((folder / "results.json").read_text())
    assert len(results["folds"]) == 2
    assert results["mean"] == pytest.approx(np.mean(results["folds"]))
    assert np.sum(results["confusion"]["matrix"]) == 20
    right = np.trace(results["confusion"]["matrix"]) / 20
    assert results["mean"] == pytest.approx(right)
    run = results["run"]
    assert (run["model"], run["cv"], run["seed"], run["raw"]) == ("eegnet", 2, 0, ["ok_raw.fif"])


def test_predict_writes_a_row_for_each_window_of_the_recording(folder):
    done = eegzoo("predict", "model.safetensors", "ok_raw.fif", cwd=folder)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == ["onset", "label", "p_left_hand", "p_right_hand"]
    window = 513 / 128
    assert len(rows) == int(120 / window)
    np.testing.assert_allclose(
        [float(row["onset"]) for row in rows], np.arange(len(rows)) * window, atol=2e-3
    )
    for row in rows:
        probabilities = {name: float(row[f"p_{name}"]) for name in ("left_hand", "right_hand")}
        assert sum(probabilities.values()) == pytest.approx(1, abs=2e-4)
        assert row["label"] == max(probabilities, key=probabilities.get)


def test_predict_at_events_has_their_onsets(folder):
    done = eegzoo(
        "predict", "model.safetensors", "ok_raw.fif", "--events", "right_hand",
        "--out", "right.csv", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (folder / "right.csv").open(newline="") as file:
        onsets = [float(row["onset"]) for row in csv.DictReader(file)]
    annotations = mne.io.read_raw(folder / "ok_raw.fif", verbose="ERROR").annotations
    right = [a["onset"] for a in annotations if a["description"] == "right_hand"]
    np.testing.assert_allclose(onsets, right, atol=1 / 128)


def test_check_finds_no_faults(folder):
    done = eegzoo("check", "ok_raw.fif", "--model", "model.safetensors", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "4 channels, 128 Hz, 120 s" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["volts_raw.fif"], 1, "Scale(1e-06)"),
        (["nan_raw.fif"], 1, "NaN or infinity"),
        (["two_raw.fif"], 0, "no faults found"),
        (["two_raw.fif", "--model", "model.safetensors"], 1, "Cz, Pz"),
        (["slow_raw.fif", "--model", "model.safetensors"], 1, "128 Hz"),
        (["two_raw.fif", "--model", "eegnet.physionet_mi2"], 1, "160 Hz"),
        (["two_raw.fif", "--model", "eegnet.physionet_mi9"], 2, "did you mean"),
        (["text.edf"], 2, "cannot be read"),
        (["absent.edf"], 2, "no such file"),
        (["ok_raw.fif", "--model", "absent.safetensors"], 2, "no such file"),
    ],
)
def test_check_exits_with_1_on_errors(folder, arguments, status, message):
    done = eegzoo("check", *arguments, cwd=folder)
    assert done.returncode == status
    assert message in " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_a_wrong_unit_is_an_error_with_the_factor(folder, verb):
    source = ["--raw", "volts_raw.fif"] if verb == "evaluate" else ["volts_raw.fif"]
    done = eegzoo(verb, "model.safetensors", *source, cwd=folder)
    assert done.returncode == 2
    assert "multiply by 1e-06" in done.stderr


def test_options_handle_missing_channels_and_another_sampling_rate(folder):
    arguments = ["predict", "model.safetensors", "ok_raw.fif"]
    expected = eegzoo(*arguments, cwd=folder).stdout
    n_rows = len(expected.splitlines())
    slow = eegzoo("predict", "model.safetensors", "slow_raw.fif", "--resample", cwd=folder)
    two = eegzoo("predict", "model.safetensors", "two_raw.fif", "--missing", "zero", cwd=folder)
    for done in (slow, two):
        assert done.returncode == 0, done.stderr
        assert abs(len(done.stdout.splitlines()) - n_rows) <= 1
    right = [line.split(",")[:2] for line in expected.splitlines()]
    assert sum(line.split(",")[:2] in right for line in slow.stdout.splitlines()) > 0.8 * n_rows
    refused = eegzoo("predict", "model.safetensors", "two_raw.fif", cwd=folder)
    assert refused.returncode == 2
    assert "missing" in refused.stderr


def test_predict_finds_channels_by_name(folder):
    outputs = {
        eegzoo("predict", "model.safetensors", name, cwd=folder).stdout
        for name in ("ok_raw.fif", "shuffled_raw.fif")
    }
    assert len(outputs) == 1
    assert outputs.pop().startswith("onset,")


def test_evaluate_agrees_with_predict(folder):
    done = eegzoo(
        "evaluate", "model.safetensors", "--raw", "ok_raw.fif", "--json", "test.json", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((folder / "test.json").read_text())
    assert np.trace(results["confusion"]["matrix"]) / 20 == pytest.approx(results["accuracy"])
    assert f"accuracy {results['accuracy']:.3f} on 20 windows" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train --raw missing.edf", "no such file: missing.edf"),
        ("train --raw text.edf", "text.edf cannot be read as a recording"),
        ("train --model egnet", "unknown model 'egnet'; did you mean 'eegnet'?"),
        ("train --data eegbcy", "unknown data set 'eegbcy'; did you mean 'eegbci'?"),
        ("train --raw ok_raw.fif --event-id left=left_hand", "at least two labels"),
        ("train --raw ok_raw.fif --event-id left", "label=event pairs"),
        ("train --raw ok_raw.fif --event-id left=left_hand,right=up", "expected events up"),
        ("train --raw ok_raw.fif --cv 11", "at least 11 windows of each label"),
        ("train --raw ok_raw.fif --cv 1", "--cv of at least 2, got 1"),
        ("train --raw nan_raw.fif", "NaN or infinity in channels ['Cz']"),
        ("train --raw ok_raw.fif --max-epochs 0", "max_epochs"),
        ("train --raw ok_raw.fif --device nowhere", "device 'nowhere'"),
        ("train --raw ok_raw.fif --h-freq 64", "h_freq below half the sampling rate"),
        ("train --raw ok_raw.fif --tmax -1", "tmin below tmax"),
        ("train --raw ok_raw.fif --data simulated", "--data or --raw, got both"),
        ("train --raw ok_raw.fif --out nowhere/model.safetensors", "no such folder: nowhere"),
        ("train --data eegbci --subjects one --runs 6", "numbers for --subjects"),
        ("train --data eegbci --subjects 1", "--runs with --data eegbci"),
        ("train --data simulated --subjects 1", "--data eegbci only"),
        ("info egnet", "did you mean 'eegnet'?"),
        ("list nothing*", "no model matches"),
        ("predict missing.safetensors ok_raw.fif", "no such file: missing.safetensors"),
        ("predict text.edf ok_raw.fif", "not a model saved by eegzoo"),
        ("predict model.safetensors two_raw.fif", "channels ['Cz', 'Pz'] are missing"),
        ("predict model.safetensors slow_raw.fif", "expected sfreq of 128 Hz, got 100 Hz"),
        ("predict model.safetensors nan_raw.fif --out new.csv", "NaN or infinity"),
        ("predict model.safetensors ok_raw.fif --events T1 --step-seconds 1", "got both"),
        ("evaluate model.safetensors --raw ok_raw.fif --event-id x=left_hand", "got also ['x']"),
    ],
)
def test_bad_input_is_one_line_with_status_2(folder, arguments, message):
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    done = eegzoo(*arguments.split(), cwd=folder)
    assert done.returncode == 2, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines[-1].startswith("eegzoo: error: ")
    assert message in lines[-1]
    assert len(lines) == 1
    assert before == {path: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_bad_input_shows_no_traceback_in_a_new_process(folder):
    done = eegzoo_process("train", "--raw", "text.edf", cwd=folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("eegzoo: error: text.edf cannot be read")
    assert done.stderr.count("\n") == 1


def test_a_failed_write_leaves_the_old_file(folder):
    target = folder / "kept.csv"
    target.write_text("old")
    done = eegzoo("predict", "model.safetensors", "two_raw.fif", "--out", target, cwd=folder)
    assert done.returncode == 2
    assert target.read_text() == "old"


def test_options_accept_commas_and_repetition():
    from eegzoo.cli.sources import split

    for given in (["6,10", "14"], ["6", "10", "14"], [" 6 ,10,", "14"]):
        assert split("--runs", given) == ["6", "10", "14"]
    assert split("--runs", None) == []


def test_list_and_info_show_the_registry(folder):
    listed = eegzoo("list", cwd=folder).stdout
    assert "eegnet" in listed
    assert "1,516,293" in listed
    shown = eegzoo("info", "eegnet", "--n-chans", 8, cwd=folder).stdout
    assert "10.1088/1741-2552/aace8c" in shown
    assert "n_chans=8" in shown
    assert "Total params" in shown


def test_files_with_stim_codes(folder):
    raw = simulate_motor_imagery(12, ch_names=("C3", "C4"), random_state=1)
    events, _ = mne.events_from_annotations(raw, verbose="ERROR")
    stim = np.zeros((1, raw.n_times))
    stim[0, events[:, 0]] = events[:, 2] * 10
    info = mne.create_info(["STI 014"], raw.info["sfreq"], "stim")
    both = raw.copy().set_annotations(None)
    both.add_channels([mne.io.RawArray(stim, info, verbose="ERROR")], force_update_info=True)
    both.save(folder / "stim_raw.fif", overwrite=True, verbose="ERROR")
    done = eegzoo(
        "train", "--raw", "stim_raw.fif", "--event-id", "left=10", "--event-id", "right=20",
        "--cv", 2, "--max-epochs", 1, "--out", "stim.safetensors", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "classes ['left', 'right']" in done.stdout
    # The file holds which events had the labels.
    found = eegzoo("evaluate", "stim.safetensors", "--raw", "stim_raw.fif", cwd=folder)
    assert found.returncode == 0, found.stderr
    assert "on 12 windows" in found.stdout
    assert "stim_raw.fif/1/1: events as in training: left=10,right=20" in found.stderr
    refused = eegzoo("evaluate", "stim.safetensors", "--raw", "two_raw.fif", cwd=folder)
    assert refused.returncode == 2
    assert "--event-id left=EVENT,right=EVENT" in " ".join(refused.stderr.split())


def test_bad_segments_and_rest_are_not_labels(folder):
    raw = simulate_motor_imagery(12, ch_names=("C3", "C4"), random_state=1)
    raw.annotations.append([0.0, 0.2], [0.1, 0.1], ["BAD_blink", "rest"])
    raw.save(folder / "bad_raw.fif", overwrite=True, verbose="ERROR")
    done = eegzoo("train", "--raw", "bad_raw.fif", "--cv", 2, "--max-epochs", 1, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "classes ['left_hand', 'right_hand']" in done.stdout


def test_the_commands_are_made_once(tmp_path, monkeypatch):
    """Making them takes longer than what most commands do."""
    eegzoo("list", cwd=tmp_path)
    monkeypatch.setattr("typer.main.get_command", lambda *_: pytest.fail("made again"))
    assert eegzoo("check", "nothing.fif", cwd=tmp_path).returncode == 2
