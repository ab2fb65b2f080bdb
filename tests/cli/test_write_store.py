"""eegzoo write-store writes a store that eegzoo train --store trains on."""

import pytest
import torch

from eegzoo.data import WindowStore, simulate_motor_imagery
from tests.cli.test_cli import eegzoo

SMALL = ("--recipe", "plain", "--max-epochs", 1, "--cv", 2, "--verbose", 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with two recordings and a store of them."""
    folder = tmp_path_factory.mktemp("stores")
    for name in "ab":
        raw = simulate_motor_imagery(16, ch_names=("C3", "Cz", "C4"), random_state=ord(name))
        raw.save(folder / f"{name}_raw.fif", verbose="ERROR")
    done = eegzoo(
        "write-store", "a_raw.fif", "b_raw.fif", "--subject", "anna", "--subject", "ben",
        "--tmax", 2, "--out", "store", "--verbose", 0, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("wrote WindowStore('store': 32 windows of 2 recordings, 3 ch")
    return folder


def test_a_store_has_subjects_labels_and_preprocessing(folder):
    dataset = WindowStore(folder / "store").dataset()
    assert set(dataset.groups("subject")) == {"anna", "ben"}
    assert dataset.classes == ("left_hand", "right_hand")


def test_a_training_on_a_store_resumes_within_epochs(folder):
    half = ("--checkpoint", "half", "--checkpoint-every", 1)
    done = eegzoo("train", "--store", "store", *SMALL, *half, "--out", "m.safetensors", cwd=folder)
    assert done.returncode == 0, done.stderr
    states = [torch.load(path, weights_only=True) for path in (folder / "half").glob("*.pt")]
    assert len(states) == 3
    assert all(state["finished"] for state in states)
    used = eegzoo("predict", "m.safetensors", "a_raw.fif", "--out", "a.csv", cwd=folder)
    assert used.returncode == 0, used.stderr  # with the preprocessing of the store


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "s3://b/x"), "expected a folder for --out, got s3://b/x"),
        (("--out", "x", "--copy-to", "y"), "a URL of s3://, gs:// or az:// to write to, got y"),
        (("--out", "x", "--copy-to", "http://b/x"), "s3://, gs:// or az:// to write to, got http"),
        (("--out", "x", "--storage-option", "region=x"), "expected --storage-option with --copy"),
        (("--out", "x", "--storage-option", "region"), "expected KEY=VALUE for --storage-option"),
    ],
)
def test_places_are_checked_before_anything_is_written(folder, arguments, message):
    done = eegzoo("write-store", "a_raw.fif", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert not any((folder / name).exists() for name in ("s3:", "x", "y"))


def test_jobs_and_cluster_are_refused_together(folder):
    for verb in (("write-store", "a_raw.fif"), ("embed", "x.safetensors", "a_raw.fif")):
        done = eegzoo(*verb, "--out", "x.npy", "--jobs", 2, "--cluster", "tcp://x:1", cwd=folder)
        assert done.returncode == 2
        assert "expected --jobs or --cluster, got both" in done.stderr
