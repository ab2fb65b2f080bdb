"""Output of processes that train together: only the main process prints."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from eegzoo.training.parallel.processes import ProcessInfo

# Seconds that an error waits, so that the main process can report the same error first.
_SECONDS_FOR_MAIN = 2.0


@contextmanager
def quiet_unless_main(process: ProcessInfo) -> Iterator[None]:
    """Suppress the output of all processes except the main one.

    An error in another process is delayed. If it also occurs in the main process, the launcher ends
    all processes in the meantime, and the error is shown once.

    Parameters
    ----------
    process : ProcessInfo
        This process.

    Examples
    --------
    >>> for rank in range(2):
    ...     with quiet_unless_main(ProcessInfo(rank, 2)):
    ...         print("once")
    once
    """
    if process.is_main:
        yield
        return
    try:
        with (
            open(os.devnull, "w", encoding="utf-8") as nowhere,
            redirect_stdout(nowhere),
            redirect_stderr(nowhere),
        ):
            yield
    except Exception:
        time.sleep(_SECONDS_FOR_MAIN)
        raise
