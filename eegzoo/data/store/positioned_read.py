"""Reading all of a stretch of a file, at a position of the caller's."""

from __future__ import annotations

import os


def fill_from(descriptor: int, memory: memoryview, offset: int) -> int:
    """Fill `memory` from a file, starting at its byte `offset`.

    Threads and processes that share a descriptor do not disturb each other.

    Returns
    -------
    int
        Byte after the last that was read; before ``offset + len(memory)`` if the file ends there.

    Examples
    --------
    >>> memory = memoryview(bytearray(4))
    >>> with tempfile.TemporaryFile(buffering=0) as file:
    ...     _ = file.write(b"012345")
    ...     fill_from(file.fileno(), memory, 1), fill_from(file.fileno(), memory, 4)
    (5, 6)
    >>> bytes(memory)
    b'4534'
    """
    while memory:
        n_bytes = os.preadv(descriptor, [memory], offset)  # 2 GiB at most
        if n_bytes == 0:
            break
        memory, offset = memory[n_bytes:], offset + n_bytes
    return offset
