"""Threads and processes hold the lock of a folder one after another."""

import multiprocessing
import threading

import pytest

from eegzoo.data.store.remote.folder_lock import folder_locked

fork = multiprocessing.get_context("fork")
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def test_threads_hold_it_one_after_another(tmp_path):
    held, most = [], []

    def hold():
        for _ in range(20):
            with folder_locked(tmp_path, 30):
                held.append(1)
                most.append(len(held))
                held.pop()

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 80


@pytest.mark.parametrize("in_thread", [True, False])
def test_waiting_too_long_raises(tmp_path, in_thread):
    raised = []

    def wait():
        with (
            pytest.raises(TimeoutError, match=r"has held .*\.lock for 0\.01 s") as error,
            folder_locked(tmp_path, 0.01),
        ):
            raise AssertionError
        raised.append(error)

    with folder_locked(tmp_path, 1):
        waiting = (threading.Thread if in_thread else fork.Process)(target=wait)
        waiting.start()
        waiting.join()
    if in_thread:
        assert len(raised) == 1
    else:
        assert waiting.exitcode == 0


def test_a_forked_process_does_not_inherit_it(tmp_path):
    def lock():
        with folder_locked(tmp_path, 30):
            pass

    with folder_locked(tmp_path, 1):
        child = fork.Process(target=lock)
        child.start()
    child.join(20)
    child.kill()
    assert child.exitcode == 0


def test_an_error_releases_it(tmp_path):
    with pytest.raises(KeyError), folder_locked(tmp_path, 1):
        raise KeyError
    with folder_locked(tmp_path, 0.01):
        pass
