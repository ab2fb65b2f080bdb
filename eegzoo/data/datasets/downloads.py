"""Downloads through MNE's fetchers: files are complete, and errors fit on one line.

MNE's fetchers verify a download before it enters the cache. But they trust files that are already
in the cache, and they unpack archives in place, so that an interrupted run leaves half a data set.
Both are prevented here.
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
from eegzoo.data.reading.read_recording import read_recording


class FetchFiles(Protocol):
    """Function that downloads files that are not in a folder, or all of them if forced."""

    def __call__(self, folder: Path, *, force_update: bool) -> Iterable[str | os.PathLike[str]]:
        """Return the paths of the files."""


def distinct_numbers(name: str, values: object, first: int, last: int) -> list[int]:
    """Return one integer or several as a list, after checking their range.

    Raises
    ------
    TypeError
        If a value is not an integer.
    ValueError
        If there is no value, a value is not in [first, last], or two values are equal.
    """
    listed = list(values) if isinstance(values, Iterable) else [values]
    numbers = [positive_int(name, value, at_least=first) for value in listed]
    if not numbers or max(numbers) > last or len(set(numbers)) < len(numbers):
        raise ValueError(
            f"expected {name} to be different numbers from {first} to {last}, got {listed}"
        )
    return numbers


def data_folder(setting: str) -> Path:
    """Return MNE's folder for a data set: its own setting, else MNE_DATA, else ~/mne_data.

    Raises
    ------
    FileNotFoundError
        If a setting names a folder that does not exist.
    """
    own = mne.get_config(setting, mne.get_config("MNE_DATA"))
    if own is None:
        folder = Path.home() / "mne_data"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(own).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}, which {setting} or MNE_DATA names")
    return folder


@functools.cache
def checksums(*path: str) -> dict[str, str]:
    """Return the checksum of each file, by file name, from a list that MNE ships at `path`."""
    text = importlib.resources.files(mne).joinpath(*path).read_text()
    # Some lists begin with the name, others with the checksum, which has no dot.
    pairs = (sorted(line.split(), key=lambda word: "." in word) for line in text.splitlines())
    return {Path(name).name: digest for digest, name in pairs}


def fetch_files(
    what: str, page: str, setting: str, fetch: FetchFiles, known: Mapping[str, str]
) -> list[Path]:
    """Fetch files, and fetch them again if one in the cache is damaged.

    Parameters
    ----------
    what : str
        Name of the files in error messages.
    page : str
        Web page of the data set.
    setting : str
        Name of MNE's setting for the folder of the data set.
    fetch : callable
        MNE's fetcher. Unless forced, it trusts a file in the cache by its name.
    known : mapping of str to str
        Checksums (SHA-1 or SHA-256) by file name.

    Raises
    ------
    OSError
        If a file can be neither read nor downloaded.

    Warns
    -----
    RuntimeWarning
        If a file in the cache was damaged and has been fetched again.
    """
    folder = data_folder(setting)
    with _one_line_errors(what, page, folder):
        paths = [Path(path) for path in fetch(folder, force_update=False)]
        damaged = [path for path in paths if _checksum_of(path, known) != known[path.name]]
    if damaged:
        with _one_line_errors(f"{what} again, whose {damaged[0].name} is damaged", page, folder):
            paths = [Path(path) for path in fetch(folder, force_update=True)]
        text = f"{damaged[0]} was damaged and has been fetched again"
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    return paths


def fetch_recordings(
    what: str, page: str, setting: str, data_path: Callable[..., Any], names: Iterable[str]
) -> list[mne.io.BaseRaw]:
    """Fetch an archive, which is unpacked completely or not at all, and open recordings in it.

    Parameters
    ----------
    what : str
        Name of the data set in error messages.
    page : str
        Web page of the data set.
    setting : str
        Name of MNE's setting for the folder of the data set.
    data_path : callable
        MNE's fetcher.
    names : iterable of str
        Paths of the recordings in the unpacked folder.

    Raises
    ------
    OSError
        If the archive cannot be downloaded, or a recording in it is missing or damaged.
    """
    folder = _unpacked(what, page, data_folder(setting), data_path)
    try:
        return [read_recording(folder / name) for name in names]
    except (OSError, ValueError) as error:
        raise OSError(f"{error}; remove the folder {folder} to have it fetched again") from error


def _unpacked(what: str, page: str, folder: Path, data_path: Callable[..., Any]) -> Path:
    there = Path(data_path(path=folder, update_path=False, download=False, verbose="ERROR"))
    if there != Path():  # MNE returns an empty path if there is no data set
        return there
    with _one_line_errors(what, page, folder), tempfile.TemporaryDirectory(dir=folder) as draft:
        # Not in place: MNE takes a folder that was unpacked in part for a complete one.
        unpacked = Path(data_path(path=draft, update_path=False))
        return unpacked.rename(folder / unpacked.name)


def _checksum_of(path: Path, known: Mapping[str, str]) -> str:
    algorithm = {40: "sha1", 64: "sha256"}[len(known[path.name])]
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


@contextmanager
def _one_line_errors(what: str, page: str, folder: Path) -> Iterator[None]:
    """Raise an OSError of one line if a fetch fails; pooch raises ValueError for a checksum."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        # The traceback of a failed request has a hundred lines of other libraries.
        raise OSError(
            f"cannot fetch {what} from {page} to {folder} (set MNE_DATA to change the folder): "
            f"{reason}"
        ) from None
