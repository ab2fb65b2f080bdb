"""What the fetchers of public data share: files that are whole, and errors on one line.

MNE's fetchers compare what they download with its checksum before it takes its place in the cache.
They take what is there already for whole, and unpack archives in place: both are made safe here.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import mne

from eegzoo.arguments import positive_int
from eegzoo.data.reading.recordings import read_recording


class FetchFiles(Protocol):
    """Download files that are not in the cache, or all of them, and return where they are."""

    def __call__(self, *, force_update: bool) -> Iterable[str | os.PathLike[str]]:
        """Return the same paths either way."""


def distinct_numbers(name: str, values: object, first: int, last: int) -> list[int]:
    """Return one number or several as a list, or raise if one is not in [first, last] or twice."""
    listed = list(values) if isinstance(values, Iterable) else [values]
    numbers = [positive_int(name, value, at_least=first) for value in listed]
    if not numbers or max(numbers) > last or len(set(numbers)) < len(numbers):
        raise ValueError(
            f"expected {name} to be different numbers from {first} to {last}, got {listed}"
        )
    return numbers


def data_folder(key: str) -> Path:
    """Return where MNE keeps a data set: where its setting, or MNE_DATA, says; or ~/mne_data.

    Raises
    ------
    FileNotFoundError
        If a folder that is set is not there.
    """
    own = mne.get_config(key, mne.get_config("MNE_DATA"))
    if own is None:
        folder = Path.home() / "mne_data"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(own).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}, which {key} or MNE_DATA names")
    return folder


@functools.cache
def checksums(*path: str) -> dict[str, str]:
    """Return the checksum of each file, by its name, from a list that comes with MNE."""
    text = importlib.resources.files(mne).joinpath(*path).read_text()
    # Some lists have the name first, others the checksum, which has no dot.
    pairs = (sorted(line.split(), key=lambda word: "." in word) for line in text.splitlines())
    return {Path(name).name: digest for digest, name in pairs}


def fetch_files(
    what: str, page: str, folder: Path, fetch: FetchFiles, known: Mapping[str, str]
) -> list[Path]:
    """Fetch files, and fetch them again where one in the cache is damaged.

    Parameters
    ----------
    what, page, folder : str, str, Path
        For errors: what is fetched, from where, and to which folder.
    fetch : callable
        It takes whatever lies in the cache under a file's name for that file, unless forced.
    known : mapping of str to str
        Checksums (SHA-1 or SHA-256) by the names of the files.

    Raises
    ------
    OSError
        If a file can be neither read nor downloaded.

    Warns
    -----
    RuntimeWarning
        If a file in the cache is damaged, and was fetched again.
    """
    with _one_line(what, page, folder):
        paths = [Path(path) for path in fetch(force_update=False)]
        damaged = [path for path in paths if _checksum_of(path, known) != known[path.name]]
    if damaged:
        with _one_line(f"{what} again, whose {damaged[0].name} is damaged", page, folder):
            paths = [Path(path) for path in fetch(force_update=True)]
        text = f"{damaged[0]} was damaged, and has been fetched again"
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    return paths


def fetch_folder(what: str, page: str, key: str, data_path: Callable[..., Any]) -> Path:
    """Return the folder that one of MNE's fetchers unpacks; it appears whole or not at all.

    Parameters
    ----------
    what, page : str
        For errors: what is fetched, and from where.
    key : str
        Name of MNE's setting for the folder of this data set.
    data_path : callable
        MNE's fetcher.

    Raises
    ------
    OSError
        If the folder is not there and cannot be downloaded.
    """
    folder = data_folder(key)
    there = Path(data_path(path=folder, update_path=False, download=False, verbose="ERROR"))
    if there != Path():  # what MNE returns for none
        return there
    with _one_line(what, page, folder), tempfile.TemporaryDirectory(dir=folder) as draft:
        # MNE takes a folder that was unpacked in part for the whole of it.
        unpacked = Path(data_path(path=draft, update_path=False))
        return unpacked.rename(folder / unpacked.name)


def read_from_folder(folder: Path, name: str) -> mne.io.BaseRaw:
    """Read a recording in a folder that `fetch_folder` returned.

    Raises
    ------
    OSError
        If it is not there, or damaged.
    """
    try:
        return read_recording(folder / name)
    except (OSError, ValueError) as error:
        raise OSError(f"{error}; remove the folder {folder} to have it fetched again") from error


def _checksum_of(path: Path, known: Mapping[str, str]) -> str:
    algorithm = {40: "sha1", 64: "sha256"}[len(known[path.name])]
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


@contextmanager
def _one_line(what: str, page: str, folder: Path) -> Iterator[None]:
    """Say on one line what could not be fetched; ValueError is what pooch has for a checksum."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        # The traceback of a request that failed is a hundred lines of other libraries.
        raise OSError(
            f"cannot fetch {what} from {page} to {folder} (MNE_DATA names this folder): {reason}"
        ) from None
