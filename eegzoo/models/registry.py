"""The models by name."""

from __future__ import annotations

import difflib
import fnmatch
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
    variants: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Model], Model]:
    """Return a decorator that puts a model class, and named variants of it, in the registry.

    Parameters
    ----------
    name : str
        Key of the class with its own defaults.
    tasks, paper, doi, source, standard
        As in `ModelEntry`.
    variants : mapping of str to mapping
        Key of each variant, and the arguments and standard sizes in which it differs.

    Raises
    ------
    ValueError
        If a name is taken.
    """

    def register(model_class: Model) -> Model:
        named = {name: {}, **(variants or {})}
        for key in named:
            if key in _ENTRIES:
                raise ValueError(f"expected a new model name, got {key!r}, which is taken")
        for key, defaults in named.items():
            sizes = {size: defaults.get(size, value) for size, value in standard.items()}
            own = {size: value for size, value in defaults.items() if size not in REQUIRED}
            _ENTRIES[key] = ModelEntry(
                key, model_class, tuple(tasks), paper, doi, source, sizes, own
            )
        return model_class

    return register


REQUIRED = ("n_chans", "n_times", "n_outputs")


def find_entry(name: str) -> ModelEntry:
    """Return the registry's entry of a model.

    Raises
    ------
    ValueError
        If there is none, with the nearest name.

    Examples
    --------
    >>> entry = find_entry("tinysleepnet")
    >>> entry.doi, entry.tasks, entry.standard["n_times"]
    ('10.1109/EMBC44109.2020.9176741', ('sleep',), 3000)
    """
    if name in _ENTRIES:
        return _ENTRIES[name]
    raise ValueError(f"unknown model {name!r}{nearest(name, _ENTRIES)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: what was probably meant.

    Examples
    --------
    >>> nearest("egnet", ["eegnet", "tinysleepnet"])
    "; did you mean 'eegnet'?"
    """
    spelt = {other.lower(): other for other in sorted(known)}
    close = difflib.get_close_matches(str(name).lower(), spelt, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {spelt[close[0]]!r}?"
    return f"; known are {', '.join(spelt.values())}"


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


def known_tasks() -> set[str]:
    """Return all that papers used the models for."""
    return {task for entry in _ENTRIES.values() for task in entry.tasks}


def list_models(pattern: str = "*", *, task: str | None = None) -> list[str]:
    """Return the names of the models, sorted.

    Parameters
    ----------
    pattern : str
        Shell-style pattern that the name matches.
    task : str | None
        What the paper used the model for: "motor imagery", "erp", "ssvep", "sleep".

    Returns
    -------
    list of str
        Names that `create_model` takes.

    Raises
    ------
    ValueError
        If no model is for `task`.

    Examples
    --------
    >>> list_models("tiny*", task="sleep")
    ['tinysleepnet']
    """
    if task is not None and task not in known_tasks():
        raise ValueError(f"unknown task {task!r}{nearest(task, known_tasks())}")
    return sorted(
        name
        for name, entry in _ENTRIES.items()
        if fnmatch.fnmatchcase(name, pattern) and (task is None or task in entry.tasks)
    )


def create_model(name: str, *, weights: bool = False, **arguments: Any) -> EEGModel:
    """Build a model of the zoo, with new weights or with trained ones.

    Parameters
    ----------
    name : str
        One of `list_models`; or of `list_weights`, with ``weights=True``.
    weights : bool
        Whether `name` is that of trained weights.
    **arguments
        ``n_chans``, ``n_times`` (samples in a window), ``n_outputs``, ``sfreq`` (Hz) and the
        model's own, which its class documents. With trained weights, ``n_outputs``, ``ch_names``
        and ``missing`` alone, as in `eegzoo.models.weights.load_adapted`.

    Returns
    -------
    EEGModel
        In training mode if it is new, in evaluation mode if it is trained.

    Raises
    ------
    ValueError
        For an unknown name, or an argument out of range.
    TypeError
        For a missing or an unknown argument.

    Examples
    --------
    >>> model = create_model("eegnet", n_chans=22, n_times=1000, n_outputs=4, sfreq=250)
    >>> model(torch.randn(2, 22, 1000)).shape
    torch.Size([2, 4])
    """
    if weights:
        return _trained(name, **arguments)
    if "." in name:
        raise ValueError(
            f"{name!r} names trained weights: expected weights=True with it, or the architecture "
            f"{name.partition('.')[0]!r} for new weights"
        )
    entry = find_entry(name)
    known = list(inspect.signature(entry.model_class.__init__).parameters)[1:]
    for argument in arguments:
        if argument not in known:
            raise TypeError(f"{name} takes no argument {argument!r}{nearest(argument, known)}")
    return entry.build(**arguments)


def _trained(name: str, **arguments: Any) -> EEGModel:
    from eegzoo.models.weights import list_weights, load_adapted

    if "." not in name:
        find_entry(name)
        known = list_weights(f"{name}.*")
        raise ValueError(f"expected the name of trained weights, got {name!r}; known are {known}")
    known = list(inspect.signature(load_adapted).parameters)
    for argument in arguments:
        if argument not in known:
            raise TypeError(
                f"trained weights take no argument {argument!r}{nearest(argument, known)}"
            )
    return load_adapted(name, **arguments)
