"""Alignment by person in the command line, and in exported models."""

import json

import numpy as np
import pytest

from eegzoo.data import EpochsDataset, simulate_motor_imagery
from eegzoo.models.saving import read_metadata
from eegzoo.training import EEGClassifier
from tests.cli.test_cli import eegzoo

CH_NAMES = ("C3", "Cz", "C4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with recordings of two people, and models trained with --align and without."""
    folder = tmp_path_factory.mktemp("align")
    for name, seed in {"sub-a_raw.fif": 0, "sub-b_raw.fif": 1}.items():
        raw = simulate_motor_imagery(16, ch_names=CH_NAMES, random_state=seed)
        raw._data *= 1 + 3 * seed  # another amplifier
        raw.save(folder / name, verbose="ERROR")
    train = (
        "train", "--raw", "sub-a_raw.fif", "--raw", "sub-b_raw.fif", "--cv", "2", "--verbose", "0",
        "--max-epochs", "1", "--tmax", "2",
    )  # fmt: skip
    for name, options in {
        "aligned": ("--align", "euclid", "--json", "aligned.json"), "plain": (),
    }.items():  # fmt: skip
        done = eegzoo(*train, *options, "--out", f"{name}.safetensors", cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def windows_of_a(estimator):
    raw = simulate_motor_imagery(16, ch_names=CH_NAMES, random_state=0)
    preprocessing = estimator.trained_preprocessing()
    return EpochsDataset.from_epochs(preprocessing.windows(raw), "ignore")


def test_train_aligns_each_subject_and_says_so_in_files(folder):
    assert json.loads((folder / "aligned.json").read_text())["run"]["align"] == "euclid"
    described = read_metadata(folder / "aligned.safetensors")["extra"]["align"]
    assert described["method"] == "euclid"
    normalizer = EEGClassifier.load(folder / "aligned.safetensors").normalizer_
    assert np.linalg.cond(normalizer.matrix) < 4  # of windows that are white already


def test_evaluate_names_the_alignment_transductive(folder):
    done = eegzoo(
        "evaluate", "aligned.safetensors", "--raw", "sub-a_raw.fif", "--json", "scores.json",
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "each person is aligned (euclid)" in done.stderr
    assert "transductive" in done.stderr
    assert json.loads((folder / "scores.json").read_text())["align"]["method"] == "euclid"


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_a_model_without_alignment_aligns_on_demand(folder, verb):
    data = ("--raw", "sub-b_raw.fif") if verb == "evaluate" else ("sub-b_raw.fif",)
    done = eegzoo(verb, "plain.safetensors", *data, "--align", "riemann", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "each person is aligned (riemann)" in done.stderr


def test_predictions_are_those_of_the_estimator(folder):
    done = eegzoo("predict", "aligned.safetensors", "sub-a_raw.fif", cwd=folder)
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in done.stdout.splitlines()[1:]]
    estimator = EEGClassifier.load(folder / "aligned.safetensors")
    expected = estimator.predict_proba(windows_of_a(estimator))
    found = np.array([row[2:] for row in rows], dtype=float)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize(
    ("model", "align", "message"),
    [
        ("aligned", "zscore", "expected --align euclid, with which the model was trained"),
        ("plain", "csp", "expected --align to be one of"),
        ("plain", "zscore", "trained with normalize='standardize'"),
    ],
)
def test_another_alignment_is_refused(folder, model, align, message):
    done = eegzoo(
        "predict", f"{model}.safetensors", "sub-a_raw.fif", "--align", align, cwd=folder
    )  # fmt: skip
    assert done.returncode == 2
    assert message in done.stderr.replace("\n", " ")


def test_whole_export_needs_one_person_and_contains_the_matrix(folder):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    done = eegzoo("export", "aligned.safetensors", "all.onnx", "--whole", cwd=folder)
    assert done.returncode == 2
    assert "expected a model that is aligned to one person" in done.stderr.replace("\n", " ")
    estimator = EEGClassifier.load(folder / "aligned.safetensors")
    dataset = windows_of_a(estimator)
    personal = estimator._aligned_for(dataset)
    personal.save(folder / "personal.safetensors")
    done = eegzoo("export", "personal.safetensors", "one.onnx", "--whole", cwd=folder)
    assert done.returncode == 0, done.stderr
    described = json.loads((folder / "one.json").read_text())
    assert described["align"]["method"] == "euclid"
    np.testing.assert_allclose(
        described["alignment"]["matrix"], personal.alignment_.matrix, rtol=1e-12
    )
    session = onnxruntime.InferenceSession(folder / "one.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"microvolts": dataset.X[:3]})
    np.testing.assert_allclose(found, personal.predict_proba(dataset[:3]), atol=1e-4)
