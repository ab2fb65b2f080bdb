"""Weights published by authors: download from a pinned address, and conversion."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import lazy_loader
import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.models.base import EEGModel
from eegzoo.models.zoo import create_model
from eegzoo.weights.authors.keras_file import read_keras_weights
from eegzoo.weights.card import Card, Origin

pooch = lazy_loader.load("pooch")

Array = npt.NDArray[Any]
StateFrom = Callable[[dict[str, Array]], dict[str, Tensor]]
Read = Callable[[Path], dict[str, Array]]


@dataclasses.dataclass(frozen=True)
class AuthorsFile:
    """A file of weights that its authors published.

    Parameters
    ----------
    card : Card
        Card of the weights. Its origin contains the address and the SHA-256 of the file.
    file : str
        Name of the file in the cache.
    state_from : callable
        Function that returns our state dict, given the authors' weights by name.
    read : callable
        Function that reads the authors' weights by name from the file.
    """

    card: Card
    file: str
    state_from: StateFrom
    read: Read = read_keras_weights

    def load(self) -> EEGModel:
        """Return the model with the authors' weights, in evaluation mode.

        Raises
        ------
        OSError
            If the file is not in the cache and cannot be fetched.
        ValueError
            If the file differs from the authors' file.
        """
        weights = self.read(self.fetch())
        with torch.random.fork_rng(devices=[]):
            model = create_model(self.card.architecture, **self.card.arguments)
        model.load_state_dict(self.state_from(weights))
        return model.eval()

    def fetch(self) -> Path:
        """Return the path of the file in the cache, after fetching it if it is absent."""
        return fetch_file(self.card.origin, self.file)


def fetch_file(origin: Origin, file: str) -> Path:
    """Return the path of an authors' file in the cache, after fetching it if it is absent.

    Parameters
    ----------
    origin : Origin
        Address of the file, and its SHA-256 or Git's name of its content.
    file : str
        Name of the file in the cache.

    Raises
    ------
    OSError
        If the file is not in the cache and cannot be fetched.
    ValueError
        If the file differs from the authors' file.
    """
    path = cache_folder() / file
    is_new = not path.exists()
    if is_new:
        known = f"sha256:{origin.sha256}" if origin.sha256 else None
        try:
            pooch.retrieve(origin.url, known, path.name, path.parent, progressbar=True)
        except Exception as error:  # requests and urllib3 have their own errors
            raise OSError(
                f"{origin.url} cannot be fetched to {path.parent} ($EEGZOO_WEIGHTS): "
                f"{' '.join(str(error).split())}"
            ) from error
    name, expected, found = (
        ("SHA-256", origin.sha256, sha256_of(path))
        if origin.sha256
        else ("Git blob", origin.git_blob, git_blob_of(path))
    )
    if found != expected:
        if is_new and not origin.sha256:  # pooch could not check it
            path.unlink()
        raise ValueError(
            f"{path} is damaged, or another file than {origin.url}: expected {name} "
            f"{expected}, got {found}; delete it to fetch it again"
        )
    return path


def authors_file(
    file: str,
    state_from: StateFrom,
    read: Read = read_keras_weights,
    *,
    ch_names: Sequence[str],
    n_times: int,
    sfreq: float,
    tmin: float = 0.0,
    tmax: float | None = None,
    steps: Sequence[Mapping[str, Any]] = (),
    bads: str | None = None,
    labels: tuple[str, ...],
    arguments: Mapping[str, Any] | None = None,
    **card: Any,
) -> AuthorsFile:
    """Return an `AuthorsFile` for a model of windows in microvolts around events.

    `steps` is the preprocessing before windows are cut from `tmin` to `tmax` seconds, by default
    the time of the last sample. `arguments` are those of the model besides its size, sampling rate
    and channels. Other keywords are fields of `Card`.
    """
    ch_names = tuple(ch_names)
    tmax = tmin + (n_times - 1) / sfreq if tmax is None else tmax
    model = {"n_chans": len(ch_names), "n_times": n_times, "n_outputs": len(labels)}
    signal = {"ch_names": ch_names, "sfreq": sfreq, "n_times": n_times, "tmin": tmin, "unit": "uV"}
    cut = {"step": "epoch", "tmin": tmin, "tmax": tmax}
    made = Card(
        arguments={**model, "sfreq": sfreq, **(arguments or {}), "ch_names": ch_names},
        signal=signal,
        preprocessing={"steps": [*steps, cut], **({} if bads is None else {"bads": bads})},
        labels=labels,
        **card,
    )
    return AuthorsFile(made, file, state_from, read)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob_of(path: Path) -> str:
    r"""Return the name that Git gives to the content of a file.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "hello"
    ...     n_bytes = path.write_bytes(b"hello\n")
    ...     git_blob_of(path)
    'ce013625030ba8dba906f756967f9e9ca394464a'
    """
    content = path.read_bytes()
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def cache_folder() -> Path:
    """Return the folder of fetched weights: $EEGZOO_WEIGHTS, or a folder in the user's cache."""
    chosen = os.environ.get("EEGZOO_WEIGHTS")
    return Path(chosen) if chosen else Path(pooch.os_cache("eegzoo")) / "weights"
