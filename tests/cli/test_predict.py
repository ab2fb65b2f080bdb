"""The table of ``eegzoo predict``: its columns for each kind of target, and its bytes."""

import csv
import io
import sys

import numpy as np
import pytest

from eegzoo.data import EpochsDataset, Preprocessing, simulate_motor_imagery
from eegzoo.data.preprocessing.window_steps import Epoch
from eegzoo.data.reading.read_recording import read_recording
from eegzoo.training import EEGClassifier, EEGRegressor
from tests.cli.conftest import CH_NAMES
from tests.cli.test_cli import eegzoo


def table(done):
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def windows(folder):
    preprocessing = Preprocessing([Epoch(0.0, 2.0)])
    raw = read_recording(folder / "ok_raw.fif")
    return EpochsDataset.from_epochs(preprocessing.windows(raw))


def numbers(rows, names):
    return np.array([[float(row[name]) for name in names] for row in rows])


def test_a_multilabel_classifier_has_a_probability_and_a_decision_for_each_label(models):
    rows = table(eegzoo("predict", "multilabel.safetensors", "ok_raw.fif", cwd=models))
    labels, probabilities = ([f"{kind}_{place}" for place in range(3)] for kind in ("label", "p"))
    assert list(rows[0]) == ["onset", *labels, *probabilities]
    classifier = EEGClassifier.load(models / "multilabel.safetensors")
    data = windows(models)
    np.testing.assert_allclose(
        numbers(rows, probabilities), classifier.predict_proba(data), atol=6e-5
    )
    np.testing.assert_array_equal(numbers(rows, labels), classifier.predict(data))


@pytest.mark.parametrize(
    ("model", "columns"),
    [("regressor", ["prediction"]), ("two_targets", ["prediction_0", "prediction_1"])],
)
def test_a_regressor_has_a_number_for_each_target(models, model, columns):
    rows = table(eegzoo("predict", f"{model}.safetensors", "ok_raw.fif", cwd=models))
    assert list(rows[0]) == ["onset", *columns]
    expected = EEGRegressor.load(models / f"{model}.safetensors").predict(windows(models))
    np.testing.assert_allclose(numbers(rows, columns), expected.reshape(len(rows), -1), rtol=1e-5)


# Bytes.


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """Folder with a recording, and a classifier of labels that need quoting and Unicode."""
    folder = tmp_path_factory.mktemp("named")
    raw = simulate_motor_imagery(8, ch_names=CH_NAMES, random_state=0)
    raw.save(folder / "ok_raw.fif", verbose="ERROR")
    preprocessing = Preprocessing([Epoch(0.0, 2.0)])
    epochs = preprocessing.epochs(raw, {"left, slow": "left_hand", "→": "right_hand"})
    classifier = EEGClassifier("eegnet_4_2", max_epochs=1, n_crops=3, random_state=0).fit(epochs)
    classifier.save(folder / "model.safetensors", preprocessing)
    return folder


def on_windows(monkeypatch):
    """Write text as Python does on Windows unless asked otherwise; return the bytes of stdout."""
    written, opened = io.BytesIO(), io.open

    def translate(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, **rest):
        if newline is None and "b" not in mode and "r" not in mode:
            newline = "\r\n"
        return opened(file, mode, buffering, encoding, errors, newline, **rest)

    monkeypatch.setattr(io, "open", translate)  # which pathlib calls
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "cp1252", newline="\r\n"))
    return written


def run(monkeypatch, *arguments):
    from eegzoo.cli import main

    monkeypatch.setattr(sys, "argv", ["eegzoo", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    sys.stdout.flush()


def test_the_bytes_are_the_same_on_all_platforms_in_a_file_and_on_standard_output(
    named, tmp_path, monkeypatch
):
    monkeypatch.chdir(named)
    arguments = ("predict", "model.safetensors", "ok_raw.fif", "--out", str(tmp_path / "here.csv"))
    run(monkeypatch, *arguments)
    here = (tmp_path / "here.csv").read_bytes()
    written = on_windows(monkeypatch)
    run(monkeypatch, *arguments[:-2])
    assert written.getvalue() == here
    run(monkeypatch, *arguments[:-1], str(tmp_path / "there.csv"))
    assert (tmp_path / "there.csv").read_bytes() == here
    assert b"\r" not in here
    assert here.startswith('onset,label,"p_left, slow",p_→\n'.encode())


def test_json_files_have_the_same_bytes_on_all_platforms(models, tmp_path, monkeypatch):
    monkeypatch.chdir(models)
    monkeypatch.setenv("COLUMNS", "80")
    arguments = ("evaluate", "classifier.safetensors", "--raw", "ok_raw.fif", "--json")
    run(monkeypatch, *arguments, str(tmp_path / "here.json"))
    on_windows(monkeypatch)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    run(monkeypatch, *arguments, str(tmp_path / "there.json"))
    assert (tmp_path / "there.json").read_bytes() == (tmp_path / "here.json").read_bytes()
    assert b"\r" not in (tmp_path / "here.json").read_bytes()
