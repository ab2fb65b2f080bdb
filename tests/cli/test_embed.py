"""The features that ``eegzoo embed`` writes."""

import csv
import sys

import mne
import numpy as np
import pytest
import torch

from eegzoo import channel_plan, create_model, find_weights
from eegzoo.data import Epoch, EpochsDataset, Preprocessing
from eegzoo.data.reading.read_recording import read_recording
from eegzoo.training import EEGClassifier
from tests.cli.test_cli import eegzoo
from tests.weights.foundation.test_checkpoints import checkpoint

BIOT = "biot.six_datasets"
NAMES = ["EEG Fp1-REF", "EEG F7-REF", "EEG T3-REF", "ECG"]


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with a recording and a file of the authors' layout."""
    folder = tmp_path_factory.mktemp("embed")
    info = mne.create_info(NAMES, 250.0, ["eeg"] * 3 + ["ecg"])
    data = 2e-5 * np.random.default_rng(0).standard_normal((4, 2600))
    mne.io.RawArray(data, info, verbose=False).save(folder / "a_raw.fif", verbose="ERROR")
    torch.save(checkpoint(BIOT), folder / "biot.ckpt")
    return folder


def test_features_of_a_trained_model_are_those_of_transform(models):
    done = eegzoo("embed", "classifier.safetensors", "ok_raw.fif", "--out", "f.npy", cwd=models)
    assert done.returncode == 0, done.stderr
    epochs = Preprocessing([Epoch(0.0, 2.0)]).windows(read_recording(models / "ok_raw.fif"))
    expected = EEGClassifier.load(models / "classifier.safetensors").transform(
        EpochsDataset.from_epochs(epochs)
    )
    np.testing.assert_array_equal(np.load(models / "f.npy"), expected)
    table = rows(models / "f.csv")
    assert [row["recording"] for row in table] == ["ok_raw.fif"] * len(expected)
    assert [float(row["onset"]) for row in table[:2]] == [0.0, pytest.approx(2.008, abs=1e-3)]
    assert done.stdout.splitlines()[-1] == (
        f"wrote {expected.shape[1]} features of {len(expected)} windows to f.npy"
    )


def test_a_foundation_model_follows_the_plan_that_is_printed(folder):
    done = eegzoo("embed", BIOT, "a_raw.fif", "a_raw.fif", "--seconds", 2, "--step-seconds", 1,
                  "--weights-file", "biot.ckpt", "--out", "f.npy", cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "FP1-F7   re-referenced  EEG Fp1-REF - EEG F7-REF" in done.stderr
    raw = read_recording(folder / "a_raw.fif").pick("eeg")
    made = channel_plan(BIOT, raw.ch_names, 250.0).apply(raw)
    assert made.ch_names == ["FP1-F7", "F7-T7"]
    x = 1e6 * np.stack([made.get_data()[:, start : start + 400] for start in range(0, 1681, 200)])
    model = create_model(BIOT, weights=True, ch_names=made.ch_names, n_times=400, n_outputs=1,
                         path=folder / "biot.ckpt")  # fmt: skip
    with torch.no_grad():
        expected = model.features(torch.as_tensor(x, dtype=torch.float32)).numpy()
    found = np.load(folder / "f.npy")
    assert found.shape == (18, 256)
    np.testing.assert_allclose(found[:9], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found[9:], found[:9])
    assert [float(row["onset"]) for row in rows(folder / "f.csv")] == [*range(9), *range(9)]


def test_parquet_has_recording_and_onset(models):
    parquet = pytest.importorskip("pyarrow.parquet")
    done = eegzoo("embed", "classifier.safetensors", "ok_raw.fif", "--out", "f.parquet", cwd=models)
    assert done.returncode == 0, done.stderr
    table = parquet.read_table(models / "f.parquet")
    assert table.column_names[:3] == ["recording", "onset", "f0"]
    eegzoo("embed", "classifier.safetensors", "ok_raw.fif", "--out", "g.npy", cwd=models)
    np.testing.assert_array_equal(table["f0"].to_numpy(), np.load(models / "g.npy")[:, 0])


def test_parquet_needs_pyarrow(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = eegzoo("embed", "classifier.safetensors", "ok_raw.fif", "--out", "f.parquet", cwd=models)
    assert done.returncode == 2
    assert "pip install 'eegzoo[parquet]'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["classifier.safetensors", "ok_raw.fif", "--out", "f.txt"], "end in .npy or .parquet"),
        (["classifier.safetensors", "ok_raw.fif", "--out", "f.npy", "--seconds", "2"],
         "expected --seconds with a foundation model"),
        ([BIOT, "ok_raw.fif", "--out", "f.npy"], "got 0 among ['C3', 'Cz', 'C4']"),
        (["eegnet.nothing", "ok_raw.fif", "--out", "f.npy"], "unknown weights 'eegnet.nothing'"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused_in_one_line(models, arguments, message):
    done = eegzoo("embed", *arguments, cwd=models)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_the_plan_of_trained_weights_is_said(tmp_path):
    signal = find_weights("eegnet.ssvep_exo").signal
    info = mne.create_info([*signal.ch_names], 256.0, "eeg")
    data = 2e-5 * np.random.default_rng(0).standard_normal((8, 5000))
    mne.io.RawArray(data, info, verbose=False).save(tmp_path / "a_raw.fif", verbose="ERROR")
    arguments = ["a_raw.fif", "--out", "f.npy", "--check-signal", "ignore"]
    done = eegzoo("embed", "eegnet.ssvep_exo", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "eegnet.ssvep_exo: 8 channels, of which 8 taken" in done.stderr
