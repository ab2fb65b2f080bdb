"""Registry of the architectures, and the decorator that adds a model to it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from eegzoo.arguments import nearest
from eegzoo.models.base import EEGModel, check_names

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
    standard : mapping of str to int | float | tuple
        Sizes for which the parameter count is published: n_chans, n_times, n_outputs, sfreq, and
        the arguments without a default.
    defaults : mapping of str to object
        Default arguments of a variant that differ from those of its class.
    foundation : bool
        Whether the authors pretrained the model on many recordings, for use on any data.
    """

    name: str
    model_class: type[EEGModel]
    tasks: tuple[str, ...]
    paper: str
    doi: str
    source: str
    standard: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    foundation: bool = False

    @property
    def summary(self) -> str:
        """First line of the class's docstring."""
        return (inspect.getdoc(self.model_class) or "").partition("\n")[0]

    @property
    def parameters(self) -> list[str]:
        """Names of the constructor's parameters."""
        return list(inspect.signature(self.model_class.__init__).parameters)[1:]

    def build(self, **arguments: Any) -> EEGModel:
        """Build the model from `arguments` and the defaults of the variant.

        A class without the argument ``ch_names`` keeps the names as an attribute.
        """
        arguments = {**self.defaults, **arguments}
        ch_names = None if "ch_names" in self.parameters else arguments.pop("ch_names", None)
        model = self.model_class(**arguments)
        if ch_names is not None:
            model.ch_names = check_names(ch_names, model.n_chans)
        return model


_ENTRIES: dict[str, ModelEntry] = {}


def register_model(
    name: str,
    *,
    tasks: Iterable[str] = (),
    paper: str = "",
    doi: str = "",
    source: str = "",
    standard: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
    foundation: bool = False,
) -> Callable[[Model], Model]:
    """Return a decorator that adds a model class to the registry.

    Each variant of an architecture is a separate entry. The decorators are stacked, one for each
    entry; the lowest one registers the class with its own defaults.

    Parameters
    ----------
    name : str
        Name for `create_model`, without "." and ":".
    tasks, paper, doi, source, standard, defaults, foundation
        Other fields of the `ModelEntry`.

    Raises
    ------
    ValueError
        If the name is not valid, or belongs to another class. A class that is defined again, as in
        a notebook, replaces its earlier definition.
    TypeError
        If the class is not a subclass of `EEGModel`.

    Examples
    --------
    >>> @register_model("mean_amplitude")
    ... class MeanAmplitude(EEGModel):
    ...     def __init__(self, n_chans, n_times, n_outputs, sfreq):
    ...         super().__init__(n_chans, n_times, n_outputs, sfreq)
    ...         self.num_features = n_chans
    ...         self.head = self.make_head(n_outputs)
    ...
    ...     def features(self, x):
    ...         return x.abs().mean(dim=2)
    >>> sizes = {"n_chans": 8, "n_times": 128, "n_outputs": 2, "sfreq": 128}
    >>> eegzoo.create_model("mean_amplitude", **sizes)(torch.randn(4, 8, 128)).shape
    torch.Size([4, 2])
    """
    if not isinstance(name, str) or not name or set(name) & set(".:"):
        raise ValueError(
            f"expected the name of a model to be a string without '.' and ':', got {name!r}"
        )

    def register(model_class: Model) -> Model:
        if not (isinstance(model_class, type) and issubclass(model_class, EEGModel)):
            raise TypeError(f"expected a subclass of EEGModel to register, got {model_class!r}")
        if name in _ENTRIES and not _defines_again(_ENTRIES[name].model_class, model_class):
            raise ValueError(f"expected a new model name, got {name!r}, which is taken")
        _ENTRIES[name] = ModelEntry(
            name,
            model_class,
            tuple(tasks),
            paper,
            doi,
            source,
            dict(standard or {}),
            dict(defaults or {}),
            foundation,
        )
        return model_class

    return register


def registered_models() -> Mapping[str, ModelEntry]:
    """Return the entries of all registered models by name."""
    return MappingProxyType(_ENTRIES)


def entry_of_class(path: str) -> ModelEntry:
    """Return the entry of a class given as ``module:Class``, and import its module.

    Parameters
    ----------
    path : str
        Module and name of a subclass of `EEGModel`, which need not be registered.

    Raises
    ------
    ValueError
        If the module or its class does not exist.
    TypeError
        If the class is not a subclass of `EEGModel`.
    """
    module_name, _, class_name = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the module exists, and imports one that does not
        raise ValueError(f"expected a module that can be imported in {path!r}: {error}") from error
    except (ValueError, TypeError) as error:
        raise ValueError(f"expected module:Class, got {path!r}: {error}") from error
    found = getattr(module, class_name, None)
    if found is None:
        classes = [name for name, value in vars(module).items() if isinstance(value, type)]
        raise ValueError(f"{module_name} has no class {class_name!r}{nearest(class_name, classes)}")
    if not (isinstance(found, type) and issubclass(found, EEGModel)):
        raise TypeError(f"expected {path} to be a subclass of EEGModel, got {found!r}")
    registered = next((e for e in _ENTRIES.values() if e.model_class is found), None)
    return registered or ModelEntry(path, found, (), "", "", "", {})


def name_of(model: EEGModel) -> str:
    """Return the name under which the class of a model is registered.

    All variants of a class share the name that was registered first; their arguments differ. A
    class of an importable module that is not registered is named ``module:Class``.

    Raises
    ------
    ValueError
        If the class is not registered and cannot be imported.
    """
    kind = type(model)
    for name, entry in _ENTRIES.items():
        if entry.model_class is kind:
            return name
    if kind.__module__ != "__main__" and "." not in kind.__qualname__:
        return f"{kind.__module__}:{kind.__qualname__}"
    raise ValueError(
        f"expected a registered model, got {kind.__name__}; "
        "decorate its class with eegzoo.models.register_model"
    )


def _defines_again(before: type, after: type) -> bool:
    """Return whether a class is a new definition of another one, as in a notebook's cell."""
    same = (before.__module__, before.__qualname__) == (after.__module__, after.__qualname__)
    return same and before is not after
