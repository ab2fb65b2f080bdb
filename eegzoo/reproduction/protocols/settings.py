"""Arguments of estimators from the entries' files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment
from eegzoo.training.adaptation.pseudo_labels import PseudoLabels


def classifier_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters of `EEGClassifier` with tuples for lists, and objects for descriptions.

    Parameters
    ----------
    given : mapping
        Parameters; "align" is a name, or what `PersonAlignment.to_dict` gives, and "pseudo_labels"
        holds the arguments of `PseudoLabels`.

    Examples
    --------
    >>> classifier_settings({"n_crops": 3, "augment": []})
    {'n_crops': 3, 'augment': ()}
    """
    settings = {name: _tuples(value) for name, value in given.items()}
    if isinstance(settings.get("align"), Mapping):
        settings["align"] = PersonAlignment.from_dict(settings["align"])
    if isinstance(settings.get("pseudo_labels"), Mapping):
        settings["pseudo_labels"] = PseudoLabels(**settings["pseudo_labels"])
    return settings


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _tuples(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(map(_tuples, value))
    return value
