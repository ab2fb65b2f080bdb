"""Authors' files are fetched from a pinned address; incomplete files never reach the cache.

The downloads come from a local server.
"""

import builtins
import gc
import hashlib
import http.server
import shutil
import sys
import threading

import pooch
import pytest

from eegzoo import create_model
from eegzoo.weights import Origin, catalogue, find_weights
from eegzoo.weights.authors.authors_file import cache_folder
from eegzoo.weights.authors.keras_file import read_keras_weights
from eegzoo.weights.zoo import load_weights
from tests.shared_data import SHARED, needs

NAME = "eegnet.physionet_mi2_fold1"
FILE = catalogue._AUTHORS[NAME]
SOURCE = SHARED / "weights" / FILE.file

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


class Handler(http.server.BaseHTTPRequestHandler):
    """Handler that sends the file as changed by the server's `answer`."""

    def do_GET(self):
        self.server.asked.append(self.path)
        content = SOURCE.read_bytes()
        sent, status = self.server.answer(content)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return an empty cache, in a folder that does not exist yet."""
    folder = tmp_path / "cache" / "weights"
    monkeypatch.setenv("EEGZOO_WEIGHTS", str(folder))
    return folder


@pytest.fixture
def website(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.asked, server.answer = [], lambda content: (content, 200)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    pinned = Origin.url.fget

    def here(origin):
        return pinned(origin).replace(
            "https://github.com", f"http://127.0.0.1:{server.server_port}"
        )

    monkeypatch.setattr(Origin, "url", property(here))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(pooch.core.time, "sleep", lambda _: None)  # waits between attempts
    yield server
    gc.collect()  # now, while the warning about sockets that pooch leaves open on errors is ignored
    server.shutdown()
    thread.join()
    server.server_close()


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_address_is_pinned():
    assert FILE.card.origin.url == (
        "https://github.com/MHersche/eegnet-based-embedded-bci/raw/"
        "f09050d076862fcfbb7f1285399ff890791b6b82/global_models/model/global_class_2_split_1_v1.h5"
    )
    origin = find_weights("atcnet.bci2a_s1").metadata.origin
    assert origin.url.endswith("/results/saved%20models/run-1/subject-1.h5")


@needs(SOURCE)
def test_file_is_fetched_once(cache, website):
    first = create_model(NAME, weights=True)
    assert website.asked == [FILE.card.origin.url.partition(str(website.server_port))[2]]
    assert files_in(cache) == [FILE.file]
    assert (cache / FILE.file).read_bytes() == SOURCE.read_bytes()
    website.answer = lambda content: (b"", 500)
    again = create_model(NAME, weights=True)
    assert len(website.asked) == 1
    assert all((a == b).all() for a, b in zip(first.parameters(), again.parameters(), strict=True))


@needs(SOURCE)
@pytest.mark.parametrize(
    "answer",
    [
        lambda content: (content[: len(content) // 2], 200),
        lambda content: (content[:-1] + b"?", 200),
        lambda content: (b"<html>not found</html>".ljust(len(content)), 200),
        lambda content: (content, 404),
        lambda content: (b"", 500),
    ],
    ids=["half", "altered", "another", "404", "500"],
)
def test_wrong_download_is_not_cached(cache, website, answer):
    website.answer = answer
    with pytest.raises(OSError, match=r"cannot be fetched to .*EEGZOO_WEIGHTS") as raised:
        load_weights(find_weights(NAME))
    assert FILE.card.origin.url in str(raised.value)
    assert files_in(cache) == []
    website.answer = lambda content: (content, 200)
    assert create_model(NAME, weights=True).n_chans == 64


@needs(SOURCE)
def test_interrupted_download_leaves_no_file(cache, website, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.core, "hash_matches", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_weights(find_weights(NAME))
    assert files_in(cache) == []


def test_error_without_a_network_names_address_and_cache(cache, monkeypatch):
    monkeypatch.setattr(Origin, "url", property(lambda origin: "http://127.0.0.1:9/file.h5"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(pooch.core.time, "sleep", lambda _: None)
    with pytest.raises(OSError, match=r"http://127.0.0.1:9/file.h5 cannot be fetched") as raised:
        load_weights(find_weights(NAME))
    assert str(cache) in str(raised.value)
    assert files_in(cache.parent) == []


@needs(SOURCE)
@pytest.mark.parametrize("damage", ["cut", "altered", "another's", "empty"])
def test_wrong_cached_file_raises_and_is_kept(cache, damage):
    cache.mkdir(parents=True)
    path = cache / FILE.file
    content = bytearray(SOURCE.read_bytes())
    if damage == "another's":
        content = (SOURCE.parent / "global_class_2_split_2_v1.h5").read_bytes()
    elif damage == "altered":
        content[len(content) // 2] ^= 1
    path.write_bytes({"cut": content[:-1], "empty": b""}.get(damage, content))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="is damaged, or another file than") as raised:
        load_weights(find_weights(NAME))
    message = str(raised.value)
    for part in (str(path), FILE.card.origin.url, FILE.card.origin.sha256, "delete it"):
        assert part in message
    assert hashlib.sha256(before).hexdigest() in message
    assert path.read_bytes() == before


@needs(SOURCE)
def test_missing_h5py_names_the_extra(monkeypatch, tmp_path):
    imported = builtins.__import__

    def without_h5py(name, *arguments, **named):
        if name.partition(".")[0] == "h5py":
            raise ImportError("No module named 'h5py'")
        return imported(name, *arguments, **named)

    monkeypatch.delitem(sys.modules, "h5py", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_h5py)
    with pytest.raises(ImportError, match=r"pip install 'eegzoo\[weights\]'"):
        create_model(NAME, weights=True)


@needs(SOURCE)
def test_numbers_of_layers_start_from_zero(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "later.h5"
    shutil.copy(SOURCE, path)
    expected = read_keras_weights(path)
    path.chmod(0o644)
    with h5py.File(path, "r+") as file:
        layers = file.get("model_weights", file)
        names = [str(name, "utf-8") for name in layers.attrs["layer_names"]]
        for name in names:
            layer = layers[name]
            weights = [str(weight, "utf-8") for weight in layer.attrs["weight_names"]]
            for weight in weights:
                layer[weight.replace(name, _later(name), 1)] = layer[weight][()]
                del layer[weight]
            layer.attrs["weight_names"] = [
                weight.replace(name, _later(name), 1).encode() for weight in weights
            ]
            layers.move(name, _later(name))
        layers.attrs["layer_names"] = [_later(name).encode() for name in names]
    found = read_keras_weights(path)
    assert list(found) == list(expected)
    assert all((found[name] == expected[name]).all() for name in expected)


def _later(name):
    """Return the name of a layer in a session with ten earlier models."""
    kind, _, number = name.rpartition("_")
    return f"{kind}_{int(number) + 10}" if number.isdigit() else f"{name}_10"


def test_users_cache_is_the_default(monkeypatch, tmp_path):
    monkeypatch.delenv("EEGZOO_WEIGHTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    assert cache_folder() == tmp_path / "eegzoo" / "weights"


@pytest.mark.network
@pytest.mark.parametrize("name", ["eegnet.physionet_mi2", "eegsym.mi_8", "eegnet.sample_audvis"])
def test_pinned_addresses_still_exist(cache, name):
    assert create_model(name, weights=True).n_chans == len(find_weights(name).signal.ch_names)
