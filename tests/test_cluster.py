"""On a Dask cluster: tasks, stores, staging and searches, and workers that die."""

import contextlib
import functools
import os
import pickle

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, GroupKFold

from eegzoo.data import WindowStore, simulate_sleep
from eegzoo.data.tasks.outcome import LostTaskError
from eegzoo.data.tasks.run_tasks import run_tasks
from eegzoo.sleep import stage_nights
from eegzoo.training import BlockSampler, EEGClassifier
from tests.cluster_work import AlwaysN2, DeadlyRecording
from tests.data.store.store_processes import ONE_SECOND, make_recordings
from tests.data.tasks.deadly import traced

dask = pytest.importorskip("dask", reason="dask is not installed")
distributed = pytest.importorskip("distributed", reason="distributed is not installed")
pytestmark = pytest.mark.slow


def two_workers():
    return distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0",
        silence_logs=50,
    )  # fmt: skip


@contextlib.contextmanager
def joblib_on(cluster):
    with (
        distributed.Client(cluster, set_as_default=False) as client,
        joblib.parallel_config(backend="dask", client=client),
    ):
        yield client


@pytest.fixture(scope="module")
def cluster():
    with two_workers() as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    """Workers that stay alive, which joblib uses."""
    with joblib_on(cluster) as client:
        yield client


def contents(folder):
    files = [path for path in folder.iterdir() if path.name != ".lock"]
    return {path.name: path.read_bytes() for path in files}


# The number of workers that may die with a task before the scheduler gives it up.
@pytest.mark.parametrize("deaths", [3, 0])
def test_dead_workers_lose_nothing_and_stop_nothing(tmp_path, deaths):
    tasks = [*range(8), "once", "wrong", *(["always"] if deaths == 0 else [])]
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": deaths}),
        two_workers() as cluster,
        joblib_on(cluster),
    ):
        found = list(run_tasks(functools.partial(traced, tmp_path), iter(tasks)))
    assert sorted(outcome.place for outcome in found) == list(range(len(tasks)))
    by_task = {tasks[outcome.place]: outcome for outcome in found}
    assert [by_task[k].result() for k in range(8)] == [10 * k for k in range(8)]
    assert by_task["once"].result() == 10 * "once"
    assert isinstance(by_task["wrong"].error, ValueError)
    if deaths == 0:
        assert isinstance(by_task["always"].error, LostTaskError)
    pids = {path.name.split("-")[1] for path in tmp_path.glob("*-*-*")}
    assert len(pids) > 1
    assert str(os.getpid()) not in pids


def test_a_worker_that_dies_in_the_middle_changes_nothing_in_a_store(tmp_path):
    WindowStore.write(tmp_path / "alone", make_recordings(6), ONE_SECOND, verbose=0)
    recordings = make_recordings(6)
    recordings[2] = DeadlyRecording(recordings[2].raw, "S2")
    recordings[2].raw.info["description"] = f"{tmp_path}|{os.getpid()}"
    with two_workers() as cluster, joblib_on(cluster):
        store = WindowStore.write(tmp_path / "store", iter(recordings), ONE_SECOND, verbose=0)
    assert (tmp_path / "died").exists()
    store.verify()
    assert contents(tmp_path / "store") == contents(tmp_path / "alone")


def test_an_error_of_a_store_is_raised_and_the_rest_is_cancelled(client, tmp_path):
    recordings = make_recordings(12)
    recordings[1].raw.set_annotations(None)
    with pytest.raises(ValueError, match="recording 'S1/1/1': expected annotations"):
        WindowStore.write(tmp_path / "store", recordings, ONE_SECOND, verbose=0)
    store = WindowStore.write(tmp_path / "store", make_recordings(2), ONE_SECOND, verbose=0)
    assert len(store.shards) == len(list((tmp_path / "store").glob("*.npy"))) == 2


def test_nights_are_staged_by_the_workers(client, tmp_path):
    nights = [tmp_path / f"{name}_raw.fif" for name in "abc"]
    for path in nights[:2]:
        simulate_sleep(0.05, random_state=0).save(path, verbose="ERROR")
    found = {night.recording: night for night in stage_nights(nights, AlwaysN2("N2"), out=tmp_path)}
    assert [found[path].error is None for path in nights] == [True, True, False]
    assert (tmp_path / "a_raw.csv").read_bytes() == (tmp_path / "b_raw.csv").read_bytes()


def test_a_search_over_a_store_sends_its_name_and_finds_what_one_process_finds(client, tmp_path):
    dataset = WindowStore.write(
        tmp_path, make_recordings(4, first=8), ONE_SECOND, verbose=0
    ).dataset()
    train = dataset.subset(np.arange(0, len(dataset), 2))
    # Labels and metadata go with the name; no windows do.
    assert len(pickle.dumps(train)) < 4000 < train.X[:].nbytes / 7
    classifier = EEGClassifier(
        "eegnet", model_params={"F1": 2, "D": 1}, recipe="plain", max_epochs=1, batch_size=8,
        sampler=BlockSampler(4, 24), random_state=0,
    )  # fmt: skip
    search = GridSearchCV(classifier, {"lr": [1e-3, 1e-2]}, cv=GroupKFold(2), refit=False)
    arguments = dataset, dataset.labels
    groups = dataset.groups("subject")
    with joblib.parallel_config(backend="sequential"):
        alone = search.fit(*arguments, groups=groups).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend="dask", client=client, scatter=[dataset]):
        on_workers = search.fit(*arguments, groups=groups).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(on_workers, alone)
