"""Registry of the architectures, and the decorator that adds a model to it."""

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
    """Entry of the registry: how a model is built, and where it was published.

    Parameters
    ----------
    name : str
        Name of the model in the registry.
    model_class : type of EEGModel
        Class of the model.
    tasks : tuple of str
        Tasks for which the paper uses the model.
    paper : str
        Authors, year and title of the paper.
    doi : str
        DOI of the paper.
    source : str
        Reference implementation with its commit.
    standard : mapping of str to int | float
        Sizes for which the parameter count is published: n_chans, n_times, n_outputs, sfreq.
    defaults : mapping of str to object
        Default arguments of a variant that differ from those of its class.
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

    @property
    def parameters(self) -> list[str]:
        """Names of the constructor's parameters."""
        return list(inspect.signature(self.model_class.__init__).parameters)[1:]

    def build(self, **arguments: Any) -> EEGModel:
        """Build the model from `arguments` and the defaults of the variant."""
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

    Each variant of an architecture is a separate entry. The decorators are stacked, one for each
    entry; the lowest one registers the class with its own defaults.

    Parameters
    ----------
    name, tasks, paper, doi, source, standard, defaults
        Fields of the `ModelEntry`.

    Raises
    ------
    ValueError
        If the name is already registered.
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
    """Return the entries of all registered models by name."""
    return MappingProxyType(_ENTRIES)


def name_of(model: EEGModel) -> str:
    """Return the name under which the class of a model is registered.

    All variants of a class share the name that was registered first; their arguments differ.

    Raises
    ------
    ValueError
        If the class is not registered.
    """
    for name, entry in _ENTRIES.items():
        if entry.model_class is type(model):
            return name
    raise ValueError(
        f"expected a registered model, got {type(model).__name__}; "
        "decorate its class with eegzoo.models.register_model"
    )
