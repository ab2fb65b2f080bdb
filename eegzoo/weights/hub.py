"""Trained weights on the Hugging Face hub, with their card and at a fixed revision."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from eegzoo.weights.card import Card, lines_of
from eegzoo.weights.catalogue import weights_in
from eegzoo.weights.weights import Weights

FILE = "model.safetensors"


class Saveable(Protocol):
    """A fitted estimator, such as `eegzoo.training.EEGClassifier`."""

    def save(self, path: str | os.PathLike[str], *, card: Card | None = None) -> None:
        """Write the estimator and its card to one file."""


def push_to_hub(
    model: str | os.PathLike[str] | Saveable,
    repo_id: str,
    *,
    card: Card | None = None,
    private: bool = False,
    token: str | None = None,
) -> str:
    """Upload a trained model with its card, in one commit.

    Parameters
    ----------
    model : path-like | EEGClassifier
        File that `EEGClassifier.save` wrote with a card, or fitted classifier.
    repo_id : str
        Repository, ``owner/name``. It is created if it does not exist.
    card : Card | None
        Card of a classifier. A file contains its own.
    private : bool
        Whether a new repository is private.
    token : str | None
        Access token for the hub. None: the token of the user who is logged in.

    Returns
    -------
    str
        Commit, to be passed to `from_hub` as the revision.

    Raises
    ------
    ImportError
        If huggingface_hub is not installed.
    ValueError
        If the card is missing or the file is damaged.
    OSError
        If the hub refuses the upload or cannot be reached.

    Examples
    --------
    >>> revision = push_to_hub("model.safetensors", "me/eegnet-mine")  # doctest: +SKIP
    """
    hub = _hub()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / FILE
        if isinstance(model, (str, os.PathLike)):
            if card is not None:
                raise ValueError("expected card only with a classifier, got it with a file")
            weights_in(model)  # raises an error that names the original file
            shutil.copyfile(model, file)
        elif card is None:
            raise ValueError("expected a card with a classifier, got none")
        else:
            model.save(file, card=card)
        known = weights_in(file)
        text = "\n".join(lines_of(repo_id, known.metadata))
        readme = f"---\nlibrary_name: eegzoo\ntags:\n- eeg\n---\n\n```\n{text}\n```\n"
        (Path(folder) / "README.md").write_text(readme, encoding="utf-8")
        with _one_line(f"{repo_id} cannot be uploaded"):
            api = hub.HfApi(token=token)
            api.create_repo(repo_id, private=private, exist_ok=True)
            commit = api.upload_folder(
                repo_id=repo_id, folder_path=folder, commit_message="Upload weights and card"
            )
    return str(commit.oid)


def from_hub(repo_id: str, revision: str, *, token: str | None = None) -> Weights:
    """Return weights that `push_to_hub` uploaded, fetched unless they are in the hub's cache.

    Parameters
    ----------
    repo_id : str
        Repository, ``owner/name``.
    revision : str
        Full commit of 40 hexadecimal digits. Branches and tags are refused, because their files
        may change.
    token : str | None
        Access token for private repositories.

    Returns
    -------
    Weights
        Weights named after the repository.

    Raises
    ------
    ImportError
        If huggingface_hub is not installed.
    ValueError
        If the revision is not a commit, or the file is damaged or contains no card.
    OSError
        If the file cannot be fetched.

    Examples
    --------
    >>> from_hub("me/eegnet-mine", revision="main")
    Traceback (most recent call last):
        ...
    ValueError: expected revision to be a commit of 40 hexadecimal digits, got 'main'
    """
    path = download(repo_id, FILE, revision, token)
    return dataclasses.replace(weights_in(path), name=repo_id)


def download(repo_id: str, file: str, revision: str, token: str | None = None) -> Path:
    """Return the path of a file of a repository in the hub's cache, fetched if it is absent.

    The parameters and errors are those of `from_hub`.

    Examples
    --------
    >>> download("me/eegnet-mine", "config.json", revision="main")
    Traceback (most recent call last):
        ...
    ValueError: expected revision to be a commit of 40 hexadecimal digits, got 'main'
    """
    if not re.fullmatch("[0-9a-f]{40}", revision):
        raise ValueError(
            f"expected revision to be a commit of 40 hexadecimal digits, got {revision!r}"
        )
    hub = _hub()
    with _one_line(f"{repo_id} at {revision} cannot be fetched"):
        return Path(hub.hf_hub_download(repo_id, file, revision=revision, token=token))


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise ImportError(
            "huggingface_hub is required to use the hub: pip install 'eegzoo[hub]'"
        ) from error
    return huggingface_hub


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Raise any error of the hub's client as an OSError with a message on one line."""
    try:
        yield
    except Exception as error:
        raise OSError(f"{what}: {' '.join(str(error).split())}") from error
