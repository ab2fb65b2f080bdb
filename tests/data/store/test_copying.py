"""A copy of a store appears whole or not at all, and holds what the store holds."""

import re

import numpy as np
import pytest

from eegzoo.data import WindowStore, copy_store
from eegzoo.data.store.remote.bucket import Bucket
from tests.data.store.store_processes import HALF_A_SECOND, ONE_SECOND, make_recordings

pytest.importorskip("obstore")
pytest.importorskip("moto")
from tests.data.store.remote import object_server
from tests.data.store.remote.object_server import ObjectServer

URL = "s3://bucket/copies/{}"


@pytest.fixture(scope="module")
def server():
    server = ObjectServer()
    yield server
    server.close()


@pytest.fixture
def store(tmp_path):
    return WindowStore.write(tmp_path / "store", make_recordings(3), ONE_SECOND, verbose=0)


@pytest.fixture
def url(server, request):
    server.faults.clear()
    server.requests.clear()
    server.written.clear()
    return URL.format(request.node.name)


def copy(server, store, url):
    copy_store(store, url, storage_options=server.options(), verbose=0)


def opened(server, url, tmp_path):
    return WindowStore(url, storage_options=server.options(), cache=tmp_path / "cache")


def test_the_index_is_written_last(server, store, url, tmp_path):
    copy(server, store.folder, url)
    names = [path.rsplit("/", 1)[1] for path in server.written]
    assert names[-1] == "index.json"
    assert len(names) == 3 + 3 + 1
    for shard in store.shards:
        assert names.index(f"{shard.key}.npy") < names.index(f"{shard.key}.json")
    np.testing.assert_array_equal(opened(server, url, tmp_path)[:], store[:])


def test_a_second_copy_sends_what_is_missing(server, store, url, tmp_path):
    copy(server, store, url)
    server.written.clear()
    copy(server, store, url)
    assert [path.rsplit("/", 1)[1] for path in server.written] == ["index.json"]
    more = WindowStore.write(tmp_path / "more", make_recordings(4), ONE_SECOND, verbose=0)
    server.written.clear()
    copy(server, more, url)
    assert len(server.written) == 3
    np.testing.assert_array_equal(opened(server, url, tmp_path)[:], more[:])


def test_a_repeated_recording_is_sent_once(server, url, tmp_path):
    recordings = make_recordings(1) * 2
    store = WindowStore.write(tmp_path / "store", recordings, ONE_SECOND, verbose=0)
    copy(server, store, url)
    assert len(server.written) == 3
    np.testing.assert_array_equal(opened(server, url, tmp_path)[:], store[:])


def test_a_damaged_file_raises_and_does_not_appear(server, store, url, tmp_path):
    copy(server, store, url)
    other = WindowStore.write(tmp_path / "other", make_recordings(3), HALF_A_SECOND, verbose=0)
    path = other.folder / other.shards[1].file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"{path.name} \(S1/1/1\) is damaged: it does not match"):
        copy(server, other, url)
    assert not any(written.endswith(path.name) for written in server.written)
    np.testing.assert_array_equal(opened(server, url, tmp_path)[:], store[:])  # as before


def test_a_copy_to_a_refusing_server_raises(server, store, url, tmp_path):
    server.write_faults.extend([object_server.forbidden] * 9)
    with pytest.raises(PermissionError, match=r"cannot write s3://.*403 Forbidden"):
        copy(server, store, url)
    server.write_faults.clear()
    with pytest.raises(FileNotFoundError, match="no window store"):
        opened(server, url, tmp_path)
    copy(server, store, url)
    np.testing.assert_array_equal(opened(server, url, tmp_path)[:], store[:])


def test_something_else_at_the_place_is_left_alone(server, store, url):
    bucket = Bucket(url, server.options())
    bucket.write("index.json", b"[]")
    with pytest.raises(ValueError, match=r"index.json, which is something else"):
        copy(server, store, url)
    assert bucket.read("index.json") == b"[]"
    assert len(server.written) == 1


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("https://server/store", "https://server/store"),
        ("https://me:secret@server/store?sig=secret", "https://server/store"),
        ("folder/store", "folder/store"),
        ("C:\\store", "C:\\store"),
    ],
)
def test_other_places_cannot_be_written_to(store, place, shown):
    expected = "expected a URL of s3://, gs:// or az:// to write to, got "
    with pytest.raises(ValueError, match=f"^{re.escape(expected + shown)}$"):
        copy_store(store, place)
