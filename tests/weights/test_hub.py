"""Weights on the Hugging Face hub, replaced here by a folder."""

import hashlib
import importlib.util
import inspect
import re
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from eegzoo.data.preprocessing.normalization import Unchanged
from eegzoo.models import create_model, save_model
from eegzoo.training import EEGClassifier
from eegzoo.weights import find_weights, from_hub, push_to_hub

WEIGHTS = find_weights("eegnet.physionet_mi2")
REPO = "me/eegnet-mine"


class Commit(types.SimpleNamespace):
    """Commit as the hub returns it."""


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Return a client of a hub that stores each commit in a folder."""
    module = types.ModuleType("huggingface_hub")
    module.root = tmp_path / "hub"
    module.calls = []

    class HfApi:
        def __init__(self, token=None):
            module.calls.append(("token", token))

        def create_repo(self, repo_id, *, private=None, exist_ok=False):
            module.calls.append(("create", repo_id, private, exist_ok))

        def upload_folder(self, *, repo_id, folder_path, commit_message=None):
            files = sorted(Path(folder_path).iterdir())
            content = b"".join(path.read_bytes() for path in files)
            oid = hashlib.sha1(content).hexdigest()
            shutil.copytree(folder_path, module.root / repo_id / oid)
            return Commit(oid=oid)

    def hf_hub_download(repo_id, filename, *, revision=None, token=None):
        path = module.root / repo_id / revision / filename
        if not path.exists():
            raise RuntimeError(f"404 Client Error.\n\nEntry Not Found for {repo_id}")
        return str(path)

    module.HfApi, module.hf_hub_download = HfApi, hf_hub_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return module


@pytest.fixture
def classifier():
    card = WEIGHTS.metadata
    model = create_model(card.architecture, **card.arguments).eval()
    return EEGClassifier.fitted(
        model, card.labels, Unchanged(), signal_info=WEIGHTS.signal,
        preprocessing=WEIGHTS.preprocessing,
    )  # fmt: skip


@pytest.fixture
def path(classifier, tmp_path):
    classifier.save(tmp_path / "mine.safetensors", card=WEIGHTS.metadata)
    return tmp_path / "mine.safetensors"


@pytest.mark.parametrize("what", ["file", "classifier"])
def test_pushed_weights_are_loaded(hub, classifier, path, what):
    if what == "file":
        revision = push_to_hub(path, REPO)
    else:
        revision = push_to_hub(classifier, REPO, card=WEIGHTS.metadata, private=True, token="t")
    assert hub.calls == [
        ("token", "t" if what == "classifier" else None),
        ("create", REPO, what == "classifier", True),
    ]
    weights = from_hub(REPO, revision)
    assert weights.name == REPO
    assert weights.metadata.training == WEIGHTS.metadata.training
    x = np.random.default_rng(0).normal(0, 20, (3, 64, 480)).astype(np.float32)
    found, expected = (
        each.predict_proba(x) for each in (EEGClassifier.from_weights(weights), classifier)
    )
    np.testing.assert_array_equal(found, expected)


def test_readme_contains_the_card(hub, path):
    revision = push_to_hub(path, REPO)
    readme = (hub.root / REPO / revision / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("---\nlibrary_name: eegzoo\n")
    for part in (REPO, WEIGHTS.metadata.not_for, WEIGHTS.metadata.training.citation):
        assert part in readme
    assert hashlib.sha256(path.read_bytes()).hexdigest() in readme


@pytest.mark.parametrize("revision", ["main", "v1.0", "", "f09050d", "F" * 40, "0" * 41, "0" * 64])
def test_revision_other_than_a_commit_raises(hub, revision):
    with pytest.raises(ValueError, match="revision to be a commit of 40 hexadecimal digits"):
        from_hub(REPO, revision)
    assert hub.calls == []


def test_damaged_file_is_neither_pushed_nor_loaded(hub, path):
    revision = push_to_hub(path, REPO)
    stored = hub.root / REPO / revision / "model.safetensors"
    for damaged in (path, stored):
        content = bytearray(damaged.read_bytes())
        content[-1] ^= 1
        damaged.write_bytes(content)
    hub.calls.clear()
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} is damaged"):
        push_to_hub(path, REPO)
    assert hub.calls == []
    with pytest.raises(ValueError, match="damaged"):
        from_hub(REPO, revision)


def test_model_without_a_card_is_not_pushed(hub, classifier, tmp_path):
    save_model(classifier.model_, tmp_path / "plain.safetensors")
    with pytest.raises(ValueError, match="expected a model with a card"):
        push_to_hub(tmp_path / "plain.safetensors", REPO)
    with pytest.raises(ValueError, match="expected a card with a classifier, got none"):
        push_to_hub(classifier, REPO)
    with pytest.raises(ValueError, match="card only with a classifier, got it with a file"):
        push_to_hub(tmp_path / "plain.safetensors", REPO, card=WEIGHTS.metadata)
    assert hub.calls == []


def test_errors_of_the_client_are_one_line(hub, path, monkeypatch):
    with pytest.raises(OSError, match=f"{REPO} at {'0' * 40} cannot be fetched: 404 .* Entry Not"):
        from_hub(REPO, "0" * 40)

    def refuse(self, **_):
        raise RuntimeError("403 Forbidden\n\nno write access")

    monkeypatch.setattr(hub.HfApi, "upload_folder", refuse)
    with pytest.raises(OSError, match=f"{REPO} cannot be uploaded: 403 Forbidden no write access"):
        push_to_hub(path, REPO)


def test_missing_client_names_the_extra(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r"pip install 'eegzoo\[hub\]'"):
        push_to_hub(path, REPO)
    with pytest.raises(ImportError, match=r"pip install 'eegzoo\[hub\]'"):
        from_hub(REPO, "0" * 40)


@pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="huggingface_hub is not installed"
)
def test_real_client_takes_the_same_arguments():
    import huggingface_hub

    api = huggingface_hub.HfApi
    inspect.signature(api).bind(token=None)
    inspect.signature(api.create_repo).bind(None, REPO, private=False, exist_ok=True)
    inspect.signature(api.upload_folder).bind(
        None, repo_id=REPO, folder_path="folder", commit_message="text"
    )
    inspect.signature(huggingface_hub.hf_hub_download).bind(
        REPO, "model.safetensors", revision="0" * 40, token=None
    )
    assert "oid" in huggingface_hub.CommitInfo.__annotations__
