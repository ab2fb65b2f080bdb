"""Reference implementations: their layouts as ours, and numbers that they computed.

The module of a model's references has the name of the module of the model.
"""

from __future__ import annotations

import importlib

from eegzoo.models.references.reference import Comparison, Reference
from eegzoo.models.registry import find_entry

__all__ = ["Comparison", "Reference", "find_reference"]


def find_reference(name: str) -> Reference:
    """Return the reference of a model.

    Parameters
    ----------
    name : str
        One of `eegzoo.list_models`.

    Raises
    ------
    ValueError
        If there is no such model, or it has no reference numbers.

    Examples
    --------
    >>> reference = find_reference("deep_convnet")
    >>> reference.meta["source"]
    'vlawhern/arl-eegmodels 4a512e5 DeepConvNet'
    >>> reference.compare().failures
    []
    """
    module = find_entry(name).model_class.__module__.rpartition(".")[2]
    try:
        references = importlib.import_module(f"eegzoo.models.references.{module}").REFERENCES
    except ModuleNotFoundError:
        references = {}
    if name not in references:
        raise ValueError(f"{name} has no reference numbers")
    found: Reference = references[name]
    return found
