"""Files that authors published on the Hugging Face hub, some under terms to accept first."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from eegzoo.weights.authors.authors_file import cache_folder, fetch_file, sha256_of
from eegzoo.weights.card import Origin
from eegzoo.weights.hub import download


@dataclasses.dataclass(frozen=True)
class HubOrigin(Origin):
    """Origin of weights that their authors published on the Hugging Face hub.

    The other parameters are those of `eegzoo.weights.Origin`.

    Parameters
    ----------
    has_terms : bool
        Whether the hub hands the file only to users who accepted the authors' terms.

    Examples
    --------
    >>> from eegzoo.weights.foundation.catalogue import find_foundation_weights
    >>> origin = find_foundation_weights("luna.base").origin
    >>> origin.page, origin.has_terms
    ('https://huggingface.co/PulpBio/LUNA', False)
    """

    has_terms: bool = False

    @property
    def page(self) -> str:
        """Page of the repository, which has the terms."""
        return f"https://huggingface.co/{self.repository}"

    @property
    def url(self) -> str:
        """Address of the authors' file at a fixed commit."""
        return f"{self.page}/resolve/{self.commit}/{self.path}"


def fetch_with_terms(name: str, origin: Origin, file: str) -> Path:
    """Return the path of an authors' file, after fetching it if it is in no cache.

    A file with terms comes through huggingface_hub, with the token of the user who is logged in.

    Parameters
    ----------
    name : str
        Name of the weights, for the message.
    origin : Origin
        Address and checksum of the file.
    file : str
        Name of the file in the cache.

    Raises
    ------
    OSError
        If the file cannot be fetched. The message says where the terms are.
    ValueError
        If the file differs from the authors' file.
    """
    has_terms = isinstance(origin, HubOrigin) and origin.has_terms
    if not has_terms or (cache_folder() / file).exists():
        return fetch_file(origin, file)
    page = origin.url.partition("/resolve/")[0]
    try:
        path = download(origin.repository, origin.path, origin.commit)
    except (ImportError, OSError) as error:
        raise OSError(
            f"{name} has terms of its authors: accept them at {page} first, then log in with "
            f"'hf auth login', or download {origin.path} there and give path= ({error})"
        ) from error
    if (found := sha256_of(path)) != origin.sha256:
        raise ValueError(
            f"{path} is damaged, or another file than {origin.url}: expected SHA-256 "
            f"{origin.sha256}, got {found}"
        )
    return path
