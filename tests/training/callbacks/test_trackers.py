"""skorch's loggers of experiment trackers log what they log with skorch's own nets."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Checkpoint, MlflowLogger, TensorBoard, WandbLogger
from torch import nn

from eegzoo.training import EEGClassifier

RNG = np.random.default_rng(0)
X, Y = RNG.normal(0, 10, (24, 3, 64)).astype(np.float32), np.arange(24) % 2


class FakeRun:
    """What skorch uses of a run of Weights & Biases."""

    def __init__(self, folder):
        self.dir, self.watched, self.logged = str(folder), [], []

    def watch(self, module):
        self.watched.append(module)

    def log(self, values):
        self.logged.append(values)


class FakeClient:
    """What skorch uses of a client of MLflow."""

    def __init__(self):
        self.metrics, self.artifacts, self.ended = [], {}, []

    def log_metric(self, run_id, key, value, step):
        assert run_id == "run 1"
        self.metrics.append((key, float(value), step))

    def log_artifact(self, run_id, path):
        self.artifacts[path.name] = path.read_bytes()

    def set_terminated(self, run_id):
        self.ended.append(run_id)


class FakeWriter:
    """What skorch uses of torch's SummaryWriter."""

    def __init__(self):
        self.scalars, self.is_closed = [], False

    def add_scalar(self, tag, scalar_value, global_step):
        self.scalars.append((tag, float(scalar_value), global_step))

    def close(self):
        self.is_closed = True


def fit(callback, **changes):
    settings = {
        "sfreq": 64, "recipe": "plain", "max_epochs": 3, "batch_size": 8, "random_state": 0,
        "model_params": {"F1": 2, "D": 2}, "validation": 0.25,
    }  # fmt: skip
    return EEGClassifier("eegnet", callbacks=[callback], **{**settings, **changes}).fit(X, Y)


def fit_skorch(callback):
    net = NeuralNetClassifier(
        nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), criterion=nn.CrossEntropyLoss,
        max_epochs=3, callbacks=[callback], verbose=0,
    )  # fmt: skip
    return net.fit(X, Y)


def columns(history, name):
    return [row[name] for row in history]


def test_tensorboard_gets_the_values_of_each_epoch():
    writer, theirs = FakeWriter(), FakeWriter()
    fitted = fit(TensorBoard(writer))
    fit_skorch(TensorBoard(theirs))
    for tag, name in (("Loss/train_loss", "train_loss"), ("Loss/valid_loss", "valid_loss")):
        assert tag in {scalar[0] for scalar in theirs.scalars}
        found = [(value, step) for found, value, step in writer.scalars if found == tag]
        assert found == list(zip(columns(fitted.history_, name), (1, 2, 3), strict=True))
    tags = {scalar[0].rpartition("/")[2] for scalar in writer.scalars}
    assert tags == {"lr", "dur", "train_loss", "valid_loss", "valid_score"}
    assert writer.is_closed


def test_tensorboards_own_writer_works(tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    fit(TensorBoard(tensorboard.SummaryWriter(tmp_path)))
    assert list(tmp_path.iterdir())


def test_weights_and_biases_gets_the_values_and_the_best_weights(tmp_path):
    run, theirs = FakeRun(tmp_path), FakeRun(tmp_path)
    fit_skorch(WandbLogger(theirs))
    fitted = fit(WandbLogger(run))
    assert columns(run.logged, "valid_loss") == columns(fitted.history_, "valid_loss")
    assert {"train_loss", "valid_loss", "dur"} <= set(theirs.logged[0]) & set(run.logged[0])
    assert not any(name.endswith("_best") for name in run.logged[0])
    assert type(run.watched[0]) is type(fitted.model_)
    saved = torch.load(tmp_path / "best_model.pth", weights_only=True)
    assert saved.keys() == fitted.model_.state_dict().keys()
    best = int(np.argmin(columns(fitted.history_, "valid_loss")))
    assert fitted.best_epoch_ == best + 1


def test_weights_and_biases_works_without_a_validation(tmp_path):
    run = FakeRun(tmp_path)
    fitted = fit(WandbLogger(run), validation=0.0)
    assert columns(run.logged, "train_loss") == columns(fitted.history_, "train_loss")
    assert (tmp_path / "best_model.pth").exists()


@pytest.mark.parametrize("on_batches", [False, True])
def test_mlflow_gets_values_and_artifacts(on_batches):
    client, theirs = FakeClient(), FakeClient()
    run = SimpleNamespace(info=SimpleNamespace(run_id="run 1"))
    fitted = fit(MlflowLogger(run, client, log_on_batch_end=on_batches))
    fit_skorch(MlflowLogger(run, theirs, log_on_batch_end=on_batches))
    suffix = "_epoch" if on_batches else ""
    for name in ("train_loss", "valid_loss"):
        found = [(value, step) for key, value, step in client.metrics if key == name + suffix]
        assert found == list(zip(columns(fitted.history_, name), (1, 2, 3), strict=True))
    for name in {key for key, *_ in theirs.metrics} - {f"valid_acc{suffix}"}:
        if "batch_size" not in name:
            assert name in {key for key, *_ in client.metrics}
    assert client.artifacts.keys() == theirs.artifacts.keys()
    history = json.loads(client.artifacts["history.json"])
    assert columns(history, "valid_loss") == columns(fitted.history_, "valid_loss")
    assert client.ended == ["run 1"]


def test_checkpoints_of_skorch_hold_the_best_epochs_weights(tmp_path):
    fitted = fit(Checkpoint(dirname=str(tmp_path)))
    saved = torch.load(tmp_path / "params.pt", weights_only=True)
    assert saved.keys() == fitted.model_.state_dict().keys()
    events = [row.get("event_cp") for row in json.loads((tmp_path / "history.json").read_text())]
    assert events.index(True) == 0
    assert max(np.flatnonzero(events)) == fitted.best_epoch_ - 1


def test_what_skorch_records_for_its_callbacks_is_not_in_the_history():
    fitted = fit(TensorBoard(FakeWriter()))
    assert set(fitted.history_[0]) == {"epoch", "lr", "train_loss", "valid_loss", "valid_score"}
