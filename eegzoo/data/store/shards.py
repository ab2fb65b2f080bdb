"""Windows of one recording in a file, named by what they were made of."""

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
from eegzoo.data.store.checked_json import VERSION, read_sealed, sha256, write_sealed
from eegzoo.data.store.fingerprint import fingerprint
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.files import written_whole

HEADER_BYTES = 128
_OPEN_FILES = 64  # of one process, at most; macOS lets it have 256


@dataclasses.dataclass(frozen=True)
class Shard:
    """What is known of a file of windows: ``<key>.npy``, described by ``<key>.json``.

    Parameters
    ----------
    key : str
        Hash of all that the windows were made of.
    sha256 : str
        Hash of the file.
    info : SignalInfo
        Of the windows.
    classes, y
        As in `EpochsDataset`.
    metadata : mapping of str to str | list
        As in `EpochsDataset`; a string is that of every window.
    remarks : sequence of str
        Warnings that came with the windows.
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
        """(n_windows, n_chans, n_times)."""
        return len(self.y), len(self.info.ch_names), self.info.n_times

    @property
    def file(self) -> str:
        """Name of the file of windows."""
        return f"{self.key}.npy"

    @property
    def labels(self) -> list[str]:
        """Name of each window's label."""
        return [self.classes[place] for place in self.y]

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return metadata, window by window."""
        known = self.metadata[name]
        return np.full(len(self), known) if isinstance(known, str) else np.asarray(known)

    def check_file(self, folder: Path) -> None:
        """Raise unless the file has the size and the header of these windows.

        Raises
        ------
        ValueError
            Naming the file.
        """
        path = folder / self.file
        try:
            with path.open("rb") as file:
                header, size = file.read(HEADER_BYTES), os.fstat(file.fileno()).st_size
        except FileNotFoundError as error:
            raise ValueError(f"{path} is missing: its window store is damaged") from error
        expected = HEADER_BYTES + 4 * int(np.prod(self.shape))
        if size != expected:
            raise ValueError(f"{path} is damaged: expected {expected} bytes, got {size}")
        if header != npy_header(self.shape):
            raise ValueError(f"{path} is damaged: its header is not that of {self.shape} float32")

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {**dataclasses.asdict(self), "info": self.info.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_dict` made."""
        return cls(**{**values, "info": SignalInfo.from_dict(values["info"])})


def write_shard(
    folder: Path,
    recording: Recording,
    preprocessing: Preprocessing,
    event_id: Mapping[str, str | int] | None,
    check_signal: str,
) -> Shard:
    """Write the windows of a recording, unless they are there already.

    Parameters
    ----------
    folder : Path
        Of the store.
    recording, preprocessing, event_id, check_signal
        As in `EpochsDataset.from_recordings`.

    Raises
    ------
    ValueError, OSError, RuntimeError
        What went wrong, with the recording's name before it.
    """
    with _errors_of(f"recording {recording.metadata['recording']!r}"):
        key = shard_key(recording, preprocessing, event_id, check_signal)
        with contextlib.suppress(FileNotFoundError, ValueError):  # it is not whole: write it anew
            shard = Shard.from_dict(read_sealed(folder / f"{key}.json"))
            shard.check_file(folder)
            return shard
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", DeprecationWarning)  # as Python has it
            epochs = preprocessing.epochs(recording.raw, event_id)
            dataset = EpochsDataset.from_epochs(epochs, check_signal, **recording.metadata)
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
        # The description comes last: where it is, the windows are.
        write_sealed(folder / f"{key}.json", shard.to_dict())
        return shard


def shard_key(
    recording: Recording,
    preprocessing: Preprocessing,
    event_id: Mapping[str, str | int] | None,
    check_signal: str,
) -> str:
    """Return a hash of all that windows are made of. Whatever changes, changes it.

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
    """Return the first bytes of a file in NumPy's format 1.0, of a length that is always the same.

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
    """Fill contiguous windows from a file, beginning with its window `first`.

    Raises
    ------
    ValueError
        If the file is shorter, or gone.
    """
    memory = windows.data.cast("B")
    offset = HEADER_BYTES + first * windows[0].nbytes
    try:
        file = _opened(path)
    except FileNotFoundError as error:
        raise ValueError(f"{path} is gone: was its store written anew meanwhile?") from error
    while memory:
        n_bytes = os.preadv(file.descriptor, [memory], offset)  # at most 2 GiB at once
        if n_bytes == 0:
            raise ValueError(f"{path} is damaged: it ends at byte {offset}")
        memory, offset = memory[n_bytes:], offset + n_bytes


class _OpenFile:
    """A descriptor that is closed when nobody holds it any more."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


# Opening takes longer than reading. Reads name their position, so that threads and forked processes
# can share a descriptor; those that leave the cache in the middle of a read are closed after it.
_opened = functools.lru_cache(maxsize=_OPEN_FILES)(_OpenFile)


def _write_windows(path: Path, windows: npt.NDArray[Any]) -> str:
    """Write a file of windows; return its hash."""
    header = npy_header(windows.shape)
    with (
        _errors_of(f"cannot write {path}"),
        written_whole(path) as draft,
        draft.open("wb") as file,
    ):
        file.write(header)
        file.write(windows.data)
        file.flush()
        os.fsync(file.fileno())  # what a rename promises must be on the disk before it
    digest = hashlib.sha256(header)
    digest.update(windows.data)
    return digest.hexdigest()


@contextlib.contextmanager
def _errors_of(name: str) -> Iterator[None]:
    """Put a name before the message of whatever goes wrong."""
    try:
        yield
    except OSError as error:
        number = () if error.errno is None else (error.errno,)
        raise OSError(*number, f"{name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    except Exception as error:
        raise RuntimeError(f"{name}: {type(error).__name__}: {error}") from error
