"""Trained weights by name: weights published by authors, and weights shipped in this package."""

from __future__ import annotations

import dataclasses
import fnmatch
import os
from collections.abc import Collection
from pathlib import Path

from eegzoo.models.saving import read_metadata
from eegzoo.models.zoo import check_task, find_entry
from eegzoo.weights.authors import (
    atcnet_bci2a,
    eegnet_physionet,
    eegnet_sample_audvis,
    eegsym_mi,
    physioex,
    robustsleepnet,
)
from eegzoo.weights.authors.authors_file import sha256_of
from eegzoo.weights.card import card_in
from eegzoo.weights.folds import folds_of
from eegzoo.weights.weights import Weights

SHIPPED = Path(__file__).parent / "shipped"
# File in the same folder with the output of `sha256sum *.safetensors`.
CHECKSUMS = "SHA256SUMS"

_AUTHORS = {
    **eegnet_physionet.FILES, **eegsym_mi.FILES, **atcnet_bci2a.FILES, **eegnet_sample_audvis.FILES,
    **robustsleepnet.FILES, **physioex.FILES,
}  # fmt: skip


def find_weights(name: str, *, unseen: str | Collection[str] | None = None) -> Weights:
    """Return trained weights by name.

    Parameters
    ----------
    name : str
        Name from `list_weights`, or name of a family of folds. A family, such as
        "eegnet.physionet_mi2", gives its first fold.
    unseen : str | collection of str | None
        Subjects, named as by `Recording` ("eegbci/S030"), who must not be in the training data. A
        family gives the first fold that was trained without any of them.

    Returns
    -------
    Weights
        Description of the weights. Authors' files are not fetched yet.

    Raises
    ------
    ValueError
        If the name is unknown, or no weights are known to be trained without the subjects.

    Examples
    --------
    >>> find_weights("eegnet.physionet_mi2", unseen="eegbci/S030").name
    'eegnet.physionet_mi2_fold1'
    """
    names = names_of_folds(name)
    if unseen is None:
        return _weights(names[0])
    subjects = {unseen} if isinstance(unseen, str) else set(unseen)
    for weights in map(_weights, names):
        seen = weights.metadata.training.subjects
        if seen and not subjects.intersection(seen):
            return weights
    raise ValueError(
        f"expected subjects who are known not to be in the training data of {name}, got "
        f"{sorted(subjects)}"
    )


def names_of_folds(name: str) -> list[str]:
    """Return the names of the folds of a family, or the name itself if it is not a family's.

    Raises
    ------
    ValueError
        If the name is unknown. The message proposes the nearest name.

    Examples
    --------
    >>> names_of_folds("eegsym.mi_8"), len(names_of_folds("eegnet.physionet_mi2"))
    (['eegsym.mi_8'], 5)
    """
    return folds_of(name, _names())


def list_weights(pattern: str = "*", *, task: str | None = None) -> list[str]:
    """Return the names of trained weights, sorted.

    Parameters
    ----------
    pattern : str
        Shell-style pattern of names.
    task : str | None
        Task of the architecture, as in `list_models`.

    Returns
    -------
    list of str
        Names for ``create_model(name, weights=True)``.

    Raises
    ------
    ValueError
        If `task` is not the task of any model.

    Examples
    --------
    >>> list_weights("eegsym.*")
    ['eegsym.mi_16', 'eegsym.mi_8']
    """
    check_task(task)
    return [
        name
        for name in _names()
        if fnmatch.fnmatchcase(name, pattern)
        and (task is None or task in find_entry(_weights(name).metadata.architecture).tasks)
    ]


def weights_in(path: str | os.PathLike[str]) -> Weights:
    """Return the weights in a file.

    Parameters
    ----------
    path : path-like
        File that `EEGClassifier.save` wrote with a card.

    Returns
    -------
    Weights
        Weights named after the file.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is damaged, or contains no card that this version can read.

    Examples
    --------
    >>> weights_in("mine.safetensors")
    Traceback (most recent call last):
        ...
    FileNotFoundError: no such file: mine.safetensors
    """
    path = Path(path)
    extra = read_metadata(path)["extra"]
    card = card_in(extra, path)
    if card is None:
        raise ValueError(f"expected a model with a card in {path}, got a model without")
    classes = [str(label) for label in extra.get("classes", card.labels)]
    if classes != list(card.labels):
        raise ValueError(f"expected labels {classes} on the card in {path}, got {card.labels}")
    # A file cannot contain its own checksum.
    origin = dataclasses.replace(card.origin, sha256=sha256_of(path))
    card = dataclasses.replace(card, origin=origin)
    return Weights(path.stem, card, path)


def _names() -> list[str]:
    return sorted([*_AUTHORS, *(path.stem for path in SHIPPED.glob("*.safetensors"))])


def _weights(name: str) -> Weights:
    if name in _AUTHORS:
        return Weights(name, _AUTHORS[name].card, _AUTHORS[name])
    path = SHIPPED / f"{name}.safetensors"
    sums = SHIPPED / CHECKSUMS
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.exists() else []
    known = {file: checksum for checksum, file in map(str.split, lines)}
    weights = weights_in(path)
    found = weights.metadata.origin.sha256
    if found != known.get(path.name):
        raise ValueError(
            f"{path} is damaged, or another file than eegzoo was shipped with: expected SHA-256 "
            f"{known.get(path.name)}, as in {CHECKSUMS} in the same folder, got {found}"
        )
    return weights
