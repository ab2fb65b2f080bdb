"""What is known of each architecture, and the decorator that registers it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from eegzoo.models.base import EEGModel

Model = TypeVar("Model", bound=type[EEGModel])


@dataclass(frozen=True)
class ModelEntry:
    """What the registry knows of a model.

    Parameters
    ----------
    name : str
        Key in the registry.
    model_class : type of EEGModel
        What is built.
    tasks : tuple of str
        What the paper used it for.
    paper : str
        Authors, year, title.
    doi : str
        Of the paper.
    source : str
        Reference implementation, with its commit.
    standard : mapping of str to int | float
        The size at which papers count its parameters: n_chans, n_times, n_outputs, sfreq.
    defaults : mapping of str to object
        Arguments in which a variant differs from its class.
    """

    name: str
    model_class: type[EEGModel]
    tasks: tuple[str, ...]
    paper: str
    doi: str
    source: str
    standard: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """First line of the class's docstring."""
        return (inspect.getdoc(self.model_class) or "").partition("\n")[0]

    def build(self, **arguments: Any) -> EEGModel:
        """Build the model from the variant's defaults and `arguments`."""
        return self.model_class(**{**self.defaults, **arguments})


_ENTRIES: dict[str, ModelEntry] = {}


def register_model(
    name: str,
    *,
    tasks: Iterable[str],
    paper: str,
    doi: str,
    source: str,
    standard: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
) -> Callable[[Model], Model]:
    """Return a decorator that adds a model class to the registry.

    A variant of an architecture is an entry of its own: the decorator is applied once for each
    entry, first (lowest) for the class with its own defaults.

    Parameters
    ----------
    name, tasks, paper, doi, source, standard, defaults
        As in `ModelEntry`.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def register(model_class: Model) -> Model:
        if name in _ENTRIES:
            raise ValueError(f"expected a new model name, got {name!r}, which is taken")
        _ENTRIES[name] = ModelEntry(
            name,
            model_class,
            tuple(tasks),
            paper,
            doi,
            source,
            dict(standard),
            dict(defaults or {}),
        )
        return model_class

    return register


def registered_models() -> Mapping[str, ModelEntry]:
    """Return the entries of all models that have been registered so far, by name."""
    return MappingProxyType(_ENTRIES)


def name_of(model: EEGModel) -> str:
    """Return the name under which the class of `model` is registered.

    Raises
    ------
    ValueError
        If it is not registered.
    """
    for name, entry in _ENTRIES.items():
        if entry.model_class is type(model):
            return name
    raise ValueError(
        f"expected a registered model, got {type(model).__name__}; "
        "decorate its class with eegzoo.models.register_model"
    )
