"""What comes of a task that another process computes."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_ALONE = threading.Lock()


class LostTaskError(RuntimeError):
    """Error of a task whose process ended, for example for want of memory."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a task returned or raised.

    Parameters
    ----------
    place : int
        Number of the task, from 0.
    value : object
        What it returned.
    error : Exception | None
        What it raised; `LostTaskError` if its process ended, also when it was tried alone.

    Examples
    --------
    >>> Outcome(0, "done").result()
    'done'
    """

    place: int
    value: Any = None
    error: Exception | None = None

    def result(self) -> Any:
        """Return the value.

        Raises
        ------
        Exception
            The error, if there is one.
        """
        if self.error is not None:
            raise self.error
        return self.value


def outcome_of(function: Callable[[Any], Any], place: int, task: Any) -> Outcome:
    """Call a function in this process, in which no other task runs at the same time.

    Warnings, logging and MNE belong to a process as a whole, so that tasks in several threads of
    one process would get each other's messages.

    Examples
    --------
    >>> outcome_of(len, 3, "four")
    Outcome(place=3, value=4, error=None)
    """
    with _ALONE:
        try:
            return Outcome(place, function(task))
        except Exception as error:
            return Outcome(place, error=error)


def lost(place: int, error: BaseException) -> Outcome:
    """Return the outcome of a task whose process ended."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return Outcome(place, error=LostTaskError(f"the process that computed it ended: {reason}"))


def results_in_order(outcomes: Iterable[Outcome]) -> Iterator[Any]:
    """Yield what tasks returned, in the order of the tasks, each as soon as those before are there.

    Raises
    ------
    Exception
        The error of a task, as soon as it is there.

    Examples
    --------
    >>> list(results_in_order([Outcome(1, "b"), Outcome(0, "a")]))
    ['a', 'b']
    """
    waiting: dict[int, Any] = {}
    wanted = 0
    for outcome in outcomes:
        waiting[outcome.place] = outcome.result()
        while wanted in waiting:
            yield waiting.pop(wanted)
            wanted += 1
