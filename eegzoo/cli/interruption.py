"""Ctrl-C (SIGINT) and SIGTERM: a command ends with one line and the usual exit status."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STATUSES = {128 + number for number in _SIGNALS}
_LINE = "eegzoo: interrupted\n"
# Name that `relaunch` gives to the processes of a command with --devices.
_LAUNCHED_BY_EEGZOO = "eegzoo"
# Seconds that a command has after a signal to remove its temporary files.
_SECONDS = 1.5


@contextmanager
def interruptible() -> Iterator[None]:
    """End the block with SystemExit on Ctrl-C or SIGTERM, and print one line.

    The status is 128 plus the number of the signal. SystemExit passes through skorch's training
    loop, which interprets KeyboardInterrupt as early stopping. If the block has not ended after 1.5
    seconds, for example because torch is computing, the process ends without cleaning up.
    """
    received: list[int] = []

    def end(number: int, _: Any) -> None:
        received.append(number)
        if len(received) == 1:
            raise SystemExit(128 + number)

    status: Any = None
    with _handled_by(end), _ended_in_time():
        try:
            yield
        except SystemExit as stop:
            status = stop.code
            if not received and status not in _STATUSES:
                raise
        except BaseException:
            if not received:
                raise  # otherwise a consequence of the signal, such as a lost connection
    if received or status in _STATUSES:
        code: int = 128 + received[0] if received else status
        if _is_child():  # the launching process prints the line, and waits for this one to end
            sys.stdout.flush()
            os._exit(code)
        if _is_main_thread():  # another signal then ends the rest without a traceback
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
        if os.environ.get("RANK", "0") == "0":
            sys.stderr.write(_LINE)
        raise SystemExit(code)


@contextmanager
def _handled_by(handler: Any) -> Iterator[None]:
    """Install a handler for the signals, except for ignored ones (nohup ignores some)."""
    if not _is_main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, known in before.items():
        if known is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)


@contextmanager
def _ended_in_time() -> Iterator[None]:
    """End the process if the block has not ended 1.5 seconds after a signal.

    Python calls handlers only between its own instructions, but a thread runs meanwhile.
    """
    if not _is_main_thread():
        yield
        return
    ended = threading.Event()
    reader, writer = socket.socketpair()
    writer.setblocking(False)

    def watch() -> None:
        with reader:
            for (number,) in iter(lambda: reader.recv(1), b""):
                if number in _SIGNALS and not ended.wait(_SECONDS):
                    if not _is_child():
                        os.write(2, _LINE.encode())
                    os._exit(128 + number)

    before = signal.set_wakeup_fd(writer.fileno())
    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        writer.close()  # which ends the thread


def _is_main_thread() -> bool:
    """Return whether this is the only thread in which Python handles signals."""
    return threading.current_thread() is threading.main_thread()


def _is_child() -> bool:
    """Return whether another process of eegzoo launched this one."""
    return os.environ.get("TORCHELASTIC_RUN_ID") == _LAUNCHED_BY_EEGZOO
