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
    (folder / "a.edf").touch()
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
    evaluated = ("evaluate", "m.safetensors", "--store", "corpus")
    done = eegzoo(*evaluated, "--json", "e.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "e.json").read_text())
    dataset = WindowStore(folder / "corpus").dataset()
    assert found["n_windows"] == len(dataset)
    assert found["accuracy"] == fitted.score(dataset, dataset.labels)
    for option in (("--raw", "a.edf"), ("--seeds", "2")):
        done = eegzoo(*evaluated, *option, cwd=folder)
        assert done.returncode == 2
        assert f"expected --store without {option[0]}" in done.stderr


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
        (("corpus", "--storage-option", "region=x"), "expected storage_options with a URL, got"),
        (
            ("s3://b/x", "--storage-option", "access_key_id=token=abc"),
            "expected --storage-option without credentials, got access_key_id: set them",
        ),
        (
            ("s3://b/x", "--storage-option", "AWS_SECRET_ACCESS_KEY=token=abc"),
            "expected --storage-option without credentials, got AWS_SECRET_ACCESS_KEY: set them",
        ),
        (
            ("s3://b/x", "--storage-option", "proxy_url=http://me:token=abc@proxy"),
            "expected --storage-option without credentials, got proxy_url: set them",
        ),
        (("corpus", "--copy-to", "https://me:token=abc@server/x"), "to write to, got https://ser"),
        (("s3://b/x", "--storage-option", "regoin=x"), "obstore takes for s3://b/x: regoin: Conf"),
        (("s3://b/x", "--storage-option", "anonymous=maybe"), "skip_signature: Generic Config"),
        (("s3://b/x", "--storage-option", "timeout=soon"), "for s3://b/x: timeout: Generic Config"),
        (("s3://b/x", "--storage-option", "endpoint=minio"), "endpoint: expected http://SERVER or"),
    ],
)
def test_wrong_places_are_one_line_that_ends_with_a_page(folder, arguments, message):
    done = eegzoo("store", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.endswith("(more: docs/stores.md)\n")
    assert "token=abc" not in done.stderr


@pytest.mark.parametrize("given", ["in the environment", "as options"])
def test_a_store_is_copied_with_credentials_of_the_environment(
    folder, tmp_path, monkeypatch, given
):
    pytest.importorskip("obstore")
    pytest.importorskip("moto")
    from tests.data.store.remote.object_server import SECRET, ObjectServer

    server = ObjectServer()
    monkeypatch.setenv("EEGZOO_CACHE", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    options = ()
    if given == "in the environment":
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
    else:
        values = (f"endpoint={server.url}", "region=us-east-1", "timeout=30s")
        options = tuple(word for value in values for word in ("--storage-option", value))
    try:
        done = eegzoo(
            "store", "corpus", "--copy-to", "s3://bucket/c", "--verify", *options, cwd=folder
        )
        assert done.returncode == 0, done.stderr
        assert "WindowStore('s3://bucket/c': 32 windows" in done.stdout
        assert "all 4 files match their hashes" in done.stdout
        assert SECRET not in done.stdout + done.stderr
    finally:
        server.close()
