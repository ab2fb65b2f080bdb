"""Shards: files with the windows of one recording."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.preprocessing import Preprocessing
from eegzoo.data.reading.recording import Recording
from eegzoo.data.signal.signal_info import SignalInfo
from eegzoo.data.store.checked_json import (
    VERSION,
    read_sealed,
    sha256,
    write_sealed,
    write_synced,
)
from eegzoo.data.store.fingerprint import fingerprint
from eegzoo.data.windows.epochs_dataset import EpochsDataset

HEADER_BYTES = 128
_OPEN_FILES = 64  # kept open per process; macOS allows 256


@dataclasses.dataclass(frozen=True)
class Shard:
    """Description of the file of windows ``<key>.npy``, stored in ``<key>.json``.

    Parameters
    ----------
    key : str
        Hash of everything that determines the windows, as `shard_key` returns it.
    sha256 : str
        Hash of the file of windows.
    info : SignalInfo
        Signal of the windows.
    classes, y
        As in `EpochsDataset`.
    metadata : mapping of str to str | list
        As in `EpochsDataset`. A string holds for every window.
    remarks : sequence of str
        Messages of the warnings issued while the windows were computed.
    """

    key: str
    sha256: str
    info: SignalInfo
    classes: list[str]
    y: list[int]
    metadata: Mapping[str, Any]
    remarks: list[str]

    def __len__(self) -> int:
        return len(self.y)

    @property
    def recording(self) -> str:
        """Name of the recording."""
        return str(self.metadata["recording"])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (n_windows, n_chans, n_times) of the windows."""
        return len(self.y), len(self.info.ch_names), self.info.n_times

    @property
    def file(self) -> str:
        """Name of the file of windows."""
        return f"{self.key}.npy"

    @property
    def labels(self) -> list[str]:
        """Label of each window."""
        return [self.classes[place] for place in self.y]

    @property
    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Metadata with one value per window."""
        return {
            name: np.full(len(self), known) if isinstance(known, str) else np.asarray(known)
            for name, known in self.metadata.items()
        }

    def check_file(self, folder: Path) -> None:
        """Raise an error unless the file of windows has the expected size and header.

        Raises
        ------
        ValueError
            If the file is missing or damaged; the message names it.
        """
        path = folder / self.file
        try:
            with path.open("rb") as file:
                header, size = file.read(HEADER_BYTES), os.fstat(file.fileno()).st_size
        except FileNotFoundError as error:
            raise ValueError(f"{path} is missing: the window store is damaged") from error
        expected = HEADER_BYTES + 4 * int(np.prod(self.shape))
        if size != expected:
            raise ValueError(f"{path} is damaged: expected {expected} bytes, got {size}")
        if header != npy_header(self.shape):
            raise ValueError(
                f"{path} is damaged: expected a header of float32 and shape {self.shape}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {**dataclasses.asdict(self), "info": self.info.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a shard from the result of `to_dict`."""
        return cls(**{**values, "info": SignalInfo.from_dict(values["info"])})


def write_shard(
    folder: Path,
    recording: Recording,
    preprocessing: Preprocessing,
    event_id: Mapping[str, str | int] | None,
    check_signal: str,
) -> Shard:
    """Write the windows of a recording, unless the store has them already.

    Parameters
    ----------
    folder : Path
        Folder of the store.
    recording, preprocessing, event_id, check_signal
        As in `EpochsDataset.from_recordings`.

    Raises
    ------
    ValueError, OSError, RuntimeError
        If the windows cannot be computed or written; the message names the recording.
    """
    with errors_named(f"recording {recording.metadata['recording']!r}"):
        key = shard_key(recording, preprocessing, event_id, check_signal)
        with contextlib.suppress(FileNotFoundError, ValueError):  # new or damaged
            shard = Shard.from_dict(read_sealed(folder / f"{key}.json"))
            shard.check_file(folder)
            return shard
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", DeprecationWarning)  # Python's default
            cut = preprocessing.at_events(recording.raw, event_id)
            name = recording.metadata["recording"]
            known: dict[str, Any] = {**recording.metadata, **cut.metadata(name)}
            types = preprocessing.types
            dataset = EpochsDataset.from_epochs(cut.epochs, check_signal, types=types, **known)
            dataset.info = dataset.info.filtered(preprocessing.processing.is_causal)
        windows = np.ascontiguousarray(dataset.X[:], "<f4")
        shard = Shard(
            key,
            _write_windows(folder / f"{key}.npy", windows),
            dataset.info,
            list(dataset.classes),
            dataset.y.tolist(),
            {**{k: v.tolist() for k, v in dataset.metadata.items()}, **recording.metadata},
            [str(warning.message) for warning in caught],
        )
        # Written last, so that every description has its windows.
        write_sealed(folder / f"{key}.json", shard.to_dict())
        return shard


def shard_key(
    recording: Recording,
    preprocessing: Preprocessing,
    event_id: Mapping[str, str | int] | None,
    check_signal: str,
) -> str:
    """Return a hash of everything that determines the windows of a recording.

    Examples
    --------
    >>> from eegzoo.data import Epoch, Preprocessing, Recording
    >>> recording = Recording(eegzoo.data.simulate_motor_imagery(2, random_state=0), "S1")
    >>> one, other = Preprocessing([Epoch(0, 3)]), Preprocessing([Epoch(0, 4)])
    >>> shard_key(recording, one, None, "raise") == shard_key(recording, other, None, "raise")
    False
    """
    return sha256(
        {
            "version": VERSION,
            "recording": fingerprint(recording.raw),
            "metadata": recording.metadata,
            "preprocessing": preprocessing.to_dict(),
            "event_id": event_id and {str(name): str(code) for name, code in event_id.items()},
            "check_signal": check_signal,
        }
    )


def npy_header(shape: tuple[int, int, int]) -> bytes:
    """Return the header of a file in NumPy's format 1.0, padded to a fixed length.

    Examples
    --------
    >>> header = npy_header((2, 3, 4))
    >>> len(header), header[10:66].decode()
    (128, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3,")
    """
    begin = b"\x93NUMPY\x01\x00"
    length = HEADER_BYTES - len(begin) - 2
    described = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    return begin + length.to_bytes(2, "little") + f"{described:{length - 1}}\n".encode()


def read_into(path: str, windows: npt.NDArray[np.float32], first: int) -> None:
    """Fill `windows`, which must be contiguous, from a file, starting at its window `first`.

    Raises
    ------
    ValueError
        If the file is too short or missing.
    """
    memory = windows.data.cast("B")
    offset = HEADER_BYTES + first * windows[0].nbytes
    try:
        file = _opened(path)
    except FileNotFoundError as error:
        raise ValueError(f"{path} is gone: has the store been rewritten meanwhile?") from error
    while memory:
        n_bytes = os.preadv(file.descriptor, [memory], offset)  # reads 2 GiB at most
        if n_bytes == 0:
            raise ValueError(f"{path} is damaged: it ends at byte {offset}")
        memory, offset = memory[n_bytes:], offset + n_bytes


class _OpenFile:
    """File descriptor that is closed when its last reference disappears."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


# Opening a file takes longer than reading from it. Reads pass their position, so threads and forked
# processes can share a descriptor. One that leaves the cache during a read is closed afterwards.
_opened = functools.lru_cache(maxsize=_OPEN_FILES)(_OpenFile)


def _write_windows(path: Path, windows: npt.NDArray[Any]) -> str:
    """Write a file of windows and return its hash."""
    header = npy_header(windows.shape)
    with errors_named(f"cannot write {path}"):
        write_synced(path, header, windows.data)
    digest = hashlib.sha256(header)
    digest.update(windows.data)
    return digest.hexdigest()


@contextlib.contextmanager
def errors_named(name: str) -> Iterator[None]:
    """Prefix the message of any error with a name.

    Raises
    ------
    ValueError, OSError, RuntimeError
        The error with its new message; a RuntimeError in place of any other type.
    """
    try:
        yield
    except OSError as error:
        number = () if error.errno is None else (error.errno,)
        raise OSError(*number, f"{name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    except Exception as error:
        raise RuntimeError(f"{name}: {type(error).__name__}: {error}") from error
