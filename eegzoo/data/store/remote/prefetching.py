"""Downloads at the same time, and in the background."""

from __future__ import annotations

import collections
import contextlib
import functools
import os
import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

N_THREADS = 8
_Item = TypeVar("_Item")


def in_threads(work: Callable[[_Item], None], items: Sequence[_Item]) -> None:
    """Call a function of each item, several at the same time.

    Raises
    ------
    Exception
        The first error that the function raises, after all calls have ended.

    Examples
    --------
    >>> done = set()
    >>> in_threads(done.add, [1, 2, 3])
    >>> done
    {1, 2, 3}
    """
    if len(items) == 1:
        work(items[0])
        return
    results = [_threads().submit(work, item) for item in items]
    wait(results)  # all of them, so that nothing goes on after an error
    for result in results:
        result.result()


class Prefetcher:
    """Threads that call a function of items.

    It can be pickled, and used in forked processes, which start threads of their own. Items that
    wait in the background do not keep a process from ending.

    Parameters
    ----------
    work : callable
        Function of an item.
    """

    def __init__(self, work: Callable[[Any], None]) -> None:
        self._work = work
        self._forget()

    def add(self, items: Iterable[Hashable]) -> None:
        """Call the function of each item in the background, in this order, ignoring errors.

        Whoever needs an item later calls the function again, and sees the error.
        """
        if self._process != os.getpid():
            self._forget()
        with self._lock:
            new = [item for item in items if item not in self._known]
            self._known.update(new)
            self._waiting.extend(new)
            for _ in range(min(len(new), N_THREADS - self._n_busy)):
                self._start()

    def has(self, item: Hashable) -> bool:
        """Return whether the function has to be called of an item still, or is being called."""
        return self._process == os.getpid() and item in self._known

    def _start(self) -> None:
        if self._waiting:
            with contextlib.suppress(RuntimeError):  # the interpreter is ending
                _threads().submit(self._run, self._waiting.popleft())
                self._n_busy += 1

    def _run(self, item: Hashable) -> None:
        with contextlib.suppress(Exception):
            self._work(item)
        with self._lock:
            self._known.discard(item)
            self._n_busy -= 1
            self._start()

    def _forget(self) -> None:
        self._process, self._lock = os.getpid(), threading.Lock()
        self._waiting: collections.deque[Hashable] = collections.deque()
        self._known: set[Hashable] = set()
        self._n_busy = 0

    def __getstate__(self) -> dict[str, Any]:
        return {"_work": self._work}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._work = state["_work"]
        self._forget()


def _threads() -> ThreadPoolExecutor:
    return _threads_of(os.getpid())


@functools.lru_cache(maxsize=1)
def _threads_of(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(N_THREADS, thread_name_prefix="eegzoo-store")
