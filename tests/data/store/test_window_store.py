"""A store returns the same windows as memory, even if writers are interrupted or compete."""

import errno
import hashlib
import json
import multiprocessing
import os
import pickle
import random
import resource
import shutil
import signal
import tempfile
import time
import warnings

import mne
import numpy as np
import pytest
from sklearn.model_selection import GroupKFold
from torch.utils.data import DataLoader

from eegzoo.data import EpochsDataset, Pick, Preprocessing, Recording, WindowStore
from eegzoo.data.signal.montage import named_montage
from eegzoo.data.signal.signal_info import SignalWarning
from eegzoo.data.store import local_folder, shards
from eegzoo.data.store.checked_json import write_sealed
from eegzoo.data.store.fingerprint import fingerprint
from tests.data.store.store_processes import (
    CH_NAMES,
    HALF_A_SECOND,
    ONE_SECOND,
    RecordingWithThreads,
    make_raw,
    make_recordings,
    read_within,
    write,
    write_until,
)

slow = pytest.mark.slow
quick = {"verbose": 0}


def open_or_write(folder, recordings=None, preprocessing=HALF_A_SECOND, **more):
    recordings = make_recordings() if recordings is None else recordings
    return WindowStore.write(folder, recordings, preprocessing, **{**quick, **more})


@pytest.fixture
def store(tmp_path):
    return open_or_write(tmp_path / "store")


@pytest.fixture
def dataset():
    return EpochsDataset.from_recordings(make_recordings(), HALF_A_SECOND)


@pytest.fixture
def computed(store, dataset, monkeypatch):
    """Return a list that grows with every recording computed after those of `store`."""
    lengths = []
    original = Preprocessing.at_events

    def counting(self, raw, event_id=None, source=None):
        lengths.append(raw.n_times)
        return original(self, raw, event_id, source)

    monkeypatch.setattr(Preprocessing, "at_events", counting)
    return lengths


@pytest.fixture(scope="module")
def processes():
    """Return a context whose processes start with the imports they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.data.store.store_processes"])
    return context


def assert_same(one, other):
    np.testing.assert_array_equal(one.X[:], other.X[:])
    assert one.X[:].dtype == np.float32
    assert one.labels.tolist() == other.labels.tolist()
    assert (one.classes, one.info) == (other.classes, other.info)
    assert list(one.metadata) == list(other.metadata)
    for name, known in one.metadata.items():
        assert known.dtype == other.metadata[name].dtype
        np.testing.assert_array_equal(known, other.metadata[name])


def files_of(folder):
    return {path.name: path.stat() for path in folder.iterdir()}


def shard_files(folder):
    return sorted(folder.glob("*.npy"))


# Reading.


def test_the_data_set_equals_that_of_the_recordings(store, dataset):
    assert_same(store.dataset(), dataset)
    assert_same(WindowStore(store.folder).dataset(), dataset)


def test_event_id_and_preprocessing_are_applied(tmp_path):
    arguments = make_recordings(), Preprocessing([Pick(["C4", "C3"]), *ONE_SECOND.steps])
    store = open_or_write(tmp_path, *arguments, event_id={"only": "b"})
    assert_same(store.dataset(), EpochsDataset.from_recordings(*arguments, {"only": "b"}))
    assert WindowStore(tmp_path).preprocessing == arguments[1]


def test_labels_and_metadata_may_differ_between_recordings(tmp_path):
    recordings = [
        Recording(make_raw(0, labels=("c", "a")), "S0", split="train"),
        Recording(make_raw(1, labels=("b",)), "a longer name"),
    ]
    expected = EpochsDataset.from_recordings(recordings, HALF_A_SECOND)
    assert "split" not in expected.metadata
    assert_same(open_or_write(tmp_path, recordings).dataset(), expected)


def test_channels_are_put_in_the_order_of_the_first_recording(tmp_path):
    raws = [make_raw(0), make_raw(1).reorder_channels(["C4", "C3", "Cz"]), make_raw(2)]
    raws[2].rename_channels({name: f"EEG {name}" for name in CH_NAMES})
    recordings = [Recording(raw, f"S{number}") for number, raw in enumerate(raws)]
    expected = EpochsDataset.from_recordings(recordings, HALF_A_SECOND)
    assert_same(open_or_write(tmp_path, recordings).dataset(), expected)


def test_a_repeated_recording_is_stored_once_and_read_twice(tmp_path):
    recordings = make_recordings(1) * 2
    expected = EpochsDataset.from_recordings(recordings, HALF_A_SECOND)
    assert_same(open_or_write(tmp_path, recordings).dataset(), expected)
    assert len(shard_files(tmp_path)) == 1


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        slice(None),
        slice(3, 15, 2),
        slice(0, 0),
        [7, 3, 3, 4],
        np.arange(18) % 2 == 0,
        slice(9, 3, -1),
    ],
)
def test_a_store_is_indexed_like_an_array(store, dataset, index):
    np.testing.assert_array_equal(store[index], dataset.X[index])
    assert store[index].dtype == np.float32


def test_neighbouring_windows_are_read_together(store, dataset, monkeypatch):
    reads = []
    preadv = os.preadv
    monkeypatch.setattr(os, "preadv", lambda *args: reads.append(args) or preadv(*args))
    np.testing.assert_array_equal(store[:], dataset.X)
    assert len(reads) == 4  # one per recording


def test_partial_reads_are_completed(store, dataset, monkeypatch):
    preadv = os.preadv
    monkeypatch.setattr(
        os, "preadv", lambda file, buffers, start: preadv(file, [buffers[0][:100]], start)
    )
    np.testing.assert_array_equal(store[:], dataset.X)


def test_opening_a_store_reads_no_windows(store, monkeypatch):
    monkeypatch.setattr(os, "preadv", lambda *_: pytest.fail("windows were read"))
    chosen = WindowStore(store.folder).dataset()[2:9]
    assert len(EpochsDataset.concatenate([chosen, chosen])) == 14


def test_subsets_splits_and_joins_equal_those_in_memory(store, dataset):
    lazy = store.dataset()
    order = np.random.default_rng(0).permutation(len(dataset))
    assert_same(lazy[order], dataset[order])
    assert_same(
        EpochsDataset.concatenate([lazy[order[:5]], dataset[5:9]]),
        EpochsDataset.concatenate([dataset[order[:5]], dataset[5:9]]),
    )
    for train, test in GroupKFold(4).split(lazy, lazy.labels, lazy.groups("subject")):
        assert_same(lazy[train], dataset[train])
        assert_same(lazy[test], dataset[test])


def test_numpy_can_map_the_files(store):
    mapped = [np.load(store.folder / shard.file, mmap_mode="r") for shard in store.shards]
    np.testing.assert_array_equal(np.concatenate(mapped), store[:])


def test_a_store_is_pickled_as_its_name(store, dataset, monkeypatch):
    pickled = pickle.dumps(store)
    assert len(pickled) < 500
    monkeypatch.chdir(store.folder.parent)
    near = pickle.loads(pickle.dumps(WindowStore("store")))
    assert near.folder == store.folder.resolve()  # for processes in other folders
    opened = pickle.loads(pickled)
    assert pickle.loads(pickled) is opened  # the tasks of a process share it
    assert_same(pickle.loads(pickled).dataset(), dataset)
    chosen = store.dataset()[[5, 2]]
    assert_same(pickle.loads(pickle.dumps(chosen)), chosen)


def test_a_store_that_was_rewritten_meanwhile_is_not_taken_for_the_pickled_one(store):
    pickled = pickle.dumps(store)
    open_or_write(store.folder, make_recordings(3))
    with pytest.raises(ValueError, match="has been rewritten since it was opened"):
        pickle.loads(pickled)


def test_stores_with_more_files_than_stay_open_are_read(store, dataset, monkeypatch):
    small = local_folder.functools.lru_cache(maxsize=1)(local_folder.OpenFile)
    monkeypatch.setattr(local_folder, "_opened", small)
    before = len(os.listdir("/proc/self/fd"))
    order = np.random.default_rng(0).permutation(len(dataset))
    np.testing.assert_array_equal(store[order], dataset.X[order])
    assert len(os.listdir("/proc/self/fd")) == before + 1
    small.cache_clear()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=slow)])
def test_workers_of_a_loader_read_the_same_windows(store, dataset, start):
    _ = store[0]  # opens a file before the workers are forked
    loader = DataLoader(store.dataset(), batch_size=5, num_workers=2, multiprocessing_context=start)
    batches = [(windows.numpy(), labels.numpy()) for windows, labels in loader]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), dataset.X)
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), dataset.y)


@slow
def test_a_store_larger_than_memory_is_read(tmp_path, processes):
    recordings = [
        Recording(make_raw(seed, n_events=320, ch_names=[f"E{n}" for n in range(64)]), f"S{seed}")
        for seed in range(4)
    ]
    store = open_or_write(tmp_path, recordings, ONE_SECOND)
    n_bytes = sum(path.stat().st_size for path in shard_files(tmp_path))
    assert n_bytes > 32e6
    ours, theirs = processes.Pipe()
    process = processes.Process(target=read_within, args=(tmp_path, 12, theirs))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    n_windows, total = ours.recv()
    assert n_windows == len(store)
    assert total == pytest.approx(store[:].sum(dtype=np.float64), abs=1e-3)


@pytest.mark.parametrize("n_bytes", [128, 129, 300, 10_000])
def test_the_pieces_of_a_file_have_their_hashes(tmp_path, monkeypatch, n_bytes):
    monkeypatch.setattr(shards, "PIECE_BYTES", n_bytes)
    store = open_or_write(tmp_path, make_recordings(1))
    content = (tmp_path / store.shards[0].file).read_bytes()
    starts = range(0, len(content), n_bytes)
    assert store.shards[0].pieces == [
        hashlib.sha256(content[start : start + n_bytes]).hexdigest() for start in starts
    ]
    store.verify()


# Rewriting.


def test_a_second_run_computes_nothing(store, computed):
    before = files_of(store.folder)
    again = open_or_write(store.folder)
    assert computed == []
    after = files_of(store.folder)
    assert {name: state.st_ino for name, state in after.items() if name != "index.json"} == {
        name: state.st_ino for name, state in before.items() if name != "index.json"
    }
    np.testing.assert_array_equal(again[:], store[:])


def test_only_an_added_recording_is_computed(store, computed):
    more = open_or_write(store.folder, make_recordings(5))
    assert len(computed) == 1
    assert_same(more.dataset(), EpochsDataset.from_recordings(make_recordings(5), HALF_A_SECOND))


def test_files_that_are_not_in_the_index_are_deleted(store):
    open_or_write(store.folder, make_recordings(2))
    assert len(shard_files(store.folder)) == 2
    assert len(list(store.folder.glob("*.json"))) == 3


def with_other_onsets(raw):
    raw.annotations.onset += 0.1


def with_other_names(raw):
    raw.annotations.rename({"a": "c"})


def with_a_bad_channel(raw):
    raw.info["bads"] = ["Cz"]


def with_other_data(raw):
    raw._data[1, 7] += 1e-9


def with_positions(raw):
    raw.set_montage(named_montage())


def shorter(raw):
    raw.crop(0, raw.times[-1] - 0.02)


@pytest.mark.parametrize(
    "change",
    [
        with_other_onsets,
        with_other_names,
        with_a_bad_channel,
        with_other_data,
        with_positions,
        shorter,
    ],
)
def test_a_changed_recording_is_rewritten(store, computed, change):
    recordings = make_recordings()
    change(recordings[2].raw)
    again = open_or_write(store.folder, recordings)
    assert len(computed) == 1
    assert_same(again.dataset(), EpochsDataset.from_recordings(recordings, HALF_A_SECOND))


@pytest.mark.parametrize(
    "change",
    [
        {"preprocessing": ONE_SECOND},
        {"event_id": {"x": "a"}},
        {"check_signal": "ignore"},
        {"recordings": [Recording(each.raw, each.subject, "2") for each in make_recordings()]},
    ],
)
def test_other_changes_rewrite_all_recordings(store, computed, change):
    again = open_or_write(store.folder, **change)
    assert len(computed) == 4
    arguments = {"recordings": make_recordings(), "preprocessing": HALF_A_SECOND, **change}
    assert_same(again.dataset(), EpochsDataset.from_recordings(**arguments))


def test_only_a_changed_file_is_rewritten(tmp_path, computed):
    path = tmp_path / "one_raw.fif"
    make_raw(0).save(path, verbose="ERROR")
    folder = tmp_path / "store"

    def write_it():
        raw = mne.io.read_raw_fif(path, verbose="ERROR")
        return open_or_write(folder, [Recording(raw, "S1")])

    first = write_it()[:]
    np.testing.assert_array_equal(write_it()[:], first)
    assert len(computed) == 1
    make_raw(1).save(path, overwrite=True, verbose="ERROR")
    assert not np.array_equal(write_it()[:], first)


def test_a_changed_header_apart_or_option_of_the_reader_changes_the_fingerprint(tmp_path):
    pybv = pytest.importorskip("pybv")
    names = list(CH_NAMES)
    data = np.random.default_rng(0).normal(0, 1e-5, (3, 500))
    pybv.write_brainvision(
        data=data, sfreq=100.0, ch_names=names, fname_base="a", folder_out=tmp_path,
        resolution=0.1, unit="µV",
    )  # fmt: skip
    header = tmp_path / "a.vhdr"
    before = fingerprint(mne.io.read_raw_brainvision(header, verbose="ERROR"))
    assert before == fingerprint(mne.io.read_raw_brainvision(header, verbose="ERROR"))
    assert before != fingerprint(mne.io.read_raw_brainvision(header, scale=2.0, verbose="ERROR"))
    header.write_text(header.read_text().replace(",0.1,", ",0.5,"))
    assert before != fingerprint(mne.io.read_raw_brainvision(header, verbose="ERROR"))


def test_a_store_can_be_read_after_it_is_rewritten(store):
    chosen = store[3]
    open_or_write(store.folder)
    np.testing.assert_array_equal(store[3], chosen)


def test_deleted_files_raise_when_they_are_read(store):
    opened = WindowStore(store.folder)
    open_or_write(store.folder, make_recordings(2, first=7))
    with pytest.raises(ValueError, match=rf"{opened.shards[0].key}.npy is gone"):
        opened[0]


# Errors and warnings about recordings.


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"sfreq": 200.0}, "expected sfreq of 100 Hz, got 200 Hz"),
        ({"ch_names": ("C3", "Cz")}, "channels .'C4'. are missing"),
        ({"ch_names": (*CH_NAMES, "Pz")}, "channels .'Pz'. are missing"),
    ],
)
def test_recordings_of_different_signals_raise(tmp_path, other, message):
    recordings = [*make_recordings(2), Recording(make_raw(**other), "other")]
    with pytest.raises(ValueError, match=rf"'other/1/1' differs from 'S0/1/1': {message}"):
        open_or_write(tmp_path, recordings)
    with pytest.raises(FileNotFoundError, match="no window store"):
        WindowStore(tmp_path)


def test_a_recording_without_windows_raises(tmp_path):
    recordings = make_recordings(2)
    recordings[1].raw.set_annotations(None)
    with pytest.raises(ValueError, match="recording 'S1/1/1': expected annotations"):
        open_or_write(tmp_path, recordings)


def test_a_wrong_unit_raises_warns_or_is_ignored(tmp_path):
    recordings = [*make_recordings(1), Recording(make_raw(scale=10.0), "S1")]
    with pytest.raises(ValueError, match=r"recording 'S1/1/1': .* multiply by 1e-06"):
        open_or_write(tmp_path, recordings)
    for _ in range(2):  # the second run computes nothing but warns again
        with pytest.warns(SignalWarning, match=r"recording 'S1/1/1': .* multiply by 1e-06"):
            open_or_write(tmp_path, recordings, check_signal="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_or_write(tmp_path, recordings, check_signal="ignore")


def test_an_error_keeps_the_old_store_and_the_finished_recordings(store, computed):
    old = store.dataset()[:]
    recordings = make_recordings(6)
    recordings[5].raw.set_annotations(None)
    with pytest.raises(ValueError, match="recording 'S5/1/1'"):
        open_or_write(store.folder, recordings)
    assert_same(WindowStore(store.folder).dataset(), old)
    computed.clear()
    open_or_write(store.folder, make_recordings(5))
    assert computed == []


@pytest.mark.parametrize(
    ("recordings", "error", "message"),
    [
        ([], ValueError, "expected at least one recording, got none"),
        ([make_raw()], TypeError, "expected recordings of type Recording, got <RawArray"),
    ],
)
def test_recordings_of_another_type_or_none_raise(tmp_path, recordings, error, message):
    with pytest.raises(error, match=message):
        open_or_write(tmp_path, recordings)


def test_an_error_in_the_iterator_of_recordings_is_raised(tmp_path):
    def broken():
        yield from make_recordings(2)
        raise KeyError("no more")

    with pytest.raises(KeyError, match="no more"):
        open_or_write(tmp_path, broken())


# Workers.


@slow
def test_workers_with_one_thread_write_the_same_store(tmp_path, dataset, monkeypatch):
    store = open_or_write(tmp_path / "store", iter(make_recordings()), n_jobs=2)
    assert_same(store.dataset(), dataset)
    recordings = make_recordings(4, first=4)
    recordings[1].raw.set_annotations(None)
    with pytest.raises(ValueError, match="recording 'S5/1/1': expected annotations"):
        open_or_write(tmp_path / "store", recordings, n_jobs=2)
    assert_same(WindowStore(tmp_path / "store").dataset(), dataset)
    telling = [RecordingWithThreads(each.raw, each.subject) for each in make_recordings()]
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    told = open_or_write(tmp_path / "told", telling, n_jobs=2).dataset()
    assert set(told.groups("threads").tolist()) == {"1"}
    wrong = [*make_recordings(2), Recording(make_raw(scale=10.0), "S1", "2")]
    with pytest.warns(SignalWarning, match="recording 'S1/2/1'"):
        open_or_write(tmp_path / "warned", wrong, n_jobs=2, check_signal="warn")


def test_progress_is_shown_if_verbose(tmp_path, capsys):
    open_or_write(tmp_path, verbose=0)
    assert capsys.readouterr().err == ""
    open_or_write(tmp_path, verbose=1)
    assert "4/4" in capsys.readouterr().err


# Interrupted and competing writers.


def assert_old_or_new(folder, old, new):
    store = WindowStore(folder)
    store.verify()
    assert_same(store.dataset(), old if len(store[0][0]) == 50 else new)


@slow
def test_a_writer_killed_at_any_step_leaves_the_old_store_or_the_new_one(tmp_path, processes):
    store = open_or_write(tmp_path / "store", make_recordings(2))
    old = store.dataset()[:]
    new = EpochsDataset.from_recordings(make_recordings(2), ONE_SECOND)
    seen = set()
    for step in range(200):
        folder = tmp_path / str(step)
        shutil.copytree(store.folder, folder)
        process = processes.Process(target=write_until, args=(folder, ONE_SECOND, step))
        process.start()
        process.join()
        assert_old_or_new(folder, old, new)
        seen.add(WindowStore(folder).shape[2])
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        open_or_write(folder, make_recordings(2), ONE_SECOND)
        assert_old_or_new(folder, new, new)
        assert len(files_of(folder)) == 2 + 2 * 2  # nothing is left behind
    assert step > 20
    assert seen == {50, 100}


def test_a_run_after_a_killed_one_computes_only_the_missing_recordings(
    tmp_path, processes, computed
):
    expected = EpochsDataset.from_recordings(make_recordings(), HALF_A_SECOND)
    rng = random.Random(0)
    for n_permitted in (0, 1, 2, 3, 4, 1, 2, 3, 4, 4):
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        ours, theirs = processes.Pipe()
        process = processes.Process(target=write, args=(folder, HALF_A_SECOND, 1, theirs))
        process.start()
        for _ in range(n_permitted):
            ours.send("next")
        wait_for(lambda: len(finished(folder)) >= n_permitted - 1)  # noqa: B023 (called here)
        time.sleep(rng.uniform(0, 0.02))  # the last recording is being written
        process.kill()
        process.join()
        whole = finished(folder)
        assert n_permitted - 1 <= len(whole) <= n_permitted
        if not (folder / "index.json").exists():
            with pytest.raises(FileNotFoundError, match="no window store"):
                WindowStore(folder)
        computed.clear()
        assert_same(open_or_write(folder).dataset(), expected)
        assert len(computed) == 4 - len(whole)


def finished(folder):
    """Return the keys of the recordings that a writer has finished."""
    return {path.stem for path in folder.glob("*.json")} - {"index"}


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@slow
def test_workers_whose_parent_is_killed_do_not_damage_the_store(tmp_path, processes):
    folder = tmp_path / "store"
    # Not a daemon, which may not have children.
    process = processes.Process(target=write, args=(folder, HALF_A_SECOND, 2))
    process.start()
    deadline = time.monotonic() + 60
    while not shard_files(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.join()
    store = open_or_write(folder)
    store.verify()
    assert_same(store.dataset(), EpochsDataset.from_recordings(make_recordings(), HALF_A_SECOND))


def test_a_second_writer_raises_while_the_first_is_writing(store):
    def recordings():
        with pytest.raises(OSError, match="another process is writing to the window store"):
            open_or_write(store.folder, make_recordings(1))
        yield from make_recordings(2)

    assert len(open_or_write(store.folder, recordings()).shards) == 2


def test_competing_writers_leave_a_whole_store(tmp_path, processes):
    writers = []
    for preprocessing in (HALF_A_SECOND, ONE_SECOND) * 3:
        writers.append(processes.Process(target=write, args=(tmp_path, preprocessing)))
        writers[-1].start()
    for writer in writers:
        writer.join()
    assert 0 in {writer.exitcode for writer in writers}
    new = EpochsDataset.from_recordings(make_recordings(), ONE_SECOND)
    old = EpochsDataset.from_recordings(make_recordings(), HALF_A_SECOND)
    assert_old_or_new(tmp_path, old, new)
    assert len(shard_files(tmp_path)) == 4


# Disks and folders.


@pytest.fixture
def full_disk():
    """Return a function that limits the size of files to 500 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))

    yield fill
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_raises_and_keeps_the_old_store(store, full_disk):
    before = files_of(store.folder).keys()
    recordings = make_recordings(5)
    full_disk()
    with pytest.raises(OSError, match=r"recording 'S4/1/1': .*cannot write .*\.npy.*too large"):
        open_or_write(store.folder, recordings)
    assert files_of(store.folder).keys() == before
    assert len(WindowStore(store.folder).shards) == 4


@pytest.mark.parametrize("parent", ["missing", "file"])
def test_a_folder_that_cannot_be_created_raises(tmp_path, parent):
    (tmp_path / "file").write_text("x")
    with pytest.raises((FileNotFoundError, NotADirectoryError), match=parent):
        open_or_write(tmp_path / parent / "store")
    with pytest.raises(NotADirectoryError, match="expected a folder"):
        open_or_write(tmp_path / "file")


def test_a_folder_that_is_not_writable_raises(tmp_path, monkeypatch):
    def refuse(**_):  # root may write anywhere
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(PermissionError, match=tmp_path.name):
        open_or_write(tmp_path)


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ValueError, match=r"expected a new or empty folder.*contains 'thesis.tex'"):
        open_or_write(tmp_path)
    assert os.listdir(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize("make", [lambda folder: None, lambda folder: folder.mkdir()])
def test_a_folder_without_a_store_raises(tmp_path, make):
    make(tmp_path / "store")
    with pytest.raises(FileNotFoundError, match=r"no window store in .*store"):
        WindowStore(tmp_path / "store")


# Damage.

DAMAGES = {
    "truncated": lambda data, rng: data[: rng.randrange(len(data))],
    "emptied": lambda data, rng: b"",
    "zeroed": lambda data, rng: bytes(len(data)),
    "noise": lambda data, rng: rng.randbytes(len(data)),
    "noise of another length": lambda data, rng: rng.randbytes(rng.randrange(3 * len(data))),
    "zeroed at the start": lambda data, rng: bytes(64) + data[64:],
    "grown": lambda data, rng: data + b"\0",
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", ["index", "shard"])
def test_a_damaged_file_raises(store, damage, file, seed):
    name = "index.json" if file == "index" else store.shards[seed % 4].file
    path = store.folder / name
    path.write_bytes(DAMAGES[damage](path.read_bytes(), random.Random(seed)))
    with pytest.raises(ValueError, match=rf"{name}.* damaged"):
        WindowStore(store.folder)


def test_a_missing_shard_raises(store):
    (store.folder / store.shards[1].file).unlink()
    with pytest.raises(ValueError, match=rf"{store.shards[1].file} is missing"):
        WindowStore(store.folder)


def test_a_changed_byte_of_the_index_raises(store):
    path = store.folder / "index.json"
    good, rng = path.read_bytes(), random.Random(0)
    for _ in range(200):
        place = rng.randrange(len(good))
        path.write_bytes(good[:place] + bytes([rng.randrange(256)]) + good[place + 1 :])
        if path.read_bytes() == good:
            continue
        with pytest.raises(ValueError, match=r"index.json"):
            WindowStore(store.folder)


@pytest.mark.parametrize("content", ["[]", "{}", "3", '{"format": 1}', '{"name": "eegzoo"}'])
def test_a_foreign_index_raises_and_is_not_overwritten(tmp_path, content):
    (tmp_path / "index.json").write_text(content)
    for attempt in (WindowStore, open_or_write):
        with pytest.raises(ValueError, match=r"index.json, which is something else"):
            attempt(tmp_path)
    assert (tmp_path / "index.json").read_text() == content


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("of a recording", "expected the index of a window store"),
        ("without recordings", "expected a window store with recordings, got none"),
        ("newer", "expected the description of a recording .* written by a newer"),
        ("with too little", "expected the description of a recording"),
    ],
)
def test_an_index_of_other_content_raises(store, kind, message):
    shard = store.shards[0].to_dict()
    preprocessing = store.preprocessing.to_dict()
    content = {
        "of a recording": shard,
        "without recordings": {"preprocessing": preprocessing, "shards": []},
        "newer": {"preprocessing": preprocessing, "shards": [{**shard, "device": "x"}]},
        "with too little": {"preprocessing": preprocessing, "shards": [{"key": shard["key"]}]},
    }[kind]
    write_sealed(store.folder / "index.json", content)
    with pytest.raises(ValueError, match=message):
        WindowStore(store.folder)


def test_a_newer_format_raises_and_is_not_overwritten(store):
    path = store.folder / "index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    for attempt in (WindowStore, open_or_write):
        with pytest.raises(ValueError, match=r"expected version 1 .* got 2 in .*index.json"):
            attempt(store.folder)


def test_verify_finds_changed_samples(store, dataset):
    store.verify()
    path = store.folder / store.shards[2].file
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    opened = WindowStore(store.folder)
    with pytest.raises(ValueError, match=rf"{path.name} \(S2/1/1\)"):
        opened.verify()
    path.unlink()
    assert_same(open_or_write(store.folder).dataset(), dataset)


def test_a_file_that_is_truncated_while_open_raises(store):
    path = store.folder / store.shards[0].file
    os.truncate(path, 300)
    with pytest.raises(ValueError, match=rf"{path.name} is damaged: it ends at byte 300"):
        store[:]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", [".npy", ".json"])
def test_a_damaged_shard_is_recomputed_by_the_next_run(store, computed, dataset, damage, suffix):
    path = (store.folder / store.shards[1].file).with_suffix(suffix)
    path.write_bytes(DAMAGES[damage](path.read_bytes(), random.Random(0)))
    assert_same(open_or_write(store.folder).dataset(), dataset)
    assert len(computed) == 1
