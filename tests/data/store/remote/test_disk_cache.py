"""A cache holds whole files with the right content, within its bound, for all processes."""

import contextlib
import errno
import hashlib
import multiprocessing
import os
import re
import resource
import signal

import filelock
import pytest

from eegzoo.data.store.remote import disk_cache
from eegzoo.data.store.remote.cache_folder import cache_folder
from eegzoo.data.store.remote.disk_cache import DiskCache, WrongContentError

fork = multiprocessing.get_context("fork")
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def get(cache, content, filled=None, offset=0):
    """Return content from the cache, and note in `filled` that it had to be written."""

    def fill(file):
        if filled is not None:
            filled.append(content)
        file.write(content)

    memory = bytearray(len(content) - offset)
    while not cache.read(digest_of(content), [(memoryview(memory), offset)]):
        cache.add(digest_of(content), len(content), fill)
    return bytes(memory)


def entries(folder):
    return {path.name: path for path in folder.glob("*/*") if path.name != ".lock"}


def blocks(n_blocks, n_bytes=1000):
    return [bytes([number]) * n_bytes for number in range(n_blocks)]


@pytest.fixture
def cache(tmp_path):
    """Return an empty cache of 10 kB."""
    return DiskCache(tmp_path / "cache", 10_000)


def test_content_is_written_once_and_named_by_its_hash(cache):
    filled = []
    assert get(cache, b"abc", filled) == get(cache, b"abc", filled) == b"abc"
    assert get(cache, b"abc", filled, offset=1) == b"bc"
    assert filled == [b"abc"]
    name = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    assert list(entries(cache.folder)) == [name]
    assert (cache.folder / "ba" / name).read_bytes() == b"abc"
    assert cache.has(name)


@pytest.mark.parametrize("content", [b"abd", b"ab", b"abcd", b""])
def test_other_content_raises_and_is_not_kept(cache, content):
    with pytest.raises(WrongContentError):
        cache.add(digest_of(b"abc"), 3, lambda file: file.write(content))
    assert entries(cache.folder) == {}
    assert get(cache, b"abc") == b"abc"


def test_an_error_while_writing_is_raised_and_leaves_nothing(cache):
    def fail(file):
        file.write(b"a")
        raise TimeoutError("too slow")

    with pytest.raises(TimeoutError, match="too slow"):
        cache.add(digest_of(b"abc"), 3, fail)
    assert entries(cache.folder) == {}


def test_the_content_read_longest_ago_is_deleted(cache):
    for content in blocks(10):
        get(cache, content)
    paths = entries(cache.folder)
    for age, content in enumerate(blocks(10)):
        path = paths[digest_of(content)]
        os.utime(path, ns=((1000 - age) * 10**9, path.stat().st_mtime_ns))
    filled = []
    get(cache, blocks(10)[9], filled)  # the oldest by now is read again
    get(cache, b"new" * 300, filled)
    assert filled == [b"new" * 300]
    kept = entries(cache.folder)
    assert digest_of(blocks(10)[9]) in kept
    assert digest_of(b"new" * 300) in kept
    assert digest_of(blocks(10)[8]) not in kept
    assert sum(path.stat().st_size for path in kept.values()) <= 10_000


def offer(cache, content):
    cache.offer(digest_of(content), memoryview(content))
    return cache.has(digest_of(content))


def test_an_offer_does_not_replace_what_was_read_lately(cache, monkeypatch):
    contents = blocks(12)
    assert [offer(cache, content) for content in contents[:11]] == [True] * 10 + [False]
    state = entries(cache.folder)[digest_of(contents[3])].stat()
    old = (state.st_atime_ns - 601 * 10**9, state.st_mtime_ns)
    os.utime(entries(cache.folder)[digest_of(contents[3])], ns=old)
    assert not offer(cache, contents[11])  # it does not look for a while
    monkeypatch.setattr(disk_cache, "_full_until", {})
    assert offer(cache, contents[11])
    assert not cache.has(digest_of(contents[3]))
    assert len(entries(cache.folder)) == 10
    assert [get(cache, content) for content in contents] == contents  # added all the same


def test_an_offer_larger_than_the_cache_raises(cache):
    with pytest.raises(ValueError, match=r"expected a cache of 2e-05 GB at least, got 1e-05"):
        offer(cache, bytes(20_000))


def test_content_larger_than_the_cache_raises(cache):
    with pytest.raises(ValueError, match=r"expected a cache of 2e-05 GB at least, got 1e-05"):
        get(cache, bytes(20_000))


def test_files_of_others_are_left_alone(cache):
    cache.folder.mkdir()
    (cache.folder / "thesis.tex").write_bytes(bytes(50_000))
    (cache.folder / "ab").mkdir()
    (cache.folder / "ab" / "thesis.part").write_bytes(bytes(50_000))
    for content in blocks(30):
        get(cache, content)
    assert (cache.folder / "thesis.tex").exists()
    assert (cache.folder / "ab" / "thesis.part").exists()


# Damage.


@pytest.mark.parametrize("damage", [b"", b"ab", b"abd", b"abcd"])
@pytest.mark.parametrize("known", [False, True])
def test_a_damaged_file_is_replaced(cache, damage, known, monkeypatch):
    get(cache, b"abc")
    if not known:
        monkeypatch.setattr(disk_cache, "_checked", {})  # as in another process
    (path,) = entries(cache.folder).values()
    path.write_bytes(damage)
    os.utime(path, ns=(0, 0))
    filled = []
    assert get(cache, b"abc", filled) == b"abc"
    assert filled == [b"abc"]


def test_a_file_is_hashed_once_in_each_process(cache, monkeypatch):
    get(cache, b"abc")
    hashed = []
    original = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *a: hashed.append(a) or original(*a))
    get(cache, b"abc")
    assert len(hashed) == 0
    monkeypatch.setattr(disk_cache, "_checked", {})
    get(cache, b"abc")
    get(cache, b"abc")
    assert len(hashed) == 1


@pytest.mark.parametrize("noted", ["", "x", "-"])
def test_a_damaged_note_of_the_size_is_renewed(cache, noted):
    for content in blocks(9):
        get(cache, content)
    (cache.folder / "size").write_text(noted)
    get(cache, b"new")
    assert int((cache.folder / "size").read_text()) == 9003


# Processes.


def in_processes(target, *arguments, n_processes=1):
    processes = [fork.Process(target=target, args=arguments) for _ in range(n_processes)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]


def killed_in_the_middle(cache, content):
    def fill(file):
        file.write(content[:1])
        os.kill(os.getpid(), signal.SIGKILL)

    cache.add(digest_of(content), len(content), fill)


def test_a_killed_process_leaves_no_file_that_is_taken_for_whole(cache):
    assert in_processes(killed_in_the_middle, cache, b"abc") == [-signal.SIGKILL]
    (draft,) = entries(cache.folder)
    assert draft.endswith(".part")
    assert not cache.has(digest_of(b"abc"))
    assert get(cache, b"abc") == b"abc"
    assert list(entries(cache.folder)) == [digest_of(b"abc")]


def test_drafts_of_killed_processes_are_deleted(cache):
    for content in blocks(5):
        in_processes(killed_in_the_middle, cache, content)
    assert len(entries(cache.folder)) == 5
    for content in blocks(20)[5:]:
        get(cache, content)
    assert not any(name.endswith(".part") for name in entries(cache.folder))


def fill_slowly(cache, log):
    def fill(file):
        os.write(log, b"x")
        file.write(b"abc")

    cache.add(digest_of(b"abc"), 3, fill)


def test_processes_that_want_the_same_write_it_once(cache, tmp_path):
    log = os.open(tmp_path / "log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    assert in_processes(fill_slowly, cache, log, n_processes=4) == [0] * 4
    os.close(log)
    assert (tmp_path / "log").read_bytes() == b"x"


def read_many(cache, seed):
    for number in range(50):
        content = bytes([(number * seed) % 30]) * 1000
        if get(cache, content) != content:
            os._exit(1)
        with filelock.FileLock(cache.folder / ".lock"):
            sizes = {state.st_ino: state.st_size for state in states(cache.folder)}
        if sum(sizes.values()) > cache.max_bytes:
            os._exit(2)


def states(folder):
    for path in folder.glob("*/*"):
        with contextlib.suppress(FileNotFoundError):  # renamed meanwhile
            yield path.stat()


def test_processes_together_stay_within_the_bound(cache):
    processes = [fork.Process(target=read_many, args=(cache, seed)) for seed in (7, 11)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]


# Disks and folders.


def test_a_full_disk_makes_room_by_deleting_old_content(cache, monkeypatch):
    for content in blocks(8):
        get(cache, content)
    allocate = disk_cache._allocate

    def fail_once(descriptor, n_bytes):
        monkeypatch.setattr(disk_cache, "_allocate", allocate)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(disk_cache, "_allocate", fail_once)
    assert get(cache, b"new") == b"new"
    assert 0 < len(entries(cache.folder)) < 6


def test_a_full_disk_raises_when_nothing_is_left_to_delete(cache):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
        with pytest.raises(OSError, match="disk is full; EEGZOO_CACHE names its folder, and") as e:
            get(cache, bytes(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(cache.folder) in str(e.value)
    assert entries(cache.folder) == {}


def test_a_folder_that_cannot_be_used_raises(tmp_path):
    (tmp_path / "file").write_text("x")
    expected = rf"cannot use the cache {re.escape(str(tmp_path))}/file.*EEGZOO_CACHE"
    with pytest.raises(OSError, match=expected):
        get(DiskCache(tmp_path / "file", 10_000), b"abc")


def test_the_folder_is_that_of_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("EEGZOO_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("EEGZOO_CACHE")
    assert cache_folder().parts[-2:] == ("eegzoo", "store")
