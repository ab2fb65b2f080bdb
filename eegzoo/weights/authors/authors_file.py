"""Weights that authors published: fetched from their pinned address, converted here."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.models.base import EEGModel
from eegzoo.models.zoo import create_model
from eegzoo.weights.authors.keras_file import read_keras_weights
from eegzoo.weights.card import Card

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class AuthorsFile:
    """A file of weights that its authors published, and what makes our weights of it.

    Parameters
    ----------
    card : Card
        What is known of it; its origin holds the address and the SHA-256.
    file : str
        Name in the cache.
    state_from : callable
        From the authors' weights by name to a state dict.
    """

    card: Card
    file: str
    state_from: Callable[[dict[str, Array]], dict[str, Tensor]]

    def load(self) -> EEGModel:
        """Fetch the file, or take it from the cache, and build the model in evaluation mode.

        Raises
        ------
        OSError
            If it can be neither found nor fetched.
        ValueError
            If it is another file than the authors' one.
        """
        weights = read_keras_weights(self.fetch())
        with torch.random.fork_rng(devices=[]):
            model = create_model(self.card.architecture, **self.card.arguments)
        model.load_state_dict(self.state_from(weights))
        return model.eval()

    def fetch(self) -> Path:
        """Return where the file is in the cache, fetching it if it is not there."""
        import pooch

        path = cache_folder() / self.file
        origin = self.card.origin
        if not path.exists():
            try:
                pooch.retrieve(
                    origin.url, f"sha256:{origin.sha256}", path.name, path.parent, progressbar=True
                )
            except Exception as error:  # requests and urllib3 raise errors of their own
                raise OSError(
                    f"{origin.url} cannot be fetched to {path.parent} ($EEGZOO_WEIGHTS): "
                    f"{' '.join(str(error).split())}"
                ) from error
        found = sha256_of(path)
        if found != origin.sha256:
            raise ValueError(
                f"{path} is damaged, or another file than {origin.url}: expected SHA-256 "
                f"{origin.sha256}, got {found}; delete it to fetch it again"
            )
        return path


def sha256_of(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Return where fetched weights are kept: $EEGZOO_WEIGHTS, or the user's cache."""
    import pooch

    chosen = os.environ.get("EEGZOO_WEIGHTS")
    return Path(chosen) if chosen else Path(pooch.os_cache("eegzoo")) / "weights"
