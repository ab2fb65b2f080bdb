"""Results come in order, one ahead, with their errors, and stop when nobody wants them."""

import threading
import time

import numpy as np
import pytest

from eegzoo.data.tasks.read_ahead import in_chunks, read_ahead
from eegzoo.data.windows.lazy_windows import JoinedWindows, MappedWindows, SelectedWindows, Windows


def readers():
    return [t for t in threading.enumerate() if t.name.startswith("eegzoo-read-ahead")]


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_one_result_is_read_ahead_by_another_thread_in_order():
    read, drawn = [], []

    def items():
        for item in range(5):
            drawn.append((item, threading.current_thread()))
            yield item

    def square(item):
        read.append((item, threading.current_thread()))
        return item**2

    found = []
    for result in read_ahead(square, items()):
        found.append(result)
        expected = min(len(found) + 1, 5)
        wait_until(lambda expected=expected: len(read) == expected)
        time.sleep(0.005)  # in which nothing more is read
        assert len(read) == len(drawn) == expected
    assert found == [0, 1, 4, 9, 16]
    assert {thread for _, thread in drawn} == {threading.current_thread()}
    assert threading.current_thread() not in {thread for _, thread in read}
    wait_until(lambda: not readers())


def test_an_error_is_raised_in_place_of_its_result():
    results = read_ahead(lambda item: 1 // item, [1, 2, 0, 3])
    assert [next(results), next(results)] == [1, 0]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert next(results, "no more") == "no more"
    wait_until(lambda: not readers())


@pytest.mark.parametrize("interrupt", [True, False])
def test_nothing_more_is_read_once_it_is_closed(interrupt):
    read, goes_on = [], threading.Event()

    def slow(item):
        read.append(item)
        if item:
            goes_on.wait(30)

    results = read_ahead(slow, range(10))
    next(results)
    wait_until(lambda: len(read) == 2)
    # Neither waits for the read that has begun.
    if interrupt:
        with pytest.raises(KeyboardInterrupt):
            results.throw(KeyboardInterrupt)
    else:
        results.close()
    goes_on.set()
    wait_until(lambda: not readers())
    assert read == [0, 1]


class Slow(Windows):
    """Windows that are read by whatever thread asks for them."""

    reads_ahead = True

    def __init__(self, X):
        self.X, self.shape, self.threads = X, X.shape, set()

    def read(self, indices):
        self.threads.add(threading.current_thread())
        return self.X[indices]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda slow: slow,
        lambda slow: SelectedWindows(slow, np.arange(7)),
        lambda slow: JoinedWindows([slow, slow.X]),
        lambda slow: MappedWindows(slow, np.negative, slow.shape[1:]),
    ],
    ids=["alone", "selected", "joined", "mapped"],
)
def test_chunks_are_those_of_slices_and_read_ahead_where_windows_say_so(wrap):
    X = np.arange(60.0, dtype=np.float32).reshape(10, 2, 3)
    slow = Slow(X)
    windows = wrap(slow)
    chunks = list(in_chunks(windows, 4))
    assert [len(chunk) for chunk in chunks][:-1] == [4] * (len(chunks) - 1)
    assert threading.current_thread() not in slow.threads
    np.testing.assert_array_equal(np.concatenate(chunks), windows[:])


@pytest.mark.parametrize("windows", [np.zeros((0, 2, 3)), np.zeros((5, 2, 3))])
def test_arrays_are_cut_by_the_thread_that_asks(windows):
    assert isinstance(in_chunks(windows, 2), map)
    assert sum(map(len, in_chunks(windows, 2))) == len(windows)
