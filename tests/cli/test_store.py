"""The command line describes, checks and copies stores, and trains from them."""

import json

import pytest

from eegzoo.data import Epoch, Preprocessing, Recording, WindowStore, simulate_motor_imagery
from eegzoo.training import EEGClassifier
from tests.cli.test_cli import eegzoo

CH_NAMES = ("C3", "Cz", "C4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with a store of four people."""
    folder = tmp_path_factory.mktemp("cli_store")
    people = [
        Recording(simulate_motor_imagery(8, ch_names=CH_NAMES, random_state=seed), f"S{seed}")
        for seed in range(4)
    ]
    WindowStore.write(folder / "corpus", people, Preprocessing([Epoch(0.0, 2.0)]), verbose=0)
    return folder


def test_a_store_is_described_and_checked(folder):
    done = eegzoo("store", "corpus", "--verify", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "32 windows of 4 recordings, 3 channels, 257 samples at 128 Hz" in done.stdout
    assert "all 4 files match their hashes" in done.stdout


def test_a_model_is_trained_from_a_store(folder):
    arguments = ("--cv", "2", "--groups", "subject", "--max-epochs", "1", "--verbose", "0")
    done = eegzoo(
        "train", "--store", "corpus", *arguments, "--out", "m.safetensors", "--json", "r.json",
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "r.json").read_text())["run"]["store"] == "corpus"
    fitted = EEGClassifier.load(folder / "m.safetensors")
    assert fitted.preprocessing_ == WindowStore(folder / "corpus").preprocessing


@pytest.mark.parametrize("option", [("--tmin", "1"), ("--raw", "a.edf"), ("--channels", "C*")])
def test_options_that_choose_windows_are_refused_with_a_store(folder, option):
    done = eegzoo("train", "--store", "corpus", *option, cwd=folder)
    assert done.returncode == 2
    assert f"expected --store without {option[0]}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none",), "no window store in none"),
        (("ftp://server/store",), "expected a path, or a URL that begins with s3://"),
        (("corpus", "--copy-to", "https://server/x"), "expected a URL of s3://, gs:// or az://"),
        (("s3://b/x?token=abc",), "credentials are taken from the environment"),
    ],
)
def test_wrong_places_are_one_line_that_ends_with_a_page(folder, arguments, message):
    done = eegzoo("store", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.endswith("(more: docs/stores.md)\n")
    assert "token=abc" not in done.stderr


def test_a_store_is_copied_with_credentials_of_the_environment(folder, tmp_path, monkeypatch):
    pytest.importorskip("obstore")
    pytest.importorskip("moto")
    from tests.data.store.remote.object_server import SECRET, ObjectServer

    server = ObjectServer()
    monkeypatch.setenv("EEGZOO_CACHE", str(tmp_path))
    for name, value in {
        "ENDPOINT_URL": server.url, "ALLOW_HTTP": "true", "ACCESS_KEY_ID": "tests",
        "SECRET_ACCESS_KEY": SECRET, "REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"AWS_{name}", value)
    try:
        done = eegzoo("store", "corpus", "--copy-to", "s3://bucket/c", "--verify", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "WindowStore('s3://bucket/c': 32 windows" in done.stdout
        assert "all 4 files match their hashes" in done.stdout
        assert SECRET not in done.stdout + done.stderr
    finally:
        server.close()
