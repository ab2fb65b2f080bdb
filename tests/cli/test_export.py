"""ONNX export: outputs equal to torch's, and the metadata that users need."""

import json
import sys

import numpy as np
import pytest
import torch

from eegzoo.cli import export as verb
from eegzoo.data import (
    Epoch,
    EpochsDataset,
    Preprocessing,
    Recording,
    Sequences,
    SignalInfo,
    simulate_motor_imagery,
    simulate_sleep,
)
from eegzoo.data.preprocessing.normalization import normalizer_from_dict
from eegzoo.models import EEGNet, optimization
from eegzoo.training import EEGClassifier, EEGRegressor
from eegzoo.weights import Card, find_weights
from eegzoo.weights.zoo import load_weights
from tests.cli.test_cli import eegzoo
from tests.shared_data import SHARED, needs

CACHE = SHARED / "weights"
MODULE = sys.modules["eegzoo.cli.export"]

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


@pytest.fixture(autouse=True)
def _cache(monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(CACHE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with a classifier trained on whitened crops, and its export."""
    folder = tmp_path_factory.mktemp("export")
    raw = simulate_motor_imagery(12, ch_names=("C3", "Cz", "C4"), random_state=0)
    preprocessing = Preprocessing.from_dict(
        {"steps": [{"step": "epoch", "tmin": 0.0, "tmax": 3.0}]}
    )
    epochs = preprocessing.epochs(raw)
    classifier = EEGClassifier("eegnet", max_epochs=1, n_crops=3, random_state=0).fit(epochs)
    with torch.no_grad():  # above its limit, so that baking changes it
        classifier.model_.head.weight.mul_(10)
    classifier.save(folder / "model.safetensors", preprocessing)
    done = eegzoo("export", "model.safetensors", "model.onnx", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "export.txt").write_text(done.stdout + done.stderr)
    return folder


def outputs(path, x):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [(each.name, each.type) for each in session.get_inputs()] == [
        ("normalized_windows", "tensor(float)")
    ]
    assert [each.name for each in session.get_outputs()] == ["logits"]
    return session.run(None, {"normalized_windows": np.asarray(x, np.float32)})[0]


def metadata_in(path):
    return {prop.key: prop.value for prop in onnx.load(path).metadata_props}


def crops_of(windows, described, path):
    """Return the graph's logits, shape (n_crops, n_windows, n_outputs), for crops of windows."""
    length, number = described["crops"]["n_times"], described["crops"]["number"]
    starts = np.linspace(0, windows.shape[2] - length, number).round().astype(int)
    crops = [windows[..., start:][..., :length] for start in starts]
    return torch.stack([torch.from_numpy(outputs(path, crop)) for crop in crops])


def test_output_names_the_files_and_the_difference_from_torch(folder):
    (line,) = (folder / "export.txt").read_text().splitlines()
    assert line.startswith("wrote model.onnx and model.json; largest difference from torch ")
    assert float(line.rpartition(" ")[2]) < 1e-5


def test_the_json_and_the_onnx_file_reproduce_the_classifier(folder):
    """Compute the classifier's probabilities from a recording without eegzoo's models."""
    described = json.loads((folder / "model.json").read_text())
    raw = simulate_motor_imagery(12, ch_names=("C3", "Cz", "C4"), random_state=1)
    epochs = Preprocessing.from_dict(described["preprocessing"]).epochs(raw)
    windows = normalizer_from_dict(described["normalization"]).transform(1e6 * epochs.get_data())
    logs = crops_of(windows, described, folder / "model.onnx").log_softmax(dim=2)
    found = logs.mean(dim=0).softmax(dim=1)
    expected = EEGClassifier.load(folder / "model.safetensors").predict_proba(epochs)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert described["labels"] == ["left_hand", "right_hand"]
    assert described["targets"] == {"classes": described["labels"]}
    assert SignalInfo.from_dict(described["signal"]).ch_names == ("C3", "Cz", "C4")
    assert described["card"] is None
    assert described["mne_code"].startswith("raw = raw.copy()")


@pytest.mark.parametrize("name", ["regressor", "two_targets", "multilabel"])
def test_the_json_and_the_onnx_file_reproduce_other_targets(models, tmp_path, name):
    done = eegzoo("export", models / f"{name}.safetensors", "model.onnx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    described = json.loads((tmp_path / "model.json").read_text())
    raw = simulate_motor_imagery(8, ch_names=("C3", "Cz", "C4"), random_state=1)
    epochs = Preprocessing.from_dict(described["preprocessing"]).epochs(raw)
    windows = normalizer_from_dict(described["normalization"]).transform(1e6 * epochs.get_data())
    logits = crops_of(windows, described, tmp_path / "model.onnx").mean(dim=0).numpy()
    targets = described["targets"]
    if name == "multilabel":
        estimator = EEGClassifier.load(models / f"{name}.safetensors")
        expected, found = estimator.predict_proba(epochs), 1 / (1 + np.exp(-logits))
        assert targets == {"n_labels": 3}
    else:
        expected = EEGRegressor.load(models / f"{name}.safetensors").predict(epochs)
        found = targets["target_mean"] + np.array(targets["target_std"]) * logits
        found = found.reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert described["labels"] is None


@pytest.fixture(scope="module", params=["tinysleepnet", "usleep"])
def sleep(request, tmp_path_factory):
    """Folder with a model that was trained on sequences, and its name."""
    folder, size = tmp_path_factory.mktemp("sleep"), {"n_filters": 4, "hidden_size": 8}
    cut = Preprocessing([Epoch(0.0, seconds=30)])
    recording = Recording(simulate_sleep(0.2, random_state=0), "S1")
    night = EpochsDataset.from_recordings([recording], cut)
    sequences = Sequences.of(night, n_windows=6)
    params = size if request.param == "tinysleepnet" else {"depth": 2}
    classifier = EEGClassifier(
        request.param, sfreq=100, model_params=params, max_epochs=1, random_state=0
    ).fit(sequences.X, sequences.y, mask=sequences.mask)
    classifier.save(folder / "model.safetensors", cut)
    return folder


@pytest.mark.parametrize("n_windows", [1, 6])
def test_a_model_of_sequences_is_exported_with_an_axis_of_windows(sleep, n_windows):
    done = eegzoo("export", "model.safetensors", "s.onnx", "--n-windows", n_windows, cwd=sleep)
    assert done.returncode == 0, done.stderr
    described = json.loads((sleep / "s.json").read_text())
    assert described["sequence"] == {"n_windows": n_windows, "axis": 1}
    classifier = EEGClassifier.load(sleep / "model.safetensors")
    shape = (3, n_windows, classifier.n_chans_, 3000)
    windows = np.random.default_rng(0).normal(0, 20, shape).astype(np.float32)
    normalized = normalizer_from_dict(described["normalization"]).transform(
        windows.reshape(-1, *shape[2:])
    )
    logits = outputs(sleep / "s.onnx", normalized.reshape(shape))
    found = torch.from_numpy(logits).softmax(-1).numpy()
    classifier.set_params(check_signal="ignore")
    np.testing.assert_allclose(found, classifier.predict_proba(windows), atol=1e-5)


def test_a_number_of_windows_is_for_models_of_sequences(folder, tmp_path):
    done = eegzoo("export", folder / "model.safetensors", "m.onnx", "--n-windows", 3, cwd=tmp_path)
    assert done.returncode == 2
    assert "only with a model that was trained on sequences" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_number_of_windows_is_positive(sleep, tmp_path):
    path = sleep / "model.safetensors"
    done = eegzoo("export", path, "m.onnx", "--n-windows", 0, cwd=tmp_path)
    assert done.returncode == 2
    assert "expected --n-windows to be a positive integer, got 0" in done.stderr


def test_the_onnx_file_contains_the_metadata(folder):
    described = json.loads((folder / "model.json").read_text())
    inside = metadata_in(folder / "model.onnx")
    assert inside.keys() == described.keys()
    for key, value in described.items():
        assert inside[key] == value if isinstance(value, str) else json.loads(inside[key]) == value


def test_constraints_are_baked_and_all_weights_are_in_the_file(folder):
    proto = onnx.load(folder / "model.onnx", load_external_data=False)
    onnx.checker.check_model(proto)
    assert sorted(path.name for path in folder.iterdir()) == [
        "export.txt", "model.json", "model.onnx", "model.safetensors",
    ]  # fmt: skip
    assert all(not tensor.external_data for tensor in proto.graph.initializer)
    operations = {node.op_type for node in proto.graph.node}
    assert not {"ReduceL2", "Div", "Clip", "Sqrt", "BatchNormalization"} & operations
    model = EEGClassifier.load(folder / "model.safetensors").model_
    assert model.head.weight.norm(dim=1).max() > model.head.max_norm
    kernels = map(onnx.numpy_helper.to_array, proto.graph.initializer)
    (head,) = (kernel for kernel in kernels if sorted(kernel.shape) == [2, model.num_features])
    norms = np.linalg.norm(head, axis=np.argmax(head.shape))
    np.testing.assert_allclose(norms, model.head.max_norm, rtol=1e-5)


@needs(CACHE)
@pytest.mark.parametrize("name", ["eegnet.physionet_mi2", "eegsym.mi_8", "atcnet.bci2a_s1"])
def test_weights_are_exported_by_name(tmp_path, name):
    done = eegzoo("export", name, "model.onnx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    weights = find_weights(name)
    described = json.loads((tmp_path / "model.json").read_text())
    assert described["name"] == weights.name
    assert described["labels"] == list(weights.metadata.labels)
    assert described["normalization"] == {"how": weights.metadata.normalization}
    assert Card.from_dict(described["card"]).origin == weights.metadata.origin
    assert json.loads(metadata_in(tmp_path / "model.onnx")["card"]) == described["card"]
    model = load_weights(weights)
    x = torch.randn(3, model.n_chans, model.n_times)
    with torch.no_grad():
        np.testing.assert_allclose(outputs(tmp_path / "model.onnx", x), model(x), atol=1e-4)


def test_nothing_is_written_when_the_outputs_differ(folder, tmp_path, monkeypatch):
    other = EEGNet(3, 192, 2, sfreq=128).eval()
    monkeypatch.setattr(optimization, "optimize_for_inference", lambda network: other)
    done = eegzoo("export", folder / "model.safetensors", "model.onnx", cwd=tmp_path)
    assert done.returncode == 2
    assert "within 0.0001, got a difference of " in done.stderr
    assert done.stderr.endswith("; model.onnx is not written\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails", ["write_json", "check"])
def test_old_files_stay_if_writing_fails(folder, tmp_path, monkeypatch, fails):
    (tmp_path / "model.onnx").write_text("old")
    if fails == "write_json":
        monkeypatch.setattr(MODULE.results, "write_json", raiser(OSError("disk full")))
    else:
        monkeypatch.setattr(MODULE, "_difference", raiser(RuntimeError("no such operator")))
    if fails == "check":
        with pytest.raises(RuntimeError, match="no such operator"):
            verb(str(folder / "model.safetensors"), tmp_path / "model.onnx")
    else:
        done = eegzoo("export", folder / "model.safetensors", "model.onnx", cwd=tmp_path)
        assert done.stderr == "eegzoo: error: disk full\n"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"model.onnx": "old"}


def raiser(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize("package", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_extra_is_named(folder, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    done = eegzoo("export", folder / "model.safetensors", "model.onnx", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("pip install 'eegzoo[onnx]' (more: docs/installation.md)\n")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("absent.safetensors model.onnx", "no such file: absent.safetensors"),
        ("eegnet.physionet_mi9 model.onnx", "unknown weights 'eegnet.physionet_mi9'"),
        ("eegnet.physionet_mi2 nowhere/model.onnx", "no such folder: nowhere"),
        ("eegnet.physionet_mi2 model.json", "expected out to be an ONNX file, got model.json"),
    ],
)
def test_bad_input_is_an_error_of_one_line(tmp_path, arguments, message):
    done = eegzoo("export", *arguments.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# Graphs with normalisation and crops.


@pytest.mark.parametrize("how", ["whiten", "standardize", "window", "none"])
def test_a_whole_graph_computes_the_probabilities_of_microvolts(tmp_path, how):
    rng = np.random.default_rng(0)
    X = (5 + 20 * rng.standard_normal((12, 3, 200))).astype(np.float32)
    classifier = EEGClassifier(
        "eegnet", sfreq=128, normalize=how, n_crops=3, max_epochs=1, random_state=0
    ).fit(X, np.arange(12) % 3)
    info = SignalInfo(["C3", "Cz", "C4"], 128.0, 200)
    classifier.signal_info_ = info
    classifier.save(tmp_path / "m.safetensors", Preprocessing([Epoch(0.0, 199 / 128)]))
    verb(str(tmp_path / "m.safetensors"), tmp_path / "m.onnx", whole=True)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_inputs()] == ["microvolts"]
    (found,) = session.run(["probabilities"], {"microvolts": X})
    np.testing.assert_allclose(found, classifier.predict_proba(X), atol=1e-5)
    described = json.loads((tmp_path / "m.json").read_text())
    assert (described["input"], described["output"]) == ("microvolts", "probabilities")


def test_a_whole_graph_of_a_regressor_returns_numbers(tmp_path):
    X = (20 * np.random.default_rng(0).standard_normal((12, 3, 200))).astype(np.float32)
    y = 100 + 7 * X[:, 0].std(axis=1)
    regressor = EEGRegressor("eegnet", sfreq=128, max_epochs=1, random_state=0).fit(X, y)
    regressor.signal_info_ = SignalInfo(["C3", "Cz", "C4"], 128.0, 200)
    regressor.save(tmp_path / "m.safetensors", Preprocessing([Epoch(0.0, 199 / 128)]))
    verb(str(tmp_path / "m.safetensors"), tmp_path / "m.onnx", whole=True)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(["predictions"], {"microvolts": X})
    np.testing.assert_allclose(found[:, 0], regressor.predict(X), rtol=1e-5)


def test_moving_estimates_are_refused_in_a_whole_graph(tmp_path):
    X = (20 * np.random.default_rng(0).standard_normal((6, 3, 200))).astype(np.float32)
    classifier = EEGClassifier("eegnet", sfreq=128, normalize="exponential", max_epochs=1)
    classifier.fit(X, np.arange(6) % 2).signal_info_ = SignalInfo(["C3", "Cz", "C4"], 128.0, 200)
    classifier.save(tmp_path / "m.safetensors", Preprocessing([Epoch(0.0, 199 / 128)]))
    with pytest.raises(ValueError, match="got 'exponential'"):
        verb(str(tmp_path / "m.safetensors"), tmp_path / "m.onnx", whole=True)
