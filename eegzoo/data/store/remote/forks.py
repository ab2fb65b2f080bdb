"""Reading in a forked process, where obstore cannot read by itself.

The threads that obstore reads with exist only in the process that started them. In a fork of that
process its requests would wait forever (obstore 0.12.1). There, another process makes the requests.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from typing import Any, BinaryIO

from eegzoo.data.store.remote.bucket import Bucket
from eegzoo.data.store.remote.fork_state import is_forked


def reading(bucket: Bucket) -> Bucket | ForkedBucket:
    """Return an object that can read a bucket in this process."""
    return ForkedBucket(bucket) if is_forked() else bucket


class ForkedBucket:
    """Objects below a URL, read by a process that is started for it.

    Parameters
    ----------
    bucket : Bucket
        Objects.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def read(self, name: str) -> bytes:
        """Return a whole object, as `Bucket.read`."""
        return bytes(_reader().ask(self._bucket, "read", name))

    def read_range(self, name: str, start: int, n_bytes: int) -> Any:
        """Return a buffer with bytes of an object, as `Bucket.read_range`."""
        return _reader().ask(self._bucket, "read_range", name, start, n_bytes)


class _Reader:
    """Process that reads for this one, until this one ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Credentials go through the pipe: arguments of a process can be seen by others.
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def ask(self, bucket: Bucket, method: str, *arguments: Any) -> Any:
        """Return what a method of a bucket returns there.

        Raises
        ------
        OSError
            If the process has ended, or the method raises it.
        """
        process = self._process
        with self._lock:
            try:
                if process.stdin is None or process.stdout is None:
                    raise EOFError("the process has no pipes")
                pickle.dump((bucket, method, arguments), process.stdin)
                process.stdin.flush()
                answer = pickle.load(process.stdout)  # from a process of our own
            except (OSError, EOFError, ValueError) as error:  # ValueError: the pipes are closed
                self.close()
                raise OSError(
                    f"the process that reads {bucket.url} has ended (status {process.returncode})"
                ) from error
            except BaseException:  # such as Ctrl-C: the next question would get this answer
                self.close()
                raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.returncode is not None

    def close(self) -> None:
        """End the process."""
        if not self.has_ended:
            self._process.kill()
            self._process.communicate()


def _reader() -> _Reader:
    """Return the process that reads for this one, and start it if there is none."""
    global _started_reader
    with _lock:
        if _started_reader is None or _started_reader.has_ended:
            _started_reader = _Reader()
        return _started_reader


def _after_fork() -> None:
    global _lock, _started_reader
    _lock, _started_reader = threading.Lock(), None  # the parent's pipes are its own


_started_reader: _Reader | None = None
_lock = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until they end."""
    buckets: dict[bytes, Bucket] = {}
    while True:
        try:
            bucket, method, arguments = pickle.load(requests)  # from the process that started this
        except EOFError:
            return
        try:
            bucket = buckets.setdefault(pickle.dumps(bucket), bucket)  # keeps its connections
            answer: bytes | Exception = bytes(getattr(bucket, method)(*arguments))
        except Exception as error:
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
