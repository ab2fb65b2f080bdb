"""Families of weights from the folds of one cross-validation, named "family_fold0" and so on."""

from __future__ import annotations

import re
from collections.abc import Collection

from eegzoo.arguments import nearest


def family_of(name: str) -> str:
    """Return the name of the family that a fold belongs to, or `name` if it is not a fold.

    Examples
    --------
    >>> family_of("eegnet.physionet_mi2_fold3")
    'eegnet.physionet_mi2'
    """
    return re.sub(r"_fold\d+$", "", name)


def folds_of(name: str, known: Collection[str]) -> list[str]:
    """Return the names that a name stands for: the name itself, or the folds of a family.

    Parameters
    ----------
    name : str
        Name of weights or of a family.
    known : collection of str
        Names of all weights.

    Raises
    ------
    ValueError
        If there are none. The message proposes the nearest name.
    """
    if name in known:
        return [name]
    if name.endswith(".safetensors"):
        raise ValueError(
            f"expected the name of weights, got the file {name!r}; eegzoo.load_model(path) loads a "
            "model, and EEGClassifier.load(path) a classifier"
        )
    folds = sorted(other for other in known if family_of(other) == name)
    if not folds:
        families = set(map(family_of, known))
        near = nearest(name, {*known, *families} if "_fold" in name else families)
        raise ValueError(f"unknown weights {name!r}{near}")
    return folds
