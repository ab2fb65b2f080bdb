"""A training that was killed goes on, and ends as if it had not been."""

import json
import os
import subprocess
import sys
from pathlib import Path

import mne
import numpy as np
import pytest
import torch
from sklearn.model_selection import PredefinedSplit

from eegzoo.layers.fast_conv import measured_choice
from eegzoo.models import EEGNet
from eegzoo.models.finetuning import freeze
from eegzoo.training import EEGClassifier
from eegzoo.training.callbacks.checkpoints import Checkpoint
from eegzoo.training.inputs.training_set import TrainingSet

SCRIPT = Path(__file__).with_name("killed_trainings.py")
RNG = np.random.default_rng(0)
X, Y = RNG.normal(0, 20, (24, 3, 128)).astype(np.float32), np.arange(24) % 2


def make_classifier(folder, **changes):
    settings = {"sfreq": 64, "max_epochs": 2, "random_state": 0, "model_params": {"F1": 2, "D": 2}}
    return EEGClassifier(**{"model": "eegnet", "checkpoint": folder, **settings, **changes})


def files(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def test_algorithms_that_another_process_chose_are_used(tmp_path, monkeypatch):
    chosen = {"a convolution": "frames"}
    monkeypatch.setattr(measured_choice, "_chosen", dict(chosen))
    make_classifier(tmp_path).fit(X, Y)
    monkeypatch.setattr(measured_choice, "_chosen", {"a convolution": "direct"})
    make_classifier(tmp_path).fit(X, Y)
    assert measured_choice.chosen_algorithms() == chosen


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_process_killed_at_random_steps_ends_bit_identical(tmp_path):
    seed = int(np.random.default_rng().integers(2**31))
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), "20", str(seed)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=540,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    whole = {row["settings"]: row for row in rows if row["step"] is None}
    killed = [row for row in rows if row["step"] is not None]
    assert len({row["hash"] for row in whole.values()}) == len(whole) == 4
    assert len(killed) == 20
    for row in killed:
        alone = whole[row["settings"]]
        assert row["hash"] == alone["hash"], f"seed {seed}: {row}"
        # The first kill always hits, before that step's checkpoint.
        n_epochs, n_left = divmod(row["step"][0] - 1, alone["n_steps"])
        n_within = n_left // alone["every"] * alone["every"]
        assert row["done"][0] == [n_epochs, n_within], f"seed {seed}: {row}"
    assert not list(tmp_path.rglob("*.part"))


def test_a_finished_training_is_read_back_and_not_made_again(tmp_path, monkeypatch):
    whole = make_classifier(tmp_path).fit(X, Y)
    monkeypatch.setattr("eegzoo.training.loop.net.Net.train_step", lambda *_: pytest.fail("a step"))
    again = make_classifier(tmp_path).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), whole.predict_proba(X))
    assert again.history_ == whole.history_


def test_a_checkpoint_changes_nothing_of_what_is_learnt(tmp_path):
    with_one, without = (make_classifier(folder).fit(X, Y) for folder in (tmp_path, None))
    np.testing.assert_array_equal(with_one.predict_proba(X), without.predict_proba(X))


@pytest.mark.parametrize(
    "changes",
    [
        {"lr": 1e-3}, {"random_state": 1}, {"max_epochs": 3}, {"augment": ("sign_flip",)},
        {"model_params": {"F1": 3, "D": 2}}, {"normalize": "standardize"}, {"layer_decay": 0.5},
        {"precision": "bfloat16"}, {"validation": 0.25}, {"class_weight": {0: 2.0, 1: 1.0}},
    ],
    ids=str,
)  # fmt: skip
def test_another_training_never_goes_on_from_it(tmp_path, changes):
    make_classifier(tmp_path).fit(X, Y)
    other = make_classifier(tmp_path, **changes).fit(X, Y)
    assert len(files(tmp_path)) == 2
    without = make_classifier(None, **changes).fit(X, Y)
    np.testing.assert_array_equal(other.predict_proba(X), without.predict_proba(X))


def test_other_windows_or_labels_are_another_training(tmp_path):
    make_classifier(tmp_path).fit(X, Y)
    make_classifier(tmp_path).fit(X, 1 - Y)
    make_classifier(tmp_path).fit(X[::-1].copy(), Y)
    make_classifier(tmp_path).fit(X, Y, sample_weight=1 + Y)
    assert len(files(tmp_path)) == 4


def test_other_initial_weights_are_another_training(tmp_path):
    for seed in range(2):
        torch.manual_seed(seed)
        model = EEGNet(3, 128, 2, sfreq=64, F1=2, D=2)
        make_classifier(tmp_path, model=model, sfreq=None, model_params=None).fit(X, Y)
    assert len(files(tmp_path)) == 2


def test_other_parts_that_learn_are_another_training(tmp_path):
    model = EEGNet(3, 128, 2, sfreq=64, F1=2, D=2)
    make_classifier(tmp_path, model=model, sfreq=None, model_params=None).fit(X, Y)
    freeze(model)
    make_classifier(tmp_path, model=model, sfreq=None, model_params=None).fit(X, Y)
    assert len(files(tmp_path)) == 2


def test_other_windows_to_validate_with_are_another_training(tmp_path):
    split = PredefinedSplit(np.where(np.arange(24) < 6, 0, -1))
    changed = X.copy()
    changed[0] *= 2
    for windows in (X, changed):
        make_classifier(tmp_path, validation=split).fit(windows, Y)
    assert len(files(tmp_path)) == 2


def test_a_splitter_of_ones_own_goes_on_from_its_choice(tmp_path):
    class Mine(PredefinedSplit):
        __repr__ = object.__repr__

    for _ in range(2):
        split = Mine(np.where(np.arange(24) < 6, 0, -1))
        make_classifier(tmp_path, validation=split).fit(X, Y)
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("contents", [b"", b"not a checkpoint", None])
def test_a_damaged_checkpoint_is_named_and_kept(tmp_path, contents):
    make_classifier(tmp_path).fit(X, Y)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:3000] if contents is None else contents)
    with pytest.raises(ValueError, match=f"expected a checkpoint in .*{path.name}, got a damaged"):
        make_classifier(tmp_path).fit(X, Y)
    assert path.exists()


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_a_training_that_could_not_be_found_again_raises(tmp_path, random_state):
    with pytest.raises(ValueError, match="expected random_state to be an int with checkpoint"):
        make_classifier(tmp_path, random_state=random_state).fit(X, Y)


def test_a_file_in_place_of_the_folder_raises(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(OSError, match="taken"):
        make_classifier(tmp_path / "taken").fit(X, Y)


def test_it_holds_no_pickled_code(tmp_path):
    data = TrainingSet(torch.zeros(2, 1, 4), torch.tensor([0, 1]), torch.ones(2))
    checkpoint = Checkpoint(tmp_path, torch.nn.Linear(4, 2), [data], {})
    assert checkpoint.read() is None
    checkpoint.write({"rows": [{"epoch": 1}], "module": {"weight": torch.ones(2)}})
    torch.testing.assert_close(checkpoint.read()["module"]["weight"], torch.ones(2))
    torch.save({"rows": Path("x")}, checkpoint.path)
    with pytest.raises(ValueError, match="damaged"):
        checkpoint.read()


def test_any_change_of_windows_on_disk_is_another_training(tmp_path):
    """Epochs that MNE has not loaded are compared whole, not by a sample."""
    rng = np.random.default_rng(0)
    info = mne.create_info(3, 64, "eeg")
    data = 2e-5 * rng.normal(size=(3, 64 * 200))
    events = np.column_stack([np.arange(100) * 128, np.zeros(100), 1 + np.arange(100) % 2])
    folder = tmp_path / "checkpoints"
    for place in (None, 101):
        if place is not None:
            data[:, place * 100 : place * 100 + 50] *= 1.01
        path = tmp_path / f"{place}_raw.fif"
        mne.io.RawArray(data, info, verbose=False).save(path, verbose=False)
        raw = mne.io.read_raw_fif(path, preload=False, verbose=False)
        epochs = mne.Epochs(
            raw, events.astype(int), {"a": 1, "b": 2}, 0, 1, baseline=None, preload=False,
            verbose=False,
        )  # fmt: skip
        fitted, alone = (
            make_classifier(place, sfreq=None, normalize="none", max_epochs=1).fit(epochs)
            for place in (folder, None)
        )
        np.testing.assert_array_equal(fitted.predict_proba(epochs), alone.predict_proba(epochs))
    assert len(files(folder)) == 2
