"""Folders of data sets, or an error that says where to get them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eegzoo.reproduction.entry import DataSource

SETTING = "EEGZOO_DATA"


class MissingDataError(FileNotFoundError):
    """A data set is not on this machine; the message says where to get it, and its licence."""


def data_directory(given: Path | None) -> Path | None:
    """Return the directory of data sets: the given one, else that in ``EEGZOO_DATA``, or None.

    Raises
    ------
    FileNotFoundError
        If the directory does not exist.
    """
    named = given or (Path(os.environ[SETTING]) if os.environ.get(SETTING) else None)
    if named is None:
        return None
    folder = named.expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}, the directory of data sets")
    return folder


def missing(source: DataSource, reason: str) -> MissingDataError:
    """Return the error of a data set that is not there."""
    return MissingDataError(
        f"{source.title} is not available: {reason}. Get it from {source.address} (licence: "
        f"{source.licence}). {source.how}"
    )


def find_folder(source: DataSource, directory: Path | None) -> Path:
    """Return the folder of a data set.

    Raises
    ------
    MissingDataError
        If it does not exist.
    """
    if directory is None:
        raise missing(source, f"neither --data-dir nor {SETTING} is given")
    folder = directory / source.folder
    if not folder.is_dir():
        raise missing(source, f"no folder {folder}")
    return folder


@contextmanager
def mne_data(source: DataSource, directory: Path | None) -> Iterator[None]:
    """Let MNE's fetchers look in the folder ``mne_data`` of a directory, if it has one.

    Raises
    ------
    MissingDataError
        If a file can be neither read nor downloaded.
    """
    before = os.environ.get("MNE_DATA")
    inside = directory / "mne_data" if directory else None
    if inside is not None and inside.is_dir():
        os.environ["MNE_DATA"] = str(inside)
    try:
        yield
    except MissingDataError:
        raise
    except OSError as error:
        raise missing(source, " ".join(str(error).split())) from error
    finally:
        if before is None:
            os.environ.pop("MNE_DATA", None)
        else:
            os.environ["MNE_DATA"] = before
