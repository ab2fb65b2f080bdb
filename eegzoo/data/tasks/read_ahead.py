"""What is read in order, by a thread, while what came before is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def read_ahead(read: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """Yield what a function returns for each item, in their order.

    While a result is used, a thread computes the next, and only that one: two results are in
    memory. Items are drawn by the thread that draws the results. When the iterator is closed, as by
    Ctrl-C, no further item is read; a read that has begun is not waited for.

    Parameters
    ----------
    read : callable
        Function of an item, such as one that reads a file.
    items : iterable
        Items.

    Yields
    ------
    object
        Results. An error of the function is raised in place of its result.

    Examples
    --------
    >>> list(read_ahead(abs, [-2, 1]))
    [2, 1]
    """
    left = iter(items)
    reader = ThreadPoolExecutor(1, "eegzoo-read-ahead")

    def next_result() -> Future[_Result] | None:
        for item in left:
            return reader.submit(read, item)
        return None

    try:
        ahead = next_result()
        while ahead is not None:
            result = ahead.result()
            ahead = next_result()
            yield result
    finally:
        reader.shutdown(wait=False, cancel_futures=True)


def in_chunks(windows: Any, length: int) -> Iterator[Any]:
    """Yield consecutive windows, so many at a time.

    Parameters
    ----------
    windows : array or Windows, shape (n_windows, ...)
        Windows. Those whose `reads_ahead` is True are read ahead.
    length : int
        Number of windows in a chunk; the last may have fewer.

    Examples
    --------
    >>> [chunk.tolist() for chunk in in_chunks(np.arange(5), 2)]
    [[0, 1], [2, 3], [4]]
    """

    def read(start: int) -> Any:
        return windows[start : start + length]

    starts = range(0, len(windows), length)
    if getattr(windows, "reads_ahead", False):
        return read_ahead(read, starts)
    return map(read, starts)
