"""Ctrl-C, told apart from a callback that stops the training by raising KeyboardInterrupt."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def noticed_interrupts() -> Iterator[list[int]]:
    """Record SIGINT while a block runs; the signal has its usual effect.

    Yields
    ------
    list of int
        Signals received so far.
    """
    received: list[int] = []
    usual = signal.getsignal(signal.SIGINT)
    # Only the main thread gets signals. Ignored and native handlers stay as they are.
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield received
        return

    def notice(number: int, frame: Any) -> None:
        received.append(number)
        usual(number, frame)

    signal.signal(signal.SIGINT, notice)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, usual)
