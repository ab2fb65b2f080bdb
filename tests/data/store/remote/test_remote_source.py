"""A store in object storage reads like one on disk, whatever the network does to it."""

import logging
import multiprocessing
import os
import pickle
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from torch.utils.data import DataLoader

from eegzoo.data import WindowStore, copy_store
from eegzoo.data.store import local_folder, shards
from eegzoo.data.store.remote import fork_state, forks, remote_source
from eegzoo.data.store.remote.bucket import Bucket
from eegzoo.training import EEGClassifier
from tests.data.store.store_processes import ONE_SECOND, make_recordings

pytest.importorskip("obstore")
pytest.importorskip("moto")
from tests.data.store.remote import object_server
from tests.data.store.remote.object_server import SECRET, ObjectServer

PIECE = 1000  # bytes; a window has 1200
URL = "s3://bucket/some/store"


@pytest.fixture(scope="module")
def server():
    server = ObjectServer()
    yield server
    server.close()


@pytest.fixture(scope="module", autouse=True)
def _small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        for module in (shards, local_folder, remote_source):
            patch.setattr(module, "PIECE_BYTES", PIECE)
        patch.setattr(remote_source, "_REQUEST_BYTES", 2 * PIECE)
        patch.setattr(remote_source, "_FIRST_PAUSE", 0.001)
        yield


@pytest.fixture(scope="module")
def local(server, tmp_path_factory):
    """Return a store on disk, of which there is a copy at `URL`."""
    folder = tmp_path_factory.mktemp("stores") / "store"
    store = WindowStore.write(folder, make_recordings(2), ONE_SECOND, verbose=0)
    copy_store(store, URL, storage_options=server.options(), verbose=0)
    return store


@pytest.fixture
def remote(server, local, tmp_path):
    server.faults.clear()
    store = open_store(server, tmp_path)
    server.requests.clear()
    yield store
    server.faults.clear()


def open_store(server, tmp_path, url=URL, **options):
    return WindowStore(
        url, storage_options=server.options(**options), cache=tmp_path / "cache", cache_gb=0.001
    )


def first_file(store):
    return store.shards[0].file


# Reading.


def test_a_copy_equals_the_store(local, remote):
    order = np.random.default_rng(0).permutation(len(local))
    np.testing.assert_array_equal(remote[order], local[order])
    np.testing.assert_array_equal(remote[2:5], local[2:5])
    assert (remote.info, remote.shape) == (local.info, local.shape)
    assert remote.dataset().labels.tolist() == local.dataset().labels.tolist()
    assert remote.preprocessing == local.preprocessing
    assert remote.folder is None
    remote.verify()


def test_windows_are_read_by_ranges_and_once(server, local, remote):
    assert [len(shard.pieces) for shard in local.shards] == [4, 5]
    np.testing.assert_array_equal(remote[0], local[0])
    assert len(server.requests) == 1  # bytes 128 to 1327: the first two pieces of 1000
    np.testing.assert_array_equal(remote[:], local[:])
    assert len(server.requests) == 1 + 1 + 3  # two pieces at most at once
    _ = remote[:]
    assert len(server.requests) == 5


def test_a_piece_of_several_runs_is_read_once(server, local, remote):
    np.testing.assert_array_equal(remote[[2, 0, 0, 2]], local[[2, 0, 0, 2]])
    assert len(server.requests) == 2


def test_what_is_wanted_twice_at_once_is_read_once(server, local, remote, tmp_path):
    stores = [remote, open_store(server, tmp_path), open_store(server, tmp_path)]
    server.requests.clear()
    server.faults.extend([object_server.slow] * 5)
    with ThreadPoolExecutor(3) as threads:
        for windows in threads.map(lambda store: store[:], stores):
            np.testing.assert_array_equal(windows, local[:])
    assert len(server.requests) == 5


def test_later_passes_find_what_a_cache_that_is_too_small_holds(server, local, tmp_path):
    store = WindowStore(
        URL, storage_options=server.options(), cache=tmp_path / "small", cache_gb=4.5e-6
    )
    server.requests.clear()
    # The cache keeps four pieces, usually those of the first recording; requests run side by side,
    # and on a busy machine one of the second may arrive before.
    for n_requests in ({5}, {3, 4}, {3, 4}):
        np.testing.assert_array_equal(store[:], local[:])
        assert len(server.requests) in n_requests
        server.requests.clear()


def test_the_cache_is_shared(server, local, remote, tmp_path):
    _ = remote[:]
    other = open_store(server, tmp_path)
    server.requests.clear()
    np.testing.assert_array_equal(other[:], local[:])
    assert server.requests == []


def test_a_small_cache_is_enough(server, local, tmp_path):
    store = WindowStore(
        URL, storage_options=server.options(), cache=tmp_path / "small", cache_gb=2e-6
    )
    np.testing.assert_array_equal(store[:], local[:])


def test_prefetched_windows_are_read_without_a_request(server, local, remote):
    remote.prefetch(np.arange(len(remote)))
    while remote.source._prefetcher._known:
        time.sleep(0.001)
    server.requests.clear()
    np.testing.assert_array_equal(remote[:], local[:])
    assert server.requests == []


def test_what_is_being_prefetched_is_not_read_again(server, local, remote):
    server.faults.extend([object_server.slow] * 9)
    remote.prefetch(np.arange(len(remote)))
    np.testing.assert_array_equal(remote[:], local[:])
    while remote.source._prefetcher._known:
        time.sleep(0.001)
    assert len(server.requests) == 9  # one for each piece


def test_half_of_a_cache_is_for_prefetched_windows(server, local, tmp_path):
    store = WindowStore(
        URL, storage_options=server.options(), cache=tmp_path / "small", cache_gb=4.5e-6
    )
    server.requests.clear()
    store.prefetch(np.arange(len(store)))
    while store.source._prefetcher._known:
        time.sleep(0.001)
    assert len(server.requests) == 2  # pieces of 1000 bytes


def test_a_store_without_hashes_of_pieces_is_read_whole(server, local, tmp_path, monkeypatch):
    to_dict = shards.Shard.to_dict
    monkeypatch.setattr(shards.Shard, "to_dict", lambda self: {**to_dict(self), "pieces": ()})
    copy_store(local, "s3://bucket/old", storage_options=server.options(), verbose=0)
    old = open_store(server, tmp_path, "s3://bucket/old")
    assert old.shards[0].pieces == []
    np.testing.assert_array_equal(old[::-1], local[::-1])
    monkeypatch.undo()
    copy_store(old, "s3://bucket/new", storage_options=server.options(), verbose=0)
    new = open_store(server, tmp_path, "s3://bucket/new")
    assert [shard.pieces for shard in new.shards] == [shard.pieces for shard in local.shards]


def test_a_web_server_is_enough(server, local, tmp_path):
    url = f"{server.url}/bucket/some/store"
    store = WindowStore(url, cache=tmp_path / "cache")
    np.testing.assert_array_equal(store[:], local[:])
    server.faults.extend([object_server.whole] * 9)
    with pytest.raises(OSError, match="the server does not send parts of files"):
        WindowStore(url, cache=tmp_path / "other")[0]
    server.faults.clear()


# Processes.


def test_a_pickled_store_reads(local, remote):
    again = pickle.loads(pickle.dumps(remote))
    np.testing.assert_array_equal(again[:], local[:])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_workers_read(local, remote):
    _ = remote[0]
    loader = DataLoader(
        remote.dataset(), batch_size=3, num_workers=1, multiprocessing_context="fork"
    )
    windows = np.concatenate([batch.numpy() for batch, _ in loader])
    np.testing.assert_array_equal(windows, local[:])


def compare_in_a_fork(server, tmp_path, local):
    same = np.array_equal(open_store(server, tmp_path)[:], local[:])
    try:
        copy_store(local, URL, storage_options=server.options(), verbose=0)
    except RuntimeError:
        os._exit(0 if same else 1)
    os._exit(2)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_opens_a_store_but_cannot_copy_one(server, local, tmp_path):
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=compare_in_a_fork, args=(server, tmp_path, local))
    process.start()
    process.join(60)
    assert process.exitcode == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_errors_reach_forked_workers(server, local, remote, monkeypatch):
    monkeypatch.setattr(fork_state, "_forked", True)
    forks._reader()._process.kill()
    with pytest.raises(OSError, match=r"the process that reads s3://.* has ended"):
        remote[0]
    server.faults.append(object_server.expired)
    with pytest.raises(PermissionError, match="ExpiredToken"):
        remote[0]
    np.testing.assert_array_equal(remote[0], local[0])
    with monkeypatch.context() as patch:
        patch.setattr(forks.pickle, "load", interrupted)
        with pytest.raises(KeyboardInterrupt):
            remote.source.read_file(first_file(local))
    assert remote.source.read_file("index.json").startswith(b"{")  # not the file asked for before
    forks._reader().close()


def interrupted(*_):
    raise KeyboardInterrupt


# Faults that pass.


@pytest.mark.parametrize("n_faults", [1, 2])
@pytest.mark.parametrize("fault", ["unavailable", "cut", "altered"])
def test_faults_that_pass_are_retried(server, local, remote, fault, n_faults):
    server.faults.extend([getattr(object_server, fault)] * n_faults)
    np.testing.assert_array_equal(remote[:], local[:])
    assert not server.faults


def test_time_outs_are_retried(server, local, tmp_path):
    store = open_store(server, tmp_path, timeout="300ms")
    server.faults.append(object_server.slow)
    np.testing.assert_array_equal(store[0], local[0])
    assert not server.faults


# Faults that stay.


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (
            "unavailable",
            OSError,
            r"cannot read s3://bucket/some/store/\w+.npy: .*after 2 retries.* 503 .*SlowDown",
        ),
        ("cut", OSError, r"cannot read s3://bucket/some/store/\w+.npy: .*body error"),
        (
            "altered",
            ValueError,
            r"store/\w+.npy was altered: bytes 1000 to 1999 do not have",
        ),
        ("expired", PermissionError, r"\w+.npy: the credentials are refused \(ExpiredToken\)"),
        ("forbidden", PermissionError, r"\w+.npy: access is refused \(403 Forbidden\)"),
    ],
)
def test_faults_that_stay_raise(server, local, remote, fault, error, message):
    server.faults.extend([getattr(object_server, fault)] * 40)
    with pytest.raises(error, match=message) as raised:
        remote[0]
    shown = "".join(traceback.format_exception(raised.value))
    assert SECRET not in shown
    server.faults.clear()
    np.testing.assert_array_equal(remote[:], local[:])  # nothing wrong was kept


def test_time_outs_that_stay_raise(server, local, tmp_path):
    store = open_store(server, tmp_path, timeout="200ms", retries=1)
    server.faults.extend([object_server.slow] * 4)
    with pytest.raises(TimeoutError, match=r"cannot read s3://bucket/some/store/.*: timed out"):
        store[0]


def test_a_server_that_is_gone_raises(server, local, tmp_path):
    options = {**server.options(), "endpoint": "http://127.0.0.1:9"}
    with pytest.raises(OSError, match=r"index.json: no connection: .* after 2 retries"):
        WindowStore(URL, storage_options=options, cache=tmp_path)


def test_objects_that_are_missing_or_altered_raise(server, local, remote, tmp_path):
    objects = remote.source._bucket._objects
    content = objects.get(first_file(local)).bytes()
    changed = bytearray(content)
    changed[-1] ^= 1
    try:
        objects.put(first_file(local), bytes(changed))
        with pytest.raises(ValueError, match=rf"{first_file(local)} \(S0/1/1\)"):
            remote.verify()
        with pytest.raises(ValueError, match=rf"{first_file(local)} was altered: bytes 3000 to"):
            remote[2]
        objects.put(first_file(local), content[:-1])
        with pytest.raises(ValueError, match=rf"{first_file(local)} is damaged: expected 3728"):
            open_store(server, tmp_path)
        with pytest.raises(ValueError, match="was altered"):
            remote[2]
        objects.delete(first_file(local))
        with pytest.raises(ValueError, match=rf"{first_file(local)} is missing"):
            open_store(server, tmp_path)
        with pytest.raises(ValueError, match=r"is gone: has the store been rewritten"):
            remote[2]
    finally:
        objects.put(first_file(local), content)
    np.testing.assert_array_equal(remote[:], local[:])


@pytest.mark.parametrize("fault", ["altered", "cut"])
def test_a_damaged_index_raises(server, local, tmp_path, fault):
    server.faults.extend([getattr(object_server, fault)] * 9)
    with pytest.raises((ValueError, OSError), match=r"index.json"):
        open_store(server, tmp_path)
    server.faults.clear()


@pytest.mark.parametrize("url", [f"{URL}/none", "s3://nowhere/store"])
def test_a_place_without_a_store_raises(server, tmp_path, url):
    with pytest.raises(FileNotFoundError, match=f"no window store in {url}"):
        open_store(server, tmp_path, url)


# Arguments and secrets.


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://server/store", "begins with s3://, gs://, az://, http://, https://, got .* ftp"),
        (f"https://me:{SECRET}@server/store", "without user, password, query"),
        (f"https://server/store?sig={SECRET}", "without user, password, query"),
        ("s3:///store", "with a bucket or a server"),
    ],
)
def test_wrong_urls_raise(url, message):
    with pytest.raises(ValueError, match=message) as raised:
        WindowStore(url)
    assert SECRET not in str(raised.value)


def test_wrong_options_raise(server, tmp_path):
    with pytest.raises(ValueError, match=r"expected storage_options that obstore takes.*'bogus'"):
        WindowStore(URL, storage_options={"bogus": 1}, cache=tmp_path)
    wrong = {"secret_access_key": SECRET, "access_key_id": 5}
    with pytest.raises(ValueError, match=r"s3://bucket/some/store: access_key_id: .*'int'"):
        WindowStore(URL, storage_options=wrong, cache=tmp_path)
    with pytest.raises(ValueError, match="expected storage_options with a URL, got the folder"):
        WindowStore(tmp_path, storage_options={"region": "x"})
    with pytest.raises(ValueError, match="expected cache_gb above 0, got 0"):
        WindowStore(URL, cache_gb=0)
    with pytest.raises(ValueError, match="expected a folder, got s3://"):
        WindowStore.write(URL, make_recordings(1), ONE_SECOND)


def test_the_scheme_of_a_url_may_be_in_capitals():
    assert not Bucket("HTTPS://server/Store", {}).can_list
    assert Bucket("S3://bucket/Store/", {"skip_signature": True}).url == "s3://bucket/Store"


def test_secrets_are_not_shown_logged_or_saved(server, remote, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    shown = f"{remote!r}{remote.source!r}{remote.dataset()!r}{remote.source._bucket!r}"
    classifier = EEGClassifier(
        "eegnet", max_epochs=1, checkpoint=tmp_path / "saved", random_state=0
    ).fit(remote.dataset())
    classifier.save(tmp_path / "model.safetensors")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.parent.name == "saved" for path in files)
    shown += repr(classifier) + caplog.text + "".join(capfd.readouterr())
    assert SECRET not in shown
    assert not any(SECRET.encode() in path.read_bytes() for path in files)


def test_without_obstore_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(ImportError, match=r"pip install 'eegzoo\[cloud\]'"):
        WindowStore(URL)
