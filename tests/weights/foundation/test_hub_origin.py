"""Files of authors on the hub, and those with terms."""

import hashlib

import pytest

from eegzoo.weights.foundation import hub_origin
from eegzoo.weights.foundation.catalogue import find_foundation_weights
from eegzoo.weights.foundation.hub_origin import HubOrigin, fetch_with_terms

CONTENT = b"weights"
COMMIT = "fa9a2163a4b7c0a42c8e28b56077ef9c368944dc"


def origin(content=CONTENT, **changes):
    given = {"repository": "brain-bzh/reve-base", "path": "model.safetensors", "has_terms": True}
    sha256 = hashlib.sha256(content).hexdigest()
    return HubOrigin(licence="other", sha256=sha256, commit=COMMIT, **{**given, **changes})


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(tmp_path))


def test_the_address_is_pinned():
    assert origin().url == (
        f"https://huggingface.co/brain-bzh/reve-base/resolve/{COMMIT}/model.safetensors"
    )


@pytest.mark.parametrize(
    "error",
    [OSError("401 Client Error: access to model brain-bzh/reve-base is restricted"),
     ImportError("huggingface_hub is required to use the hub")],
)  # fmt: skip
def test_the_terms_are_named_where_the_hub_refuses(error, monkeypatch):
    def refuse(*_):
        raise error

    monkeypatch.setattr(hub_origin, "download", refuse)
    with pytest.raises(
        OSError,
        match=r"reve\.base has terms of its authors: accept them at "
        r"https://huggingface\.co/brain-bzh/reve-base first, then log in with 'hf auth login', or "
        rf"download model\.safetensors there and give path= \({error}\)",
    ):
        fetch_with_terms("reve.base", origin(), "reve.base.safetensors")


def test_another_file_than_the_pinned_one_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "fetched"
    path.write_bytes(CONTENT)
    asked = []
    monkeypatch.setattr(hub_origin, "download", lambda *given: asked.append(given) or path)
    assert fetch_with_terms("reve.base", origin(), "reve.base.safetensors") == path
    assert asked == [("brain-bzh/reve-base", "model.safetensors", COMMIT)]
    with pytest.raises(ValueError, match=r"is damaged, or another file than https://huggingface"):
        fetch_with_terms("reve.base", origin(b"others"), "reve.base.safetensors")


def test_a_file_that_the_user_put_into_the_cache_is_checked(tmp_path):
    (tmp_path / "reve.base.safetensors").write_bytes(CONTENT)
    path = fetch_with_terms("reve.base", origin(), "reve.base.safetensors")
    assert path == tmp_path / "reve.base.safetensors"
    with pytest.raises(ValueError, match="expected SHA-256"):
        fetch_with_terms("reve.base", origin(b"others"), "reve.base.safetensors")


def test_terms_are_named_where_there_is_no_checksum(monkeypatch):
    weights = find_foundation_weights("reve.large")
    # Building a model with 400 million weights takes a quarter of a minute.
    monkeypatch.setattr(type(weights), "build", lambda *_, **__: pytest.fail("built the model"))
    with pytest.raises(
        ValueError,
        match=r"expected path for reve\.large: .* accept its terms and download it from "
        r"https://huggingface\.co/brain-bzh/reve-large",
    ):
        weights.load(n_times=200, n_outputs=2, ch_names=["Cz"])


def test_a_file_of_another_format_is_refused(tmp_path):
    path = tmp_path / "file.safetensors"
    path.write_bytes(b"\x80\x04pickle")
    weights = find_foundation_weights("luna.base")
    with pytest.raises(ValueError, match=r"no checkpoint of luna\.base: .*no safetensors file"):
        weights.load(path=path, n_times=400, n_outputs=2, ch_names=["Cz"])
