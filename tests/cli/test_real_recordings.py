"""Training and prediction on PhysioNet's EDF files."""

import csv
import io
import json

import pytest

from tests.cli.test_cli import eegzoo
from tests.shared_data import MNE_DATA, needs


@needs(MNE_DATA)
@pytest.mark.slow
def test_default_recipe_reaches_its_accuracy_and_the_model_predicts(tmp_path, monkeypatch):
    monkeypatch.setenv("MNE_DATA", str(MNE_DATA))
    trained = eegzoo(
        "train", "--data", "eegbci", "--subjects", 1, "--runs", "6,10", "--runs", 14, "--cv", 5,
        "--seed", 0, "--json", "results.json", "--out", "model.safetensors", cwd=tmp_path,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["run"]["n_windows"] == 45
    assert results["mean"] >= 0.88
    recording = next(MNE_DATA.rglob("S001R06.edf"))
    predicted = eegzoo("predict", "model.safetensors", recording, "--events", "T1,T2", cwd=tmp_path)
    assert predicted.returncode == 0, predicted.stderr
    labels = [row["label"] for row in csv.DictReader(io.StringIO(predicted.stdout))]
    assert len(labels) == 15
    assert set(labels) == {"fists", "feet"}
