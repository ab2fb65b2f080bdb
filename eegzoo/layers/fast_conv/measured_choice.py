"""Choice of the fastest of several algorithms, measured once per process.

Which algorithm is the fastest depends on the processor's instructions, its caches and the libraries
that torch was built with, and cannot be told from a number of operations.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from eegzoo.arguments import one_of

SETTING = "EEGZOO_CONVOLUTION"
ALGORITHMS = ("direct", "channels last", "frames")
_MARGIN = 0.9
"""An algorithm replaces the first one where it takes at most this part of its time, so that noise
does not decide between two that are equally fast."""

_ROUNDS = 3
# Time of the calling thread, which other programs do not lengthen, where its clock is fine enough.
_CLOCK = (
    time.thread_time if time.get_clock_info("thread_time").resolution < 1e-5 else time.perf_counter
)
_chosen: dict[str, str] = {}
_lock = threading.RLock()
_forced: str | None = None


def fastest(costs: Mapping[str, float]) -> str:
    """Return the name of the lowest cost; the first one unless another is clearly lower.

    Examples
    --------
    >>> fastest({"direct": 1.0, "frames": 0.95}), fastest({"direct": 1.0, "frames": 0.5})
    ('direct', 'frames')
    """
    first = next(iter(costs))
    best = min(costs, key=costs.__getitem__)
    return best if costs[best] <= _MARGIN * costs[first] else first


def choose(key: str, names: Sequence[str], measure: Callable[[str], Callable[[], object]]) -> str:
    """Return the name of the fastest algorithm for one class of sizes.

    The first call for a key measures; later calls return the same name, so that results do not
    change within a process. `fixed_algorithm`, else the environment variable
    ``EEGZOO_CONVOLUTION``, takes the place of the measurement.

    Parameters
    ----------
    key : str
        Class of sizes.
    names : sequence of str
        Names of the algorithms, the usual one first.
    measure : callable
        Function that takes a name and returns a function that runs the algorithm once.

    Raises
    ------
    ValueError
        If the environment variable names no algorithm.
    """
    forced = _forced
    if forced is None and os.environ.get(SETTING):
        forced = one_of(f"the environment variable {SETTING}", os.environ[SETTING], ALGORITHMS)
    if forced is not None:
        return forced if forced in names else names[0]
    if _chosen.get(key) not in names:
        with _lock:
            if _chosen.get(key) not in names:  # another thread may have measured meanwhile
                _chosen[key] = fastest(_costs({name: measure(name) for name in names}))
    return _chosen[key]


def _costs(steps: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the shortest time of each step in seconds; they take turns."""
    times = dict.fromkeys(steps, float("inf"))
    for round_ in range(-1, _ROUNDS):
        for name, step in steps.items():
            start = _CLOCK()
            step()
            if round_ >= 0:  # the first one warms up
                times[name] = min(times[name], _CLOCK() - start)
    return times


@contextmanager
def fixed_algorithm(name: str | None) -> Iterator[None]:
    """Use one algorithm for all convolutions that have it, in all threads, without measuring.

    Parameters
    ----------
    name : {"direct", "channels last", "frames"} | None
        Algorithm. Where it is not one of those that fit, "direct". None: that of the environment
        variable ``EEGZOO_CONVOLUTION``, or the fastest.

    Raises
    ------
    ValueError
        If `name` is not an algorithm.

    Examples
    --------
    >>> with fixed_algorithm("direct"):
    ...     y = eegzoo.layers.dense_conv1d(torch.randn(8, 22, 1000), torch.randn(40, 22, 25))
    """
    global _forced
    if name is not None:
        one_of("name", name, ALGORITHMS)
    before, _forced = _forced, name
    try:
        yield
    finally:
        _forced = before


def chosen_algorithms() -> dict[str, str]:
    """Return the algorithms that this process has chosen so far, by their class of sizes."""
    return dict(_chosen)


def use_algorithms(chosen: Mapping[str, str]) -> None:
    """Use what another process has chosen, as a training that continues its work must.

    Parameters
    ----------
    chosen : mapping of str to str
        What `chosen_algorithms` returned. It replaces choices of this process.
    """
    with _lock:
        _chosen.update(chosen)
