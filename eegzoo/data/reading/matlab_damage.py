"""Check of the structure of a MATLAB file, before SciPy reads it.

SciPy 1.17 can crash the whole process on a damaged file, where an error is expected.
"""

from __future__ import annotations

import math
import mmap
import operator
import struct
import zlib
from pathlib import Path

from scipy.io.matlab import matfile_version

Bytes = bytes | mmap.mmap

_VERSION_4, _VERSION_7_3 = 0, 2  # in SciPy's numbering; 1 is MATLAB 5
# Bytes per number of each type; the last three types are characters.
_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}
_MATRIX, _COMPRESSED = 14, 15
# Types of an array's flags, shape and name. For shape and name some writers differ from MATLAB.
_FLAGS, _SHAPE, _NAME = frozenset({6}), frozenset({5, 6}), frozenset({1, 16})
_CELL, _STRUCT, _OBJECT, _TEXT, _SPARSE, _FUNCTION = 1, 2, 3, 4, 5, 16  # classes of arrays
_IS_COMPLEX = 0x800


def check_matlab(path: Path) -> bool:
    """Raise ValueError if an element of a MATLAB 5 file has an unknown type or exceeds its parent.

    Returns
    -------
    bool
        Whether the file is a MATLAB 5 file. False: it is a MATLAB 7.3 file, which is HDF5.
    """
    major, _ = matfile_version(path, appendmat=False)
    if major == _VERSION_4:
        raise ValueError("expected a file of MATLAB 5 or later, got a file of MATLAB 4")
    if major == _VERSION_7_3:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        _check_variables(content, 128, "<" if content[126:128] == b"IM" else ">")
    return True


def _check_variables(content: Bytes, start: int, order: str) -> None:
    """Check the variables of a file, or of a decompressed element."""
    for kind, first, end in _elements(content, start, len(content), order):
        if kind == _COMPRESSED:
            _check_variables(zlib.decompress(content[first:end]), 0, order)
        elif kind == _MATRIX:
            _check_matrix(content, first, end, order)
        else:
            raise ValueError(f"expected a variable at byte {first}, got type {kind}")


def _elements(content: Bytes, start: int, end: int, order: str) -> list[tuple[int, int, int]]:
    """Return the type, first byte and end of each element between two offsets."""
    found = []
    while start < end:
        if start + 8 > end:
            raise ValueError(f"expected an element at byte {start}, got {end - start} bytes")
        kind, n_bytes = struct.unpack_from(order + "II", content, start)
        short = kind >> 16  # up to four bytes are stored in the element's header
        first = start + (4 if short else 8)
        kind, n_bytes = (kind & 0xFFFF, short) if short else (kind, n_bytes)
        if short > 4 or first + n_bytes > end:
            raise ValueError(
                f"expected an element of type {kind} and {n_bytes} bytes at byte {start}, "
                f"got at most {end - first}"
            )
        found.append((kind, first, first + n_bytes))
        padding = 0 if kind == _COMPRESSED else -n_bytes % 8
        start = start + 8 if short else min(first + n_bytes + padding, end)
    return found


def _check_matrix(content: Bytes, start: int, end: int, order: str) -> None:
    """Check the flags, shape and name of an array, and the size of its contents."""
    parts = _elements(content, start, end, order)
    kinds = [kind for kind, _, _ in parts]
    if not parts or kinds == [6, 1, 1, 1, _MATRIX]:
        return  # an empty array, or a MATLAB object, which SciPy does not decode
    if not _have_types(kinds[:3], _FLAGS, _SHAPE, _NAME):
        raise ValueError(f"expected flags, shape and name at byte {start}, got types {kinds[:3]}")
    flags = _integers(content, parts[0], order)
    shape = _integers(content, parts[1], order)
    if len(flags) != 2 or len(shape) < 2 or min(shape) < 0:
        raise ValueError(f"expected an array's flags and shape at byte {start}, got {shape}")
    array_class = flags[0] & 0xFF
    inner = parts[3:]
    if array_class not in (_CELL, _STRUCT, _OBJECT, _FUNCTION):
        n_expected = (3 if array_class == _SPARSE else 1) + bool(flags[0] & _IS_COMPLEX)
        if not _TEXT <= array_class < _FUNCTION or not set(_BYTES).issuperset(kinds[3:]):
            raise ValueError(f"expected numbers at byte {start}, got types {kinds[3:]}")
        if len(inner) != n_expected:
            raise ValueError(f"expected {n_expected} blocks of numbers, got {len(inner)}")
        for kind, first, last in inner if array_class > _SPARSE else []:
            if last - first != _BYTES[kind] * math.prod(shape):
                raise ValueError(
                    f"expected {shape} numbers of type {kind}, got {last - first} bytes"
                )
        return
    n_expected = 1 if array_class == _FUNCTION else math.prod(shape)
    if array_class in (_STRUCT, _OBJECT):
        inner = inner[array_class == _OBJECT :]  # an object starts with the name of its class
        if not _have_types([kind for kind, _, _ in inner[:2]], _SHAPE, _NAME):
            raise ValueError(f"expected names of fields at byte {start}, got types {kinds[3:]}")
        width = max(_integers(content, inner[0], order), default=0)
        n_expected *= (inner[1][2] - inner[1][1]) // width if width > 0 else 0
        inner = inner[2:]
    if len(inner) != n_expected or any(kind != _MATRIX for kind, _, _ in inner):
        raise ValueError(f"expected {n_expected} arrays at byte {start}, got {len(inner)}")
    for _, first, last in inner:
        _check_matrix(content, first, last, order)


def _have_types(kinds: list[int], *allowed: frozenset[int]) -> bool:
    return len(kinds) == len(allowed) and all(map(operator.contains, allowed, kinds))


def _integers(content: Bytes, part: tuple[int, int, int], order: str) -> tuple[int, ...]:
    _, first, end = part
    return struct.unpack_from(f"{order}{(end - first) // 4}i", content, first)
