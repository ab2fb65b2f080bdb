"""Shards: files with the windows of one recording."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
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
_DIGEST = re.compile("[0-9a-f]{64}")
PIECE_BYTES = 2**20  # small against what is read at once, so that little is read in vain


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
    pieces : sequence of str
        Hash of each MiB (`PIECE_BYTES`) of the file of windows, so that a part of the file can be
        checked without the rest. Empty in stores written before there were pieces.
    """

    key: str
    sha256: str
    info: SignalInfo
    classes: list[str]
    y: list[int]
    metadata: Mapping[str, Any]
    remarks: list[str]
    pieces: Sequence[str] = ()

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

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return one of the metadata, with a value for each window."""
        known = self.metadata[name]
        return np.full(len(self), known) if isinstance(known, str) else np.asarray(known)

    @property
    def n_bytes(self) -> int:
        """Size of the file of windows."""
        return HEADER_BYTES + 4 * math.prod(self.shape)

    def check_size(self, path: object, n_bytes: int) -> None:
        """Raise an error unless the file of windows has the expected size.

        Raises
        ------
        ValueError
            If it has another size; the message names `path`.
        """
        if n_bytes != self.n_bytes:
            raise ValueError(f"{path} is damaged: expected {self.n_bytes} bytes, got {n_bytes}")

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
        self.check_size(path, size)
        if header != npy_header(self.shape):
            raise ValueError(
                f"{path} is damaged: expected a header of float32 and shape {self.shape}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {**dataclasses.asdict(self), "info": self.info.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a shard from the result of `to_dict`.

        Raises
        ------
        ValueError
            If it is something else, a hash is none, or there are too few of pieces. Files are named
            by them.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        if not known - {"pieces"} <= set(values) <= known:
            raise ValueError(
                f"expected the description of a recording with {sorted(known)}, got "
                f"{sorted(values)}; was it written by a newer eegzoo?"
            )
        shard = cls(**{**values, "info": SignalInfo.from_dict(values["info"])})
        for digest in (shard.key, shard.sha256, *shard.pieces):
            if not _DIGEST.fullmatch(str(digest)):
                raise ValueError(f"expected a hash of 64 hexadecimal digits, got {digest!r}")
        if shard.pieces and len(shard.pieces) != -(-shard.n_bytes // PIECE_BYTES):
            raise ValueError(
                f"expected a hash for each piece of {shard.n_bytes} bytes, got {len(shard.pieces)}"
            )
        return shard


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
        digest, pieces = _write_windows(folder / f"{key}.npy", windows)
        shard = Shard(
            key,
            digest,
            dataset.info,
            list(dataset.classes),
            dataset.y.tolist(),
            {**{k: v.tolist() for k, v in dataset.metadata.items()}, **recording.metadata},
            [str(warning.message) for warning in caught],
            pieces,
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


def _write_windows(path: Path, windows: npt.NDArray[Any]) -> tuple[str, list[str]]:
    """Write a file of windows, and return its hash and those of its pieces."""
    header, memory = npy_header(windows.shape), windows.data.cast("B")
    with errors_named(f"cannot write {path}"):
        write_synced(path, header, memory)
    whole, pieces = hashlib.sha256(), []
    for start in range(0, HEADER_BYTES + len(memory), PIECE_BYTES):
        first = header if start == 0 else b""
        body = memory[max(0, start - HEADER_BYTES) : start - HEADER_BYTES + PIECE_BYTES]
        piece = hashlib.sha256(first)
        piece.update(body)
        pieces.append(piece.hexdigest())
        whole.update(first)
        whole.update(body)
    return whole.hexdigest(), pieces


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
