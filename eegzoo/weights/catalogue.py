"""Trained weights by name: those that authors published, and our own in this package."""

from __future__ import annotations

import dataclasses
import fnmatch
import os
import re
from collections.abc import Collection
from pathlib import Path

from eegzoo.arguments import nearest
from eegzoo.models.saving import read_metadata
from eegzoo.models.zoo import check_task, find_entry
from eegzoo.weights.authors import atcnet_bci2a, eegnet_physionet, eegnet_sample_audvis, eegsym_mi
from eegzoo.weights.authors.authors_file import sha256_of
from eegzoo.weights.card import Card
from eegzoo.weights.weights import Weights

SHIPPED = Path(__file__).parent / "shipped"
# In it, what `sha256sum *.safetensors` prints: a file that stands for another is noticed.
CHECKSUMS = "SHA256SUMS"

_AUTHORS = {
    **eegnet_physionet.FILES, **eegsym_mi.FILES, **atcnet_bci2a.FILES, **eegnet_sample_audvis.FILES,
}  # fmt: skip


def find_weights(name: str, *, unseen: str | Collection[str] | None = None) -> Weights:
    """Return trained weights by name.

    Parameters
    ----------
    name : str
        One of `list_weights`; or the name of a family of folds, such as "eegnet.physionet_mi2",
        which is its first fold.
    unseen : str | collection of str | None
        Subjects, as `Recording` names them ("eegbci/S030"): the fold of the family that never saw
        any of them.

    Returns
    -------
    Weights
        Nothing is fetched yet.

    Raises
    ------
    ValueError
        If there are none, with the nearest name; or all have seen a subject, or it is not known
        whom they have seen.

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
        f"expected subjects that {name} is known not to have seen, got {sorted(subjects)}"
    )


def names_of_folds(name: str) -> list[str]:
    """Return the names that a name stands for: its own, or those of the folds of a family.

    Raises
    ------
    ValueError
        If there are none, with the nearest name.

    Examples
    --------
    >>> names_of_folds("eegsym.mi_8"), len(names_of_folds("eegnet.physionet_mi2"))
    (['eegsym.mi_8'], 5)
    """
    known = _names()
    if name in known:
        return [name]
    folds = [other for other in known if _family(other) == name]
    if not folds:
        raise ValueError(f"unknown weights {name!r}{nearest(name, {*known, *map(_family, known)})}")
    return folds


def list_weights(pattern: str = "*", *, task: str | None = None) -> list[str]:
    """Return the names of trained weights, sorted.

    Parameters
    ----------
    pattern : str
        Shell-style pattern that the name matches.
    task : str | None
        What the paper used the architecture for, as in `list_models`.

    Returns
    -------
    list of str
        Names that ``create_model(name, weights=True)`` takes.

    Raises
    ------
    ValueError
        If no model is for `task`.

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
    """Return the weights in a file that eegzoo saved with a card.

    Parameters
    ----------
    path : path-like
        As `EEGClassifier.save` writes it, given a card.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or holds no card, or one that this version does not know.

    Examples
    --------
    >>> weights_in("mine.safetensors")
    Traceback (most recent call last):
        ...
    FileNotFoundError: no such file: mine.safetensors
    """
    path = Path(path)
    extra = read_metadata(path)["extra"]
    if "card" not in extra:
        raise ValueError(f"{path} holds a model, but no card")
    try:
        card = Card.from_dict(extra["card"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds a card that cannot be read: {error}") from error
    classes = [str(label) for label in extra.get("classes", card.labels)]
    if classes != list(card.labels):
        raise ValueError(f"expected labels {classes} on the card in {path}, got {card.labels}")
    # A file cannot hold its own checksum.
    origin = dataclasses.replace(card.origin, sha256=sha256_of(path))
    card = dataclasses.replace(card, origin=origin)
    return Weights(path.stem, card, path)


def _names() -> list[str]:
    return sorted([*_AUTHORS, *(path.stem for path in SHIPPED.glob("*.safetensors"))])


def _family(name: str) -> str:
    return re.sub(r"_fold\d+$", "", name)


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
            f"{path} is damaged, or another file than eegzoo came with: expected SHA-256 "
            f"{known.get(path.name)}, as in {CHECKSUMS} beside it, got {found}"
        )
    return weights
